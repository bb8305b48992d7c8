"""A transformer in place of the U-Net: DiT, small, with words.

Peebles & Xie 2023, arXiv 2212.09748: latents are cut into patches, each patch is a token, and
blocks with adaptive layer norm ("adaLN-Zero", section 3.2) work on the tokens. The paper's model is
told a class; this one is told a caption: its end mark's vector goes in beside the time, and every
block looks at the words by cross-attention, as in PixArt-alpha (Chen et al. 2023, arXiv 2310.00426,
section 2.3).
"""

from __future__ import annotations

from diffusers.models.embeddings import TimestepEmbedding, Timesteps, get_2d_sincos_pos_embed
from torch import Tensor, nn

PATCH = 2
TIME_CHANNELS = 128


def patchify(latents: Tensor, size: int = PATCH) -> Tensor:
    """Latents cut into squares, row by row, each square one token.

    (B, C, H, W) -> (B, H/size * W/size, size * size * C), the channels of a location together.

    Raises:
        ValueError: the latents cannot be cut into whole squares.
    """
    count, channels, height, width = latents.shape
    if height % size or width % size:
        raise ValueError(
            f"patchify: latents of {height} x {width} cannot be cut into squares of {size}; "
            "choose a size that divides both sides"
        )
    cut = latents.reshape(count, channels, height // size, size, width // size, size)
    return cut.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)


def unpatchify(tokens: Tensor, channels: int, size: int = PATCH) -> Tensor:
    """The inverse, for square latents: (B, n * n, size * size * C) -> (B, C, n size, n size)."""
    count, places, _ = tokens.shape
    side = round(places**0.5)
    cut = tokens.reshape(count, side, side, size, size, channels)
    return cut.permute(0, 5, 1, 3, 2, 4).reshape(count, channels, side * size, side * size)


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Layer norm whose shift and scale come from outside: (B, N, D) with (B, D) each -> (B, N, D).

    Peebles & Xie 2023, section 3.2: norm(x) (1 + scale) + shift.
    """
    return nn.functional.layer_norm(x, x.shape[-1:]) * (1 + scale[:, None]) + shift[:, None]


class Attention(nn.Module):
    """Scaled dot-product attention of several heads, from tokens to themselves or to words."""

    def __init__(self, width: int, heads: int, seen: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.kv = nn.Linear(width, width), nn.Linear(seen, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(B, N, D) tokens that look, (B, M, S) tokens that are looked at -> (B, N, D)."""
        q, k, v = (self._split(part) for part in (self.q(x), *self.kv(seen).chunk(2, dim=-1)))
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)  # (B, heads, N, M)
        return self.out((weights @ v).transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, N, D / heads)


class Block(nn.Module):
    """One block: tokens look at each other, then at the words, then each thinks alone.

    `told` turns time and caption into six vectors: shift, scale and gate of the first and of the
    last part. It begins at zero, and so does the way out of the look at the words, so that an
    untrained block changes nothing (adaLN-Zero).
    """

    def __init__(self, width: int, heads: int, words: int) -> None:
        super().__init__()
        self.told = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.look = Attention(width, heads, width)
        self.read = Attention(width, heads, words)
        self.think = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width)
        )
        for layer in (self.told[1], self.read.out):
            for numbers in layer.parameters():
                nn.init.zeros_(numbers)

    def forward(self, x: Tensor, condition: Tensor, words: Tensor) -> Tensor:
        """(B, N, D) tokens, (B, D) time and caption, (B, M, S) words -> (B, N, D)."""
        shift, scale, gate, shift2, scale2, gate2 = self.told(condition).chunk(6, dim=-1)
        tokens = modulate(x, shift, scale)
        x = x + gate[:, None] * self.look(tokens, tokens)
        x = x + self.read(nn.functional.layer_norm(x, x.shape[-1:]), words)
        return x + gate2[:, None] * self.think(modulate(x, shift2, scale2))


class DiT(nn.Module):
    """Predicts a tensor like its latents from them, the moment and the words.

    Args:
        width: D, numbers of a token inside, a multiple of `heads` and of 4.
        depth: blocks.
        heads: of attention.
        words: numbers of a word's vector.
        channels: of the latents.
        side: of the latents, in locations.
    """

    positions: Tensor

    def __init__(
        self, width: int, depth: int, heads: int, *, words: int, channels: int = 4, side: int = 16
    ) -> None:
        super().__init__()
        self.channels = channels
        places = get_2d_sincos_pos_embed(width, side // PATCH, output_type="pt")  # (N, D)
        self.register_buffer("positions", places.float(), persistent=False)
        self.embed = nn.Linear(PATCH * PATCH * channels, width)
        self.clock = Timesteps(TIME_CHANNELS, flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time = TimestepEmbedding(TIME_CHANNELS, width)
        self.caption = nn.Linear(words, width)
        self.blocks = nn.ModuleList(Block(width, heads, words) for _ in range(depth))
        self.told = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))
        self.out = nn.Linear(width, PATCH * PATCH * channels)
        for layer in (self.told[1], self.out):
            for numbers in layer.parameters():
                nn.init.zeros_(numbers)

    def forward(self, latents: Tensor, t: Tensor, words: Tensor) -> Tensor:
        """(B, C, H, W) latents, (B,) moments 0 ... 1000, (B, M, S) words -> (B, C, H, W).

        The words' last place holds the end mark, which has read them all.
        """
        x = self.embed(patchify(latents)) + self.positions  # (B, N, D)
        condition = self.time(self.clock(t).to(x.dtype)) + self.caption(words[:, -1])  # (B, D)
        for block in self.blocks:
            x = block(x, condition, words)
        shift, scale = self.told(condition).chunk(2, dim=-1)
        return unpatchify(self.out(modulate(x, shift, scale)), self.channels)
