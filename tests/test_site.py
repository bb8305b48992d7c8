"""The site: whole, readable for everybody, and at home on one host.

Without Node and the packages of web/ nothing here can run; without Chromium, what needs a browser
cannot; without onnx there is no Playground. All is said when a test is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, unquote, urldefrag, urlparse

import pytest
from bs4 import BeautifulSoup

from conftest import FOREIGN
from helpers.doctor import ROOT
from web.site import __main__ as builder
from web.site import lessons, playground
from web.site.lessons import LANGUAGES, files, markdown

SOURCE = ROOT / "web" / "site"
HAS_ONNX = find_spec("onnx") is not None
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
LARGEST_PAGE = 1_500_000
LARGEST_SITE = 150_000_000
RESOURCES = {
    "img": "src",
    "script": "src",
    "video": "src",
    "source": "src",
    "iframe": "src",
    "link": "href",
}

pytestmark = [
    pytest.mark.skipif(
        not shutil.which("node"), reason="the site is built with Node; it is not installed"
    ),
    pytest.mark.skipif(
        not builder.MODULES.exists(),
        reason="web/node_modules is missing; run: npm ci --prefix web",
    ),
]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
needs_onnx = pytest.mark.skipif(not HAS_ONNX, reason="the Playground needs pip install onnx")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "site"
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}  # much quicker
    command = [sys.executable, "-m", "web.site", "--out", out]
    subprocess.run(command, cwd=ROOT, env=own, check=True)
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, BeautifulSoup]:
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def seen(site: Path) -> dict:
    """What a browser met on all pages; see web/site/check.mjs."""
    command = ["node", SOURCE / "check.mjs", site, CHROMIUM]
    return json.loads(
        subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    )


def resources(path: Path, soup: BeautifulSoup) -> Iterator[str]:
    """Every address that a browser asks for by itself when it shows a page."""
    for tag, attribute in RESOURCES.items():
        for element in soup.select(f"{tag}:not(template *)"):
            if element.get(attribute) and element.get("rel") != ["alternate"]:
                yield element[attribute]
    yield from (element["srcset"] for element in soup.find_all(srcset=True))


def language_of(site: Path, path: Path) -> str:
    return "ja" if path.relative_to(site).parts[0] == "ja" else "en"


def test_every_lesson_has_a_page_in_each_language_that_it_is_written_in(site, pages):
    expected = {site / "index.html", site / "ja" / "index.html"}
    for language in LANGUAGES:
        folder = site if language == "en" else site / language
        expected |= {folder / f"{path.stem}.html" for path in files(language)}
        expected |= {folder / "playground" / "index.html"} if HAS_ONNX else set()
    assert set(pages) == expected


def test_every_cell_of_a_lesson_is_on_its_page(site, pages):
    for language in LANGUAGES:
        for path in files(language):
            page = pages[(site if language == "en" else site / language) / f"{path.stem}.html"]
            cells = [cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
            assert [section["id"] for section in page.select("article > section")] == cells


def test_inside_links_and_anchors_lead_somewhere(site, pages):
    names = {
        path: {element["id"] for element in soup.find_all(id=True)} for path, soup in pages.items()
    }
    for path, soup in pages.items():
        for link in soup.find_all("a", href=True):
            address, anchor = urldefrag(link["href"])
            if urlparse(address).scheme:
                continue
            target = (path.parent / unquote(address)).resolve() if address else path
            assert target.is_file() and target.is_relative_to(site.resolve()), (path, link["href"])
            assert not anchor or anchor in names[target], (path, link["href"])


def test_a_first_page_begins_with_what_the_course_is(site, pages):
    for path, words in ((site, "Jupyter notebooks"), (site / "ja", "Jupyterノートブック")):
        assert words in " ".join(pages[path / "index.html"].select_one(".title p").text.split())


def test_what_a_page_shows_lies_beside_it(site, pages):
    for path, soup in pages.items():
        for address in resources(path, soup):
            assert (path.parent / address).is_file(), (path, address)
    for style in site.rglob("*.css"):
        assert "http" not in style.read_text(encoding="utf-8"), style


def test_a_page_has_one_title_a_language_and_an_anchor_once(site, pages):
    for path, soup in pages.items():
        assert soup.html["lang"] == language_of(site, path)
        assert len(soup.find_all("h1")) == 1 and soup.title.text.strip(), path
        names = [element["id"] for element in soup.find_all(id=True)]
        assert len(names) == len(set(names)), path


def test_pictures_have_their_words_and_their_size(pages):
    for path, soup in pages.items():
        pictures = soup.select("main img")
        assert pictures or path.parent.name == "playground", path
        for picture in pictures:
            assert len(picture["alt"]) > 5 and picture["width"] and picture["height"], picture


def test_formulas_are_set_and_answers_folded(pages):
    for path, soup in pages.items():
        assert not soup.select(".tex") and not soup.select(".katex-error"), path
        if path.name != "index.html":
            assert soup.select(".katex math"), path
            assert len(soup.select("article .text details:not([open]) > summary")) == 3, path


def test_nothing_is_left_of_the_builders_own_marks(site, pages):
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert '"site:' not in text and '"lesson:' not in text, path


def test_the_site_is_light(site):
    everything = [path for path in site.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in everything) <= LARGEST_SITE


@needs_chromium
def test_a_page_is_light_with_its_pictures_and_fonts(site, seen, pages):
    for path, soup in pages.items():
        fonts = seen["pages"][path.relative_to(site).as_posix()]["fonts"]
        assert fonts, path
        files = {(path.parent / address).resolve() for address in resources(path, soup)}
        files |= {(site / font).resolve() for font in fonts}
        size = path.stat().st_size + sum(file.stat().st_size for file in files)
        assert size <= LARGEST_PAGE, (path, size)


def test_the_lessons_explorers_move(pages):
    """In both languages, and as many pages in the one as in the other.

    Where another processor rounds so that one would show another picture than is stored, it stays
    a picture: a few may.
    """
    found = {"en": {}, "ja": {}}
    for path, soup in pages.items():
        for template in soup.select("figure > template.pages"):
            leaves = template.find_all("div", recursive=False)
            assert 0 <= int(template["data-start"]) < len(leaves) > 1, path
            assert all(leaf.select_one(".above").decode_contents().strip() for leaf in leaves), path
            assert template.find_previous_sibling("img"), path  # what stands there without scripts
            language = soup.html["lang"]
            found[language].setdefault(path.name, []).append(len(leaves))
    for language, moving in found.items():
        every = {f"{path.stem}.html" for path in files(language)}
        assert set(moving) <= every and len(moving) >= 0.7 * len(every), every - set(moving)
    both = set(found["en"]) & set(found["ja"])
    assert {name: found["en"][name] for name in both} == {name: found["ja"][name] for name in both}


@needs_onnx
def test_the_playground_is_one_click_away(site, pages):
    """From every page, and from the places in lessons where a reader is told to play."""
    for path, soup in pages.items():
        place = site / ("ja" if language_of(site, path) == "ja" else "") / "playground/index.html"
        links = [
            link
            for link in soup.find_all("a", href=True)
            if (path.parent / urldefrag(link["href"])[0]).resolve() == place.resolve()
        ]
        assert soup.find(id="contents") in [link.parent for link in links], path
        boxes = {link.parent.find_previous_sibling()["id"] for link in soup.select(".play > a")}
        assert boxes == {cell for cell in playground.CELLS if soup.find(id=cell)}, path
        if path.name == "index.html" and path.parent.name != "playground":
            assert any("button" in link.get("class", []) for link in links), path
    boxes = [box for soup in pages.values() for box in soup.select(".play > a")]
    assert len(boxes) == len(playground.CELLS) * len(LANGUAGES)


@needs_onnx
def test_models_and_their_runtime_lie_in_the_site_once(site, pages):
    for path in (site / "model").iterdir():
        assert [path] == list(site.rglob(path.name))
    for language in LANGUAGES:
        page = site / ("ja" if language == "ja" else "") / "playground" / "index.html"
        root = pages[page].find(id="playground")
        assert (page.parent / root["data-model"]).resolve() == (site / "model").resolve()
        for provider in ("wasm", "webgpu"):
            assert (page.parent / root[f"data-{provider}"]).is_file()


def test_without_onnx_one_line_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(playground, "find_spec", lambda name: None)
    assert not playground.can_be_built()
    told = capsys.readouterr().out
    assert told.endswith(" -m pip install onnx\n") and told.count("\n") == 1


def test_without_the_playground_no_page_leads_to_it(monkeypatch, tmp_path):
    for module in (builder, lessons):
        monkeypatch.setattr(module, "files", lambda language: files(language)[:1])
    for path, text in builder.Site(tmp_path / "site").pages().items():
        assert "playground/index.html" not in text and '"lesson:' not in text, path


def test_markup_in_a_formula_stays_text():
    assert markdown("$a <b> c$") == '<p><span class="tex">a &lt;b&gt; c</span></p>\n'


@needs_chromium
def test_pages_load_without_an_error_and_ask_no_other_host(seen, pages):
    assert len(seen["pages"]) == len(pages)
    assert {name: page["wrong"] for name, page in seen["pages"].items() if page["wrong"]} == {}


@needs_chromium
def test_explorers_come_to_life_with_all_their_pictures(seen, pages):
    for path, page in seen["pages"].items():
        soup = next(soup for place, soup in pages.items() if place.as_posix().endswith("/" + path))
        count = len(soup.select("template.pages"))
        assert page["explorers"] == {"count": count, "broken": []}, path


@needs_chromium
@pytest.mark.parametrize("place", ["explorer", "explorerFromFile"])
def test_an_explorer_is_moved_by_keyboard_and_by_its_button(seen, place):
    explorer = seen[place]
    first, last, before, played = explorer["steps"]
    assert (first["value"], last["value"], before["value"], played["value"]) == (
        "0",
        "19",
        "18",
        "19",
    )
    for step in explorer["steps"]:
        assert step["texts"] == [step["said"]]  # one page at a time, and what it says is told
    assert len({step["said"] for step in explorer["steps"]}) == 3 and played == last
    assert explorer["label"] == builder.WORDS["en" if place == "explorer" else "ja"]["start"]
    assert explorer["wrong"] == []


@needs_chromium
def test_an_explorer_is_its_still_picture_on_paper_and_without_scripts(seen):
    assert seen["explorer"]["hidden"] is False
    assert seen["explorer"]["printed"] == [True, False]
    assert seen["unscripted"] == [True]


@needs_chromium
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(seen, theme):
    assert {name: page[theme] for name, page in seen["pages"].items() if page[theme]} == {}


@needs_chromium
def test_a_page_is_no_wider_than_a_phone(seen):
    assert {page["width"] for page in seen["pages"].values()} == {390}


@needs_chromium
def test_search_finds_parts_of_words_in_both_languages(seen):
    for language, words in (("english", "06"), ("japanese", "03")):
        found = seen[language]["found"]
        assert found and any(title.startswith(words) for title, _ in found)
        assert seen[language]["wrong"] == []
    translated = {path.stem for path in files("ja")}
    for _, address in seen["japanese"]["found"]:
        assert ("/ja/" in address) == (Path(urlparse(address).path).stem in translated)


@needs_chromium
def test_search_shows_what_was_typed_as_text(seen):
    assert seen["nothing"] == {"found": [], "wrong": []}


@needs_chromium
def test_search_works_from_a_file(seen):
    assert seen["fromFile"]["found"] and seen["fromFile"]["wrong"] == []


@needs_chromium
def test_the_theme_is_switched_and_remembered(seen):
    before, after, later = seen["themes"]["seen"]
    assert before != after == later


@needs_chromium
def test_the_other_language_opens_at_the_same_place(seen):
    assert seen["twin"]["address"] == "ja/00_start_here.html#start-22"


@needs_chromium
def test_contents_unfold_on_a_phone(seen):
    assert seen["menu"]["seen"] == [False, True, False]


@pytest.fixture
def played(seen) -> dict:
    if not HAS_ONNX:
        pytest.skip("the Playground needs pip install onnx")
    return seen["playground"]


@needs_chromium
def test_the_playground_draws_and_another_seed_draws_another_picture(played):
    first, other, again = played["runs"]
    for run in played["runs"]:
        assert run["status"].startswith("Done: ")
        assert run["picture"].startswith("data:image/png;base64,")
    assert first["picture"] == again["picture"] != other["picture"]
    assert played["wrong"] == []


@needs_chromium
def test_the_playgrounds_address_carries_its_settings(played):
    told = parse_qs(urldefrag(played["link"]).fragment)
    assert (told["model"], told["seed"]) == (["tiny-turbo"], ["1"])
    assert told["prompt"] == [played["again"]]
    assert played["twin"]["address"].startswith("ja/playground/index.html#")
    assert played["twin"]["controls"] == [
        *("<script>alert(1)</script> a lake", "", "tiny-turbo"),
        *(told[name][0] for name in ("scheduler", "seed", "steps", "guidance")),
    ]


@needs_chromium
def test_markup_in_a_prompt_stays_text(played):
    assert played["again"] == "<script>alert(1)</script> a lake" and played["scripts"] == 0


@needs_chromium
def test_the_playground_opens_with_an_example(played):
    assert played["first"][0] == builder.WORDS["en"]["first_prompt"]
