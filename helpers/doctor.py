"""Is this machine ready for the course? One finding a line, and what to do about each fault.

Needs nothing but the standard library and `packaging` to start, so that it can also say what is
missing. The list of packages is requirements.txt; nothing is written down twice.
"""

import hashlib
import importlib
import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from . import threads
from .language import _

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = Path(__file__).resolve().parent / "weights"
PACKAGE = "stable-diffusion-step-by-step"
PYTHONS = SpecifierSet(">=3.10,<3.15")  # the same in pyproject.toml; a test compares them
MEMORY_GIB = 3.0  # a lesson with the embedded model peaks below this
NOT_ON_COLAB = ("torch", "jupyterlab")  # its torch fits its card; its notebooks are its own
DISK_GIB = 1.0  # recorded runs and training output


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        ok: whether the course can run with this.
        name: what was looked at.
        detail: what was found and, where `ok` is False, what to do.
    """

    ok: bool
    name: str
    detail: str

    def __str__(self) -> str:
        return f"[{'OK' if self.ok else 'FAIL'}]".ljust(7) + f"{self.name}: {self.detail}"


@dataclass(frozen=True)
class Need:
    """One line of requirements.txt: the requirement, who needs it, and what for."""

    requirement: Requirement
    who: str
    why: str

    def problem(self) -> str | None:
        """Returns what is wrong with the installed version, or None if it is in the range."""
        try:
            version = importlib.metadata.version(self.requirement.name)
        except importlib.metadata.PackageNotFoundError:
            return _("missing, wanted {range}", range=self.requirement.specifier)
        if self.requirement.specifier.contains(version, prereleases=True):
            return None
        return _("{version}, wanted {range}", version=version, range=self.requirement.specifier)


def read_needs(text: str) -> list[Need]:
    """Returns the needs in the text of a requirements.txt, in its order.

    Raises:
        ValueError: if a line has no comment of the form `# who: why`.
    """
    needs = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = re.fullmatch(r"(.+?)\s+# (helpers|course|tests): (.+)", line)
        if not found:
            raise ValueError(
                f"requirements.txt: {line!r} must end in '# who: why', "
                "where who is helpers, course or tests"
            )
        needs.append(Need(Requirement(found[1]), found[2], found[3]))
    return needs


def needs() -> list[Need]:
    """Returns what a learner needs: requirements.txt or, far from it, the package's metadata."""
    file = ROOT / "requirements.txt"
    if file.exists():
        return read_needs(file.read_text(encoding="utf-8"))
    found = [Requirement(line) for line in importlib.metadata.requires(PACKAGE) or []]
    without_extras = [each for each in found if not each.marker or each.marker.evaluate()]
    return [Need(each, "helpers", "named by the installed package") for each in without_extras]


def install_missing() -> list[str]:
    """Installs the packages of the lessons that are missing, and returns their names.

    For Colab: what is there stays as it is, whatever its version, and torch is never touched,
    because its build there fits the card.

    Raises:
        subprocess.CalledProcessError: if pip fails.
    """
    wanted = [
        str(need.requirement)
        for need in needs()
        if need.requirement.name not in NOT_ON_COLAB and not _is_installed(need)
    ]
    if wanted:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *wanted], check=True)
        importlib.invalidate_caches()
    return wanted


def _is_installed(need: Need) -> bool:
    try:
        importlib.metadata.version(need.requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def check_python() -> Finding:
    """Python itself: 3.10 to 3.14."""
    detail = f"{platform.python_version()} ({sys.executable})"
    ok = PYTHONS.contains(platform.python_version(), prereleases=True)
    wrong = _("{detail}; install Python 3.10 to 3.14", detail=detail)
    return Finding(ok, "Python", detail if ok else wrong)


def check_packages(found: list[Need]) -> Iterator[Finding]:
    """Every package of `found`, in its range or not."""
    for need in found:
        name, problem = need.requirement.name, need.problem()
        if problem is None:
            version = importlib.metadata.version(name)
            yield Finding(True, name, version)
        else:
            yield Finding(
                False,
                name,
                _(
                    "{problem} ({why}); run: pip install -r requirements.txt -c constraints.txt "
                    "-e .",
                    problem=problem,
                    why=need.why,
                ),
            )


def check_device() -> Finding:
    """The device that the course will use."""
    try:
        import torch

        from .runtime import pick_device
    except (ImportError, OSError) as error:
        detail = _("torch does not start ({error}); install it again", error=error)
        return Finding(False, _("device"), detail)
    try:
        device = pick_device()
    except ValueError as error:
        return Finding(False, _("device"), str(error))
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        gib = card.total_memory / 2**30
        return Finding(True, _("device"), f"{device}, {card.name}, {gib:.0f} GiB")
    if device.type == "cpu":
        detail = _("cpu, threads: {count}", count=threads.in_force())
        return Finding(True, _("device"), detail)
    return Finding(True, _("device"), str(device))


def check_memory(needed_gib: float = MEMORY_GIB) -> Finding:
    """Free memory, which running programs may take."""
    import psutil

    free = psutil.virtual_memory().available / 2**30
    return _enough(_("memory"), free, needed_gib, _("close other programs and notebooks"))


def check_disk(folder: Path | None = None, needed_gib: float = DISK_GIB) -> Finding:
    """Free space in `folder`, by default the one you are in: that is where pictures go."""
    free = shutil.disk_usage(folder or Path.cwd()).free / 2**30
    remedy = _("free some space, or work in another folder")
    return _enough(_("disk"), free, needed_gib, remedy)


def _enough(name: str, free: float, needed: float, remedy: str) -> Finding:
    detail = _("{free:.1f} GiB free, {needed:.1f} needed", free=free, needed=needed)
    wrong = _("{detail}; {remedy}", detail=detail, remedy=remedy)
    return Finding(free >= needed, name, detail if free >= needed else wrong)


def check_weights(folder: Path = WEIGHTS) -> Iterator[Finding]:
    """Every file that SHA256SUMS lists: there, and unchanged to the bit."""
    sums = folder / "SHA256SUMS"
    if not sums.exists():
        detail = _("{file} is missing; fetch the repository again", file=sums)
        yield Finding(False, _("weights"), detail)
        return
    listed = [line.split(maxsplit=1) for line in sums.read_text(encoding="utf-8").splitlines()]
    faults = []
    for digest, name in listed:
        file = folder / name.lstrip("*")
        if not file.is_file():
            faults.append(_("{name} is missing", name=name))
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            faults.append(_("{name} is not the file that was published", name=name))
    for fault in faults:
        detail = _("{fault}; restore it: git checkout -- {folder}", fault=fault, folder=folder)
        yield Finding(False, _("weights"), detail)
    if not faults:
        detail = _("{count} files, checksums agree", count=len(listed))
        yield Finding(bool(listed), _("weights"), detail)


def examine() -> Iterator[Finding]:
    """Yields every finding about this machine, the quick ones first."""
    yield check_python()
    yield from check_packages(needs())
    yield check_device()
    yield check_memory()
    yield check_disk()
    yield from check_weights()
