"""The loop: equal to diffusers' pipeline, its records exact, the pipeline left as it was."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
import torch
from diffusers import StableDiffusionPipeline
from torch.testing import assert_close

from helpers import maths
from helpers.sampling import again, denoise, generate
from helpers.sampling.schedulers import SCHEDULERS

PREDICTIONS = ("epsilon", "v_prediction")
SETTINGS = {"steps": 5, "seed": [3, 4], "negative_prompt": "rain"}
PROMPTS = ["a castle at night", "a river"]


@pytest.fixture(scope="module", params=PREDICTIONS)
def pipe(request: pytest.FixtureRequest, make_random_pipe: Callable) -> StableDiffusionPipeline:
    """One that predicts eps and one that predicts v."""
    return make_random_pipe(prediction_type=request.param, timestep_spacing="leading")


def by_diffusers(pipe: StableDiffusionPipeline, scheduler, guidance_scale: float) -> torch.Tensor:
    """Finished latents of diffusers' own pipeline, for PROMPTS and SETTINGS."""
    theirs = StableDiffusionPipeline(
        **pipe.components | {"scheduler": scheduler}, requires_safety_checker=False
    )
    theirs.set_progress_bar_config(disable=True)
    return theirs(
        PROMPTS,
        negative_prompt=["rain", "rain"],
        num_inference_steps=SETTINGS["steps"],
        guidance_scale=guidance_scale,
        generator=[torch.Generator().manual_seed(seed) for seed in SETTINGS["seed"]],
        output_type="latent",
    ).images


@pytest.mark.parametrize("guidance_scale", [1.0, 7.5])
def test_the_loop_equals_the_pipeline(
    pipe: StableDiffusionPipeline, scheduler_name: str, guidance_scale: float
) -> None:
    scheduler = SCHEDULERS[scheduler_name].from_config(pipe.scheduler.config)
    expected = by_diffusers(pipe, scheduler, guidance_scale)
    *_, last = denoise(
        pipe, PROMPTS, scheduler=scheduler_name, guidance_scale=guidance_scale, **SETTINGS
    )
    assert bool(torch.isfinite(expected).all())
    assert_close(last.x_prev, expected, rtol=0, atol=0)


@pytest.mark.usefixtures("bfloat16_computes")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_loop_equals_the_pipeline_in_half_precision(
    make_random_pipe: Callable, scheduler_name: str, dtype: torch.dtype
) -> None:
    pipe = make_random_pipe(timestep_spacing="leading").to(dtype=dtype)
    scheduler = SCHEDULERS[scheduler_name].from_config(pipe.scheduler.config)
    expected = by_diffusers(pipe, scheduler, 7.5)
    *_, last = denoise(pipe, PROMPTS, scheduler=scheduler_name, **SETTINGS)
    assert expected.dtype == dtype
    assert bool(torch.isfinite(expected).all())
    assert_close(last.x_prev, expected.float(), rtol=0, atol=0)


