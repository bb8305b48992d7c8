"""Training from outside: killed and resumed, and by several processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from helpers.training.checkpoints import read_facts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups")

PROGRAM = """
import sys
from helpers.training import Sizes, TrainConfig, train, vae
vae.SCENES = 2
train("vae", TrainConfig(
    sys.argv[1], steps=int(sys.argv[2]), batch_size=2, pictures=8, workers=0, precision="no",
    device="cpu", sizes=Sizes.tiny(), checkpoint_minutes=0, resume=len(sys.argv) > 3,
))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}


def run(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment(), timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_killed_run_resumes_where_it_was(program: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(sys.executable, str(program), str(whole), "12")
    state = parts / "state" / "vae.safetensors"
    with subprocess.Popen(
        [sys.executable, str(program), str(parts), "12"],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while not state.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert 0 < read_facts(state)["step"] < 12
    run(sys.executable, str(program), str(parts), "12", "resume")
    ends = [load_file(folder / "state" / "vae.safetensors") for folder in (whole, parts)]
    torch.testing.assert_close(ends[1], ends[0], rtol=0, atol=0)


def test_two_processes_train_one_model(program: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc_per_node",
        "2",
        "--standalone",
        str(program),
        str(out),
        "3",
    )
    facts = read_facts(out / "state" / "vae.safetensors")
    assert (facts["processes"], facts["step"]) == (2, 3)
    assert (out / "vae" / "config.json").exists()


def test_accelerate_launch_runs_and_says_when_it_starts_one_process_only(
    program: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    spoken = run(
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--num_processes",
        "2",
        "--cpu",
        str(program),
        str(out),
        "2",
    )
    facts = read_facts(out / "state" / "vae.safetensors")
    assert facts["step"] == 2
    assert facts["processes"] == 2 or "torchrun --nproc_per_node 2" in spoken
