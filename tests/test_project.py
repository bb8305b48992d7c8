"""The shell of the repository: one address, one list of versions, commands that exist."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from helpers import doctor, repository_url
from helpers.doctor import ROOT, Finding, check_weights, read_needs

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LEARNER = read_needs((ROOT / "requirements.txt").read_text(encoding="utf-8"))
TESTS = read_needs((ROOT / "requirements-tests.txt").read_text(encoding="utf-8"))
NEEDS = [*LEARNER, *TESTS]
CONSTRAINTS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
HERE = repository_url.repository()
ELSEWHERE = "https://github.com/someone/else-where"
IMPORT_NAMES = {"pillow": "PIL", "scikit-learn": "sklearn"}


def pins(python: str) -> dict[str, str]:
    """The exact version of each package under a patch release of Python, such as "3.10.4"."""
    short = ".".join(python.split(".")[:2])
    environment = {
        **default_environment(),
        "python_version": short,
        "python_full_version": python,
    }
    chosen = [c for c in CONSTRAINTS if c.marker is None or c.marker.evaluate(environment)]
    found = {canonicalize_name(c.name): str(c.specifier).removeprefix("==") for c in chosen}
    assert len(found) == len(chosen), "a package is pinned twice"
    return found


def lesson(
    first_cell: str, title: str = f"# Lesson\n{repository_url.BADGE}(https://old)\ntext"
) -> str:
    """The JSON of a notebook with a title and a first code cell."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": title.splitlines(keepends=True)},
        {"cell_type": "code", "metadata": {}, "source": first_cell.splitlines(keepends=True)},
    ]
    return json.dumps({"cells": cells})


def test_readme_and_lessons_carry_the_address():
    assert [path.name for path in repository_url.stale()] == [], (
        "run: python -m helpers.repository_url"
    )


def test_address_stands_nowhere_else():
    owner = HERE.removeprefix("https://github.com/")
    generated = {
        "pyproject.toml",
        *repository_url.READMES,
        *(p.name for p in ROOT.glob("course/*.ipynb")),
    }
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    ).stdout.split("\n")
    texts = {".py", ".md", ".toml", ".yml", ".txt", ".ipynb", ".json", ".cff", ""}
    files = [ROOT / name for name in listed if name and Path(name).suffix in texts]
    assert files
    holding = {
        f.name for f in files if f.is_file() and owner in f.read_text("utf-8", errors="ignore")
    }
    assert holding <= generated


def test_a_new_address_reaches_readme_and_lessons():
    for name, folder in repository_url.READMES.items():
        text = repository_url.update_readme((ROOT / name).read_text("utf-8"), ELSEWHERE, name)
        assert HERE not in text and repository_url.site(HERE) not in text
        assert "(https://someone.github.io/else-where/" in text
        assert repository_url.badge(ELSEWHERE, f"{folder}/00_start_here.ipynb") in text
    new = repository_url.update_lesson(
        lesson(repository_url.first_cell(HERE)), ELSEWHERE, "course/x.ipynb"
    )
    title, code = ("".join(cell["source"]) for cell in json.loads(new)["cells"])
    badge = repository_url.badge(ELSEWHERE, "course/x.ipynb")
    assert title == f"# Lesson\n{badge}\ntext"
    assert badge.endswith("/github/someone/else-where/blob/main/course/x.ipynb)")
    assert code == repository_url.first_cell(ELSEWHERE)
    assert repository_url.update_lesson(new, ELSEWHERE, "course/x.ipynb") == new


def test_lesson_without_badge_or_common_cell_is_refused():
    with pytest.raises(ValueError, match="no Colab badge"):
        repository_url.update_lesson(lesson(repository_url.first_cell(HERE), "# Lesson"), HERE, "x")
    with pytest.raises(ValueError, match="first code cell is not the common one"):
        repository_url.update_lesson(lesson("import torch"), HERE, "x")


def test_readme_without_marks_is_refused():
    with pytest.raises(ValueError, match="marks .*address:clone"):
        repository_url.update_readme(README.replace("<!-- /address:clone -->", ""), HERE)


@pytest.mark.parametrize("bad", ["", "http://github.com/a/b", "https://github.com/a/b/"])
def test_a_malformed_address_is_refused(bad, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        f'[project.urls]\nRepository = "{bad}"\n', encoding="utf-8"
    )
    with pytest.raises(ValueError, match="https://github.com/owner/name"):
        repository_url.repository(tmp_path)


def test_check_writes_nothing_and_says_so(monkeypatch, tmp_path, capsys):
    (tmp_path / "pyproject.toml").write_text(f'Repository = "{ELSEWHERE}"\n', encoding="utf-8")
    for name in repository_url.READMES:
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), encoding="utf-8")
    monkeypatch.setattr(repository_url, "stale", lambda stale=repository_url.stale: stale(tmp_path))
    monkeypatch.setattr(repository_url, "ROOT", tmp_path)
    assert repository_url.main(["--check"]) == 1
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == README
    assert repository_url.main([]) == 0
    for name in repository_url.READMES:
        assert ELSEWHERE in (tmp_path / name).read_text(encoding="utf-8")
    assert repository_url.main(["--check"]) == 0
    told = [
        f"{name}: {done}\n" for done in ("differs", "written") for name in repository_url.READMES
    ]
    assert capsys.readouterr().out == "".join(told)


def test_first_cell_does_nothing_outside_colab(monkeypatch):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("ran a program"))
    before = list(sys.path)
    exec(compile(repository_url.first_cell(HERE), "first cell", "exec"), {})
    assert sys.path == before


