"""What a pipeline has learned since it was loaded, in the settings of a run: LoRAs and new words.

Both change what is drawn, and neither is in the model's name. So both are known by a check sum of
their numbers, wherever these lie, and a run is not made again without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..loading import StableDiffusionPipeline, adapters, words


def learned(pipe: StableDiffusionPipeline, texts: Sequence[str]) -> dict[str, Any]:
    """ "lora" and "words" of settings, as far as they show in a picture of these texts.

    "lora" is a list of path, scale and sha256, the path None for one that was trained here; "words"
    a table of word and sha256. None stands for nothing of the kind.
    """
    return {"lora": adapters.told(pipe), "words": words.told(pipe, texts)}


def check_learned(settings: Mapping[str, Any], pipe: StableDiffusionPipeline) -> None:
    """None, if a pipeline has learned what that had which made a run.

    Where the precision is another one than then, the numbers are too: then the number of LoRAs,
    their scales and the words count.

    Args:
        settings: of a run, as `checked.checked` gives them.
        pipe: what shall make it again.

    Raises:
        ValueError: it has learned something else, and would draw something else.
    """
    given = [settings["prompt"], settings["negative_prompt"]]
    texts = [text for one in given for text in ([one] if isinstance(one, str) else one)]
    now = learned(pipe, texts)
    exact = settings.get("dtype") == str(pipe.unet.dtype).removeprefix("torch.")
    if _marks(settings, exact) != _marks(now, exact):
        paths = {one["path"] or "…": one["scale"] for one in settings.get("lora") or ()}
        advice = f"lora={paths}" if paths else "no lora"
        raise ValueError(
            f"settings: made with {_told(settings)}, but pipe has {_told(now)}; it would draw "
            f"something else. Load the same model with {advice}"
        )


def _marks(settings: Mapping[str, Any], exact: bool) -> tuple[list, list]:
    """What has to be equal."""
    loras = [(one["sha256"] if exact else "", str(one["scale"]))
             for one in settings.get("lora") or ()]  # fmt: skip
    found = (settings.get("words") or {}).items()
    return sorted(loras), sorted(pair if exact else pair[0] for pair in found)


def _told(settings: Mapping[str, Any]) -> str:
    """LoRAs and words for a message."""
    loras = [
        f"the LoRA {one['path'] or 'trained on the spot'} ({one['sha256'][:8]}) at scale "
        f"{one['scale']}"
        for one in settings.get("lora") or ()
    ]
    found = [f"the new word {word} ({digest[:8]})"
             for word, digest in (settings.get("words") or {}).items()]  # fmt: skip
    return " and ".join([*loras, *found]) or "no LoRA and no new word"
