"""Schedulers: which run, what they are called, and that x0_hat is right for every one."""

from __future__ import annotations

from collections.abc import Callable

import diffusers
import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from torch.testing import assert_close

from helpers import maths
from helpers.sampling import denoise
from helpers.sampling.schedulers import SCHEDULERS, fresh_scheduler


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


@pytest.mark.parametrize("predicts", ["epsilon", "v_prediction"])
def test_x0_hat_is_right_for_every_scheduler(
    tiny_random_pipe: StableDiffusionPipeline, x0: torch.Tensor, scheduler_name: str, predicts: str
) -> None:
    check_x0_hat(tiny_random_pipe, x0, scheduler_name, predicts)


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


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Euler a", "euler ancestral"), ("euler_a", "euler ancestral"), ("DDIM", "ddim"),
     (" DPM++ 2M", "dpm++"), ("k_euler", "euler"), ("PLMS", "pndm"), ("UniPC", "unipc"),
     ("euler-ancestral", "euler ancestral"), ("DPM2 a", "kdpm2 ancestral")],
)  # fmt: skip
def test_names_are_taken_as_people_write_them(tiny_random_pipe, written, meant):
    assert type(fresh_scheduler(written, tiny_random_pipe.scheduler)) is SCHEDULERS[meant]


@pytest.mark.parametrize("name", ["Euler Karras", "DPM++ 2M Karras", "lms karras"])
def test_karras_spacing_is_told_as_an_option(tiny_random_pipe, name):
    with pytest.raises(ValueError, match=r"did you mean .*\.from_config\(.*use_karras_sigmas=True"):
        fresh_scheduler(name, tiny_random_pipe.scheduler)


def zero_snr(pipe, name: str, **changes):
    """A scheduler whose last timestep holds noise alone."""
    return SCHEDULERS[name].from_config(
        pipe.scheduler.config, rescale_betas_zero_snr=True, timestep_spacing="trailing", **changes
    )


@pytest.mark.parametrize("name", ["lcm", "tcd", "ddim", "ddpm"])
def test_eps_from_noise_alone_is_refused(tiny_random_pipe, name):
    scheduler = zero_snr(tiny_random_pipe, name, prediction_type="epsilon")
    with pytest.raises(ValueError, match="^scheduler: .*starts from noise alone .*=False"):
        denoise(tiny_random_pipe, "a", steps=3, scheduler=scheduler)


@pytest.mark.parametrize(
    ("name", "predicts"),
    [("lcm", "v_prediction"), ("ddim", "v_prediction"), ("euler", "epsilon"), ("dpm++", "epsilon")],
)
def test_what_stays_finite_from_noise_alone_runs_as_in_the_library(
    tiny_random_pipe, name, predicts
):
    scheduler = zero_snr(tiny_random_pipe, name, prediction_type=predicts)
    steps = list(denoise(tiny_random_pipe, "a", steps=3, scheduler=scheduler))
    assert steps[0].alpha_bar < 1e-6 and bool(torch.isfinite(steps[-1].x_prev).all())