@pytest.mark.parametrize("python", ["3.10.0", "3.11.0", "3.11.5", "3.12.0", "3.13.0", "3.14.0"])
def test_every_requirement_is_pinned_within_its_range(python):
    exact = pins(python)
    for need in NEEDS:
        version = exact[canonicalize_name(need.requirement.name)]
        assert need.requirement.specifier.contains(version), need.requirement.name


def test_torch_is_the_tested_one():
    assert {pins(python)["torch"] for python in ("3.10.0", "3.14.0")} == {"2.13.0"}


@pytest.mark.parametrize("patch", range(20))
def test_pins_run_on_every_patch_release_of_this_python(patch):
    """Debian 12 has Python 3.11.2, and a package may want 3.11.5: what the packages here say."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}.{patch}"
    for name, version in pins(python).items():
        try:
            there = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system, or left out on purpose
        if there.version == version:
            wanted = SpecifierSet(there.metadata["Requires-Python"] or "")
            assert wanted.contains(python), f"{name} {version} wants Python {wanted}"


def test_one_range_of_pythons_is_told_everywhere():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'requires-python = ">=3.10,<3.15"' in project
    assert SpecifierSet(">=3.10,<3.15") == doctor.PYTHONS
    assert "(3, 10) <= sys.version_info[:2] <= (3, 14)" in MAKEFILE
    assert README.count("Python 3.10 to 3.14") == 1 and MAKEFILE.count("Python 3.10 to 3.14") == 2


def test_a_learner_gets_no_tools_of_tests_and_teachers():
    assert {need.who for need in LEARNER} == {"helpers", "course"}
    assert {need.who for need in TESTS} == {"tests"}
    learner, tests = ({need.requirement.name for need in needs} for needs in (LEARNER, TESTS))
    assert not learner & tests and {"nbgrader", "pytest", "nbval"} <= tests


def test_ranges_hold_what_colab_has_installed():
    colab = {
        "torch": "2.11.0",
        "diffusers": "0.39.0",
        "transformers": "5.15.0",
        "numpy": "2.1.0",
        "matplotlib": "3.10.0",
        "ipywidgets": "7.7.1",
    }
    ranges = {need.requirement.name: need.requirement.specifier for need in NEEDS}
    assert all(ranges[name].contains(version) for name, version in colab.items())


def test_every_import_of_the_helpers_is_required():
    required = {IMPORT_NAMES.get(n.requirement.name, n.requirement.name) for n in LEARNER}
    brought_by_ipywidgets = {"IPython"}
    imported = set()
    for file in (ROOT / "helpers").rglob("*.py"):
        found = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(node.module.split(".")[0])
        imported |= found - ({"ray", "starlette"} if file.parent.name == "serving" else set())
    ours = {"helpers"} | brought_by_ipywidgets
    assert imported - set(sys.stdlib_module_names) - ours <= required


def test_environment_delegates_to_the_lists():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    pip = re.findall(r"^      - (.+)$", text, re.MULTILINE)
    assert pip == ["-r requirements.txt", "-c constraints.txt", "-e ."]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dependencies = { file = ["requirements.txt"] }' in project


def test_commands_of_the_readme_exist():
    named = set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)[` ]", README, re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    wanted = {one or other for one, other in named}
    assert {"course", "test", "picture"} <= wanted <= targets


def test_plain_lines_are_those_of_the_makefile():
    for line in (
        "-r requirements.txt -c constraints.txt -e .",
        "-r requirements-tests.txt -c constraints.txt",
        "jupyter lab --notebook-dir=. course/00_start_here.ipynb",
    ):
        assert line in README and line in MAKEFILE
    japanese = (ROOT / "README.ja.md").read_text(encoding="utf-8")
    line = "jupyter lab --notebook-dir=. course/ja/00_start_here.ipynb"
    assert line in japanese and line in MAKEFILE and "\ncourse-ja: " in MAKEFILE


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", README)
    assert links and [link for link in links if not (ROOT / link).exists()] == []


def test_continuous_integration_runs_make_test():
    script = ROOT / ".ci" / "run"
    assert sys.platform == "win32" or script.stat().st_mode & 0o100
    assert script.read_text(encoding="utf-8").rstrip().endswith("make test")


def test_the_package_carries_every_file_that_is_no_program():
    """What the helpers read beside their code comes along when they are installed."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    patterns = json.loads(re.search(r"^helpers = (\[.*\])$", text, re.MULTILINE)[1])
    inside = ROOT / "helpers"
    carried = {path for pattern in patterns for path in inside.glob(pattern) if path.is_file()}
    asked = {p for p in inside.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
    assert asked and asked == carried


def test_no_weight_is_hidden():
    folder = ROOT / "helpers" / "weights"
    hidden = [path.name for path in folder.rglob(".*")]
    assert (folder / "SHA256SUMS").is_file() and hidden == []


def test_checksums_cover_every_file_of_the_weights():
    folder = ROOT / "helpers" / "weights"
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {line.split(maxsplit=1)[1].lstrip("*") for line in lines}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert listed == there - {"SHA256SUMS"}
    found = Finding(True, "weights", f"{len(listed)} files, checksums agree")
    assert list(check_weights(folder)) == [found]  # after a change of a file: make sums


def test_ruff_before_a_commit_is_the_ruff_of_the_tests():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert f"rev: v{pins('3.11.5')['ruff']} " in text


def test_version_is_told_once_for_citation_and_package():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)
    assert f"\nversion: {version}\n" in citation
