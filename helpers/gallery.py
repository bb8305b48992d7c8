"""One page for a folder of pictures, for handing in: each with its prompt and its settings.

    from helpers.gallery import gallery

    gallery("out")          # writes out/index.html; a browser opens it as it is

Everything on the page comes out of files that may come from anywhere, so nothing of it is trusted:
Jinja escapes every value, addresses are quoted, and a policy in the page forbids scripts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined
from PIL import Image

from .files import written_beside
from .language import _, spoken
from .sampling.settings import read_settings

PAGE = "index.html"
MARK = "helpers.gallery of the course Stable Diffusion, one step at a time"
TEMPLATE = Path(__file__).with_name("gallery.html")

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
OTHERS = (".pdf", ".mp4", ".safetensors")
MOST = 2000
"""Pictures of one page."""

LONGEST = 600
"""Letters of a value; the page shows the beginning of a longer one."""

SMALL = 256
"""Pixels: smaller pictures are shown with sharp pixels."""


def gallery(folder: str | os.PathLike[str], title: str = "") -> Path:
    """Writes `index.html` into a folder: all its pictures, and what their files say of them.

    Args:
        folder: with the pictures, also in folders inside it; hidden ones are left out.
        title: of the page; the folder's name by default.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it has no picture, or too many; or it has an `index.html` that is not a gallery.
        OSError: the page cannot be written.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"folder: there is no folder {folder}; make pictures there first")
    found = _files(folder)
    pictures = [path for path in found if path.suffix.lower() in PICTURES]
    if not 0 < len(pictures) <= MOST:
        raise ValueError(
            f"folder: {folder} holds {len(pictures)} pictures ({', '.join(PICTURES)}); a gallery "
            f"shows 1 to {MOST}"
        )
    _refuse_to_replace(folder / PAGE)
    cards = [_card(path, folder) for path in pictures]
    others = [_link(path, folder) for path in found if path.suffix.lower() in OTHERS]
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    told = _readable(title or folder.resolve().name)
    text = template.render(
        mark=MARK,
        title=told,
        cards=cards,
        files=others,
        language=spoken(),
        words=_words(len(cards)),
    )
    with written_beside(folder / PAGE) as place:
        place.write_text(text, encoding="utf-8")
    return folder / PAGE


def _words(count: int) -> dict[str, str]:
    """What the page says itself, of so many pictures."""
    one = _("1 picture. What a caption says was read from its file.")
    several = _("{count} pictures. What a caption says was read from its file.", count=count)
    return {
        "about": one if count == 1 else several,
        "none": _("carries no settings"),
        "others": _("Other files"),
    }


def _names() -> dict[str, str]:
    """Settings that a caption tells, and what it calls them; the file has all."""
    return {
        "negative_prompt": _("negative prompt"),
        "seed": _("seed"),
        "steps": _("steps"),
        "guidance_scale": _("guidance scale"),
        "scheduler": _("scheduler"),
        "model": _("model"),
        "size": _("height × width"),
    }


def _files(folder: Path) -> list[Path]:
    """Files in a folder, sorted, without what is hidden and what a link leads to elsewhere."""
    inside = folder.resolve()
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.resolve().is_relative_to(inside)
    )


def _refuse_to_replace(page: Path) -> None:
    if page.exists() and MARK not in page.read_text(encoding="utf-8", errors="replace")[:2000]:
        raise ValueError(
            f"folder: {page} is there already and is not a gallery; move it, or choose another "
            "folder"
        )


def _link(path: Path, folder: Path) -> dict[str, str]:
    """A file's name as a person reads it, and as a browser does: relative, every sign quoted."""
    inside = path.relative_to(folder).as_posix()
    return {"name": _readable(inside), "address": quote(os.fsencode(inside), safe="/")}


def _card(path: Path, folder: Path) -> dict[str, Any]:
    """What the page shows of one picture."""
    settings = _settings(path)
    prompts: list[dict[str, Any]] = [
        {"text": _readable(text), "japanese": any("\u3040" <= sign <= "\u9fff" for sign in text)}
        for text in dict.fromkeys(_texts(settings.get("prompt")))
    ]
    link = _link(path, folder)
    alt = " / ".join(prompt["text"] for prompt in prompts) or link["name"]
    told = [(title, _value(settings[name])) for name, title in _names().items() if name in settings]
    rows = [(name, value) for name, value in told if value]
    return link | {"prompts": prompts, "settings": rows, "alt": alt, "small": _is_small(path)}


def _settings(path: Path) -> Mapping[str, Any]:
    """The settings that a file carries; none if it carries none, or damaged ones."""
    try:
        return read_settings(path)
    except (ValueError, OSError):
        return {}


def _texts(prompt: Any) -> list[str]:
    """The prompts of a picture, or of the run that several pictures of one file come from."""
    listed = prompt if isinstance(prompt, list) else [prompt]
    return [text for text in listed if isinstance(text, str) and text.strip()]


def _value(value: Any) -> str:
    """A setting in a few words; lists without repetitions."""
    if isinstance(value, list):
        words = " × " if len(value) == 2 and all(isinstance(v, int) for v in value) else ", "
        kept = value if words == " × " else list(dict.fromkeys(map(_value, value)))
        return _readable(words.join(map(str, kept)))
    return "" if value is None else _readable(str(value))


def _readable(text: str) -> str:
    """The beginning of a text, with half characters and control signs replaced."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    shown = "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in whole)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} …"


def _is_small(path: Path) -> bool:
    """Whether a picture is so small that a page should not blur it; reads its head alone."""
    try:
        with Image.open(path) as picture:
            return max(picture.size) <= SMALL
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
