"""LoRA files of several programs, read as one thing: for each layer two small matrices.

A LoRA adds `alpha / r * up @ down` to a layer's weights, with `r` rows in `down` (Hu et al. 2021,
arXiv 2106.09685, section 4.1). Programs agree on that and on little else: kohya writes
"lora_unet_mid_block_attentions_0_proj_in.lora_down.weight" and `alpha` as a tensor, diffusers
"unet.mid_block.attentions.0.proj_in.lora_A.weight" and `alpha` in the file's header, peft in a file
of its own. Here a layer is known by its name with "_" in place of every dot, which all have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..arguments import told
from ..files import parse_json, read_json
from . import formats

WEIGHTS = ("pytorch_lora_weights.safetensors", "adapter_model.safetensors")
"""Names of the file with the weights in a folder: diffusers' and ours, and peft's."""

WORDS = "learned_embeds.safetensors"
"""Name of the file with the vectors of new words in a folder: diffusers' and ours."""

CONFIGURATION = "adapter_config.json"
HEADER = "lora_adapter_metadata"
"""Where peft and diffusers keep alpha and its kin."""

_PARTS = (
    (r"lora_unet_", "unet"),
    (r"lora_te_(?:text_model_)?", "text_encoder"),
    (r"unet\.(?:base_model\.model\.)?", "unet"),
    (r"text_encoder\.(?:base_model\.model\.)?(?:text_model\.)?", "text_encoder"),
    (r"(?:base_model\.model\.)?", "unet"),
)
"""How a key begins, and which network is meant."""

_ROLES = (
    (r"\.lora_(?:A|down)(?:\.default)?\.weight", "", "down"),
    (r"\.lora_(?:B|up)(?:\.default)?\.weight", "", "up"),
    (r"\.lora(?:_linear_layer)?\.down\.weight", "", "down"),
    (r"\.lora(?:_linear_layer)?\.up\.weight", "", "up"),
    (r"(?:\.processor)?\.to_out_lora\.down\.weight", ".to_out.0", "down"),
    (r"(?:\.processor)?\.to_out_lora\.up\.weight", ".to_out.0", "up"),
    (r"(?:\.processor)?(\.to_[qkv])_lora\.down\.weight", r"\1", "down"),
    (r"(?:\.processor)?(\.to_[qkv])_lora\.up\.weight", r"\1", "up"),
    (r"\.alpha", "", "alpha"),
)
"""How a key ends, what the layer's name has there, and what the tensor is."""

_OTHER_KINDS = (
    (r"hada_", "a LoHa (LyCORIS): its updates are products of two LoRAs"),
    (r"lokr_", "a LoKr (LyCORIS): its updates are Kronecker products"),
    (r"lora_mid\.", "a LoCon with a third matrix in each layer (LyCORIS)"),
    (r"dora_scale|lora_magnitude_vector", "a DoRA: it changes the length of weights as well"),
    (r"oft_|boft_", "an OFT: it turns weights and adds nothing"),
    (r"\.on_input$|\.ia3_", "an IA3: it multiplies and adds nothing"),
    (r"\.diff(_b)?$", "a difference of whole weights, and no LoRA alone"),
)
"""Keys of relatives of LoRA that are not read."""

_OTHER_MODELS = (
    (r"lora_te[123]_|text_encoder_2\.|lora_unet_input_blocks|lora_unet_output_blocks",
     "for Stable Diffusion XL, or in its layout"),
    (r"double_blocks|single_blocks|single_transformer_blocks|joint_blocks|lora_transformer_"
     r"|^transformer\.|^diffusion_model\.", "for a model of another kind, such as Flux"),
    (r"^emb_params$|string_to_param|^[^.]+$",
     "a textual inversion, one new word: pipe.load_textual_inversion(path) adds it"),
    (r"^model\.diffusion_model\.|^first_stage_model\.",
     "a whole model or a part of one; load it as the model"),
)  # fmt: skip
"""Keys of what is made for other models, or is something else."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The update of one layer, as a file has it.

    Attributes:
        down: (r, in), or (r, in, k, k) for a convolution.
        up: (out, r), or (out, r, 1, 1).
        alpha: what the product is multiplied by, times r.
    """

    down: Tensor
    up: Tensor
    alpha: float

    @property
    def rank(self) -> int:
        """r."""
        return self.down.shape[0]


