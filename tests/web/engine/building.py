"""The engine as the tests run it: bundled with esbuild, and why a test cannot where it cannot."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[3] / "web"
ENGINE = WEB / "engine"
RUNTIMES = {
    "wasm": WEB / "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
    "webgpu": WEB / "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.jsep.wasm",
}
"""Who computes -> ONNX Runtime's file for it."""


def node() -> str:
    """The program node; the test is skipped where it or the packages are missing."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("the engine of the web edition needs node (https://nodejs.org)")
    if not all(file.exists() for file in RUNTIMES.values()):
        pytest.skip("the engine needs its packages: npm ci --ignore-scripts --prefix web")
    return found


def bundle(source: str, target: Path, kind: str) -> None:
    """One file of `web/engine` with all that it imports, as one script.

    Args:
        kind: "esm" for a module, "iife" for a classic script.
    """
    command = [node(), ENGINE / "bundle.mjs", source, target, kind]
    subprocess.run(command, check=True)


def furnish(folder: Path) -> None:
    """Puts the models, the workers and ONNX Runtime into a folder that a page is served from.

    The test is skipped where the models cannot be exported.
    """
    pytest.importorskip("onnx", reason="export-onnx needs pip install onnx")
    from helpers.export_onnx import export_onnx

    export_onnx(folder / "model")
    for provider, file in RUNTIMES.items():
        bundle(f"worker-{provider}.ts", folder / f"worker-{provider}.js", "iife")
        shutil.copy(file, folder / "model")


def evaluated(source: str, code: str, folder: Path) -> Any:
    """What some code answers, run by node in a folder.

    Args:
        source: a file of `web/engine`; the code finds what it exports in `engine`.
        code: the body of an async function; it reads files of the folder with `readFileSync`.
    """
    bundle(source, folder / "engine.mjs", "esm")
    script = (
        "import { readFileSync } from 'node:fs'; import * as engine from './engine.mjs';"
        f"const answer = await (async () => {{ {code} }})();"
        "process.stdout.write(JSON.stringify(answer));"
    )
    command = [node(), "--input-type=module", "--eval", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=True)
    return json.loads(done.stdout)


def answers(cases: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What `testing/parts.ts` answers, run by node."""
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    code = "return engine.answers(JSON.parse(readFileSync('cases.json', 'utf-8')));"
    return evaluated("testing/parts.ts", code, folder)
