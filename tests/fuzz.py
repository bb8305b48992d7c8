"""Files that lie, by the thousand: changed at random, and read as if they came from anywhere.

    python -m tests.fuzz                  10,000 runs and 5,000 pictures, with the peak of memory
    FUZZ=10000,5000 pytest tests/test_fuzz.py

Every file is made from its number alone, so a number that fails can be looked at again.
"""

from __future__ import annotations

import json
import os
import random
import struct
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch

from helpers.records import StepRecord, Trajectory
from helpers.sampling.settings import KEY, read_settings

HUGE = (0, 1, 2**16, 2**31, 2**32 - 1, 2**53, 2**63, 2**64 - 1, 10**30, -1)
ODD = (0.0, -1.0, 1.0, 2.0, 1e308, float("nan"), float("inf"), -float("inf"), 0.5, 3.7)
TYPES = ("F64", "F32", "F16", "BF16", "I64", "I8", "U8", "BOOL", "F8_E4M3", "F4", "C64", "X", "")
NAMES = ("latents", "images", "x_t", "eps", "eps_cond", "x0_hat", "step", "t", "alpha_bar")
TEXTS: tuple[Callable[[], str], ...] = (
    lambda: "[" * 10_000 + "]" * 10_000,
    lambda: '{"a":' * 10_000 + "1" + "}" * 10_000,
    lambda: '{"prompt": ' + "9" * 5000 + "}",
    lambda: '{"prompt": [NaN, Infinity, 1e999]}',
    lambda: "[1]",
    lambda: "null",
    lambda: "",
    lambda: '{"prompt": "\\ud83d"}',
    lambda: "[" + "{}," * 300_000 + "1]",
    lambda: '{"a": ',
)


def honest_run(path: Path) -> bytes:
    """A small run as `Trajectory.save` writes it."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, 4, 1, 4, 2, 2, generator=generator)
    records = tuple(
        StepRecord(k, k, 900.0 - 300 * k, 0.2 * (k + 1), x[0, k], x[1, k], None, x[2, k], x[3, k],
                   x[4, k], x[0, k + 1])
        for k in range(3)
    )  # fmt: skip
    images = torch.rand(1, 3, 16, 16, generator=generator)
    settings = {"prompt": ["山と川"], "seed": [7], "steps": 3}
    return Trajectory(x[1], records, images, settings).save(path).read_bytes()


def honest_picture() -> bytes:
    """A small PNG with settings in it, chunk by chunk."""
    pixels = zlib.compress(bytes((1 + 3 * 8) * 8))
    settings = json.dumps({"prompt": "山", "seed": 7}).encode()
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)),
              (b"iTXt", KEY.encode() + b"\0\0\0\0\0" + settings),
              (b"IDAT", pixels), (b"IEND", b""))  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bent_bytes(data: bytes, rng: random.Random) -> bytes:
    """Bits turned, a piece cut out, cut off, or put in."""
    bent = bytearray(data)
    place, length = rng.randrange(len(bent)), rng.choice((1, 4, 8, 64, 1000))
    match rng.randrange(5):
        case 0:
            for _ in range(rng.choice((1, 2, 20))):
                bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
        case 1:
            del bent[place : place + length]
        case 2:
            del bent[place:]
        case 3:
            bent[place:place] = rng.randbytes(length)
        case 4:
            bent[place : place + length] = bytes(len(bent[place : place + length]))
    return bytes(bent)


def bent_run(data: bytes, rng: random.Random) -> bytes:
    """A run's file with a lie in it: in its bytes, header, shapes, types, settings or numbers."""
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + length]), bytearray(data[8 + length :])
    entry = header[rng.choice(NAMES)]
    match rng.randrange(9):
        case 0 | 1:
            return bent_bytes(data, rng)
        case 2:
            return struct.pack("<Q", rng.choice(HUGE) % 2**64) + data[8:]
        case 3:
            entry["shape"] = [rng.choice((*entry["shape"], *HUGE)) for _ in range(rng.randrange(7))]
        case 4:
            entry["dtype"] = rng.choice(TYPES)
        case 5:
            entry["data_offsets"] = [rng.choice(HUGE), rng.choice((*HUGE, *entry["data_offsets"]))]
        case 6:
            header["__metadata__"][rng.choice(("settings", "format", "version"))] = rng.choice(
                TEXTS
            )()
        case 7:
            name = rng.choice(("step", "t", "alpha_bar", "latents", "images"))
            start, end = header[name]["data_offsets"]
            body[start : start + 8] = struct.pack("<d", rng.choice(ODD))
        case 8:
            other = rng.choice(NAMES)
            header[rng.choice((other, "more", "eps_uncond"))] = header.pop(rng.choice(NAMES))
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(body)


