"""How many threads PyTorch takes and how they wait; set before it is imported, or it is too late.

PyTorch's OpenMP threads wait for each other by spinning. Beside one other busy process they spin
while that one computes: a picture of a second takes minutes. OMP_WAIT_POLICY=PASSIVE lets them
sleep instead; the runtimes of all wheels obey it (GNU's on Linux, LLVM's on macOS, Intel's on
Windows). They count the cores that this process may use, but neither a container's share of them
nor those that others keep busy: where no core is free, one thread is quicker than two.

`import helpers` calls `prepare`, and the first `load` calls `settle`. Whoever sets one of `WAITING`
or `COUNT` has the last word.
Beside the language, standard library only, so that importing the package stays quick.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path, PurePosixPath
from threading import Event, Lock

from .language import _

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")
"""Variables by which one says how threads wait."""

OURS = "COURSE_THREADS"
"""The course's own variable for their number, which goes before the others."""

COUNT = (OURS, "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_THREAD_LIMIT")
"""Variables by which one says how many they are."""

LOOKS, PAUSE = 5, 0.01
"""How often, and seconds apart, one looks who else computes: the fewest count, for many things
compute for a moment."""

SPINS = "10000"
"""How often GNU's runtime looks before it sleeps. On two cores (Intel, AVX-512), against waiting
without end: a picture alone takes 0.68 s as before (medians of seven rounds; sleeping at once: 24 %
longer), and beside one or four busy processes 2.6 x and 2.3 x its fair share of the machine.
Another machine wakes threads more slowly: there a picture alone took 18 % longer (sleeping at once:
88 %)."""

LEFT = "PyTorch"
"""Who decides where nothing speaks for another number."""

LIMITS = {"": "cpu.max", "cpu": "cpu.cfs_quota_us"}
"""Controller in /proc/self/cgroup -> the file that limits time: version 2 names none."""


@dataclass(frozen=True)
class Threads:
    """What is in force in this process.

    Attributes:
        count: threads of one computation.
        counted_by: who decided on their number.
        waiting: "passive", "active", or the variable that says it, such as "KMP_BLOCKTIME=1".
        waiting_by: who decided how they wait.
    """

    count: int
    counted_by: str
    waiting: str
    waiting_by: str

    def __str__(self) -> str:
        return _(
            "{count} (decided by {counted_by}), waiting: {waiting} (decided by {waiting_by})",
            count=self.count,
            counted_by=self.counted_by,
            waiting=self.waiting,
            waiting_by=self.waiting_by,
        )


_decided: dict[str, str] = {}
"""The words of `Threads`, as `prepare` and the first `settle` of this process left them."""

_settling, _settled = Lock(), Event()


def prepare(environment: MutableMapping[str, str] = os.environ, system: Path = Path("/")) -> None:
    """Lets threads wait passively and keeps their number to a container's share and to free cores.

    Where PyTorch is already imported, only their number can still be changed.

    Args:
        environment: variables to read and to add to; child processes inherit them.
        system: where proc/ and sys/ lie.

    Raises:
        ValueError: COURSE_THREADS is no whole number from 1 on.
    """
    torch = sys.modules.get("torch")
    waiting = _first(WAITING, environment)
    _decided.update(waiting="passive", waiting_by="helpers")
    if waiting:
        told = f"{waiting}={environment[waiting]}"
        passive = told.upper() == "OMP_WAIT_POLICY=PASSIVE"
        _decided.update(waiting="passive" if passive else told, waiting_by=waiting)
    elif torch:
        _decided.update(waiting="active", waiting_by=_("PyTorch, imported before helpers"))
    else:
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
        environment["GOMP_SPINCOUNT"] = SPINS
    number, _decided["counted_by"] = _count(environment, system)
    if number is None:
        return
    if torch:
        torch.set_num_threads(number)
    else:
        environment["OMP_NUM_THREADS"] = str(number)


def _count(environment: Mapping[str, str], system: Path) -> tuple[int | None, str]:
    """(how many threads, who decided it); None where PyTorch counts right by itself."""
    said = _first(COUNT, environment)
    if said == OURS:
        return _asked(environment[OURS]), OURS
    if said:
        return None, said
    if found := _beside_others(system):
        return found
    if usable_cores(system) < logical_cores():
        share = _("the container's share of {cores:g} cores", cores=quota(system))
        return usable_cores(system), share
    return None, LEFT  # the runtimes themselves prefer whole cores to their halves


