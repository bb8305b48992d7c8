"""The checks of the machine, each on a case that must pass and one that must fail."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from packaging.requirements import Requirement

from helpers import doctor, language
from helpers.doctor import Finding, Need
from helpers.runtime import pick_device


def need(requirement: str, who: str = "helpers") -> Need:
    return Need(Requirement(requirement), who, "a test")


@pytest.fixture
def weights(tmp_path):
    """A folder with one file of weights and its right checksum."""
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "unet.safetensors").write_bytes(b"numbers")
    digest = hashlib.sha256(b"numbers").hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  tiny/unet.safetensors\n", encoding="utf-8")
    return tmp_path


def test_a_finding_reads_as_one_line():
    assert str(Finding(True, "disk", "9 GiB")) == "[OK]   disk: 9 GiB"
    assert str(Finding(False, "disk", "0 GiB")) == "[FAIL] disk: 0 GiB"


def test_needs_are_read_with_their_reasons():
    found = doctor.read_needs("# head\n\nnumpy>=2,<3   # helpers: arrays\nruff  # tests: style\n")
    assert [(str(n.requirement.specifier), n.who, n.why) for n in found] == [
        ("<3,>=2", "helpers", "arrays"),
        ("", "tests", "style"),
    ]


@pytest.mark.parametrize("line", ["numpy>=2", "numpy>=2  # arrays", "numpy>=2  # nobody: arrays"])
def test_a_line_without_a_reason_is_refused(line):
    with pytest.raises(ValueError, match="# who: why"):
        doctor.read_needs(line)


def test_installed_package_in_range_is_no_problem():
    assert need("pytest>=1").problem() is None


@pytest.mark.parametrize(
    ("requirement", "told"),
    [("pytest<1", "wanted <1"), ("no-such-package-of-the-course>=2", "missing, wanted >=2")],
)
def test_wrong_or_missing_package_is_told(requirement, told):
    assert told in need(requirement).problem()


def test_a_package_out_of_its_range_is_a_fault_with_its_remedy():
    (lesson,) = doctor.check_packages([need("pytest<1", "course")])
    assert not lesson.ok and "pip install -r requirements.txt" in lesson.detail


def test_a_learner_is_not_asked_for_what_tests_need():
    assert {need.who for need in doctor.needs()} == {"helpers", "course"}


@pytest.mark.parametrize("version", ["3.9.18", "3.15.0", "4.0.0"])
def test_a_python_out_of_the_range_is_a_fault(monkeypatch, version):
    monkeypatch.setattr(platform, "python_version", lambda: version)
    finding = doctor.check_python()
    assert not finding.ok and "install Python 3.10 to 3.14" in finding.detail


@pytest.mark.parametrize("version", ["3.10.0", "3.14.9", "3.14.0rc1"])
def test_a_python_in_the_range_is_fine(monkeypatch, version):
    monkeypatch.setattr(platform, "python_version", lambda: version)
    assert doctor.check_python().ok


def test_memory_and_disk_compare_with_what_is_needed(tmp_path):
    assert doctor.check_memory(needed_gib=0).ok
    assert not doctor.check_memory(needed_gib=1e6).ok
    assert doctor.check_disk(tmp_path, needed_gib=0).ok
    assert "free some space" in doctor.check_disk(tmp_path, needed_gib=1e9).detail


def test_python_and_device_are_found():
    assert doctor.check_python().ok
    assert doctor.check_device().detail.startswith(("cpu, threads: ", "cuda"))


def test_the_device_is_the_one_that_the_course_will_use(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "gpu")
    with pytest.raises(ValueError) as refused:
        pick_device()
    assert doctor.check_device() == Finding(False, "device", str(refused.value))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "mps")
    assert doctor.check_device() == Finding(True, "device", "mps")


def test_a_card_is_told_by_its_name(monkeypatch):
    card = SimpleNamespace(name="Card", total_memory=8 * 2**30)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: card)
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    assert doctor.check_device() == Finding(True, "device", "cuda:1, Card, 8 GiB")
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert doctor.check_device().detail.startswith("cpu, threads: ")


def test_right_weights_pass(weights):
    assert list(doctor.check_weights(weights)) == [
        Finding(True, "weights", "1 files, checksums agree")
    ]


def test_changed_weights_are_named(weights):
    (weights / "tiny" / "unet.safetensors").write_bytes(b"numberS")
    (finding,) = doctor.check_weights(weights)
    assert not finding.ok and "tiny/unet.safetensors is not the file" in finding.detail


def test_missing_weights_are_named(weights):
    (weights / "tiny" / "unet.safetensors").unlink()
    (finding,) = doctor.check_weights(weights)
    assert not finding.ok and "tiny/unet.safetensors is missing" in finding.detail


def test_missing_or_empty_list_of_checksums_fails(weights):
    (weights / "SHA256SUMS").write_text("", encoding="utf-8")
    assert not next(doctor.check_weights(weights)).ok
    (weights / "SHA256SUMS").unlink()
    assert not next(doctor.check_weights(weights)).ok


def test_install_missing_takes_only_what_lessons_lack(monkeypatch):
    ran = []
    monkeypatch.setattr(
        doctor,
        "needs",
        lambda: [
            need("torch>=2"),
            need("pytest<1", "course"),  # there, though in another version
            need("no-such-package-of-the-course>=2", "course"),
        ],
    )
    there = {"pytest": "9"}

    def version(name):
        if name not in there:
            raise importlib.metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(subprocess, "run", lambda command, check: ran.append(command))
    assert doctor.install_missing() == ["no-such-package-of-the-course>=2"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    assert ran == [[*pip, "no-such-package-of-the-course>=2"]]


def test_install_missing_does_nothing_when_all_is_there(monkeypatch):
    monkeypatch.setattr(doctor, "needs", lambda: [need("pytest")])
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("pip was run"))
    assert doctor.install_missing() == []


def test_the_doctor_can_speak_without_what_reads_the_messages(monkeypatch):
    monkeypatch.setitem(sys.modules, "babel.messages.pofile", None)
    assert language._catalogue.__wrapped__("ja") == {}
