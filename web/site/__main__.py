"""`python -m web.site --out site`: builds the site from the lessons as they are stored."""

from __future__ import annotations

import argparse
import html
import json
import math
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
from bs4 import BeautifulSoup
from PIL import Image

from helpers import repository_url

from . import explorers, playground
from .lessons import HERE, LANGUAGES, ROOT, Lesson, Pictures, files, markdown, read

WORDS = json.loads((HERE / "words.json").read_text(encoding="utf-8"))
MODULES = HERE.parent / "node_modules"
FONTS = ("source-serif-4", "source-sans-3", "source-code-pro")
SUBSETS = ("latin", "latin-ext", "greek", "greek-ext")
HOME = {"en": ROOT / "README.md", "ja": ROOT / "README.ja.md"}
ROW = re.compile(
    r"^\| \[!\[(?P<alt>[^]]*)\]\((?P<cover>[^)]*)\)\].*\| (?P<can>[^|]+?) \|$", re.MULTILINE
)
"""A lesson in the README's table: its picture, what that shows, what one can afterwards."""


class Site:
    """The pages of the site, and what they share.

    Attributes:
        out: the folder that is filled.
        lessons: language to its lessons, in order; where one is not translated, the English one.
        megabytes: what the Playground fetches at most; 0 for a site without it.
    """

    def __init__(self, out: Path, megabytes: int = 0):
        self.out = out
        self.megabytes = megabytes
        self.pictures = Pictures(out / "pictures")
        self.repository = repository_url.repository()
        self.templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"), trim_blocks=True, autoescape=True
        )
        every = [path for language in LANGUAGES for path in files(language)]
        self.explorers = explorers.explorers(every)
        self.written = {language: list(self._read(language)) for language in LANGUAGES}
        self.lessons = {language: list(self._in_order(language)) for language in LANGUAGES}

    def _read(self, language: str) -> Iterator[Lesson]:
        words = WORDS[language]
        box = self.templates.get_template("play.html.j2").render(words=words)
        boxes = dict.fromkeys(playground.CELLS, box) if self.megabytes else {}
        for path in files(language):
            yield read(path, language, self.pictures, words, boxes, self._players(path, words))

    def _players(self, path: Path, words: dict[str, str]) -> dict[str, str]:
        """Cell to the HTML of its explorer."""
        template = self.templates.get_template("player.html.j2")
        players = {}
        for cell, explorer in self.explorers[path].items():
            pages = [page | {"file": self._moved(page["file"])} for page in explorer["pages"]]
            players[cell] = template.render(pages=pages, start=explorer["start"], words=words)
        return players

    def _moved(self, path: Path) -> str:
        return self.pictures.keep(path.read_bytes(), path.suffix[1:])

    def _in_order(self, language: str) -> Iterator[Lesson]:
        own = {lesson.file: lesson for lesson in self.written[language]}
        yield from (own.get(lesson.file, lesson) for lesson in self.written["en"])

    def pages(self) -> dict[Path, str]:
        """The HTML of every page, by its place; its formulas are not set yet."""
        pages = {}
        for language in LANGUAGES:
            pages[self.place("index", language)] = self.home(language)
            if self.megabytes:
                pages[self.place("playground/index", language)] = self.playground(language)
            for lesson in self.written[language]:
                pages[self.place(lesson.file, language)] = self.lesson(lesson)
        return pages

    def place(self, name: str, language: str) -> Path:
        """Where a page lies, in the folder of the site."""
        return Path("" if language == "en" else language) / f"{name}.html"

    def lesson(self, lesson: Lesson) -> str:
        """A lesson's page."""
        row = self.lessons[lesson.language]
        at = row.index(lesson)
        body = self.templates.get_template("lesson.html.j2").render(
            lesson=lesson,
            before=row[at - 1] if at else None,
            after=row[at + 1] if at + 1 < len(row) else None,
            words=WORDS[lesson.language],
            language=lesson.language,
        )
        about = f"{lesson.kicker} · {lesson.title}"
        return self.page(lesson.file, lesson.language, about, about, body)

    def home(self, language: str) -> str:
        """The first page of a language: what the README says, and the lessons as cards."""
        words, text = WORDS[language], HOME[language].read_text(encoding="utf-8")
        parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
        chapters = dict(zip(parts[1::2], parts[2::2], strict=True))
        opening = parts[0].split("\n\n")
        about = markdown([part for part in opening if re.match(r"[\w「]", part)][-1])
        caption = markdown(next(part for part in opening if re.match(r"\*[^*]", part)))
        alt = re.search(r"!\[([^]]*)\]\(course/images/run\.gif\)", parts[0])[1]
        rest = "".join(f"## {name}\n{chapters[name]}" for name in words["readme"])
        body = self.templates.get_template("home.html.j2").render(
            about=about,
            run=self.run(alt),
            caption=caption,
            cards=list(self.cards(language, text)),
            rest=self.linked(markdown(rest)),
            lessons=self.lessons[language],
            words=words,
            language=language,
            playground=bool(self.megabytes),
            repository=self.repository,
            install=f"{self.repository}#quick-start",
        )
        summary = " ".join(BeautifulSoup(about, "html.parser").text.split())
        return self.page("index", language, words["course"], summary, body)

    def playground(self, language: str) -> str:
        """The page on which the model draws."""
        words = WORDS[language]
        about = words["playground_about"].format(megabytes=self.megabytes)
        template = self.templates.get_template("playground.html.j2")
        body = template.render(words=words, about=about)
        return self.page("playground/index", language, words["playground"], about, body)

    def cards(self, language: str, text: str) -> Iterator[tuple[Lesson, dict[str, Any], str]]:
        """(lesson, its picture, what one can do afterwards) of each lesson."""
        known = ROW.finditer(HOME["en"].read_text(encoding="utf-8") + text)
        rows = {Path(found["cover"]).stem: found for found in known}
        for lesson in self.lessons[language]:
            row = rows[lesson.number]
            yield lesson, self.kept(ROOT / row["cover"], row["alt"]), row["can"]

    def kept(self, path: Path, alt: str) -> dict[str, Any]:
        """A picture of the repository, as a template needs it."""
        width, height = Image.open(path).size
        file = self.pictures.keep(path.read_bytes(), path.suffix[1:])
        return {"file": file, "alt": alt, "width": width, "height": height}

    def run(self, alt: str) -> str:
        """The run that the README shows, moving; its last picture for whom motion disturbs."""
        path = ROOT / "course" / "images" / "run.gif"
        moving = self.kept(path, alt)
        with Image.open(path) as film:
            film.seek(film.n_frames - 1)
            still = self.out / "pictures" / "run-still.png"
            film.convert("RGB").save(still)
        return (
            '<picture><source srcset="site:pictures/run-still.png" '
            'media="(prefers-reduced-motion: reduce)">'
            f'<img src="site:{moving["file"]}" alt="{html.escape(alt)}" width="{moving["width"]}" '
            f'height="{moving["height"]}"></picture>'
        )

    def linked(self, text: str) -> str:
        """HTML in which addresses inside the repository lead to a page, or to its public place."""

        def target(found: re.Match[str]) -> str:
            address = found[1]
            if re.match(r"[a-z]+:|#", address):
                return found[0]
            lesson = re.fullmatch(r"course/(?:ja/)?(\d\d_\w+)\.ipynb", address)
            if lesson:
                return f'href="lesson:{lesson[1]}"'
            return f'href="{self.repository}/blob/main/{address}"'

        return re.sub(r'href="([^"]*)"', target, text)

    def page(self, name: str, language: str, title: str, about: str, body: str) -> str:
        """A whole page; its addresses are made relative to where it lies."""
        other = next(one for one in LANGUAGES if one != language)
        root = "../" * (len(self.place(name, language).parts) - 1)
        home = {one: f"{root}{self.place('index', one).as_posix()}" for one in LANGUAGES}
        lesson = next((one for one in self.lessons[language] if one.file == name), None)
        twins = {one.file for one in self.written[other]}
        twin = f"{root}{self.place(name, other).as_posix()}"
        text = self.templates.get_template("page.html.j2").render(
            language=language,
            title=title,
            about=about,
            body=body,
            name=name,
            playground=bool(self.megabytes),
            lesson=lesson,
            lessons=self.lessons[language],
            words=WORDS[language],
            home=home[language],
            other_home=home[other],
            other_language=other,
            twin=twin if lesson is None or lesson.file in twins else None,
        )
        places = {
            one.file: root + self.place(one.file, one.language).as_posix()
            for one in self.lessons[language]
        }
        places["playground"] = root + self.place("playground/index", language).as_posix()
        text = re.sub(r'"lesson:(\w+)"', lambda found: f'"{places[found[1]]}"', text)
        return text.replace('"site:', f'"{root}')

    def index(self, language: str) -> str:
        """The script with all words of a language's lessons, for the search."""
        rows = [
            [
                self.place(lesson.file, lesson.language).as_posix() + f"#{section.name}",
                f"{lesson.number} · {lesson.title}",
                section.title,
                section.words,
            ]
            for lesson in self.lessons[language]
            for section in lesson.sections
        ]
        if self.megabytes:
            words = WORDS[language]
            place = self.place("playground/index", language).as_posix()
            rows.append([place, words["playground"], words["draw"], words["play"]])
        return f"window.courseIndex = {json.dumps(rows, ensure_ascii=False)};\n"


