"""Old pictures with their captions, so that little is forgotten (prior preservation).

Ruiz et al. 2023 (arXiv 2208.12242, section 3.3) let the model draw them. The embedded model has a
better source: the easel that drew its training pictures.
"""

from __future__ import annotations

from diffusers import StableDiffusionPipeline

from ..decoding import from_pil
from ..landscapes import render, sample, training_caption
from .settings import Example

FIRST = 10_000_000
"""Number of the first item of the training stream that is drawn here."""


def old_pictures(pipe: StableDiffusionPipeline, count: int, seed: int) -> list[Example]:
    """Drawings of the training stream, half of them with Japanese captions.

    Args:
        pipe: what they shall be kept for.
        count: how many.
        seed: other seeds give other drawings.

    Returns:
        None of them, if the pipeline is not of the embedded model's kind, whose tokenizer carries
        its known words: what another model was trained on is not here.
    """
    if not pipe.tokenizer.init_kwargs.get("known_words"):
        return []
    side = pipe.unet.config.sample_size * pipe.vae_scale_factor
    examples = []
    for number in range(count):
        item = sample(FIRST + seed * count + number)
        picture = render(item.scene, item.seed).resize((side, side))
        caption = training_caption(item, number, ("en", "ja")[number % 2])
        examples.append(Example(from_pil(picture)[0], caption))
    return examples
