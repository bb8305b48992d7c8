"""The text encoder: a small CLIP (Radford et al. 2021), trained to match captions and drawings.

As in Stable Diffusion, only the text tower goes into the pipeline; the picture tower is kept beside
it, in the folder of the run.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import Dataset
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextModel,
    CLIPTokenizer,
)

from .. import landscapes
from .checkpoints import written_beside
from .config import Sizes, TrainConfig
from .data import cached_drawings, caption, draw, to_unit
from .loop import Stage, fit, make_accelerator
from .tokenizer import make_tokenizer

PAIRS = 256  # unseen pairs of a report
PATCH = 16
MAX_LOGIT_SCALE = 4.6052  # ln 100, as in Radford et al. 2021, section 2.5


def make_clip(sizes: Sizes, tokenizer: CLIPTokenizer) -> CLIPModel:
    """An untrained CLIP with the two towers' sizes taken from `sizes`."""

    def tower(width: int, layers: int) -> dict[str, int]:
        return {
            "hidden_size": width,
            "intermediate_size": 4 * width,
            "num_hidden_layers": layers,
            "num_attention_heads": sizes.text_heads,
            "projection_dim": sizes.text_width,
        }

    text = tower(sizes.text_width, sizes.text_layers) | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": tokenizer.model_max_length,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = tower(sizes.vision_width, sizes.vision_layers) | {
        "image_size": landscapes.SIZE,
        "patch_size": PATCH,
    }
    return CLIPModel(
        CLIPConfig(text_config=text, vision_config=vision, projection_dim=sizes.text_width)
    )


def tokenize(tokenizer: CLIPTokenizer, texts: str | list[str]) -> torch.Tensor:
    """Token numbers as the pipeline makes them, padded to 77 with <|endoftext|>: (N, 77)."""
    return tokenizer(
        texts,
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids


def with_words_of(
    text_encoder: CLIPTextModel, before: CLIPTokenizer, after: CLIPTokenizer
) -> CLIPTextModel:
    """A copy of a trained text encoder that reads the tokens of another tokenizer.

    A token that both know keeps its vector. A new one begins as the mean of the vectors by which
    the encoder read its letters before, and so does not stand apart from the others.

    Args:
        text_encoder: trained with the tokenizer `before`.
    """
    vectors = text_encoder.get_input_embeddings().weight.data  # (entries before, width)
    known, entries = before.get_vocab(), after.get_vocab()
    rows = torch.empty(len(after), vectors.shape[1])
    for entry, number in entries.items():
        same = known.get(entry)
        text = after.decode([number])
        spelt = [same] if same is not None else before(text, add_special_tokens=False).input_ids
        rows[number] = vectors[spelt].mean(0)
    config = copy.deepcopy(text_encoder.config)
    config.vocab_size = len(after)
    config.bos_token_id, config.eos_token_id = after.bos_token_id, after.eos_token_id
    config.pad_token_id = after.pad_token_id
    made = CLIPTextModel(config)
    weights = text_encoder.state_dict()
    (name,) = (key for key, value in weights.items() if value.data_ptr() == vectors.data_ptr())
    made.load_state_dict(weights | {name: rows})
    return made.eval()


class CaptionedDrawings(Dataset):
    """Training drawings, each time with other words; addressed by (item, position)."""

    def __init__(self, drawings: np.ndarray, tokenizer: CLIPTokenizer) -> None:
        self.drawings, self.tokenizer = drawings, tokenizer

    def __getitem__(self, place: tuple[int, int]) -> dict[str, torch.Tensor]:
        item, position = place
        tokens = tokenize(self.tokenizer, caption(item, position))[0]
        return {"tokens": tokens, "pictures": torch.from_numpy(np.array(self.drawings[item]))}


class ContrastiveLoss(nn.Module):
    """Symmetric cross-entropy over the batch's similarities (Radford et al. 2021, figure 3)."""

    def __init__(self, clip: CLIPModel) -> None:
        super().__init__()
        self.clip = clip

    def forward(self, batch: dict[str, torch.Tensor], progress: float) -> dict[str, torch.Tensor]:
        texts, pictures = embed(self.clip, batch["tokens"], batch["pictures"])
        logits = (
            self.clip.logit_scale.clamp(max=MAX_LOGIT_SCALE).exp()
            * texts.float()
            @ pictures.float().T
        )  # (B, B)
        target = torch.arange(len(logits), device=logits.device)
        loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        return {"loss": loss, "found": (logits.argmax(1) == target).float().mean()}


def embed(
    clip: CLIPModel, tokens: torch.Tensor, pictures: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors of texts and uint8 pictures: two (B, width)."""
    found = clip(input_ids=tokens, pixel_values=to_unit(pictures))
    return found.text_embeds, found.image_embeds


class Report:
    """How often an unseen caption finds its drawing among 256; exports towers and tokenizer."""

    def __init__(self, clip: CLIPModel, tokenizer: CLIPTokenizer, out: Path) -> None:
        self.clip, self.tokenizer, self.out = clip, tokenizer, out
        self.pictures = torch.stack([draw(i, "test") for i in range(PAIRS)])
        scenes = [landscapes.sample(i, "test").scene for i in range(PAIRS)]
        self.tokens = {
            language: tokenize(
                tokenizer, [landscapes.describe(s, i, language) for i, s in enumerate(scenes)]
            )
            for language in ("en", "ja")
        }

    def __call__(self) -> dict[str, float]:
        device = self.clip.logit_scale.device
        values: dict[str, float] = {}
        for language, tokens in self.tokens.items():
            texts, pictures = embed(self.clip, tokens.to(device), self.pictures.to(device))
            rank = (texts @ pictures.T).argsort(1, descending=True)
            right = rank == torch.arange(PAIRS, device=device)[:, None]
            values |= {
                f"top1_{language}": right[:, 0].float().mean().item(),
                f"top5_{language}": right[:, :5].any(1).float().mean().item(),
            }
        for name, save in (
            ("clip", self.save_clip),
            ("text_encoder", self.clip.text_model.save_pretrained),
            ("tokenizer", self.tokenizer.save_pretrained),
        ):
            with written_beside(self.out / name) as place:
                save(place)
        return values

    def save_clip(self, place: Path) -> None:
        """Both towers with all that `CLIPModel` and `CLIPProcessor` need to read them back."""
        self.clip.save_pretrained(place)
        self.tokenizer.save_pretrained(place)
        size = {"height": landscapes.SIZE, "width": landscapes.SIZE}
        CLIPImageProcessorPil(
            size=size, crop_size=size, image_mean=[0.5] * 3, image_std=[0.5] * 3
        ).save_pretrained(place)


def train_text(config: TrainConfig) -> dict[str, object]:
    """Train a small CLIP and export its towers and tokenizer; the facts of the run."""
    torch.manual_seed(config.seed)
    tokenizer = make_tokenizer(config.sizes.vocabulary)
    clip = make_clip(config.sizes, tokenizer)
    with make_accelerator(config).main_process_first():  # one process draws, the others read
        drawings = cached_drawings(config.out, config.pictures, config.workers)
    stage = Stage(
        "text",
        ContrastiveLoss(clip),
        CaptionedDrawings(drawings, tokenizer),
        Report(clip, tokenizer, config.out),
        batch_size=128,
        learning_rate=1e-3,
        weight_decay=0.05,
        length=config.pictures,
        workers=config.workers,
    )
    return fit(stage, config)
