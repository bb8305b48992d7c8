"""The loop: equal to diffusers, right about x0, kind to bad input and to interruptions."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator

import diffusers
import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from torch.testing import assert_close

from helpers import maths
from helpers.sampling import SCHEDULERS, denoise, generate
from helpers.schedulers import fresh_scheduler

PREDICTIONS = ("epsilon", "v_prediction")
SETTINGS = {"steps": 5, "seed": [3, 4], "negative_prompt": "rain"}
PROMPTS = ["a castle at night", "a river"]


@pytest.fixture(scope="module", params=PREDICTIONS)
def pipe(request: pytest.FixtureRequest, make_random_pipe: Callable) -> StableDiffusionPipeline:
    """One that predicts eps and one that predicts v."""
    return make_random_pipe(prediction_type=request.param, timestep_spacing="leading")


@pytest.fixture(params=SCHEDULERS)
def name(request: pytest.FixtureRequest, tiny_random_pipe: StableDiffusionPipeline) -> str:
    """Each scheduler that can run here: LMS needs scipy (its refusal is tested below)."""
    try:
        fresh_scheduler(request.param, tiny_random_pipe.scheduler)
    except ValueError as error:
        pytest.skip(str(error)[:80])
    return request.param


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


# --- the same as diffusers -----------------------------------------------------------------------


@pytest.mark.parametrize("guidance_scale", [1.0, 7.5])
def test_the_loop_equals_the_pipeline(
    pipe: StableDiffusionPipeline, name: str, guidance_scale: float
) -> None:
    scheduler = SCHEDULERS[name].from_config(pipe.scheduler.config)
    expected = by_diffusers(pipe, scheduler, guidance_scale)
    *_, last = denoise(pipe, PROMPTS, scheduler=name, guidance_scale=guidance_scale, **SETTINGS)
    assert bool(torch.isfinite(expected).all())
    assert_close(last.x_prev, expected, rtol=0, atol=0)


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


# --- schedulers ----------------------------------------------------------------------------------


class Oracle(UNet2DConditionModel):
    """A U-Net that knows the picture: its prediction is exact for this one x0, at every level."""

    def attach(self, x0: torch.Tensor, scheduler) -> Oracle:
        self.x0, self.predicts = x0, scheduler.config.prediction_type
        self.log_sigma = maths.sigma(scheduler.alphas_cumprod.double()).log()
        return self

    def forward(self, x_t, t, **unused: object) -> tuple[torch.Tensor]:
        low = min(int(t), len(self.log_sigma) - 2)  # between two timesteps log(sigma) is linear
        log_sigma = torch.lerp(*self.log_sigma[low : low + 2], float(t) - low)
        alpha_bar = float(1 / (1 + log_sigma.exp() ** 2))
        x0 = self.x0.expand(x_t.shape).double()
        eps = maths.predict_eps(x_t.double(), x0, alpha_bar)
        exact = {"epsilon": eps, "v_prediction": maths.velocity(x0, eps, alpha_bar), "sample": x0}
        return (exact[self.predicts].to(x_t.dtype),)


@pytest.fixture
def x0() -> torch.Tensor:
    return torch.rand(1, 4, 4, 4, generator=torch.Generator().manual_seed(5)) * 1.6 - 0.8


def with_oracle(
    pipe: StableDiffusionPipeline, x0: torch.Tensor, **changes
) -> StableDiffusionPipeline:
    """The pipeline with an exact U-Net; `changes` go to the scheduler's configuration."""
    scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config, **changes)
    oracle = Oracle.from_config(pipe.unet.config).attach(x0, scheduler)
    parts = pipe.components | {"unet": oracle, "scheduler": scheduler}
    return StableDiffusionPipeline(**parts, requires_safety_checker=False)


@pytest.mark.parametrize("predicts", PREDICTIONS)
def test_x0_hat_is_right_for_every_scheduler(
    tiny_random_pipe: StableDiffusionPipeline, x0: torch.Tensor, name: str, predicts: str
) -> None:
    check_x0_hat(tiny_random_pipe, x0, name, predicts)


