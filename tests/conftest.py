"""Shared by all tests: no network, and two small but real pipelines; see also ../conftest.py."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import nullcontext

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest  # noqa: E402
import torch  # noqa: E402
from diffusers import (  # noqa: E402
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from tokenizers.pre_tokenizers import ByteLevel  # noqa: E402
from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer  # noqa: E402

from helpers.landscapes import VOCABULARY  # noqa: E402
from helpers.loading import load  # noqa: E402
from helpers.sampling.schedulers import SCHEDULERS, fresh_scheduler  # noqa: E402

torch.set_num_threads(1)


def pytest_configure(config: pytest.Config) -> None:
    """Schedulers of diffusers mix torch with NumPy 2 in ways that warn thousands of times."""
    for ending in ("wrap__ must accept", "__ implementation"):
        config.addinivalue_line("filterwarnings", f"ignore:__array.*{ending}:DeprecationWarning")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """A connection to anywhere but this machine fails at once, with the address in the message."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise OSError(
                f"tests do not use the network, but something wanted to reach {address!r}"
            )
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True)
def usual_digits() -> Iterator[None]:
    """A test that runs a lesson's cells leaves no fewer digits to the next: 05 prints two."""
    yield
    torch.set_printoptions(profile="default")


def random_pipe(**scheduler: object) -> StableDiffusionPipeline:
    """A pipeline of real parts with random weights: 32 x 32 pictures, 4 x 4 latents, 1000
    timesteps.

    Args:
        **scheduler: changes to the scheduler's configuration, such as prediction_type="epsilon".
    """
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    text_config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        projection_dim=32,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),  # four blocks: f = 8, as in Stable Diffusion
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=32,
        mid_block_add_attention=False,
    )
    unet = UNet2DConditionModel(
        sample_size=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
    )
    noise = DPMSolverMultistepScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        steps_offset=1,
    )
    noise.register_to_config(clip_sample=False, set_alpha_to_one=False, **scheduler)
    pipe = StableDiffusionPipeline(
        vae=vae.eval(),
        text_encoder=CLIPTextModel(text_config).eval(),
        tokenizer=tokenizer,
        unet=unet.eval(),
        scheduler=DPMSolverMultistepScheduler.from_config(noise.config),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def make_tokenizer() -> CLIPTokenizer:
    """A real CLIPTokenizer: bytes, and merges that build up the English words of the data set."""
    merges: dict[tuple[str, str], None] = {}
    for word in sorted(word for word in VOCABULARY if word.isascii() and word.isalpha()):
        for end in range(1, len(word)):
            last = "</w>" if end + 1 == len(word) else ""
            merges[word[:end], word[end] + last] = None
    letters = sorted(ByteLevel.alphabet())
    tokens = [*letters, *(letter + "</w>" for letter in letters), *map("".join, merges)]
    tokens = list(dict.fromkeys([*tokens, "<|startoftext|>", "<|endoftext|>"]))
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocabulary, merges=list(merges), model_max_length=77)


@pytest.fixture
def bfloat16_computes() -> Iterator[None]:
    """Attention step by step where vector instructions are switched off (../conftest.py):
    PyTorch's fused kernel for bfloat16 looks at the processor itself, and stops."""
    imitated = torch.backends.cpu.get_cpu_capability() == "DEFAULT"
    with sdpa_kernel(SDPBackend.MATH) if imitated else nullcontext():
        yield


@pytest.fixture(scope="session")
def make_random_pipe() -> Callable[..., StableDiffusionPipeline]:
    """For tests that change a pipeline: each call of `random_pipe` makes a new, equal one."""
    return random_pipe


@pytest.fixture(scope="session")
def tiny_random_pipe() -> StableDiffusionPipeline:
    """Shared by many tests: leave it as you found it. It predicts v, as the embedded model does."""
    return random_pipe()


@pytest.fixture(scope="session")
def tiny_pipe() -> StableDiffusionPipeline:
    """The embedded model with its trained weights, on the CPU."""
    return load("tiny", device="cpu")


@pytest.fixture(params=SCHEDULERS)
def scheduler_name(
    request: pytest.FixtureRequest, tiny_random_pipe: StableDiffusionPipeline
) -> str:
    """Each scheduler that can run here: LMS needs scipy (its refusal is tested too)."""
    try:
        fresh_scheduler(request.param, tiny_random_pipe.scheduler)
    except ValueError as error:
        pytest.skip(str(error)[:80])
    return request.param
