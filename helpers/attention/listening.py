"""What a run says about itself: its prompts, and which rows of the U-Net's batch follow them.

With guidance the U-Net is asked about every picture twice, first for the negative prompt, then for
the prompt; without guidance once. From the size of a batch alone the two cannot be told apart. So
the contexts of this package listen at the one door that all words pass, for `denoise` and for the
bare pipeline alike: `pipe.encode_prompt` is *told* whether there is guidance, and returns one
encoded prompt per picture. The order, negative ones first, is that of diffusers and of
`sampling.unroll`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from diffusers import StableDiffusionPipeline


@dataclass
class Heard:
    """What is known of the run that goes on.

    Attributes:
        prompts: one for each picture; None where only vectors were given.
        pictures: B; 0 before any prompt was encoded.
        guided: whether negative prompts stand in the batch before the prompts.
        calls: how often the U-Net was asked, over all runs.
        runs: how often prompts were encoded.
        t: timestep of the current call.
        size: height and width of the latents.
        places: number of words' places, 77.
    """

    prompts: tuple[str | None, ...] = ()
    pictures: int = 0
    guided: bool = False
    calls: int = 0
    runs: int = 0
    t: float = 0.0
    size: tuple[int, int] = (0, 0)
    places: int = 0

    def conditional(self) -> slice:
        """The rows of the batch that follow the prompts."""
        return slice(self.pictures, None) if self.guided else slice(0, None)

    def new_run(self, told: dict[str, Any], pictures: int) -> None:
        """Takes down what `encode_prompt` was told; arguments by their names there."""
        prompt, copies = told["prompt"], told["num_images_per_prompt"]
        texts = [prompt] if isinstance(prompt, str) else prompt or [None] * pictures
        self.prompts = tuple(text for text in texts for _ in range(copies))[:pictures]
        self.pictures, self.guided = pictures, told["do_classifier_free_guidance"]
        self.runs += 1

    def new_call(self, told: dict[str, Any]) -> None:
        """Takes down what the U-Net is asked; arguments by their names there.

        Raises:
            RuntimeError: the batch is not that of the prompts which were heard.
        """
        sample, words = told["sample"], told["encoder_hidden_states"]
        if not self.pictures:
            raise RuntimeError(
                "the U-Net was asked before any prompt was encoded inside `with`, so its rows are "
                "unknown; call denoise, generate or the pipeline inside the block"
            )
        expected = self.pictures * (2 if self.guided else 1)
        if len(sample) != expected:
            raise RuntimeError(
                f"the U-Net was asked about {len(sample)} rows, but the prompts encoded last make "
                f"{expected}; run one thing after the other inside `with`"
            )
        self.t, self.size = float(told["timestep"]), tuple(sample.shape[2:])
        self.places = words.shape[1]
        self.calls += 1


@contextmanager
def listen(pipe: StableDiffusionPipeline) -> Iterator[Heard]:
    """Keeps a `Heard` up to date inside `with`; afterwards the pipeline is as it was.

    Raises:
        RuntimeError: the block ended well, but the U-Net was never asked in it.
    """
    heard, original, own = Heard(), pipe.encode_prompt, vars(pipe).get("encode_prompt")

    @functools.wraps(original)
    def encode_prompt(*args: Any, **kwargs: Any) -> Any:
        encoded = original(*args, **kwargs)  # (prompts, negative prompts or None), each (B, 77, D)
        heard.new_run(_named(original, args, kwargs), len(encoded[0]))
        return encoded

    def unet_is_asked(module: Any, args: tuple, kwargs: dict) -> None:
        heard.new_call(_named(module.forward, args, kwargs))

    hook = pipe.unet.register_forward_pre_hook(unet_is_asked, with_kwargs=True)
    pipe.encode_prompt = encode_prompt
    try:
        yield heard
    finally:
        hook.remove()
        vars(pipe).pop("encode_prompt")
        vars(pipe).update({"encode_prompt": own} if own else {})
    if not heard.calls:
        raise RuntimeError(
            "the U-Net was never asked inside `with`, so there is nothing to show; denoise is a "
            "generator: loop over it inside the block"
        )


def _named(function: Any, args: tuple, kwargs: dict) -> dict[str, Any]:
    """The arguments of a call by name, defaults filled in."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments
