"""The formulas of consistency distillation, against diffusers and against exact paths."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler, LCMScheduler
from torch.testing import assert_close

from helpers import maths
from helpers.training import consistency

ALPHA_BAR = maths.alpha_bar(maths.scaled_linear_betas()).float()


def level(t: torch.Tensor) -> torch.Tensor:
    return ALPHA_BAR[t].view(-1, 1, 1, 1)


@pytest.mark.parametrize("points", [8, 20, 50])
def test_the_path_holds_every_timestep_that_lcm_samples_at(points: int) -> None:
    scheduler = LCMScheduler(original_inference_steps=points)
    path = consistency.path(points)
    for steps in (1, 2, 4, 8):
        scheduler.set_timesteps(steps)
        assert set(scheduler.timesteps.tolist()) <= set(path.tolist())
    assert path[-1] == 999 and len(path) == points
    assert consistency.later(path, 1000 // points)[1:].tolist() == path[:-1].tolist()
    assert consistency.later(path, 1000 // points)[0] == 0


def test_a_path_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match=r"points must lie in 1 \.\.\. 1000.*got 0"):
        consistency.path(0)


def test_scalings_are_those_of_the_scheduler() -> None:
    t = torch.tensor([0, 1, 19, 500, 999])
    theirs = [LCMScheduler().get_scalings_for_boundary_condition_discrete(n) for n in t.tolist()]
    for ours, numbers in zip(
        consistency.boundary_scalings(t), zip(*theirs, strict=True), strict=True
    ):
        assert_close(ours, torch.tensor(numbers))


def test_at_the_end_of_the_path_the_network_has_no_say() -> None:
    x_t, nonsense = torch.randn(2, 4, 8, 8), 1e3 * torch.randn(2, 4, 8, 8)
    assert torch.equal(consistency.consistency(x_t, nonsense, torch.tensor([0, 0])), x_t)
    far = consistency.consistency(x_t, nonsense, torch.tensor([999, 999]))
    assert_close(far, nonsense, rtol=1e-4, atol=1e-4)


def test_the_jump_is_that_of_lcm_scheduler() -> None:
    torch.manual_seed(0)
    scheduler = LCMScheduler(
        beta_schedule="scaled_linear", prediction_type="v_prediction", steps_offset=1
    )
    scheduler.set_timesteps(4)
    x_t, v = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 8, 8)
    theirs = scheduler.step(v, scheduler.timesteps[1], x_t).denoised
    t = scheduler.timesteps[1:2]
    ours = consistency.consistency(x_t, maths.x0_from_velocity(x_t, v, level(t)), t)
    assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_the_teacher_s_step_is_a_guided_ddim_step() -> None:
    torch.manual_seed(0)
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        timestep_spacing="trailing",
        steps_offset=1,
    )
    scheduler.set_timesteps(20)
    t = scheduler.timesteps[3:4]
    x_t, uncond, cond = (torch.randn(1, 4, 8, 8) for _ in range(3))
    theirs = scheduler.step(uncond + 7.5 * (cond - uncond), int(t), x_t).prev_sample
    t_later = consistency.later(t, 50)
    ours = consistency.guided_step(x_t, uncond, cond, level(t), level(t_later), 7.5)
    assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_the_loss_is_a_square_near_and_a_distance_afar() -> None:
    zero = torch.zeros(3)
    near, far = torch.tensor([0.0, 1e-5, -1e-5]), torch.tensor([-2.0, 3.0, 5.0])
    assert_close(consistency.pseudo_huber(near.double(), zero.double()),
                 near.double() ** 2 / 0.002, rtol=1e-3, atol=1e-12)  # fmt: skip
    assert_close(consistency.pseudo_huber(far, zero), far.abs() - 0.001, rtol=1e-3, atol=0)
