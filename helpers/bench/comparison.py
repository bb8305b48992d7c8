"""How fast: the usual snippet as it is written everywhere against this course's defaults, one run.

Ratios are what counts, and they come from one run: all variants take turns, so that whatever else
the machine does meets all of them. Times are medians, and the device is waited for.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import PNDMScheduler

from ..files import written_beside
from ..loading import (
    CHANNELS_LAST,
    StableDiffusionPipeline,
    load,
    speed_up_networks,
    speed_up_scheduler,
)
from ..loading.habits import habits
from ..loading.memory import need_of
from ..runtime import generators, pick_device
from ..sampling import generate
from . import onnx
from .fullsize import random_pipe
from .stopwatch import Row, Variant, matmul_rate, measure, picture_flops

PROMPT = "A fantasy landscape with mountains and a river"
USUAL_STEPS = 2.5
"""Steps of the usual snippet for each of ours: 50 of PNDM, the pipeline's default, against 20."""

USUAL, BARE, OURS = "usual snippet", "bare pipeline", "generate"
ONNX = "ONNX Runtime, same steps"


@dataclass(frozen=True)
class Setting:
    """What is measured, and how.

    Attributes:
        model: as for `load`; with random weights "sd-1.4".
        random_weights: build Stable Diffusion 1.4 in full size, with nothing to download.
        device: as for `pick_device`.
        steps: of our defaults; the usual snippet takes two and a half times as many.
        size: height and width in pixels; None for the model's own.
        batch: pictures of the variant that makes several at once; 1 leaves it out.
        rounds: measured runs of each variant, after one that warms up.
    """

    model: str = "tiny"
    random_weights: bool = False
    device: str = "auto"
    steps: int = 20
    size: int | None = None
    batch: int = 4
    rounds: int = 5

    def __post_init__(self) -> None:
        if self.random_weights and self.model != "sd-1.4":
            raise ValueError(
                f'model: random weights are there for "sd-1.4" only, got "{self.model}"'
            )
        for name in ("steps", "batch", "rounds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")

    @property
    def usual_steps(self) -> int:
        """Steps of the usual snippet."""
        return round(USUAL_STEPS * self.steps)


@dataclass(frozen=True)
class Report:
    """All rows, what follows from them, and what they were measured on.

    Attributes:
        facts: model, sizes, machine, versions, date.
        rows: one for each variant.
        findings: what was compared or worked out -> number.
    """

    facts: dict[str, Any]
    rows: tuple[Row, ...]
    findings: dict[str, float]

    def table(self) -> str:
        """Markdown: facts, rows, findings."""
        lines = [f"- {name}: {value}" for name, value in self.facts.items()]
        lines += ["", "| variant | seconds (fastest to slowest) | pictures/s | peak memory |",
                  "|---|---|---|---|"]  # fmt: skip
        for row in self.rows:
            peak = "" if row.peak_bytes is None else f"{row.peak_bytes / 2**30:.2f} GiB"
            lines.append(
                f"| {row.name} | {row.median:.3f} ({min(row.seconds):.3f} to "
                f"{max(row.seconds):.3f}) | {row.pictures / row.median:.3g} | {peak} |"
            )
        return "\n".join([*lines, "", *(f"- {k}: {v:.4g}" for k, v in self.findings.items())])

    def save(self, path: Path) -> None:
        """Writes everything as JSON."""
        with written_beside(path) as place:
            place.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def bench(setting: Setting) -> Report:
    """Measures the usual snippet against our defaults in several forms, and compares them."""
    device = pick_device(setting.device)
    pipes = {dtype: _fast(setting, device, dtype) for dtype in _precisions(device)}
    forms = variants(setting, device, pipes)
    rows = measure(forms, device, setting.rounds)
    ours = next(iter(pipes.values()))
    findings = compare({row.name: row for row in rows})
    runs = {
        f"{OURS}, {_name(dtype)}": (_ours(setting, pipe), pipe) for dtype, pipe in pipes.items()
    }
    runs |= {form.name: (form.run, ours) for form in forms if form.name == ONNX}
    for name, (run, pipe) in runs.items():
        findings[f"{name}: largest difference from the {BARE}"] = difference(
            run, _bare(setting, pipe)
        )
    if device.type == "cuda":
        findings |= limits(setting, ours, next(row for row in rows if row.name.startswith(OURS)))
    return Report(_facts(setting, device, ours), tuple(rows), findings)


