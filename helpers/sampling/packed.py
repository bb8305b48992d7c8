"""Pictures and tensors inside settings, settings inside pictures: both may come from anywhere."""

from __future__ import annotations

import base64
import io
import math
import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import safetensors.torch
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors import SafetensorError
from torch import Tensor

PNG, SAFETENSORS = "data:image/png", "data:application/x-safetensors"

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_TEXT = 2**26
"""Bytes of a text in a picture, its name among them; Pillow reads no more either."""

MOST_PIXELS = 2**26

_UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, OverflowError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises for pictures that are none."""


def pack(value: Image.Image | Tensor) -> str:
    """A picture (as PNG, every pixel kept) or a tensor (as safetensors) as a data address, text."""
    if isinstance(value, Tensor):
        kind, data = SAFETENSORS, safetensors.torch.save({"value": value.cpu().contiguous()})
    else:
        buffer = io.BytesIO()
        value.save(buffer, "PNG")
        kind, data = PNG, buffer.getvalue()
    return f"{kind};base64,{base64.b64encode(data).decode()}"


def unpack(address: str, size: tuple[int, int] | None = None) -> Image.Image | Tensor:
    """What `pack` packed.

    Args:
        address: the text.
        size: height and width in pixels that a picture must have; None for any.

    Raises:
        ValueError: it is something else, of another size (told before a pixel is unpacked), or too
            large to be true.
    """
    kind, _, text = address.partition(";base64,")
    if kind not in (PNG, SAFETENSORS):
        raise ValueError(f'it must begin with "{PNG}" or "{SAFETENSORS}", got "{kind[:40]}"')
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError(f"what follows base64 is not base64 ({error})") from error
    return _picture(data, size) if kind == PNG else _tensor(data)


def _picture(data: bytes, size: tuple[int, int] | None) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=["PNG"])
        found = (picture.height, picture.width)
        fits = math.prod(found) <= MOST_PIXELS and size in (None, found)
        if fits:
            picture.load()
            return picture
    except _UNREADABLE as error:
        raise ValueError(f"the picture is cut off, or no PNG ({error})") from error
    told = f"a picture of {found[0]} x {found[1]} pixels"
    raise ValueError(f"{told}, size says {size[0]} x {size[1]}" if size else f"{told} is too large")


def _tensor(data: bytes) -> Tensor:
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise ValueError(f"the tensor is cut off, or no safetensors ({error})") from error
    value = tensors.get("value")
    if len(tensors) != 1 or value is None or value.dtype not in (
        torch.float16, torch.bfloat16, torch.float32, torch.float64
    ):  # fmt: skip
        raise ValueError('it must hold one tensor of numbers, named "value"')
    return value


def png_info(key: str, text: str) -> PngInfo:
    """The text under this key, as a chunk for Pillow to write.

    Raises:
        ValueError: it is longer than what `png_text` reads.
    """
    data = key.encode() + bytes(5) + text.encode()  # 5: see `_international`, nothing translated
    if len(data) > MOST_TEXT:
        raise ValueError(f"{len(data):,} bytes of text, and a picture carries {MOST_TEXT:,}")
    info = PngInfo()
    info.add(b"iTXt", data)
    return info


def png_text(path: str | os.PathLike[str], key: str) -> str | None:
    """A text that a PNG carries, before or after its pixels; None if there is none.

    Reads nothing else: the pixels stay packed, however many the file says there are.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is longer than what `png_info` writes.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return None
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"IEND" or length > size - file.tell():
                return None
            after = file.tell() + length + 4
            if kind in _TEXTS and _is_named(file, key):
                if length > MOST_TEXT:
                    raise ValueError(f"{length:,} bytes of text, and {MOST_TEXT:,} are read")
                text = _text(file, length, kind, key)
                if text is not None:
                    return text
            file.seek(after)
    return None


def _is_named(file: BinaryIO, key: str) -> bool:
    """Whether the chunk that follows has this key; the file stays where it is."""
    start, name = file.tell(), key.encode() + b"\0"
    found = file.read(len(name))
    file.seek(start)
    return found == name


def _text(file: BinaryIO, length: int, kind: bytes, key: str) -> str | None:
    """The text of one chunk, if it is undamaged and has this key."""
    data, check = file.read(length), file.read(4)
    name, _, rest = data.partition(b"\0")
    if name != key.encode() or check != struct.pack(">I", zlib.crc32(kind + data)):
        return None
    try:
        return _TEXTS[kind](rest)
    except (zlib.error, UnicodeDecodeError):
        return None


def _compressed(data: bytes) -> bytes:
    """Unpacked, unless it swells beyond what a text does: then cut off, and so no JSON."""
    return zlib.decompressobj().decompress(data, min(MOST_TEXT, 20 * len(data) + 2**16))


def _international(rest: bytes) -> str:
    """The text of an iTXt chunk: two numbers, language, translated key, text."""
    _, _, text = rest[2:].partition(b"\0")[2].partition(b"\0")
    return (_compressed(text) if rest[:1] == b"\1" else text).decode("utf-8")


_TEXTS = {
    b"tEXt": lambda rest: rest.decode("latin-1"),
    b"zTXt": lambda rest: _compressed(rest[1:]).decode("latin-1"),
    b"iTXt": _international,
}
"""The three kinds of text chunks: PNG (Third Edition), section 11.3.3."""