def _beside_others(system: Path) -> tuple[int, str] | None:
    """(how many threads, in words why), where others compute on cores that we would use."""
    number, others, cores = usable_cores(system), busy(system), os.cpu_count() or 1
    if number == 1 or cores - others >= number:
        return None
    # Threads wait for the last of them. If one shares its core all take twice as long, so half as
    # many are as quick; and half the logical cores are whole ones.
    return max(1, min(cores - others, number // 2)), _(
        "load: of this machine's {cores} cores others use {used}",
        cores=cores,
        used=min(others, cores),
    )


def _asked(word: str) -> int:
    """The number that COURSE_THREADS names."""
    if not (word.isascii() and word.isdecimal() and int(word)):
        raise ValueError(
            f"the environment variable {OURS} is {word!r}: set it to a whole number from 1 on, the "
            "threads of one computation, or leave it out"
        )
    return int(word)


def _first(names: Iterable[str], environment: Mapping[str, str]) -> str | None:
    """The first of the variables that is set."""
    return next((name for name in names if environment.get(name)), None)


def in_force() -> Threads:
    """How many threads compute here, how they wait, and who decided it. Imports PyTorch."""
    import torch

    return Threads(count=torch.get_num_threads(), **_decided)


def settle(system: Path = Path("/")) -> None:
    """Tells PyTorch its number of threads, when the first model is loaded; it stays from then on.

    Until it is told, Intel's library may compute with another number, and a run and its repetition
    differ in the last bits: seen with AVX2 and OMP_NUM_THREADS above the cores.

    Kernels that start together look for each other too early, while all of them still wait for the
    disk. Who found the machine free then looks again and may take fewer: on two cores, of eight
    kernels those with two threads had drawn their pictures long after the others.

    Args:
        system: where proc/ and sys/ lie.
    """
    import torch

    with _settling:
        if _settled.is_set():
            return
        number = torch.get_num_threads()
        found = _beside_others(system) if _decided["counted_by"] == LEFT else None
        if found and found[0] < number:
            number, _decided["counted_by"] = found
        torch.set_num_threads(number)
        _settled.set()


def usable_cores(system: Path = Path("/")) -> int:
    """Cores that this process can keep busy: where it may run, within a container's share."""
    share = quota(system)
    return logical_cores() if share is None else min(logical_cores(), ceil(share))


def logical_cores() -> int:
    """Logical cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def busy(system: Path = Path("/")) -> int:
    """How many threads of others compute now, on the whole machine; 0 where nothing tells it."""
    looks = []
    for look in range(LOOKS):
        time.sleep(PAUSE if look else 0)
        looks.append(_computing(system))
    return max(0, min(looks) - 1)  # this one computes too


def _computing(system: Path) -> int:
    """Threads that compute or wait for a core, as Linux counts them."""
    try:
        lines = (system / "proc/stat").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("procs_running ")), 0)


def quota(system: Path = Path("/")) -> float | None:
    """Computing time that control groups grant this process, in cores; None without a limit.

    The smallest limit of the process's group and of all above it (cgroups version 1 and 2).
    """
    return min(_limits(system), default=None)


def _limits(system: Path) -> Iterator[float]:
    """Each limit that is set, in cores."""
    try:
        groups = (system / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    for line in groups:
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            if controller in LIMITS:
                root = system / "sys/fs/cgroup" / controller
                group = PurePosixPath(path.lstrip("/"))
                for folder in (root / group, *(root / above for above in group.parents)):
                    yield from _limit(folder / LIMITS[controller])


def _limit(file: Path) -> Iterator[float]:
    """The limit in one file, in cores, if there is one: "150000 100000" is 1.5."""
    try:
        words = file.read_text(encoding="utf-8").split()
        if len(words) < 2:  # version 1 keeps the period in a file of its own
            words += file.with_name("cpu.cfs_period_us").read_text(encoding="utf-8").split()
        granted, period = (float(word) for word in words)
    except (OSError, ValueError):  # no such group in here, or "max": no limit
        return
    if granted > 0 and period > 0:
        yield granted / period