@pytest.mark.parametrize("name", ["ddim", "dpm++", "euler"])
def test_x0_hat_is_right_for_a_unet_that_predicts_it(
    tiny_random_pipe: StableDiffusionPipeline, x0: torch.Tensor, name: str
) -> None:
    check_x0_hat(tiny_random_pipe, x0, name, "sample")


def check_x0_hat(
    tiny_random_pipe: StableDiffusionPipeline, x0: torch.Tensor, name: str, predicts: str
) -> None:
    pipe = with_oracle(tiny_random_pipe, x0, prediction_type=predicts, timestep_spacing="leading")
    for step in denoise(pipe, "a castle", steps=6, scheduler=name):
        assert_close(step.x0_hat, x0, rtol=0, atol=5e-5, msg=lambda m, t=step.t: f"t = {t}: {m}")
        assert_close(step.eps, step.eps_cond, rtol=0, atol=5e-5)


@pytest.mark.parametrize("kept", [{}, {"use_karras_sigmas": True}, {"use_lu_lambdas": True}])
def test_levels_are_the_schedulers_own_where_timesteps_are_rounded(
    tiny_random_pipe: StableDiffusionPipeline, x0: torch.Tensor, kept: dict
) -> None:
    """Along the exact path the noise never changes, so neither may x0_hat."""
    noise = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(6))

    class Constant(Oracle):
        def forward(self, x_t, t, **unused: object) -> tuple[torch.Tensor]:
            return (noise,)

    pipe = with_oracle(tiny_random_pipe, x0, prediction_type="epsilon", **kept)
    pipe.register_modules(unet=Constant.from_config(pipe.unet.config))
    start = maths.add_noise(x0, noise, float(pipe.scheduler.alphas_cumprod[-1]))
    steps = list(denoise(pipe, "a", steps=100, latents=start, guidance_scale=1))
    for step in steps:
        assert_close(step.x0_hat, x0, rtol=0, atol=5e-5)
    if kept:  # the table would have been wrong: that is why it is not used; some t occur twice
        assert len({step.t for step in steps}) < 100
        table = pipe.scheduler.alphas_cumprod[[int(step.t) for step in steps]]
        assert max(abs(a / step.alpha_bar - 1) for a, step in zip(table, steps, strict=True)) > 1e-3


SIGMA_SPACE = ("euler", "heun", "kdpm2", "lms")


def test_records_hold_together(pipe: StableDiffusionPipeline, name: str) -> None:
    """x_t = sqrt(alpha_bar) x0_hat + sqrt(1 - alpha_bar) eps, and each x_prev is the next x_t."""
    steps = list(denoise(pipe, PROMPTS, scheduler=name, **SETTINGS))
    assert [step.index for step in steps] == list(range(len(steps)))
    for step in steps:
        mixed = maths.add_noise(step.x0_hat, step.eps, step.alpha_bar)
        assert_close(step.x_t, mixed, rtol=1e-4, atol=1e-4)
        assert_close(step.eps, maths.guide(step.eps_uncond, step.eps_cond, 7.5), rtol=0, atol=1e-4)
        scale = step.alpha_bar**0.5 if name.startswith(SIGMA_SPACE) else 1.0
        assert_close(step.x_t, step.latents * scale, rtol=1e-4, atol=1e-4)
    for step, following in zip(steps, steps[1:], strict=False):
        assert torch.equal(step.x_prev, following.x_t)


def test_sigma_space_is_told_from_variance_one(tiny_random_pipe: StableDiffusionPipeline) -> None:
    euler = next(denoise(tiny_random_pipe, "a", scheduler="euler"))
    ddim = next(denoise(tiny_random_pipe, "a", scheduler="ddim"))
    assert euler.latents.std() > 10 and abs(euler.x_t.std() - 1) < 0.3
    assert torch.equal(ddim.latents, ddim.x_t)


