"""The command `export-onnx`: the embedded models for a browser."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path


def add_export_onnx(make: Callable[..., argparse.ArgumentParser]) -> None:
    """The command `export-onnx`."""
    parser = make(
        "export-onnx",
        export_onnx,
        "write the embedded models for a browser, in ONNX's format (needs pip install onnx)",
        ["--out out/onnx"],
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder to write to")


def export_onnx(arguments: argparse.Namespace) -> int:
    """Writes the files, and prints each with its size, and the sum."""
    from ..export_onnx import export_onnx as write

    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    sizes = {path: path.stat().st_size for path in write(arguments.out)}
    for path, size in sizes.items():
        print(f"{size / 1e6:6.2f} MB  {path}")
    print(f"{sum(sizes.values()) / 1e6:6.2f} MB  together")
    return 0