def _precisions(device: torch.device) -> list[torch.dtype]:
    """Half precision on cards, and bfloat16 too where it is not emulated; float32 elsewhere."""
    if device.type != "cuda":
        return [torch.float32]
    native = torch.cuda.get_device_capability(device) >= (8, 0)
    return [torch.float16, torch.bfloat16] if native else [torch.float16]


def _as_published(
    setting: Setting, device: torch.device, dtype: torch.dtype
) -> StableDiffusionPipeline:
    """The model with the scheduler that Stable Diffusion 1.x brings."""
    if setting.random_weights:
        return random_pipe(device, dtype)
    pipe = load(setting.model, device, dtype, memory="full")
    pipe.scheduler = PNDMScheduler.from_config(pipe.scheduler.config, skip_prk_steps=True)
    return pipe


def _fast(
    setting: Setting, device: torch.device, dtype: torch.dtype, compile: bool = False
) -> StableDiffusionPipeline:
    """The model as `load` hands it out."""
    pipe = _as_published(setting, device, dtype)
    speed_up_scheduler(pipe)
    if device.type in CHANNELS_LAST:
        speed_up_networks(pipe, compile)
    return pipe


def variants(
    setting: Setting, device: torch.device, pipes: dict[torch.dtype, StableDiffusionPipeline]
) -> list[Variant]:
    """All that is measured; the usual snippet first, then each precision of ours."""
    first, ours = next(iter(pipes.items()))
    if device.type == "cuda":
        usual = _as_published(setting, device, torch.float32)
    else:  # the same precision: the networks are shared, only the scheduler differs
        scheduler = PNDMScheduler.from_config(ours.scheduler.config, skip_prk_steps=True)
        usual = StableDiffusionPipeline(
            **ours.components | {"scheduler": scheduler}, requires_safety_checker=False
        )
        usual.set_progress_bar_config(disable=True)
    options = {"num_inference_steps": setting.usual_steps, **_size(setting)}
    found = [_variant(f"{USUAL}, float32", usual, lambda: usual(PROMPT, **options))]
    for dtype, pipe in pipes.items():
        found += _forms(setting, pipe, _name(dtype), more=dtype == first)
    if device.type == "cuda" and len(pipes) > 1:  # older cards gain nothing from compiling
        compiled = _fast(setting, device, first, compile=True)
        run = _ours(setting, compiled)
        found.append(_variant(f"{OURS}, {_name(first)}, compiled", compiled, run))
    return found


def _forms(
    setting: Setting, pipe: StableDiffusionPipeline, precision: str, more: bool
) -> list[Variant]:
    """The bare pipeline and `generate`; with `more` also other ways to make the same pictures."""
    forms = [
        _variant(f"{BARE}, {precision}", pipe, _bare(setting, pipe)),
        _variant(f"{OURS}, {precision}", pipe, _ours(setting, pipe)),
    ]
    if more:
        watched = _variant(f"{OURS} with attention, {precision}", pipe, _watched(setting, pipe))
        forms.append(watched)
    if more and setting.batch > 1:
        name = f"{OURS}, {setting.batch} at once, {precision}"
        forms.append(_variant(name, pipe, _ours(setting, pipe, setting.batch), setting.batch))
    if more and onnx.hindrance(pipe) is None:
        forms.append(_variant(ONNX, pipe, _exported(setting, pipe)))
    return forms


def _variant(
    name: str, pipe: StableDiffusionPipeline, run: Callable[[], Any], pictures: int = 1
) -> Variant:
    return Variant(name, run, pictures, need_of(pipe).weights)


def _size(setting: Setting) -> dict[str, int]:
    return {} if setting.size is None else {"height": setting.size, "width": setting.size}


def _bare(setting: Setting, pipe: StableDiffusionPipeline) -> Callable[[], Any]:
    return lambda: (
        pipe(
            PROMPT,
            num_inference_steps=setting.steps,
            guidance_scale=habits(pipe).guidance_scale,
            generator=generators(0),
            output_type="pt",
            **_size(setting),
        ).images
    )


