"""What a file or folder on this machine is, where it is no pipeline in diffusers' layout."""

from __future__ import annotations

from pathlib import Path

SAFE = ".safetensors"
CAN_RUN_CODE = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
_OTHER_WEIGHTS = (".gguf", ".onnx", ".msgpack", ".h5")

LORA_FILES = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "pytorch_lora_weights.safetensors",
)
IS_LORA = (
    "is a LoRA: small changes to a model, and no whole model. Load the model that it was made for, "
    'and name it beside that: helpers.load("sd-1.5", lora="….safetensors")'
)
CONVERT = (
    "use the same model as .safetensors, which most pages that offer a .ckpt offer beside it, or "
    "turn it into one without running code: from safetensors.torch import save_file; "
    'save_file(torch.load("{0}", weights_only=True, map_location="cpu")["state_dict"], '
    '"{1}.safetensors")'
)


def is_weights_file(name: str) -> bool:
    """Whether a name ends as files with weights do."""
    return name.lower().endswith((SAFE, *CAN_RUN_CODE, *_OTHER_WEIGHTS))


def check_suffix(path: Path) -> None:
    """None, if a file ends as a safetensors file does.

    Raises:
        ValueError: it ends otherwise.
    """
    suffix = path.suffix.lower()
    if path.suffix == SAFE:
        return
    if suffix == SAFE:  # the libraries take any other ending for a pickle
        raise ValueError(f"model: rename {path.name} so that it ends in {SAFE}, in small letters")
    if suffix in CAN_RUN_CODE:
        raise ValueError(
            f"model: {path.name} is a pickle ({suffix}), a format that can run code when it is "
            f"opened, so it is never read; {CONVERT.format(path.name, path.stem)}"
        )
    if path.name == "model_index.json":
        raise ValueError(f"model: pass the folder of {path.name}, which is {path.parent}")
    raise ValueError(
        f"model: the file {path.name} is no model that can be read; pass a .safetensors file, or a "
        "folder in diffusers' layout"
    )


def told_folder(folder: Path) -> str:
    """What a folder without model_index.json is, and what to do, as the end of a sentence."""
    if any((folder / name).is_file() for name in LORA_FILES):
        return IS_LORA
    none = "holds no model_index.json"
    if (folder.parent / "model_index.json").is_file():
        return f"{none}: it is one part of a model; pass the folder above it, {folder.parent}"
    files = sorted(path.name for path in folder.iterdir() if path.suffix.lower() == SAFE)
    if files and not (folder / "config.json").is_file():
        return f'{none}; to load a single file, pass its path, such as "{folder / files[0]}"'
    return f"{none}; pass one that save_pretrained() wrote"