VARIANTS = {
    "karras": ("dpm++", {"use_karras_sigmas": True}),
    "karras euler": ("euler", {"use_karras_sigmas": True}),
    "trailing": ("ddim", {"timestep_spacing": "trailing"}),
    "linspace": ("euler", {"timestep_spacing": "linspace"}),
    "stochastic dpm++": ("dpm++", {"algorithm_type": "sde-dpmsolver++"}),
    "no runge-kutta": ("pndm", {"skip_prk_steps": True}),
    "zero terminal snr": ("ddim", {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_loop_equals_the_pipeline_in_variants(
    tiny_random_pipe: StableDiffusionPipeline, variant: str
) -> None:
    name, changes = VARIANTS[variant]
    scheduler = SCHEDULERS[name].from_config(tiny_random_pipe.scheduler.config, **changes)
    expected = by_diffusers(tiny_random_pipe, scheduler, 7.5)
    steps = list(denoise(tiny_random_pipe, PROMPTS, scheduler=scheduler, **SETTINGS))
    assert_close(steps[-1].x_prev, expected, rtol=0, atol=0)
    assert all(bool(torch.isfinite(step.x0_hat).all()) for step in steps)


def test_pictures_equal_the_pipelines(tiny_random_pipe: StableDiffusionPipeline) -> None:
    expected = tiny_random_pipe(
        "a castle",
        num_inference_steps=3,
        generator=torch.Generator().manual_seed(1),
        output_type="pt",
    ).images
    run = generate(tiny_random_pipe, "a castle", steps=3, seed=1, progress=False)
    assert_close(run.images, expected, rtol=0, atol=0)


def test_given_latents_start_the_run(tiny_random_pipe: StableDiffusionPipeline) -> None:
    latents = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(9))
    before = latents.clone()
    for scheduler in ("ddim", "euler"):
        *_, given = denoise(tiny_random_pipe, "a", latents=latents, steps=2, scheduler=scheduler)
        *_, seeded = denoise(tiny_random_pipe, "a", seed=9, steps=2, scheduler=scheduler)
        assert torch.equal(given.x_prev, seeded.x_prev)
    assert torch.equal(latents, before)


SIGMA_SPACE = ("euler", "heun", "kdpm2", "lms")


def test_records_hold_together(pipe: StableDiffusionPipeline, scheduler_name: str) -> None:
    """x_t = sqrt(alpha_bar) x0_hat + sqrt(1 - alpha_bar) eps, and each x_prev is the next x_t."""
    steps = list(denoise(pipe, PROMPTS, scheduler=scheduler_name, **SETTINGS))
    assert [step.index for step in steps] == list(range(len(steps)))
    for step in steps:
        mixed = maths.add_noise(step.x0_hat, step.eps, step.alpha_bar)
        assert_close(step.x_t, mixed, rtol=1e-4, atol=1e-4)
        assert_close(step.eps, maths.guide(step.eps_uncond, step.eps_cond, 7.5), rtol=0, atol=1e-4)
        scale = step.alpha_bar**0.5 if scheduler_name.startswith(SIGMA_SPACE) else 1.0
        assert_close(step.x_t, step.latents * scale, rtol=1e-4, atol=1e-4)
    for step, following in zip(steps, steps[1:], strict=False):
        assert torch.equal(step.x_prev, following.x_t)


def test_sigma_space_is_told_from_variance_one(tiny_random_pipe: StableDiffusionPipeline) -> None:
    euler = next(denoise(tiny_random_pipe, "a", scheduler="euler"))
    ddim = next(denoise(tiny_random_pipe, "a", scheduler="ddim"))
    assert euler.latents.std() > 10 and abs(euler.x_t.std() - 1) < 0.3
    assert torch.equal(ddim.latents, ddim.x_t)


@pytest.mark.filterwarnings("ignore:guidance_scale is 0")
def test_guidance_zero_ignores_the_prompt(tiny_random_pipe: StableDiffusionPipeline) -> None:
    *_, zero = denoise(tiny_random_pipe, "a castle", guidance_scale=0, steps=3)
    *_, other = denoise(tiny_random_pipe, "a river", guidance_scale=0, steps=3)
    *_, empty = denoise(tiny_random_pipe, "", guidance_scale=1, steps=3)
    assert torch.equal(zero.x_prev, other.x_prev)
    assert_close(zero.x_prev, empty.x_prev, rtol=1e-4, atol=1e-4)
    assert torch.equal(zero.eps, zero.eps_uncond) and zero.eps_cond is not None


def test_guidance_one_asks_only_once(tiny_random_pipe: StableDiffusionPipeline) -> None:
    step = next(denoise(tiny_random_pipe, "a castle", guidance_scale=1, negative_prompt="rain"))
    assert step.eps_uncond is None and torch.equal(step.eps, step.eps_cond)


def test_guidance_between_zero_and_one_is_a_mixture(
    tiny_random_pipe: StableDiffusionPipeline,
) -> None:
    step = next(denoise(tiny_random_pipe, "a castle", guidance_scale=0.25))
    assert_close(step.eps, 0.75 * step.eps_uncond + 0.25 * step.eps_cond, rtol=0, atol=1e-5)


BATCHES = {
    "one prompt, many seeds": ("a castle", [5, 6, 7], 3),
    "many prompts, one seed": (["a castle", "a river"], 5, 2),
    "as many of both": (["a castle", "a river"], range(5, 7), 2),
    "one of both, in lists": (["a castle"], [5], 1),
}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("scheduler", ["dpm++", "ddpm"])
def test_a_picture_does_not_depend_on_its_neighbours(
    tiny_random_pipe: StableDiffusionPipeline, batch: str, scheduler: str
) -> None:
    prompt, seed, count = BATCHES[batch]
    together = list(denoise(tiny_random_pipe, prompt, seed=seed, steps=3, scheduler=scheduler))
    for k in range(count):
        alone = list(
            denoise(
                tiny_random_pipe,
                prompt if isinstance(prompt, str) else prompt[k],
                seed=seed if isinstance(seed, int) else seed[k],
                steps=3,
                scheduler=scheduler,
            )
        )
        assert torch.equal(together[0].x_t[k], alone[0].x_t[0])  # the noise, to the bit
        assert_close(together[-1].x_prev[k], alone[-1].x_prev[0], rtol=1e-3, atol=1e-4)
    assert len(together[0].x_t) == count


def test_each_picture_may_have_its_own_negative_prompt(
    tiny_random_pipe: StableDiffusionPipeline,
) -> None:
    step = next(denoise(tiny_random_pipe, ["a castle"] * 2, negative_prompt=["rain", "snow"]))
    assert torch.equal(step.x_t[0], step.x_t[1])
    assert_close(step.eps_cond[0], step.eps_cond[1])
    assert not torch.allclose(step.eps_uncond[0], step.eps_uncond[1])


@pytest.mark.parametrize(("size", "shape"), [(16, (2, 2)), ((24, 40), (3, 5)), ([40, 24], (5, 3))])
def test_other_sizes(tiny_random_pipe: StableDiffusionPipeline, size, shape: tuple) -> None:
    run = generate(tiny_random_pipe, "a castle", steps=1, size=size, progress=False)
    assert run.latents.shape == (2, 1, 4, *shape)
    assert run.images.shape == (1, 3, shape[0] * 8, shape[1] * 8)


def test_generate_collects_the_run(tiny_random_pipe: StableDiffusionPipeline, tmp_path) -> None:
    run = generate(tiny_random_pipe, PROMPTS, progress=False, **SETTINGS)
    steps = list(denoise(tiny_random_pipe, PROMPTS, **SETTINGS))
    assert len(run) == len(steps) == 5 and run.latents.shape == (6, 2, 4, 4, 4)
    for number, (ours, step) in enumerate(zip(run, steps, strict=True)):
        assert torch.equal(ours.x0_hat, step.x0_hat)
        assert torch.equal(run.latents[number], step.latents)
    assert torch.equal(run.latents[-1], steps[-1].x_prev)
    assert run.images.shape == (2, 3, 32, 32)
    again = type(run).load(run.save(tmp_path / "run.safetensors"))
    assert again.settings == run.settings and torch.equal(again.images, run.images)


def test_the_settings_make_the_same_run_again(tiny_random_pipe: StableDiffusionPipeline) -> None:
    run = generate(
        tiny_random_pipe, PROMPTS, scheduler="euler ancestral", size=(24, 32), progress=False,
        **SETTINGS,
    )  # fmt: skip
    kept = run.settings
    once_more = again(tiny_random_pipe, kept, progress=False)
    assert torch.equal(once_more.latents, run.latents) and once_more.settings == kept
    assert kept["latents"] is None and kept["flagged"] == [False, False]
    assert kept["scheduler_config"]["prediction_type"] == "v_prediction"


@pytest.mark.parametrize("progress", [True, False])
def test_the_progress_bar(
    tiny_random_pipe: StableDiffusionPipeline, progress: bool, capsys: pytest.CaptureFixture
) -> None:
    generate(tiny_random_pipe, "a castle", steps=3, scheduler="heun", progress=progress)
    shown = capsys.readouterr()
    assert ("5/5" in shown.err) is progress  # calls of the U-Net
    assert shown.out == "" and (progress or shown.err == "")


def state_of(pipe: StableDiffusionPipeline) -> list[object]:
    """Everything about a pipeline that a run might disturb."""
    modes = [
        m.training for part in (pipe.unet, pipe.vae, pipe.text_encoder) for m in part.modules()
    ]
    processors = [id(p) for p in (pipe.unet.attn_processors | pipe.vae.attn_processors).values()]
    bar, parts = dict(pipe._progress_bar_config), [id(p) for p in pipe.components.values()]
    timesteps = pipe.scheduler.timesteps
    return [
        modes,
        processors,
        bar,
        parts,
        id(timesteps),
        timesteps.tolist(),
        torch.is_grad_enabled(),
    ]


def finish(pipe: StableDiffusionPipeline) -> None:
    generate(pipe, "a castle", steps=2, progress=False)


def leave(pipe: StableDiffusionPipeline) -> None:
    for step in denoise(pipe, "a castle", steps=4):
        if step.index == 1:
            break


def fail(pipe: StableDiffusionPipeline) -> None:
    with pytest.raises(RuntimeError, match="in the consumer"):
        for _ in denoise(pipe, "a castle", steps=4):
            raise RuntimeError("in the consumer")


def forget(pipe: StableDiffusionPipeline) -> None:
    steps = denoise(pipe, "a castle", steps=4)
    next(steps)
    assert torch.is_grad_enabled()  # between two steps too
    del steps
    gc.collect()


def interrupt(pipe: StableDiffusionPipeline) -> None:
    forward, calls = pipe.unet.forward, []

    def pressed(*args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return forward(*args, **options)

    pipe.unet.forward = pressed
    try:
        with pytest.raises(KeyboardInterrupt):
            generate(pipe, "a castle", steps=4, progress=False)
    finally:
        del pipe.unet.forward


def interrupt_the_bar(pipe: StableDiffusionPipeline) -> object:
    def bar(calls: Iterator, **options: object) -> Iterator:
        yield next(calls)
        raise KeyboardInterrupt  # the loop itself is paused, not left

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("helpers.sampling.loop.tqdm", bar)
        with pytest.raises(KeyboardInterrupt) as kept:
            generate(pipe, "a castle", steps=4, progress=False)
    return kept  # as a notebook does, which keeps the paused loop alive


def interrupt_decoding(pipe: StableDiffusionPipeline) -> None:
    def pressed(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    pipe.vae.decode = pressed
    try:
        with pytest.raises(KeyboardInterrupt):
            generate(pipe, "a castle", steps=1, progress=False)
    finally:
        del pipe.vae.decode


RUNS = [finish, leave, fail, forget, interrupt, interrupt_the_bar, interrupt_decoding]


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("training", [True, False])
def test_the_pipeline_is_as_it_was(make_random_pipe: Callable, run: Callable, training) -> None:
    pipe = make_random_pipe()
    pipe.scheduler.set_timesteps(9)
    for part in (pipe.unet, pipe.vae, pipe.text_encoder):
        part.train(training)
    pipe.unet.mid_block.eval()  # a mixture must come back as a mixture
    before = state_of(pipe)
    kept = run(pipe)
    assert state_of(pipe) == before
    del kept


def test_dropout_is_off_during_a_run(make_random_pipe: Callable) -> None:
    pipe = make_random_pipe()
    seen = []
    pipe.unet.train()
    pipe.unet.register_forward_pre_hook(lambda module, args: seen.append(module.training))
    for _ in denoise(pipe, "a castle", steps=2):
        pass
    assert seen == [False, False] and pipe.unet.training


def test_a_record_is_a_copy(tiny_random_pipe: StableDiffusionPipeline) -> None:
    *_, expected = denoise(tiny_random_pipe, "a castle", steps=3)
    for step in denoise(tiny_random_pipe, "a castle", steps=3):
        last = step.x_prev.clone()
        for tensor in (step.x_t, step.latents, step.eps, step.eps_cond, step.x0_hat, step.x_prev):
            assert not tensor.requires_grad
            tensor.zero_()
    assert torch.equal(last, expected.x_prev)