def bent_picture(data: bytes, rng: random.Random) -> bytes:
    """A picture's file with a lie in it: in its bytes, its size, its text, or a bomb."""
    width, height = rng.choice(((60_000, 60_000), (2**31 - 1, 1), (0, 0), (14_000, 12_000)))
    size = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    text = rng.choice(TEXTS)().encode("utf-8", "surrogatepass")
    swollen = zlib.compress(b"[" * 10_000_000 if rng.random() < 0.02 else text)
    key = KEY.encode()
    added = {
        0: chunk(b"tEXt", key + b"\0" + text),
        1: chunk(b"zTXt", key + b"\0\0" + bent_bytes(swollen, rng)),
        2: chunk(b"zTXt", key + b"\0\0" + swollen),
        3: chunk(b"iTXt", key + b"\0\1\0\0\0" + swollen),
        4: chunk(b"iTXt", key + b"\0\0\0\0\0" + text),
        5: chunk(b"iTXt", rng.choice((key, key + b"\0", key + b"\0\1", b"", b"\0" * 9))),
        6: struct.pack(">I", rng.choice(HUGE) % 2**32) + b"iTXt" + key,
    }
    match rng.randrange(4):
        case 0:
            return bent_bytes(data, rng)
        case 1:
            return data[:8] + size + data[33:]
        case 2:
            return data[:33] + added[rng.randrange(7)] + data[33:]
        case _:
            return bent_bytes(data[:8] + size + added[rng.randrange(7)] + data[33:], rng)


def read_all(
    count: int,
    bend: Callable[[bytes, random.Random], bytes],
    data: bytes,
    read: Callable[[Path], object],
    path: Path,
) -> Counter[str]:
    """How the reading of bent files number 0 ... count - 1 ended: "read", or the error's kind.

    Raises:
        AssertionError: one ended otherwise than read, ValueError or OSError with a sentence, or
            took much more memory than the file is large.
    """
    ends: Counter[str] = Counter()
    for number in range(count):
        bent = bend(data, random.Random(number))
        path.write_bytes(bent)
        tracemalloc.start()
        try:
            read(path)
            end = "read"
        except (ValueError, OSError) as error:
            end = type(error).__name__
            assert path.name in str(error) and len(str(error).split()) > 5, (number, error)
        except BaseException as error:
            raise AssertionError(f"file {number} ended in {error!r:.300}") from error
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40 * len(bent) + 4_000_000, (number, peak, len(bent))
        ends[end] += 1
    return ends


def runs(count: int, folder: Path) -> Counter[str]:
    """`Trajectory.load` of so many bent files."""
    path = folder / "run.safetensors"
    return read_all(count, bent_run, honest_run(path), Trajectory.load, path)


def pictures(count: int, folder: Path) -> Counter[str]:
    """`read_settings` of so many bent files."""
    path = folder / "picture.png"
    return read_all(count, bent_picture, honest_picture(), read_settings, path)


def counts(few: str) -> tuple[int, int]:
    """Runs and pictures to try, from the environment."""
    first, _, second = os.environ.get("FUZZ", few).partition(",")
    return int(first), int(second or first)


if __name__ == "__main__":
    import resource
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        many = counts("10000,5000")
        print("runs", dict(runs(many[0], Path(made))))
        print("pictures", dict(pictures(many[1], Path(made))))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"peak of memory: {before / 1024:.0f} MiB before, {after / 1024:.0f} MiB after")
