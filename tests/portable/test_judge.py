"""The rule: what another machine may print otherwise is found, and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from . import __main__ as program
from . import machines, measures
from .judge import Finding, judge, read, risk
from .run import Run, failures, run

PLACE = (34, 2, "x")


def rounded(*values, unit=0.01):
    return [measures.edges(measures.numbers(value), unit) for value in values]


def compared(*pairs, bound=None):
    return [measures.compared(a, b, bound) for a, b in pairs]


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (rounded(0.2549, 0.25495), "from the edge"),  # 5e-5 away, moves by 5e-5
        (rounded(0.2549, 0.2552), "from the edge"),  # crossed
        (rounded([0.1, 0.25 - 1e-8], [0.1, 0.25 + 1e-8], unit=0.1), "from the edge"),
        (rounded(64, 63, unit=1), "from the edge"),  # a count that moves
        (compared((1.0, 1.001), (1.0, 1.0011)), "from the edge"),
        (compared((0.0, 0.0), (1e-7, 0.0)), "spread inf"),  # equal on one machine only
        (compared((1.0, 2.0), (3.0, 2.0)), "spread inf"),
        (compared((4e-6, 1e-5), (3e-6, 1e-5), bound=1), "from the edge"),  # 40 % of the tolerance
        (compared((1e-8, 0.0), (3e-8, 0.0), bound=1), "from the edge"),  # nothing limits from 0
        ([measures.shown(0.0, None), measures.shown(2.6e-6, None)], "in full: 0.0 | 2.6e-06"),
        (rounded(0.3) + [measures.shown(0.3, None)], "not the same numbers"),
        (rounded([0.3, 0.4], [0.3]), "not the same numbers"),
    ],
)
def test_a_number_at_risk_is_found(lines, word):
    assert word in risk(lines)


@pytest.mark.parametrize(
    "lines",
    [
        rounded(0.2520, 0.25201),
        rounded(0.125, 0.125),  # an exact tie, which nothing moves
        rounded(1735.895, 1735.896, unit=1),
        rounded([2.0, 6.0 - 1e-7], [2.0 + 1e-7, 6.0], unit=1),  # the mended count of 02
        rounded(64, 64, unit=1),
        compared((1.0, 2.0), (1.001, 2.0)),
        compared((1e-6, 1e-5), (2e-6, 1e-5), bound=1),  # a fifth of the tolerance
        compared((0.3, 1e-2), (0.7, 1e-2), bound=1),  # far above a limit
        compared((0.0, 0.0), (0.0, 0.0)),  # equal everywhere, as torch.equal
        [measures.shown(0.1 + 0.2, None)] * 2,
        rounded(float("inf"), float("inf")),
    ],
)
def test_a_safe_number_passes(lines):
    assert risk(lines) == ""


def test_the_first_time_at_risk_is_told_for_each_place_and_uneven_counts_are():
    safe, thin = rounded(0.252, 0.252), rounded(0.2549, 0.25495)
    logs = [
        {PLACE: [s, t, t], (35, 1, "y"): [s] * n}
        for s, t, n in zip(safe, thin, (2, 3), strict=True)
    ]
    first, second = judge(logs)
    assert first.cell == 34 and "from the edge" in str(first)
    assert second == Finding(35, 1, "y", "reached 2 to 3 times")


def test_logs_are_read_by_place(tmp_path):
    lines = [{"cell": 34, "line": 2, "text": "x", **one} for one in rounded(0.1, 0.2)]
    (tmp_path / "log").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert list(read(tmp_path / "log")) == [PLACE]
    assert [one["value"] for one in read(tmp_path / "log")[PLACE]] == [[0.1], [0.2]]


def test_at_least_five_machines_with_one_two_and_four_threads():
    threads = {machine["OMP_NUM_THREADS"] for machine in machines.MACHINES.values()}
    assert len(machines.MACHINES) >= 5 and threads == {"1", "2", "4"}


def test_a_machine_is_not_disturbed_by_another():
    around = {"PATH": "p", "MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "9", "MKL_NUM_THREADS": "3"}
    native = machines.environment("native", around)
    assert native == {"PATH": "p", "OMP_NUM_THREADS": "2", **machines.NATIVE}
    with pytest.raises(ValueError, match="no 'abacus'; allowed are native"):
        machines.environment("abacus", around)


def test_a_slow_machine_is_waited_for(tmp_path, monkeypatch):
    asked: list[str] = []

    def ends_at_once(command, **_):
        asked.extend(command)
        Path(command[-1].partition("=")[2]).write_text("<testsuites/>", encoding="utf-8")
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(subprocess, "run", ends_at_once)
    assert run(Path("a.ipynb"), "native", tmp_path).failures == {}
    assert "--nbval-cell-timeout=1800" in asked


def test_failures_are_read_from_the_report(tmp_path):
    cases = (
        '<testcase name="Cell 0"/><testcase name="Cell 34">'
        '<failure message="m">#x1B[91m63 is not 64#x1B[0m\n</failure></testcase>'
    )
    report = f"<testsuites><testsuite>{cases}</testsuite></testsuites>"
    (tmp_path / "report.xml").write_text(report, encoding="utf-8")
    assert failures(tmp_path / "report.xml") == {"Cell 34": "63 is not 64"}


@pytest.mark.parametrize(("failed", "logged", "code"), [({}, (0.252, 0.252), 0),
    ({"Cell 1": "differs"}, (0.252, 0.252), 1), ({}, (0.2549, 0.25495), 1)])  # fmt: skip
def test_the_program_tells_and_returns_what_it_found(monkeypatch, capsys, failed, logged, code):
    def run(lesson: Path, machine: str, folder: Path) -> Run:
        log = folder / machine
        value = logged[machine == "low"]
        (line,) = rounded(value)
        log.write_text(json.dumps({"cell": 1, "line": 1, "text": "x", **line}), encoding="utf-8")
        return Run(lesson, machine, log, failed, 2.0)

    monkeypatch.setattr(program, "run", run)
    assert program.main(["02", "--machines", "native,low"]) == code
    told = capsys.readouterr().out
    assert "02_denoising               native      " in told
    assert ("differs" in told) == bool(failed) and ("from the edge" in told) == (logged[1] > 0.254)


@pytest.mark.parametrize("wrong", [["99"], ["--machines", "abacus"]])
def test_an_unknown_lesson_or_machine_is_refused(capsys, wrong):
    with pytest.raises(SystemExit):
        program.main(wrong)
    assert "02_denoising" in capsys.readouterr().err or "abacus" in wrong
