"""The public address of the course: written once, in pyproject.toml, generated everywhere else.

`Repository` under `[project.urls]` is the one place. `python -m helpers.repository_url` rewrites
what follows from it: the marked blocks of README.md and its translations and, in every lesson, the
Colab badge and the common first cell. `--check` writes nothing and exits with 1 if anything
differs. `course/twins.py` then carries the lessons' address into their twins in other languages.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from .files import written_beside

ROOT = Path(__file__).resolve().parents[1]
MARK = "# The same first cell in every lesson"
FIRST_CELL = (
    MARK
    + """: on Colab it fetches the course.
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:
    address = "{repository}"
    course = Path("/content/{name}")
    if not course.exists():
        subprocess.run(["git", "clone", "--depth=1", address, course], check=True)
    sys.path.insert(0, str(course))
    from helpers.doctor import install_missing

    install_missing()  # only what Colab lacks, and never another torch

# Before PyTorch, whose threads then leave the cores to others while they wait
import helpers  # noqa: F401"""
)
BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
BINDER = "[![Open in Binder](https://mybinder.org/badge_logo.svg)]"
READMES = {"README.md": "course", "README.ja.md": "course/ja"}
"""Each README, and the folder of its lessons."""
READ = {
    "course": ("Read the course in your browser", ": nothing to install."),
    "course/ja": ("ブラウザでコースを読む", "：インストールは要りません。"),
}
"""Folder of lessons -> the words of the link to their site, and what follows it."""


def repository(root: Path = ROOT) -> str:
    """Returns the address of the repository, as pyproject.toml gives it.

    Raises:
        ValueError: if `[project.urls] Repository` is missing or is not `https://github.com/owner/name`.
    """
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^Repository = "(https://github\.com/[\w.-]+/[\w.-]+)"$', text, re.MULTILINE)
    if not found:
        raise ValueError(
            "pyproject.toml: [project.urls] needs a line "
            'Repository = "https://github.com/owner/name" (no slash at the end)'
        )
    return found[1]


def first_cell(address: str) -> str:
    """Returns the source of the first code cell that all lessons share."""
    return FIRST_CELL.format(name=address.rsplit("/", 1)[1], repository=address)


def badge(address: str, lesson: str) -> str:
    """Returns the Markdown of the Colab badge of a lesson, such as course/00_start_here.ipynb."""
    path = address.removeprefix("https://github.com/")
    return f"{BADGE}(https://colab.research.google.com/github/{path}/blob/main/{lesson})"


def site(address: str) -> str:
    """Returns where GitHub Pages shows the course of a repository (`make site`)."""
    owner, name = address.removeprefix("https://github.com/").split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def blocks(address: str, folder: str = "course") -> dict[str, str]:
    """Returns the generated parts of a README, by the name in their marks.

    Args:
        address: of the repository.
        folder: of the lessons that the README shows.
    """
    path, start = address.removeprefix("https://github.com/"), f"{folder}/00_start_here.ipynb"
    binder = f"{BINDER}(https://mybinder.org/v2/gh/{path}/main?labpath={start})"
    words, rest = READ[folder]
    home = site(address) + f"{folder}/".removeprefix("course/")
    return {
        "site": f"**[{words}]({home})**{rest}",
        "badges": f"{badge(address, start)} {binder}",
        "clone": f"```bash\ngit clone --depth 1 {address}\ncd {address.rsplit('/', 1)[1]}\n```",
    }


def update_readme(text: str, address: str, name: str = "README.md") -> str:
    """Returns the text of one of READMES with every `<!-- address:NAME -->` block filled anew.

    Raises:
        ValueError: if a block that the address tool fills is missing.
    """
    for block, content in blocks(address, READMES[name]).items():
        begin, end = f"<!-- address:{block} -->", f"<!-- /address:{block} -->"
        if begin not in text or end not in text:
            raise ValueError(f"{name}: the marks {begin} ... {end} are missing; put them back")
        head, tail = text.split(begin, 1)[0], text.split(end, 1)[1]
        text = f"{head}{begin}\n{content}\n{end}{tail}"
    return text


def update_lesson(text: str, address: str, lesson: str) -> str:
    """Returns a notebook's JSON text with its Colab badge and its first code cell made anew.

    Raises:
        ValueError: if the lesson has no badge, or another first code cell than the common one.
    """
    notebook = json.loads(text)
    cells = [(cell, "".join(cell["source"])) for cell in notebook["cells"]]
    titles = [(cell, source) for cell, source in cells if BADGE in source]
    code = [(cell, source) for cell, source in cells if cell["cell_type"] == "code"]
    if not titles:
        raise ValueError(f"{lesson}: no Colab badge; give its title cell a line {BADGE}(x)")
    if not code or not code[0][1].startswith(MARK):
        raise ValueError(
            f"{lesson}: its first code cell is not the common one; "
            f"put in a cell with the line '{MARK}' and run: python -m helpers.repository_url"
        )
    right = [
        (cell, re.sub(re.escape(BADGE) + r"\([^)]*\)", lambda _: badge(address, lesson), source))
        for cell, source in titles
    ]
    wrong = [
        (cell, source)
        for cell, source in [*right, (code[0][0], first_cell(address))]
        if "".join(cell["source"]) != source
    ]
    if not wrong:
        return text
    for cell, source in wrong:
        cell["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def stale(root: Path = ROOT) -> dict[Path, str]:
    """Returns the files that differ from what the address asks for, each with its right text."""
    address = repository(root)
    right = {
        root / name: update_readme((root / name).read_text(encoding="utf-8"), address, name)
        for name in READMES
    }
    for path in sorted((root / "course").glob("*.ipynb")):
        lesson = path.relative_to(root).as_posix()
        right[path] = update_lesson(path.read_text(encoding="utf-8"), address, lesson)
    return {path: text for path, text in right.items() if path.read_text(encoding="utf-8") != text}


def main(argv: list[str] | None = None) -> int:
    """Carries the address into the READMEs and the lessons; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.repository_url", description=main.__doc__
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it differs")
    check = parser.parse_args(argv).check
    try:
        files = stale()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path, text in files.items():
        print(f"{path.relative_to(ROOT)}: {'differs' if check else 'written'}")
        if not check:
            with written_beside(path) as place:
                place.write_text(text, encoding="utf-8")
    return 1 if check and files else 0


if __name__ == "__main__":
    sys.exit(main())
