"""The page of a folder: it shows what the files say, and nothing that they say can run."""

from __future__ import annotations

import html.parser
import json
from urllib.parse import unquote

import pytest
from PIL import Image

from helpers import language
from helpers.cli import main
from helpers.gallery import MARK, PAGE, gallery
from helpers.sampling.packed import png_info
from helpers.sampling.settings import KEY


def picture(path, settings=None, size=(16, 16)):
    """A PNG that carries settings, whatever they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = None if settings is None else png_info(KEY, json.dumps(settings))
    Image.new("RGB", size, "teal").save(path, pnginfo=text)
    return path


class Reader(html.parser.HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def every(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def read(path):
    return Reader(path.read_text(encoding="utf-8"))


SETTINGS = {
    "prompt": "a castle at night", "negative_prompt": "", "seed": 7, "steps": 20,
    "guidance_scale": 7.5, "scheduler": "DDIMScheduler", "model": "tiny", "size": [128, 128],
}  # fmt: skip


def test_a_picture_stands_there_with_its_prompt_and_settings(tmp_path):
    picture(tmp_path / "one.png", SETTINGS)
    page = read(gallery(tmp_path, "My work"))
    assert page.every("img") == [
        {"src": "one.png", "alt": "a castle at night", "loading": "lazy", "class": "small"}
    ]
    told = " ".join(" ".join(page.text).split())
    assert "My work 1 picture. " in told
    assert "a castle at night seed 7 steps 20 guidance scale 7.5" in told
    assert "height × width 128 × 128" in told and "negative prompt" not in told


def test_a_file_of_many_prompts_shows_each_once(tmp_path):
    picture(tmp_path / "poster.png", {"prompt": ["山と川", "a lake", "山と川"], "seed": [1, 2, 3]})
    page = read(gallery(tmp_path))
    assert [a for a in page.every("p") if "lang" in a] == [{"dir": "auto", "lang": "ja"}]
    assert page.text.count("山と川") == 1 and "1, 2, 3" in page.text


def test_pictures_without_settings_and_other_files_are_there_too(tmp_path):
    picture(tmp_path / "plain.png", size=(400, 10))
    Image.new("RGB", (8, 8)).save(tmp_path / "film.gif")
    (tmp_path / "poster.pdf").write_bytes(b"%PDF")
    (tmp_path / "notes.txt").write_text("not shown", encoding="utf-8")
    page = read(gallery(tmp_path))
    assert [a["src"] for a in page.every("img")] == ["film.gif", "plain.png"]
    assert page.text.count("carries no settings") == 2
    assert [a["href"] for a in page.every("a")][-1] == "poster.pdf" and len(page.every("li")) == 1


MALICIOUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</p></figure><h1>mine</h1>",
    "{{ 7 * 7 }}{% raw %}{{ settings }}",
    "&lt;b&gt; &amp;",
    "<!-- ", "]]>", "</title><script>", "javascript:alert(1)",
    "\u202egnp.evil", "\ud800half", "\0null\x1b[31m", "x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("evil", MALICIOUS, ids=range(len(MALICIOUS)))
def test_nothing_that_a_prompt_says_becomes_a_part_of_the_page(evil, tmp_path):
    """The same elements and attributes as with a harmless prompt, in every place of a text."""
    names = ("prompt", "negative_prompt", "scheduler", "model")
    picture(tmp_path / "a" / "x.png", SETTINGS | dict.fromkeys(names, evil))
    harmless = dict.fromkeys(names, "lake")
    picture(tmp_path / "b" / "x.png", SETTINGS | harmless)
    bad, good = (read(gallery(tmp_path / each, evil)) for each in "ab")
    kinds = [[(tag, set(attrs) - {"lang"}) for tag, attrs in page.elements] for page in (bad, good)]
    assert kinds[0] == kinds[1]
    assert not bad.every("script") and [a["src"] for a in bad.every("img")] == ["x.png"]
    assert all(len(text) < 1000 for text in bad.text if "xxx" in text)
    assert not any(sign in "".join(bad.text) for sign in "\u202e\0\x1b")


def test_a_template_in_a_prompt_is_a_text(tmp_path):
    picture(tmp_path / "x.png", {"prompt": "{{ 7 * 7 }}"})
    assert "{{ 7 * 7 }}" in read(gallery(tmp_path)).text


@pytest.mark.parametrize(
    "settings",
    [
        {"prompt": None}, {"prompt": 3}, {"prompt": {"a": "b"}}, {"prompt": [None, "lake", ["x"]]},
        {"prompt": "lake", "seed": {"deep": ["<b>"]}, "steps": [[["<i>"]]], "size": [1, 2, 3]},
        {"no": "prompt"}, ["a", "list"], "text", 5,
    ],
)  # fmt: skip
def test_settings_of_any_kind_make_a_page(settings, tmp_path):
    picture(tmp_path / "x.png", settings)
    page = read(gallery(tmp_path))
    assert len(page.every("figure")) == 1 and not page.every("b") and not page.every("i")


@pytest.mark.parametrize(
    "name", ["a b.png", "50%.png", "what?.png", "#1.png", "it's.png", 'say "hi".png', "<b>.png",
             "絵.png", "javascript:alert(1).png", "a&amp;b.png"]
)  # fmt: skip
def test_an_address_leads_to_its_file_whatever_its_name(name, tmp_path):
    try:
        picture(tmp_path / "in side" / name, SETTINGS)
    except OSError:
        pytest.skip("this system allows no such name")
    (shown,) = read(gallery(tmp_path)).every("img")
    assert (tmp_path / unquote(shown["src"])).is_file()
    assert ":" not in shown["src"] and not shown["src"].startswith("/")


def test_the_page_forbids_scripts_and_foreign_pictures(tmp_path):
    picture(tmp_path / "x.png")
    metas = read(gallery(tmp_path)).every("meta")
    (policy,) = [m["content"] for m in metas if "http-equiv" in m]
    assert policy.startswith("default-src 'none'; img-src file: 'self';") and "script" not in policy
    assert {"name": "generator", "content": MARK} in metas


def test_what_is_hidden_or_lies_elsewhere_stays_away(tmp_path):
    out = tmp_path / "out"
    picture(out / "x.png")
    picture(out / ".unfinished-1" / "y.png")
    secret = picture(tmp_path / "secret.png")
    try:
        (out / "link.png").symlink_to(secret)
    except OSError:
        pass  # Windows without the right to make links
    assert [a["src"] for a in read(gallery(out)).every("img")] == ["x.png"]


def test_a_gallery_is_made_again_but_another_page_is_not_replaced(tmp_path):
    picture(tmp_path / "x.png")
    first = gallery(tmp_path).read_bytes()
    assert gallery(tmp_path).read_bytes() == first
    (tmp_path / PAGE).write_text("<p>my home page</p>", encoding="utf-8")
    with pytest.raises(ValueError, match="is there already and is not a gallery; move it"):
        gallery(tmp_path)
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == "<p>my home page</p>"


def test_a_damaged_picture_does_not_stop_the_page(tmp_path):
    (tmp_path / "cut.png").write_bytes(picture(tmp_path / "x.png", SETTINGS).read_bytes()[:60])
    assert len(read(gallery(tmp_path)).every("figure")) == 2


def test_folders_without_pictures_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder .*; make pictures there first"):
        gallery(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds 0 pictures .* shows 1 to 2000"):
        gallery(tmp_path)


def test_the_command_writes_the_page_and_says_where(tmp_path, capsys):
    picture(tmp_path / "x.png", SETTINGS)
    assert main(["gallery", str(tmp_path), "--title", "Four projects"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / PAGE)
    assert "Four projects" in (tmp_path / PAGE).read_text(encoding="utf-8")
    assert main(["gallery", str(tmp_path / "nowhere")]) == 2
    assert "error: folder: there is no folder" in capsys.readouterr().err


def test_the_page_speaks_the_language_of_the_course(tmp_path, monkeypatch):
    monkeypatch.setattr(language, "_spoken", ["ja"])
    picture(tmp_path / "one.png", SETTINGS)
    picture(tmp_path / "two.png")
    (tmp_path / "poster.pdf").write_bytes(b"%PDF")
    page = read(gallery(tmp_path, "四つの作品"))
    assert page.every("html") == [{"lang": "ja"}]
    told = " ".join(" ".join(page.text).split())
    assert "画像 2 枚。" in told and "設定が入っていません" in told and "ほかのファイル" in told
    assert "シード 7 ステップ数 20 ガイダンススケール 7.5" in told
    for english in ("pictures", "carries", "files", "guidance"):
        assert english not in told
