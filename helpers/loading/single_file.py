"""Single-file checkpoints: one safetensors file with the weights of a whole model, and no more.

Such a file has the keys of the original programs (CompVis, Stability AI). What it lacks, the
configurations and the vocabulary, is in `helpers/weights/stable-diffusion`: no network is needed.
Which model it is can be told from keys and shapes, which stand at the head of the file.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.loaders import single_file_utils as conversion
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

from ..runtime import device_of, eval_mode
from . import formats, networks

CONFIGURATIONS = Path(__file__).parents[1] / "weights" / "stable-diffusion"

_UNET = "model.diffusion_model."
_FIRST = f"{_UNET}input_blocks.0.0.weight"
_LORA = re.compile(r"lora_|\.lora\.|\.lora_|hada_w|lokr_")

_OTHERS = (
    (r"(?:.*\.)?joint_blocks\.", "Stable Diffusion 3"),
    (r"(?:.*\.)?(?:double_blocks|single_transformer_blocks)\.", "Flux, or one of its relatives"),
    (r"conditioner\.embedders\.1\.|.*label_emb\.|add_embedding\.", "Stable Diffusion XL"),
    (r"conditioner\.embedders\.0\.", "the refiner of Stable Diffusion XL"),
    (r".*time_embed\.cond_proj\.", "a distilled model (LCM), which takes the guidance scale"),
    (r"control_model\.|controlnet_", "a ControlNet, an addition to a model"),
    (r"emb_params|string_to_param|<.*>", "a textual inversion, one new word for a model"),
)
"""Keys, and which models have them."""

_CHANNELS = {
    9: "an inpainting model",
    8: "a model that edits pictures by instruction",
    7: "a model that enlarges pictures",
    5: "a model that reads depths",
}
"""What a U-Net is for that takes more than the four channels of its latents."""


@dataclass(frozen=True)
class Generation:
    """One generation of Stable Diffusion.

    Attributes:
        name: of its folder in `CONFIGURATIONS`.
        pad: the token that fills up short prompts.
    """

    name: str
    pad: str

    @property
    def folder(self) -> Path:
        """Its configurations, in diffusers' layout."""
        return CONFIGURATIONS / self.name


GENERATIONS = {768: Generation("1.x", "<|endoftext|>"), 1024: Generation("2.x", "!")}
"""By the width of the words that the U-Net attends to."""


def read(path: Path, dtype: torch.dtype) -> StableDiffusionPipeline:
    """The pipeline of a checkpoint, on the CPU. It has no safety checker: no such file holds one.

    Args:
        path: a safetensors file.
        dtype: the precision that the networks shall be in.

    Raises:
        ValueError: it is no model of Stable Diffusion 1.x or 2.x for text to picture, or no whole
            one.
        OSError: it is damaged.
    """
    shapes = shapes_in(path)
    generation = generation_of(shapes, path.name)
    check_weights(shapes, generation.folder, path.name)
    return StableDiffusionPipeline.from_single_file(
        str(path),
        config=str(generation.folder),
        local_files_only=True,
        tokenizer=tokenizer(generation.pad),
        **{networks.DTYPE: dtype},
    )


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Key -> shape of every tensor of a file, from its head alone.

    Raises:
        OSError: it is no safetensors file, or cut off.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}
    except SafetensorError as error:
        raise OSError(
            f"model: {path} is damaged or no safetensors file ({error}); fetch it again"
        ) from error


def generation_of(shapes: Mapping[str, tuple[int, ...]], name: str) -> Generation:
    """Which generation a checkpoint is of, told from its keys and shapes.

    Args:
        shapes: as `shapes_in` gives.
        name: of the file, for messages.

    Raises:
        ValueError: it is none of them; the message says what it is instead.
    """
    if any(_LORA.search(key) for key in shapes):
        raise ValueError(f"model: {name} {formats.IS_LORA}")
    for pattern, kind in _OTHERS:
        if any(re.match(pattern, key) for key in shapes):
            raise ValueError(_other(name, f"is {kind}"))
    if _FIRST not in shapes:
        raise ValueError(_other(name, _told_part(shapes)))
    takes = shapes[_FIRST][1]
    if takes != 4:
        kind = _CHANNELS.get(takes, "a model of another kind")
        raise ValueError(_other(name, f"is {kind}: its U-Net takes {takes} channels, not 4"))
    widths = (shape[-1] for key, shape in shapes.items() if key.endswith("attn2.to_k.weight"))
    width = next(widths, None)
    if width not in GENERATIONS:
        raise ValueError(_other(name, f"has a U-Net that reads words of {width} numbers"))
    return GENERATIONS[width]


def _other(name: str, what: str) -> str:
    return (
        f"model: {name} {what}; only whole models of Stable Diffusion 1.x and 2.x for text to "
        'picture can be loaded, such as "sd-1.4", "sd-1.5" and "sd-2.1"'
    )


