"""Threads wait passively and keep to a container's share, unless one has said otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from helpers import repository_url, threads
from helpers.doctor import ROOT

FIRST = repository_url.first_cell(repository_url.repository())
SAY = "from helpers import threads; print(threads.in_force())"


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_decided", dict(threads._decided))
    monkeypatch.setattr(threads, "PAUSE", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)


def tree(folder: Path, groups: str, files: dict[str, str]) -> Path:
    """A Linux system as far as control groups are concerned."""
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def share(folder: Path, cores: float) -> Path:
    """A system that grants so many cores."""
    return tree(folder, "0::/\n", {"sys/fs/cgroup/cpu.max": f"{cores * 1e5:.0f} 100000\n"})


def computing(folder: Path, running: int) -> Path:
    """A system on which so many threads compute."""
    return tree(folder, "0::/\n", {"proc/stat": f"cpu 1 2\nprocs_running {running}\n"})


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ("0::/a/b\n", {"sys/fs/cgroup/a/cpu.max": "200000 100000\n",
                       "sys/fs/cgroup/a/b/cpu.max": "400000 100000\n"}, 2.0),
        ("0::/outside/of/this/container\n", {"sys/fs/cgroup/cpu.max": "50000 100000\n"}, 0.5),
        ("5:cpu,cpuacct:/docker/1\n0::/\n",
         {"sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us": "300000\n",
          "sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us": "100000\n"}, 3.0),
        ("5:cpu:/\n", {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                       "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, None),
        ("5:memory:/\n", {}, None),
    ],
)  # fmt: skip
def test_the_share_of_a_container_is_read(tmp_path, groups, files, cores):
    assert threads.quota(tree(tmp_path, groups, files)) == cores


def test_a_system_without_control_groups_has_no_limit(tmp_path):
    assert threads.quota(tmp_path) is None


def test_threads_wait_passively_and_keep_to_the_share(tmp_path, monkeypatch, without_torch):
    monkeypatch.setattr(threads, "logical_cores", lambda: 8)
    chosen: dict[str, str] = {}
    threads.prepare(chosen, share(tmp_path, 2.5))
    assert chosen == {
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": threads.SPINS,
        "OMP_NUM_THREADS": "3",
    }
    assert threads._decided["counted_by"] == "the container's share of 2.5 cores"


def test_where_the_share_is_no_limit_pytorch_counts(tmp_path, monkeypatch, without_torch):
    monkeypatch.setattr(threads, "logical_cores", lambda: 2)
    chosen: dict[str, str] = {}
    threads.prepare(chosen, share(tmp_path, 2))
    assert chosen == {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": threads.SPINS}


def test_cores_are_those_allowed_within_the_share(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 6}, raising=False)
    assert [threads.usable_cores(share(tmp_path, c)) for c in (0.3, 1.5, 3, 9)] == [1, 2, 3, 3]
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert threads.usable_cores(share(tmp_path, 4)) == 1


@pytest.mark.parametrize("name", threads.WAITING)
def test_who_says_how_threads_wait_is_obeyed(tmp_path, without_torch, name):
    chosen = {name: "7"}
    threads.prepare(chosen, tmp_path)
    assert chosen == {name: "7"}
    assert (threads._decided["waiting"], threads._decided["waiting_by"]) == (f"{name}=7", name)


@pytest.mark.parametrize(
    ("cores", "running", "threads_taken"),
    [
        (8, 1, None),  # this one alone
        (8, 2, 4),
        (8, 6, 3),
        (8, 40, 1),
        (2, 2, 1),
        (1, 9, None),  # nothing to choose
    ],
)
def test_where_others_compute_fewer_threads_are_quicker(
    tmp_path, monkeypatch, without_torch, cores, running, threads_taken
):
    monkeypatch.setattr(threads, "logical_cores", lambda: cores)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    chosen: dict[str, str] = {}
    threads.prepare(chosen, computing(tmp_path, running))
    assert chosen.get("OMP_NUM_THREADS") == (threads_taken and str(threads_taken))
    used = min(running - 1, cores)
    told = f"load: of this machine's {cores} cores others use {used}"
    assert threads._decided["counted_by"] == (told if threads_taken else "PyTorch")


def test_a_share_that_the_machine_has_free_is_taken_whole(tmp_path, monkeypatch, without_torch):
    monkeypatch.setattr(threads, "logical_cores", lambda: 64)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    chosen: dict[str, str] = {}
    threads.prepare(chosen, computing(share(tmp_path, 4), 31))
    assert chosen["OMP_NUM_THREADS"] == "4"


def test_who_computes_for_a_moment_only_does_not_count(monkeypatch):
    looks = iter([9, 9, 2, 9, 9])
    monkeypatch.setattr(threads, "_computing", lambda _: next(looks))
    assert threads.busy() == 1


def test_the_course_s_own_variable_goes_before_all_others(tmp_path, monkeypatch, without_torch):
    monkeypatch.setattr(threads, "logical_cores", lambda: 8)
    chosen = {"COURSE_THREADS": "3", "OMP_NUM_THREADS": "7"}
    threads.prepare(chosen, computing(share(tmp_path, 1), 40))
    assert chosen["OMP_NUM_THREADS"] == "3"
    assert threads._decided["counted_by"] == "COURSE_THREADS"


@pytest.mark.parametrize("word", ["0", "-1", "2.5", "many", "²"])
def test_a_number_of_threads_that_is_none_is_refused(tmp_path, word):
    with pytest.raises(ValueError, match=f"COURSE_THREADS is '{word}': set it to a whole number"):
        threads.prepare({"COURSE_THREADS": word}, tmp_path)


@pytest.mark.parametrize("name", threads.COUNT[1:])
def test_who_says_how_many_threads_is_obeyed(tmp_path, monkeypatch, without_torch, name):
    monkeypatch.setattr(threads, "logical_cores", lambda: 8)
    chosen = {name: "7"}
    threads.prepare(chosen, share(tmp_path, 1))
    assert chosen == {
        name: "7",
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": threads.SPINS,
    }
    assert threads._decided["counted_by"] == name


def test_after_pytorch_only_the_number_changes_and_that_is_told(tmp_path, monkeypatch):
    import torch

    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(threads, "logical_cores", lambda: 8)
    chosen: dict[str, str] = {}
    threads.prepare(chosen, share(tmp_path, 2))
    assert (chosen, asked) == ({}, [2])
    assert "waiting: active (decided by PyTorch, imported before helpers)" in str(
        threads.in_force()
    )


@pytest.mark.parametrize(
    ("counted_by", "running", "now", "threads_taken"),
    [
        ("PyTorch", 1, 8, 8),
        ("PyTorch", 7, 8, 2),
        ("PyTorch", 7, 1, 1),  # somebody has asked for fewer
        ("COURSE_THREADS", 7, 8, 8),
    ],
)
def test_who_found_the_machine_free_looks_again_when_a_model_is_loaded(
    tmp_path, monkeypatch, counted_by, running, now, threads_taken
):
    import torch

    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: now)
    monkeypatch.setattr(threads, "logical_cores", lambda: 8)
    monkeypatch.setattr(threads, "_settled", Event())
    threads._decided["counted_by"] = counted_by
    for running_now in (running, 40):  # the first model decides for all
        threads.settle(computing(tmp_path, running_now))
    assert asked == [threads_taken]
    told = "load: of this machine's 8 cores others use 6" if threads_taken == 2 else counted_by
    assert threads._decided["counted_by"] == told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (SAY, "waiting: passive (decided by helpers)"),
        (f"{FIRST}\nimport torch\n{SAY}", "waiting: passive (decided by helpers)"),
        (f"import torch; {SAY}", "waiting: active (decided by PyTorch, imported before helpers)"),
    ],
)
def test_what_is_in_force_is_told(tmp_path, code, told):
    (tmp_path / "torch.py").write_text(
        "def get_num_threads(): return 2\nset_num_threads = print\n", encoding="utf-8"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])  # a torch that is imported at once
    ours = {*threads.WAITING, *threads.COUNT}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"PYTHONPATH": path}, capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert told in done.stdout
