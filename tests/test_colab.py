"""The first cell of the lessons, in an imitation of Google Colab.

A fresh folder with nothing but the notebook; a bare Python in which only the metadata of Colab's
packages is there, and a pip that writes down what it is asked; git reaches a local repository in
place of the public address.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import packaging
import pytest

from helpers import doctor, repository_url
from helpers.doctor import ROOT

KNOWN = {
    "torch": "2.11.0+cu128",
    "diffusers": "0.39.0",
    "transformers": "5.15.0",
    "huggingface_hub": "1.27.0",
    "numpy": "2.1.0",
    "matplotlib": "3.10.0",
    "ipywidgets": "7.7.1",
}
"""Versions in Colab, August 2026, of what the course leans on most."""


def colab_packages() -> dict[str, str]:
    """What the imitation has: those, and of the lessons' other packages the oldest allowed."""
    found = dict(KNOWN)
    for need in doctor.needs():
        oldest = next(one.version for one in need.requirement.specifier if one.operator == ">=")
        if need.requirement.name != "jupyterlab":
            found.setdefault(need.requirement.name, oldest)
    return found


PIP = """
import json, sys
from pathlib import Path
with Path({log!r}).open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
"""
NOTEBOOK = "00_start_here.ipynb"
LARGE = 10**6  # bytes; the first cell reads no weights, and cloning them takes time


@dataclass
class Colab:
    """The imitation: its Python, the folder of the notebook, and where the course will be."""

    python: Path
    folder: Path
    content: Path
    log: Path
    environment: dict[str, str]

    def run(self, code: str) -> str:
        """Standard output of the code, in a kernel that Colab's own module is loaded in."""
        start = "import sys, types; sys.modules['google.colab'] = types.ModuleType('colab')\n"
        done = subprocess.run(
            [self.python, "-c", start + code],
            capture_output=True,
            encoding="utf-8",
            env=self.environment,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def first_cell(self) -> str:
        """The source of the notebook's first code cell; only its folder is another one."""
        notebook = json.loads((self.folder / NOTEBOOK).read_text(encoding="utf-8"))
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        source = "".join(cell["source"])
        assert (
            source == repository_url.first_cell(repository_url.repository())
            and '"/content/' in source
        )
        return source.replace('"/content/', f'"{self.content.as_posix()}/')

    def asked_of_pip(self) -> list[list[str]]:
        """The arguments of each call of pip."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]

    def without(self, package: str) -> None:
        """Takes a package away."""
        (metadata,) = self.python.parents[1].rglob(f"{package.replace('-', '_')}-*.dist-info")
        shutil.rmtree(metadata)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository with one commit: the working tree as it is now, without large files."""
    folder = tmp_path_factory.mktemp("published")
    listed = git(ROOT, "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file() and (ROOT / name).stat().st_size < LARGE:
            (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / "tree" / name)
    git(folder / "tree", "init", "--quiet", "--initial-branch=main")
    git(folder / "tree", "add", "--all", "--force")
    who = ["-c", "user.name=A Teacher", "-c", "user.email=teacher@example.org"]
    git(folder / "tree", *who, "commit", "--quiet", "--no-gpg-sign", "-m", "The course")
    git(folder, "clone", "--quiet", "--bare", "tree", "course.git")
    return folder / "course.git"


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def colab(published: Path, tmp_path: Path) -> Colab:
    venv.create(tmp_path / "python", symlinks=True, with_pip=False)
    (site,) = (tmp_path / "python").rglob("site-packages")
    for name, version in colab_packages().items():
        metadata = site / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")
    shutil.copytree(Path(packaging.__file__).parent, site / "packaging")
    log = tmp_path / "pip.log"
    (site / "pip").mkdir()
    (site / "pip" / "__main__.py").write_text(PIP.format(log=str(log)), encoding="utf-8")
    folder = tmp_path / "drive"
    folder.mkdir()
    shutil.copy2(ROOT / "course" / NOTEBOOK, folder)
    instead = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{published}.insteadOf",
        "GIT_CONFIG_VALUE_0": repository_url.repository(),
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    environment = kept | instead | {"PYTHONDONTWRITEBYTECODE": "1"}
    content = tmp_path / "content"
    content.mkdir()
    return Colab(tmp_path / "python" / "bin" / "python", folder, content, log, environment)


pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("git") is None, reason="needs git, and Linux's paths"
)


def test_with_colabs_packages_nothing_is_installed(colab: Colab) -> None:
    colab.run(colab.first_cell())
    missing = [args for args in colab.asked_of_pip() if args]
    assert missing == []


def test_the_course_is_there_afterwards(colab: Colab) -> None:
    code = "\nimport helpers; print(helpers.__file__, len(helpers.__all__))"
    told = colab.run(colab.first_cell() + code).split()
    assert Path(told[0]).is_relative_to(colab.content) and int(told[1]) >= 10
    assert (next(colab.content.iterdir()) / "helpers" / "weights" / "SHA256SUMS").is_file()
    assert [path.name for path in colab.folder.iterdir()] == [NOTEBOOK]


def test_only_what_is_missing_is_installed(colab: Colab) -> None:
    colab.without("imageio-ffmpeg")
    colab.without("tqdm")
    colab.run(colab.first_cell())
    (asked,) = colab.asked_of_pip()
    assert asked[:2] == ["install", "--quiet"]
    needed = {need.requirement.name: str(need.requirement) for need in doctor.needs()}
    assert sorted(asked[2:]) == sorted([needed["imageio-ffmpeg"], needed["tqdm"]])


def test_torch_is_not_touched_even_if_it_looks_wrong(colab: Colab) -> None:
    """Not installed, not upgraded, not imported: Colab's own build fits its card."""
    colab.without("torch")
    code = "\nprint([name for name in sys.modules if name.split('.')[0] == 'torch'])"
    assert colab.run(colab.first_cell() + code).strip() == "[]"
    assert not [word for args in colab.asked_of_pip() for word in args if "torch" in word]


def test_a_second_run_fetches_nothing(colab: Colab) -> None:
    colab.run(colab.first_cell())
    colab.environment["GIT_CONFIG_KEY_0"] = "url.file:///nowhere.insteadOf"
    colab.run(colab.first_cell())


def test_the_imitation_has_what_colab_has_and_nothing_else(colab: Colab) -> None:
    """Guards the guard: the versions are read, and this machine's packages are not seen."""
    code = (
        "import importlib.metadata as m\n"
        "print(*sorted(f'{d.name}={d.version}' for d in m.distributions()), sep='\\n')"
    )
    there = colab_packages()
    assert colab.run(code).split() == sorted(f"{name}={there[name]}" for name in there)


def test_what_colab_has_is_in_our_ranges() -> None:
    ranges = {need.requirement.name: need.requirement.specifier for need in doctor.needs()}
    assert all(ranges[name].contains(KNOWN[name], prereleases=True) for name in KNOWN)