def set_formulas(pages: dict[Path, str]) -> dict[Path, str]:
    """Returns the pages with their formulas set: all of the site in one call of KaTeX."""
    mark = re.compile(r'<span class="tex( display)?">(.*?)</span>', re.DOTALL)
    formulas = sorted({found for text in pages.values() for found in mark.findall(text)})
    asked = json.dumps([[html.unescape(tex), bool(display)] for display, tex in formulas])
    program = ["node", HERE / "maths.mjs"]
    done = subprocess.run(
        program, input=asked, stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    ready = dict(zip(formulas, json.loads(done.stdout), strict=True))
    return {
        place: mark.sub(lambda found: ready[found.groups("")], text)
        for place, text in pages.items()
    }


def fonts() -> Iterator[tuple[Path, str]]:
    """(file, its rule in CSS) of every font that the pages use."""
    for family in FONTS:
        folder = MODULES / "@fontsource-variable" / family
        for name in ("wght.css", "wght-italic.css"):
            for rule in re.findall(
                r"@font-face \{.*?\}", (folder / name).read_text(encoding="utf-8"), re.DOTALL
            ):
                file = re.search(r"url\(\./files/(.*?)\)", rule)[1]
                if file.removeprefix(f"{family}-").rsplit("-wght-", 1)[0] in SUBSETS:
                    yield folder / "files" / file, rule.replace("./files/", "fonts/")


def assets(folder: Path) -> None:
    """Fills the folder of what all pages share: styles, the script, fonts, KaTeX's own."""
    shutil.copytree(HERE / "static", folder, dirs_exist_ok=True)
    katex = MODULES / "katex" / "dist"
    shutil.copytree(
        katex / "fonts", folder / "fonts", ignore=shutil.ignore_patterns("*.ttf", "*.woff")
    )
    style = (katex / "katex.min.css").read_text(encoding="utf-8")
    (folder / "katex.min.css").write_text(
        re.sub(r",url\([^)]*\.(?:woff|ttf)\) format\(\"\w+\"\)", "", style), encoding="utf-8"
    )
    rules = []
    for path, rule in fonts():
        shutil.copy(path, folder / "fonts")
        rules.append(rule)
    (folder / "fonts.css").write_text("\n".join(rules), encoding="utf-8")


def build(out: Path) -> None:
    """Fills a folder with the site, anew."""
    shutil.rmtree(out, ignore_errors=True)
    assets(out / "assets")
    fetched = playground.fill(out) if playground.can_be_built() else 0
    site = Site(out, megabytes=math.ceil(fetched / 1e6))
    for language in LANGUAGES:
        index = unicodedata.normalize("NFC", site.index(language))
        (out / "assets" / f"search-{language}.js").write_text(index, encoding="utf-8")
        (out / "notebooks" / language).mkdir(parents=True)
        for path in files(language):
            shutil.copy(path, out / "notebooks" / language)
    for place, text in set_formulas(site.pages()).items():
        (out / place).parent.mkdir(parents=True, exist_ok=True)
        (out / place).write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Builds the site; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m web.site", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "site", help="folder; emptied first")
    out = parser.parse_args(argv).out
    if not MODULES.exists():
        parser.error("web/node_modules is missing; run: npm ci --prefix web")
    build(out)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}: {len(list(out.rglob('*.html')))} pages, {size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