def _told_part(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """What a file without a U-Net in the original layout holds, as the end of a sentence."""
    if any(key.startswith(("conv_in.", "down_blocks.")) for key in shapes):
        return "is the U-Net alone, in diffusers' layout: pass the folder with model_index.json"
    if any(key.startswith(("encoder.", "decoder.", "first_stage_model.")) for key in shapes):
        return "is a VAE or a text encoder alone"
    return f"is no whole model: it has no {_FIRST}"


def check_weights(shapes: Mapping[str, tuple[int, ...]], folder: Path, name: str) -> None:
    """None, if a checkpoint holds every weight that the configurations ask for.

    The library's own conversion is asked, with tensors that have shapes and no numbers.

    Raises:
        ValueError: weights are missing, or of other shapes.
    """
    checkpoint = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    unet, vae = (
        cls.load_config(str(folder), subfolder=part)
        for cls, part in ((UNet2DConditionModel, "unet"), (AutoencoderKL, "vae"))
    )
    with torch.device("meta"):
        made = {
            "unet": UNet2DConditionModel.from_config(unet),
            "vae": AutoencoderKL.from_config(vae),
            "text_encoder": CLIPTextModel(
                CLIPTextConfig.from_pretrained(folder / "text_encoder", local_files_only=True)
            ),
        }
    found = {
        "unet": conversion.convert_ldm_unet_checkpoint(checkpoint, unet),
        "vae": conversion.convert_ldm_vae_checkpoint(checkpoint, vae),
        "text_encoder": _converted_text(made["text_encoder"], checkpoint),
    }
    for part, network in made.items():
        networks.check_report(_report(network, found[part]), name, f"the {part} of {folder.name}")


def _converted_text(network: nn.Module, checkpoint: dict[str, Tensor]) -> dict[str, Tensor]:
    """The text encoder's weights: of CLIP in 1.x, of OpenCLIP in 2.x."""
    if conversion.is_open_clip_model(checkpoint):
        found = conversion.convert_open_clip_checkpoint(network, checkpoint)
    else:
        found = conversion.convert_ldm_clip_checkpoint(checkpoint)
    return found


def _report(network: nn.Module, found: Mapping[str, Tensor]) -> dict[str, list]:
    """What `networks.check_report` reads. Keys may begin with "text_model.", as all once did."""
    wanted = {key.removeprefix("text_model."): t for key, t in network.state_dict().items()}
    there = {key.removeprefix("text_model."): t for key, t in found.items()}
    both = wanted.keys() & there.keys()
    return {
        "missing_keys": sorted(wanted.keys() - there.keys()),
        "mismatched_keys": [
            (key, there[key].shape, wanted[key].shape)
            for key in both
            if there[key].shape != wanted[key].shape
        ],
    }


def tokenizer(pad: str) -> CLIPTokenizer:
    """CLIP's tokenizer, of which both generations differ in `pad` alone."""
    packed = (CONFIGURATIONS / "clip_merges.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").splitlines()
    merges = [tuple(line.split(" ")) for line in lines]
    letters = list(bytes_to_unicode().values())
    start, end = "<|startoftext|>", "<|endoftext|>"
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), start, end]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    special = {"bos_token": start, "eos_token": end, "unk_token": end, "pad_token": pad}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77, **special)


@torch.no_grad()
def predicts_noise(pipe: StableDiffusionPipeline) -> bool:
    """Whether the U-Net predicts eps; else it predicts v. No checkpoint says it, so it is measured.

    At the last timestep x_T is noise with next to no picture in it (alpha_bar = 0.005). There eps
    is x_T itself, and v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x_0 has next to nothing of it:
    the cosine between what comes in and what comes out is nearly 1, or nearly 0.
    """
    device, count = device_of(pipe), pipe.scheduler.config.num_train_timesteps
    drawn = torch.Generator("cpu").manual_seed(0)
    noise = torch.randn(1, pipe.unet.config.in_channels, 16, 16, generator=drawn)
    with eval_mode(pipe.unet, pipe.text_encoder):
        words, _ = pipe.encode_prompt("", device, 1, False)
        told = pipe.unet(noise.to(words), count - 1, encoder_hidden_states=words).sample
    pipe.maybe_free_model_hooks()
    seen = told.float().cpu().flatten()
    return bool(torch.cosine_similarity(seen, noise.flatten(), dim=0) > 0.5)


def settle_prediction(pipe: StableDiffusionPipeline) -> None:
    """Writes what the U-Net predicts into the scheduler, and the size that it was trained at.

    Of the published models those of 1.x and 2.1-base predict eps at 512 pixels, and 2.1 predicts v
    at 768.
    """
    noise = predicts_noise(pipe)
    pipe.scheduler.register_to_config(prediction_type="epsilon" if noise else "v_prediction")
    if not noise and pipe.text_encoder.config.hidden_size == 1024:
        pipe.unet.register_to_config(sample_size=96)
