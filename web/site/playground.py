"""What the Playground needs beside its page: the models, its scripts, and ONNX Runtime."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .lessons import HERE

ENGINE = HERE.parent / "engine"
RUNTIMES = HERE.parent / "node_modules/onnxruntime-web/dist"
PROCESSOR = "ort-wasm-simd-threaded.wasm"
CARD = "ort-wasm-simd-threaded.jsep.wasm"
MODEL = "model"
SCRIPTS = ("playground", "worker-wasm", "worker-webgpu")
CELLS = ("start-53", "full-70")
"""Cells of lessons after which a reader is sent there to play."""


def can_be_built() -> bool:
    """Whether the models can be exported; if not, one line says what is missing."""
    found = find_spec("onnx") is not None
    if not found:
        print(f"The Playground is left out. It needs onnx: {sys.executable} -m pip install onnx")
    return found


def fill(out: Path) -> int:
    """Writes the files, for both languages once, into a site's folder.

    Returns:
        The most bytes of models and runtime that a reader's browser fetches, unless it is told to
        compute on a graphics card.
    """
    from helpers.export_onnx import export_onnx  # PyTorch takes seconds, other pages need none

    files = export_onnx(out / MODEL)
    files.append(Path(shutil.copy(RUNTIMES / PROCESSOR, out / MODEL)))
    shutil.copy(RUNTIMES / CARD, out / MODEL)
    for name in SCRIPTS:
        script = out / "assets" / f"{name}.js"
        subprocess.run(["node", ENGINE / "bundle.mjs", f"{name}.ts", script, "iife"], check=True)
    return sum(file.stat().st_size for file in files)
