"""Inputs that nobody means well: damaged recorded runs, and addresses that anybody may write."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

Header = dict[str, Any]
MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def parts(file: bytes) -> tuple[Header, bytes]:
    """(header, numbers) of a safetensors file."""
    (length,) = struct.unpack("<Q", file[:8])
    return json.loads(file[8 : 8 + length]), file[8 + length :]


def whole(header: Any, numbers: bytes, length: int | None = None) -> bytes:
    """A safetensors file; its header may be text already, its length a lie."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


def _tensor(header: Header, rng: random.Random) -> tuple[str, Header]:
    name = rng.choice([name for name in sorted(header) if name != "__metadata__"])
    return name, header[name]


def cut(rng: random.Random, file: bytes) -> bytes:
    return file[: rng.randrange(len(file))]


def longer(rng: random.Random, file: bytes) -> bytes:
    return file + rng.randbytes(rng.randint(1, 64))


def noise(rng: random.Random, file: bytes) -> bytes:
    return rng.randbytes(rng.randint(0, 2000))


def lying_length(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    true = len(json.dumps(header))
    near = [0, 1, true - 1, true + 1, len(file) - 8, len(file)]
    far = [2**31, 2**32 + true, 2**53, 2**63, 2**64 - 1]
    return whole(header, numbers, rng.choice(near + far))


def no_header(rng: random.Random, file: bytes) -> bytes:
    texts = [
        b"", b"null", b"[]", b"7", b'"text"', b"{", b"{}", b"{'a': 1}", b"\xff\xfe{}",
        b"[" * 50_000,
        b'{"a":' * 50_000, b"NaN", b"\0" * 40, "{}".encode("utf-16"), MARKUP.encode(),
    ]  # fmt: skip
    return whole(rng.choice(texts), parts(file)[1])


def strange_metadata(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    told = header["__metadata__"]
    strange = [None, 7, [], {}, "text", MARKUP, {"toString": 1}, {"__proto__": told}, True]
    if rng.random() < 0.3:
        header["__metadata__"] = rng.choice(strange)
    else:
        told[rng.choice(["format", "version"])] = rng.choice([*strange, "2", "01", "1 "])
    return whole(header, numbers)


def strange_settings(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    strange = [None, 7, {}, "", "null", "[]", "7", "{", "[" * 50_000, MARKUP, '"text"', "{'a': 1}"]
    header["__metadata__"]["settings"] = rng.choice(strange)
    return whole(header, numbers)


def missing(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    names = [name for name in sorted(header) if name not in ("__metadata__", "eps_uncond")]
    del header[rng.choice(names)]
    return whole(header, numbers)


def renamed(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    name, told = _tensor(header, rng)
    del header[name]
    header[rng.choice(["", "x_T", "__proto__", "constructor", "length", MARKUP, "x" * 3000])] = told
    return whole(header, numbers)


def strange_type(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    _, told = _tensor(header, rng)
    other = "F64" if told["dtype"] == "F32" else "F32"
    told["dtype"] = rng.choice(["F16", "BF16", "I64", other, "toString", "", None, 7, []])
    return whole(header, numbers)


def strange_shape(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    _, told = _tensor(header, rng)
    shape = told["shape"]
    told["shape"] = rng.choice([
        [], [0], shape[::-1] + [1], [*shape, 1], shape[1:], [-side for side in shape],
        [2**53, *shape], [0, 2**53, 2**53], [shape[0] + 0.5, *shape[1:]],
        [str(side) for side in shape], "3", None, {"length": 5}, [1] * 50_000,
        [[side] for side in shape], [side * 2 for side in shape],
    ])  # fmt: skip
    return whole(header, numbers)


def strange_offsets(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    _, told = _tensor(header, rng)
    begin, end = told["data_offsets"]
    told["data_offsets"] = rng.choice([
        [end, begin], [begin + 4, end + 4], [begin - 4, end - 4], [begin, end + 4],
        [begin, end - 4],
        [begin + 2**53, end + 2**53], [begin], [begin, end, end], [], None, "0,4",
        [str(begin), str(end)],
        [begin + 0.5, end + 0.5], [-end, -begin], [None, None], {"0": begin, "1": end},
    ])  # fmt: skip
    return whole(header, numbers)


def strange_tensor(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    name, told = _tensor(header, rng)
    del told[rng.choice(sorted(told))]
    header[name] = rng.choice([told, None, 7, [], "text", {}])
    return whole(header, numbers)


def one_more(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    told = {"dtype": "F32", "shape": [1], "data_offsets": [len(numbers), len(numbers) + 4]}
    header[rng.choice(["more", MARKUP, "constructor", "latents2"])] = told
    return whole(header, numbers + bytes(4))


def wrong_number(rng: random.Random, file: bytes) -> bytes:
    header, numbers = parts(file)
    bad = {
        "step": [-1, 0.5, 1e9, float("nan"), float("inf"), 2**53],
        "t": [-1, float("nan"), float("inf"), float("-inf")],
        "alpha_bar": [-0.1, 1, 2, float("nan"), float("inf")],
    }
    name = rng.choice(sorted(bad))
    begin, end = header[name]["data_offsets"]
    at = begin + 8 * rng.randrange((end - begin) // 8)
    return whole(
        header, numbers[:at] + struct.pack("<d", rng.choice(bad[name])) + numbers[at + 8 :]
    )


KINDS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    cut, longer, noise, lying_length, no_header, strange_metadata, strange_settings, missing,
    renamed, strange_type, strange_shape, strange_offsets, strange_tensor, one_more,
    wrong_number,
)  # fmt: skip
"""Ways to damage a recorded run, each so that it is none any more."""


def recordings(good: bytes, count: int) -> Iterator[tuple[str, bytes]]:
    """(kind, file) of damaged runs, every kind in its turn; the same ones each time."""
    rng = random.Random(0)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield kind.__name__, kind(rng, good)


NAMES = (
    "model", "prompt", "prompt2", "negative", "seed", "steps", "guidance", "scheduler", "__proto__",
    "x",
)  # fmt: skip
ODD_TEXTS = (
    "", " ", MARKUP, "</textarea><b>", "javascript:alert(1)", "constructor", "toString",
    "__proto__", "null", "undefined", "true", "[]", "{}", "%", "%%%", "\0",
    "\ud800", "\U0010ffff", "\u202e",
    "e\u0301" * 999, "A" * 100_000, "山" * 2000, "🏔" * 2000, "' OR 1=1 --",
    "../../etc/passwd", "${7*7}", "{{7*7}}", "\r\n\t", "<|endoftext|>", "＜ｓｃｒｉｐｔ＞",
)  # fmt: skip
ODD_NUMBERS = (
    "-1", "-0", "0", "00", "1.5", "1e3", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "0x10",
    "0b1", "1n", "1_000", "1,5", "+1", " 1", "1 ", "٣", "３", "9" * 400, "9007199254740993",
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "1/2", ".5", "5.", "1e-9",
)  # fmt: skip


def addresses(count: int) -> Iterator[str]:
    """What may stand behind the # of an address; the same ones each time."""
    rng = random.Random(0)
    yield from (f"prompt={quote(text, errors='surrogatepass')}" for text in ODD_TEXTS)
    for number in range(count - len(ODD_TEXTS)):
        if number % 10 == 9:  # no pairs at all
            letters = "&=#?%+;<>\"'\\ \x00\x7fé山%C3%28%u0041"
            yield "".join(rng.choices(letters, k=rng.randint(0, 300)))
            continue
        names = rng.choices(NAMES, k=rng.randint(1, 12))
        values = [rng.choice(ODD_TEXTS if rng.random() < 0.5 else ODD_NUMBERS) for _ in names]
        written = rng.choice([quote, quote_plus, str])
        pairs = [
            f"{name}={value if written is str else written(value, errors='surrogatepass')}"
            for name, value in zip(names, values, strict=True)
        ]
        yield "&".join(pairs)