Layers = dict[str, dict[str, Layer]]
"""Part of the pipeline -> name of the layer, with "_" for every dot -> its update."""


def find(path: str | Path) -> tuple[Path | None, Path | None]:
    """The file with a LoRA's weights, and that with vectors of new words; at least one is there.

    Args:
        path: the file with the weights, or a folder as diffusers, peft and this course write it.

    Raises:
        TypeError: path is neither a text nor a path.
        ValueError: there is no such file on this machine, or none that is read.
    """
    if not isinstance(path, (str, Path)) or not str(path).strip():
        raise TypeError(f"lora must be a folder or a .safetensors file, got {told(path)}")
    there = Path(path).expanduser()
    if not there.exists():
        raise ValueError(
            f"lora: there is no {there}, seen from {Path.cwd()}; check the spelling. A LoRA is "
            "read from this machine alone: download its .safetensors file first"
        )
    if there.is_file():
        _check_suffix(there)
        return there, None
    weights = next((there / name for name in WEIGHTS if (there / name).is_file()), None)
    words = there / WORDS if (there / WORDS).is_file() else None
    if weights is None and words is None:
        raise ValueError(f"lora: the folder {there} {_told_folder(there)}")
    return weights, words


def _check_suffix(path: Path) -> None:
    suffix = path.suffix.lower()
    if path.suffix == formats.SAFE:
        return
    if suffix in formats.CAN_RUN_CODE:
        raise ValueError(
            f"lora: {path.name} is a pickle ({suffix}), a format that can run code when it is "
            "opened, so it is never read; use the same LoRA as .safetensors, which most pages offer"
        )
    raise ValueError(f"lora: {path.name} is no LoRA that can be read; pass a .safetensors file")


def _told_folder(folder: Path) -> str:
    """What a folder without a LoRA's weights is, as the end of a sentence."""
    if (folder / "model_index.json").is_file():
        return "is a whole model; pass it as the model"
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    safe = [name for name in names if name.endswith(formats.SAFE)]
    if safe:
        return f'holds no {WEIGHTS[0]}; pass the file itself, such as "{folder / safe[0]}"'
    if any(name.endswith(formats.CAN_RUN_CODE) for name in names):
        return "holds pickles alone, which can run code and are never read; get it as .safetensors"
    return f"holds no {WEIGHTS[0]}; pass one that a training of a LoRA wrote"