CALLS = {
    "dpm++": [0, 1, 2, 3, 4],
    "heun": [0, 0, 1, 1, 2, 2, 3, 3, 4],
    "kdpm2": [0, 0, 1, 1, 2, 2, 3, 3, 4],
    "pndm": [0] * 4 + [1] * 4 + [2] * 4 + [3, 4],
}


@pytest.mark.parametrize("name", CALLS)
def test_one_record_for_each_call_of_the_unet(
    tiny_random_pipe: StableDiffusionPipeline, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, forward = [], tiny_random_pipe.unet.forward

    def counted(*args: object, **options: object) -> object:
        calls.append(float(args[1]))
        return forward(*args, **options)

    monkeypatch.setattr(tiny_random_pipe.unet, "forward", counted)
    steps = list(denoise(tiny_random_pipe, "a castle", scheduler=name, steps=5))
    assert [step.t for step in steps] == calls
    assert [step.step for step in steps] == CALLS[name]


def test_pndm_of_stable_diffusion_repeats_its_first_step(make_random_pipe: Callable) -> None:
    pipe = make_random_pipe(skip_prk_steps=True)
    steps = list(denoise(pipe, "a castle", scheduler="pndm", steps=4))
    assert [step.step for step in steps] == [0, 0, 1, 2, 3]


def test_ways_to_name_a_scheduler(tiny_random_pipe: StableDiffusionPipeline) -> None:
    def picture(scheduler: object) -> torch.Tensor:
        *_, last = denoise(tiny_random_pipe, "a castle", steps=3, scheduler=scheduler)
        return last.x_prev

    euler = diffusers.EulerDiscreteScheduler.from_config(tiny_random_pipe.scheduler.config)
    euler.set_timesteps(7)  # used before: its history must not matter
    expected = picture("euler")
    for scheduler in ("Euler", "EulerDiscreteScheduler", type(euler), euler):
        assert torch.equal(picture(scheduler), expected)
    assert len(euler.timesteps) == 7
    assert torch.equal(picture(None), picture("dpm++"))
    assert torch.equal(picture("euler_ancestral"), picture("euler ancestral"))
    assert not torch.equal(picture(None), expected)


SUPPORTED = {kind.__name__ for kind in SCHEDULERS.values()}
OTHERS = sorted(
    name for name in dir(diffusers) if name.endswith("Scheduler") and name not in SUPPORTED
)


@pytest.mark.parametrize("other", OTHERS)
def test_schedulers_for_other_models_are_refused_before_any_work(
    tiny_random_pipe: StableDiffusionPipeline, other: str
) -> None:
    with pytest.raises(ValueError, match=f"{other} is not made for Stable Diffusion's noise"):
        denoise(tiny_random_pipe, "a castle", scheduler=getattr(diffusers, other))


@pytest.mark.parametrize("other", OTHERS)
def test_the_refused_ones_indeed_do_not_work(
    tiny_random_pipe: StableDiffusionPipeline, x0: torch.Tensor, other: str
) -> None:
    """Guards the list: whatever keeps the noise schedule and finds x0 should be supported."""
    pipe = with_oracle(tiny_random_pipe, x0, prediction_type="epsilon", timestep_spacing="leading")
    pipe.set_progress_bar_config(disable=True)
    try:
        pipe.scheduler = getattr(diffusers, other).from_config(pipe.scheduler.config)
        found = pipe("a castle", num_inference_steps=10, output_type="latent").images
    except Exception:
        return
    own = getattr(pipe.scheduler, "alphas_cumprod", torch.zeros(1000)).float()
    keeps_the_schedule = torch.allclose(own, tiny_random_pipe.scheduler.alphas_cumprod)
    assert not (keeps_the_schedule and bool(((found - x0).abs() < 0.15).all()))


def test_a_missing_package_is_told(
    tiny_random_pipe: StableDiffusionPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def needs_scipy(config: object) -> None:
        raise ImportError("LMSDiscreteScheduler requires the\nscipy library")

    monkeypatch.setattr(SCHEDULERS["lms"], "from_config", needs_scipy)
    with pytest.raises(ValueError, match="cannot run here: .*requires the scipy library"):
        denoise(tiny_random_pipe, "a castle", scheduler="lms")


# --- guidance and batches ------------------------------------------------------------------------


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


# --- the whole run -------------------------------------------------------------------------------


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
    again = generate(
        tiny_random_pipe,
        kept["prompt"],
        negative_prompt=kept["negative_prompt"],
        seed=kept["seed"],
        steps=kept["steps"],
        guidance_scale=kept["guidance_scale"],
        scheduler=kept["scheduler"],
        size=kept["size"],
        progress=False,
    )
    assert torch.equal(again.latents, run.latents) and again.settings == kept
    assert kept["noise"] == "seeds" and kept["flagged"] == [False, False]
    assert kept["scheduler_config"]["prediction_type"] == "v_prediction"


@pytest.mark.parametrize("progress", [True, False])
def test_the_progress_bar(
    tiny_random_pipe: StableDiffusionPipeline, progress: bool, capsys: pytest.CaptureFixture
) -> None:
    generate(tiny_random_pipe, "a castle", steps=3, scheduler="heun", progress=progress)
    shown = capsys.readouterr()
    assert ("5/5" in shown.err) is progress  # calls of the U-Net
    assert shown.out == "" and (progress or shown.err == "")


# --- bad input -----------------------------------------------------------------------------------

NAN = float("nan")
WRONG = [
    ({"prompt": []}, ValueError, "prompt: the list is empty"),
    ({"prompt": 3}, TypeError, r"prompt must be a text or a list of texts, got 3 \(int\)"),
    ({"prompt": ["a", None]}, TypeError, "prompt must be a text or a list of texts"),
    ({"negative_prompt": None}, TypeError, "negative_prompt must be a text or a list"),
    ({"negative_prompt": []}, ValueError, "negative_prompt: the list is empty"),
    ({"prompt": ["a", "b"], "seed": [1, 2, 3]}, ValueError, "do not match: 2 x prompt, .*3 x seed"),
    ({"negative_prompt": ["a", "b"], "seed": [1, 2, 3]}, ValueError, "2 x negative_prompt, 3 x"),
    ({"steps": 0}, ValueError, r"steps must lie in 1 \.\.\. 1000, .* got 0"),
    ({"steps": 1001}, ValueError, r"steps must lie in 1 \.\.\. 1000, .* got 1001"),
    ({"steps": 2.5}, TypeError, r"steps must be a whole number, got 2.5 \(float\)"),
    ({"steps": True}, TypeError, "steps must be a whole number"),
    ({"guidance_scale": NAN}, ValueError, "guidance_scale must be a finite number from 0, got nan"),
    ({"guidance_scale": float("inf")}, ValueError, "finite number from 0, got inf"),
    ({"guidance_scale": -1}, ValueError, "from 0, got -1; .*negative_prompt"),
    ({"guidance_scale": "7"}, TypeError, r"guidance_scale must be a number, got '7' \(str\)"),
    ({"seed": -1}, ValueError, "seed must lie in 0"),
    ({"seed": []}, ValueError, "list of seeds is empty"),
    ({"seed": 0.5}, TypeError, "seed must be a whole number"),
    ({"size": 100}, ValueError, r"divisible by 8, got 100; possible is \(96, 96\)"),
    ({"size": (32, 0)}, ValueError, "size must be positive and divisible by 8"),
    ({"size": (32, 32, 3)}, TypeError, r"size must be a whole number of pixels or \(height, width"),
    ({"size": 32.0}, TypeError, "size must be a whole number"),
    ({"scheduler": "eular"}, ValueError, 'there is no "eular"; did you mean "euler"?.*allowed are'),
    ({"scheduler": "xyz"}, ValueError, 'there is no "xyz"; allowed are ddim, '),
    ({"scheduler": 3}, TypeError, r"scheduler must be a name, .* got 3 \(int\)"),
    ({"scheduler": torch.nn.Linear}, ValueError, "Linear is not made for Stable Diffusion's"),
    ({"scheduler": "lcm", "steps": 60}, ValueError, "LCMScheduler cannot make 60 steps"),
    ({"latents": "noise"}, TypeError, "latents must be a tensor, got str"),
    ({"latents": torch.zeros(2, 4, 4, 4)}, ValueError, r"shape \(1, 4, 4, 4\).*got \(2, 4, 4, 4\)"),
    ({"latents": torch.zeros(1, 4, 4, 4), "size": 16}, ValueError, r"shape \(1, 4, 2, 2\)"),
    ({"latents": torch.full((1, 4, 4, 4), NAN)}, ValueError, "latents must be finite"),
]


@pytest.mark.parametrize(("change", "error", "message"), WRONG)
@pytest.mark.parametrize("verb", [denoise, generate])
def test_bad_input_is_refused_before_any_work(
    tiny_random_pipe: StableDiffusionPipeline,
    verb: Callable,
    change: dict,
    error: type[Exception],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def work(*args: object, **options: object) -> None:
        pytest.fail("a network was asked before the arguments were checked")

    monkeypatch.setattr(tiny_random_pipe.unet, "forward", work)
    monkeypatch.setattr(tiny_random_pipe.text_encoder, "forward", work)
    arguments = {"prompt": "a castle"} | change
    with pytest.raises(error, match=message):
        verb(tiny_random_pipe, **arguments)


def test_something_else_than_a_pipeline_is_refused(tiny_random_pipe) -> None:
    with pytest.raises(TypeError, match=r"pipe must be .* got UNet2D.*helpers.load\(\) gives one"):
        denoise(tiny_random_pipe.unet, "a castle")


def test_an_inpainting_model_is_refused(make_random_pipe: Callable) -> None:
    pipe = make_random_pipe()
    pipe.unet.register_to_config(in_channels=9)
    with pytest.raises(ValueError, match="takes 9 channels for latents of 4.*inpainting"):
        denoise(pipe, "a castle")


def test_a_pipeline_with_a_foreign_scheduler_is_refused(make_random_pipe: Callable) -> None:
    pipe = make_random_pipe()
    pipe.scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    with pytest.raises(ValueError, match="FlowMatchEulerDiscreteScheduler is not made for"):
        denoise(pipe, "a castle")


@pytest.mark.parametrize("verb", [denoise, generate])
def test_a_long_prompt_is_cut_and_told(
    tiny_random_pipe: StableDiffusionPipeline,
    verb: Callable,
    capfd: pytest.CaptureFixture,
) -> None:
    fits = " ".join(["a"] * 75)
    with pytest.warns(UserWarning, match='the model reads 77; .*"castle night"') as told:
        *_, cut = verb(tiny_random_pipe, f"{fits} castle night", steps=1)
    assert [hint.filename for hint in told if hint.category is UserWarning] == [__file__]
    assert "truncated" not in capfd.readouterr().err  # it is said once, not twice
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        *_, whole = denoise(tiny_random_pipe, fits, steps=1)
    assert torch.equal(cut.x_prev, whole.x_prev)


def test_unknown_words_are_told(
    tiny_random_pipe: StableDiffusionPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ["a", "castle", "river", "川"]
    monkeypatch.setitem(tiny_random_pipe.tokenizer.init_kwargs, "known_words", known)
    with pytest.warns(UserWarning, match="never saw these words.*: dragon, submarine") as told:
        denoise(tiny_random_pipe, ["a dragon submarine", "a river"], negative_prompt="castle")
    assert [hint.category for hint in told].count(UserWarning) == 1
    with pytest.warns(UserWarning, match=": rain"):
        denoise(tiny_random_pipe, "a castle", negative_prompt="rain")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        denoise(tiny_random_pipe, ["A castle, a river.", "川"])


# --- borrowed state ------------------------------------------------------------------------------


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
        patch.setattr("helpers.sampling.tqdm", bar)
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