def _ours(setting: Setting, pipe: StableDiffusionPipeline, pictures: int = 1) -> Callable[[], Any]:
    seeds = range(pictures)
    return lambda: (
        generate(
            pipe, PROMPT, steps=setting.steps, seed=seeds, size=setting.size, progress=False
        ).images
    )


def _watched(setting: Setting, pipe: StableDiffusionPipeline) -> Callable[[], Any]:
    from ..attention import capture_attention  # after `loading`, which imports diffusers silently

    run = _ours(setting, pipe)

    def watched() -> Any:
        with capture_attention(pipe, max_bytes=2**32):
            return run()

    return watched


def _exported(setting: Setting, pipe: StableDiffusionPipeline) -> Callable[[], Any]:
    """The bare pipeline, but for its U-Net: that is computed by ONNX Runtime."""
    run, forward = _bare(setting, pipe), onnx.exported(pipe, setting.size)

    def answered() -> Any:
        with onnx.answering(pipe.unet, forward):
            return run()

    return answered


def compare(rows: dict[str, Row]) -> dict[str, float]:
    """Ratios of times, each the median over the rounds: taken in pairs, noise cancels."""
    first = next(name for name in rows if name.startswith(f"{OURS},")).split(", ")[1]
    ours = f"{OURS}, {first}"
    pairs = {
        f"{USUAL}, float32 / {ours}": (f"{USUAL}, float32", ours),
        f"{ours} / {BARE} (cost of recording)": (ours, f"{BARE}, {first}"),
        f"{OURS} with attention / {ours}": (f"{OURS} with attention, {first}", ours),
        f"{OURS}, bfloat16 / {ours}": (f"{OURS}, bfloat16", ours),
        f"{ours} / compiled": (ours, f"{ours}, compiled"),
        f"{BARE} / {ONNX}": (f"{BARE}, {first}", ONNX),
    }
    found = {
        told: statistics.median(
            a / b for a, b in zip(rows[left].seconds, rows[right].seconds, strict=True)
        )
        for told, (left, right) in pairs.items()
        if left in rows and right in rows
    }
    compiled = rows.get(f"{ours}, compiled")
    if compiled and compiled.median < rows[ours].median:
        gained = rows[ours].median - compiled.median
        found["pictures until compiling has paid"] = compiled.first_seconds / gained
    return found


def difference(one: Callable[[], Any], other: Callable[[], Any]) -> float:
    """Largest difference between the pictures of two runs, in [0, 1]."""
    return float((one().float().cpu() - other().float().cpu()).abs().max())


def limits(setting: Setting, pipe: StableDiffusionPipeline, row: Row) -> dict[str, float]:
    """How far a variant is from what the card could do if it only multiplied matrices."""
    work = picture_flops(pipe, setting.steps, setting.size) * row.pictures
    rate = matmul_rate(pipe.device, pipe.unet.dtype)
    return {
        "TFLOP a picture": work / row.pictures / 1e12,
        "TFLOP/s of the card in large matrix products": rate / 1e12,
        "seconds a picture at that rate": work / row.pictures / rate,
        "share of that rate that is reached": work / row.median / rate,
    }


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _facts(setting: Setting, device: torch.device, pipe: StableDiffusionPipeline) -> dict[str, Any]:
    side = setting.size or pipe.unet.config.sample_size * pipe.vae_scale_factor
    threads = f"{torch.get_num_threads()} of {os.cpu_count()} threads"
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return {
        "model": setting.model + (", full size, random weights" if setting.random_weights else ""),
        "device": card or f"{device.type}, {threads}, {platform.machine()}",
        "pixels": f"{side} x {side}",
        "steps": f"{setting.usual_steps} PNDM ({USUAL}), {setting.steps} DPM++ (ours)",
        "rounds": setting.rounds,
        "ONNX Runtime": onnx.hindrance(pipe) or version("onnxruntime"),
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, diffusers "
        f"{diffusers.__version__}, transformers {transformers.__version__}",
        "date": time.strftime("%Y-%m-%d"),
    }
