"""Full size without weights: as many numbers as the published model has."""

from __future__ import annotations

import torch

from helpers.bench import fullsize


def test_full_size_is_that_of_stable_diffusion(full) -> None:
    counts = {name: fullsize.parameters(getattr(full, name)) for name in ("unet", "vae")}
    assert counts == {"unet": 859_520_964, "vae": 83_653_863}
    assert fullsize.parameters(full.text_encoder) == 123_060_480
    assert full.unet.dtype == full.vae.dtype == full.text_encoder.dtype == torch.float16
    assert full.safety_checker is not None and type(full.scheduler).__name__ == "PNDMScheduler"
    assert full.vae_scale_factor == 8 and full.unet.config.sample_size == 64


def test_making_it_leaves_the_precision_as_it_was(full) -> None:
    assert torch.get_default_dtype() == torch.float32
    assert torch.empty(()).device.type == "cpu"