def read(file: Path) -> Layers:
    """The updates in a file.

    Raises:
        ValueError: it is something else than a LoRA for Stable Diffusion, or not whole, or its
            numbers are not finite.
        OSError: it is damaged.
    """
    tensors, header = _tensors(file)
    _check_kind(tensors, file.name)
    found: dict[tuple[str, str], dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        part, name, role = _parsed(key, file.name)
        found.setdefault((part, name), {})[role] = tensor
    settings = _settings(file, header)
    layers: Layers = {}
    for (part, name), roles in found.items():
        layers.setdefault(part, {})[name] = _layer(roles, name, settings.get(part, {}), file.name)
    return layers


def read_words(file: Path, width: int) -> dict[str, Tensor]:
    """New words and their vectors, (width,).

    Args:
        file: with a tensor (1, width) for each word, as diffusers writes a textual inversion.
        width: of the text encoder's vectors.

    Raises:
        ValueError: a word has several vectors, or of another width, or numbers that are not finite.
        OSError: it is damaged.
    """
    rows = {word: row.float() for word, row in _tensors(file)[0].items()}
    for word, row in rows.items():
        if row.numel() != width:
            raise ValueError(
                f"lora: {file} has {row.numel()} numbers for the word {told(word)}, and this text "
                f"encoder reads one vector of {width}: it was learned with another model"
            )
        if not bool(torch.isfinite(row).all()):
            raise ValueError(f"lora: {file} holds nan or infinity; its training went wrong")
    return {word: row.flatten() for word, row in rows.items()}


def _tensors(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """What a file holds, copied out of it, and its header."""
    try:
        with safe_open(file, "pt") as opened:
            tensors = {key: opened.get_tensor(key).clone() for key in opened.keys()}
            return tensors, opened.metadata() or {}
    except SafetensorError as error:
        raise OSError(
            f"lora: {file} is damaged or no safetensors file ({error}); fetch it again"
        ) from error


def _check_kind(keys: Iterable[str], name: str) -> None:
    """Refuse what is no LoRA for Stable Diffusion, by the keys that it has."""
    keys = list(keys)
    for pattern, kind in _OTHER_KINDS:
        if any(re.search(pattern, key) for key in keys):
            raise ValueError(
                f"lora: {name} holds {kind}; only plain LoRA is read: use another file, or ask its "
                "maker for a plain one"
            )
    for pattern, kind in _OTHER_MODELS:
        if any(re.search(pattern, key) for key in keys):
            raise ValueError(
                f"lora: {name} is {kind}; here only LoRAs for Stable Diffusion 1.x and 2.x, and "
                "for the models of this course, can be added"
            )
    if not keys:
        raise ValueError(f"lora: {name} is empty; fetch it again")


def _parsed(key: str, file: str) -> tuple[str, str, str]:
    """(part, name of the layer, what the tensor is) of a key."""
    for end, instead, role in _ROLES:
        if re.search(rf"{end}$", key):
            name = re.sub(rf"{end}$", instead, key)
            begin, part = next((begin, part) for begin, part in _PARTS if re.match(begin, name))
            layer = re.sub(rf"^{begin}", "", name).replace(".", "_")
            if part == "text_encoder":  # whose layers diffusers once called as in the U-Net
                layer = re.sub(r"_to_(q|k|v|out)(_0)?$", r"_\1_proj", layer)
            return part, layer, role
    raise ValueError(f"lora: {file} holds {told(key)}, which is no part of a LoRA; use another")


def _settings(file: Path, header: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Part -> r, alpha and their exceptions, where the program has written them down."""
    beside = file.parent / CONFIGURATION
    try:
        if file.name == WEIGHTS[1] and beside.is_file():
            flat = {f"unet.{name}": value for name, value in read_json(beside).items()}
        else:
            flat = parse_json(header.get(HEADER, "{}"))
        found: dict[str, dict[str, Any]] = {}
        for name, value in flat.items():
            part, _, setting = name.partition(".")
            found.setdefault(part, {})[setting] = value
    except (ValueError, AttributeError) as error:
        raise ValueError(
            f"lora: what {file} tells of its own settings is damaged ({error}); fetch it again"
        ) from error
    return found


def _layer(roles: Mapping[str, Tensor], name: str, settings: Mapping[str, Any], file: str) -> Layer:
    """One layer's update, checked for itself."""
    if missing := {"down", "up"} - set(roles):
        raise ValueError(
            f"lora: {file} has no {' and no '.join(sorted(missing))} for the layer {name}; it was "
            "cut or is of another kind, fetch it again"
        )
    if not (roles["down"].is_floating_point() and roles["up"].is_floating_point()):
        raise ValueError(f"lora: {file} has whole numbers for the layer {name}; use another")
    down, up = roles["down"].float(), roles["up"].float()
    if down.ndim not in (2, 4) or down.ndim != up.ndim or down.shape[0] != up.shape[1]:
        raise ValueError(
            f"lora: in {file} the two matrices of {name} do not fit together: down is "
            f"{tuple(down.shape)}, up is {tuple(up.shape)}; fetch it again"
        )
    try:
        alpha = float(roles["alpha"]) if "alpha" in roles else _alpha(name, len(down), settings)
    except (RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"lora: {file} tells no number as alpha of {name} ({error})") from error
    if alpha == 0:
        raise ValueError(f"lora: {file} has alpha 0 for the layer {name}, so it changes nothing")
    if not all(bool(torch.isfinite(one).all()) for one in (down, up, torch.tensor(alpha))):
        raise ValueError(f"lora: {file} holds nan or infinity in {name}; its training went wrong")
    return Layer(down, up, alpha)


def _alpha(name: str, rank: int, settings: Mapping[str, Any]) -> float:
    """alpha of a layer by the settings of peft; r, if they tell nothing."""
    own = [
        value
        for key, value in (settings.get("alpha_pattern") or {}).items()
        if f"_{name}".endswith("_" + key.strip("^$").replace("\\", "").replace(".", "_"))
    ]
    alpha = float(own[0] if own else settings.get("lora_alpha") or rank)
    return alpha * rank**0.5 if settings.get("use_rslora") else alpha
