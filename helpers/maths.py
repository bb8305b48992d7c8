"""The formulas of diffusion, as short as they are written on paper.

Every function takes and returns plain tensors and has no state, so each is also the reference
solution of an exercise. One table of names holds for the whole course:

| here           | symbol      | meaning                            | what others call it          |
|----------------|-------------|------------------------------------|------------------------------|
| t              | t           | timestep, 0 ... T-1; large = noisy | some texts: data at t = 1    |
| betas          | beta_t      | variance of the noise that t adds  | the same                     |
| alpha_bar      | alpha-bar_t | share of signal in the variance    | DDIM: alpha_t; diffusers:    |
|                |             |                                    | alphas_cumprod, alpha_prod_t |
| sigma          | sigma_t     | sqrt((1 - alpha_bar) / alpha_bar)  | k-diffusion: the noise level |
| snr            | SNR(t)      | alpha_bar / (1 - alpha_bar)        | log(SNR) is 2 lambda         |
| x0, x0_hat     | x_0         | clean latents; their estimate at t | pred_original_sample         |
| x_t            | x_t         | noisy latents of variance 1        | z_t                          |
| x_prev         | x_{t-1}     | latents one step later in the run  | prev_sample                  |
| eps            | epsilon     | noise in x_t, true or predicted    | noise_pred, model_output     |
| eps_uncond     | eps(x_t)    | prediction for the negative prompt | noise_pred_uncond            |
| eps_cond       | eps(x_t, c) | prediction for the prompt          | noise_pred_text              |
| v              | v           | sqrt(alpha_bar) eps                | velocity                     |
|                |             |   - sqrt(1 - alpha_bar) x0         |                              |
| guidance_scale | w           | uncond + w (cond - uncond)         | the paper's w, plus 1        |

Sources: DDPM, Ho et al. 2020, arXiv 2006.11239; DDIM, Song et al. 2021, arXiv 2010.02502; v and its
use, Salimans & Ho 2022, arXiv 2202.00512; guidance, Ho & Salimans 2022, arXiv 2207.12598.
"""

from __future__ import annotations

import torch
from torch import Tensor

Level = Tensor | float
"""alpha_bar of one moment: a number in (0, 1], or a tensor that broadcasts against x_t, such as (B,
1, 1, 1)."""


def linear_betas(steps: int = 1000, start: float = 1e-4, end: float = 0.02) -> Tensor:
    """Noise variances that grow evenly, as in DDPM, section 4: float64 of shape (steps,)."""
    return torch.linspace(start, end, steps, dtype=torch.float64)


def scaled_linear_betas(steps: int = 1000, start: float = 0.00085, end: float = 0.012) -> Tensor:
    """Noise variances whose *roots* grow evenly, as in Stable Diffusion: float64 of shape
    (steps,)."""
    return torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2


def cosine_betas(steps: int = 1000, offset: float = 0.008, max_beta: float = 0.999) -> Tensor:
    """Noise variances that let alpha_bar fall like a squared cosine: float64 of shape (steps,).

    Nichol & Dhariwal 2021, arXiv 2102.09672, eq. 17; diffusers calls it "squaredcos_cap_v2".

    Args:
        steps: T.
        offset: s, which keeps the first betas from being too small.
        max_beta: upper bound of every beta, so that the last one stays a variance below 1.
    """
    time = torch.arange(steps + 1, dtype=torch.float64) / steps  # 0 ... 1, both ends included
    f = torch.cos((time + offset) / (1 + offset) * torch.pi / 2) ** 2
    return (1 - f[1:] / f[:-1]).clamp(max=max_beta)


def alpha_bar(betas: Tensor) -> Tensor:
    """Share of the signal that is left at every timestep: alpha_bar_t = prod_{s<=t} (1 - beta_s),
    DDPM eq. 4.

    Args:
        betas: noise variances, (T,), each in (0, 1).

    Returns:
        (T,), falling, in (0, 1).

    Raises:
        ValueError: a beta lies outside (0, 1), so it is no variance of a mixture.
    """
    if not bool(((betas > 0) & (betas < 1)).all()):
        raise ValueError(
            f"betas must lie in (0, 1), got values from {float(betas.min()):.4g} to "
            f"{float(betas.max()):.4g}: "
            "pass the variance that each step adds, not alpha or alpha_bar"
        )
    return torch.cumprod(1 - betas, dim=0)


def noise_step(x: Tensor, eps: Tensor, beta: Level) -> Tensor:
    """The next, slightly noisier x: sqrt(1 - beta) x + sqrt(beta) eps, DDPM eq. 2.

    Shrinking x by sqrt(1 - beta) makes just the room that the noise takes: variance 1 stays 1.

    Args:
        x: latents of variance 1, (B, C, H, W).
        eps: fresh standard normal noise of the same shape.
        beta: variance of the noise that this step adds, in (0, 1).
    """
    return (1 - beta) ** 0.5 * x + beta**0.5 * eps


def add_noise(x0: Tensor, eps: Tensor, alpha_bar: Level) -> Tensor:
    """x_t, the clean latents and the noise mixed: sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps,
    DDPM eq. 4.

    Args:
        x0: clean latents, (B, C, H, W).
        eps: standard normal noise of the same shape.
        alpha_bar: share of the signal; 1 gives x0 back, near 0 leaves noise.
    """
    return signal(alpha_bar) * x0 + noise(alpha_bar) * eps


def add_noise_at(x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor) -> Tensor:
    """x_t of a batch in which each picture has its own timestep, as in every step of a training.

    Args:
        x0: clean latents, (B, C, H, W).
        eps: standard normal noise of the same shape.
        t: timesteps, whole numbers of shape (B,).
        alpha_bar: share of the signal at every timestep, (T,).
    """
    level = alpha_bar[t].view(-1, 1, 1, 1)  # (B,) -> (B, 1, 1, 1)
    return add_noise(x0, eps, level)


def predict_x0(x_t: Tensor, eps: Tensor, alpha_bar: Level) -> Tensor:
    """x0_hat, the clean latents that x_t and the predicted noise imply: DDPM eq. 15, DDIM eq. 9.

    Args:
        x_t: noisy latents, (B, C, H, W).
        eps: predicted noise of the same shape.
        alpha_bar: share of the signal in x_t, > 0.
    """
    return (x_t - noise(alpha_bar) * eps) / signal(alpha_bar)


def predict_eps(x_t: Tensor, x0: Tensor, alpha_bar: Level) -> Tensor:
    """eps, the noise that x_t holds if its clean latents are x0: `add_noise` solved for eps.

    Args:
        x_t: noisy latents, (B, C, H, W).
        x0: clean latents, or their estimate, of the same shape.
        alpha_bar: share of the signal in x_t, < 1.
    """
    return (x_t - signal(alpha_bar) * x0) / noise(alpha_bar)


def velocity(x0: Tensor, eps: Tensor, alpha_bar: Level) -> Tensor:
    """v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0: Salimans & Ho 2022, section 4.

    On the circle x_t = cos(phi) x0 + sin(phi) eps, v is the direction in which x_t moves when phi
    grows.
    """
    return signal(alpha_bar) * eps - noise(alpha_bar) * x0


def eps_from_velocity(x_t: Tensor, v: Tensor, alpha_bar: Level) -> Tensor:
    """eps, from a network that predicts v: sqrt(1 - alpha_bar) x_t + sqrt(alpha_bar) v."""
    return noise(alpha_bar) * x_t + signal(alpha_bar) * v


def x0_from_velocity(x_t: Tensor, v: Tensor, alpha_bar: Level) -> Tensor:
    """x0_hat, from a network that predicts v: sqrt(alpha_bar) x_t - sqrt(1 - alpha_bar) v."""
    return signal(alpha_bar) * x_t - noise(alpha_bar) * v


def guide(eps_uncond: Tensor, eps_cond: Tensor, guidance_scale: float) -> Tensor:
    """The guided prediction eps_uncond + w (eps_cond - eps_uncond): Ho & Salimans 2022, eq. 6,
    counted from 1.

    Args:
        eps_uncond: prediction for the negative (usually empty) prompt, (B, C, H, W).
        eps_cond: prediction for the prompt, same shape.
        guidance_scale: w; 0 ignores the prompt, 1 follows it, above 1 exaggerates it.
    """
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def ddim_step(x_t: Tensor, eps: Tensor, alpha_bar: Level, alpha_bar_prev: Level) -> Tensor:
    """x_prev, the same x0_hat and eps mixed again with less noise: DDIM eq. 12 with sigma_t = 0."""
    return add_noise(predict_x0(x_t, eps, alpha_bar), eps, alpha_bar_prev)


def ddpm_step(
    x_t: Tensor, eps: Tensor, alpha_bar: Level, alpha_bar_prev: Level, fresh_noise: Tensor
) -> Tensor:
    """x_prev, drawn from the posterior whose clean latents are x0_hat: DDPM, algorithm 2.

    Args:
        x_t: noisy latents, (B, C, H, W).
        eps: predicted noise of the same shape.
        alpha_bar, alpha_bar_prev: share of the signal now and after the step, the second larger.
        fresh_noise: standard normal noise of the same shape, not used before.
    """
    x0_hat = predict_x0(x_t, eps, alpha_bar)
    variance = posterior_variance(alpha_bar, alpha_bar_prev)
    mean = posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)
    return mean + variance**0.5 * fresh_noise


def posterior_mean(x_t: Tensor, x0: Tensor, alpha_bar: Level, alpha_bar_prev: Level) -> Tensor:
    """Mean of x_{t-1}, given x_t and the clean latents: DDPM eq. 7, with beta_t =
    1 - alpha_bar_t / alpha_bar_{t-1}, so that the step may skip timesteps."""
    alpha = alpha_bar / alpha_bar_prev
    of_x0 = signal(alpha_bar_prev) * (1 - alpha) / (1 - alpha_bar)
    of_x_t = signal(alpha) * (1 - alpha_bar_prev) / (1 - alpha_bar)
    return of_x0 * x0 + of_x_t * x_t


def posterior_variance(alpha_bar: Level, alpha_bar_prev: Level) -> Level:
    """Variance of x_{t-1}, given x_t and the clean latents: DDPM eq. 7; 0 for a step to x_0."""
    beta = 1 - alpha_bar / alpha_bar_prev
    return (1 - alpha_bar_prev) / (1 - alpha_bar) * beta


def ideal_denoiser(x_t: Tensor, data: Tensor, alpha_bar: Level) -> Tensor:
    """x0_hat with the least mean squared error, if x_0 is one of finitely many pictures.

    It is the mean of the data, each weighted with its probability given x_t: Karras et al. 2022,
    arXiv 2206.00364, eq. 57, there for x_t / sqrt(alpha_bar).

    Args:
        x_t: noisy pictures, (B, ...).
        data: all clean pictures that there are, (N, ...), each as likely as another.
        alpha_bar: share of the signal in x_t, in (0, 1).
    """
    weights = data_posterior(x_t, data, alpha_bar)  # (B, N)
    return torch.einsum("bn,n...->b...", weights, data)


def data_posterior(x_t: Tensor, data: Tensor, alpha_bar: Level) -> Tensor:
    """Probability of each clean picture, given x_t: (B, N), rows of sum 1; `ideal_denoiser`'s
    weights."""
    scaled = (x_t / signal(alpha_bar)).flatten(1)  # (B, D), data plus noise of size sigma
    # Not by matrix product: its cancellation would be divided by a small sigma.
    distance = torch.cdist(scaled, data.flatten(1), compute_mode="donot_use_mm_for_euclid_dist")
    width = torch.as_tensor(sigma(alpha_bar)).to(x_t).reshape(-1, 1)  # (B, 1) or (1, 1)
    return torch.softmax(-((distance / width) ** 2) / 2, dim=1)


def snr(alpha_bar: Level) -> Level:
    """Signal-to-noise ratio alpha_bar / (1 - alpha_bar), from infinity (no noise) down to 0 (no
    signal)."""
    return alpha_bar / (1 - alpha_bar)


def sigma(alpha_bar: Level) -> Level:
    """Noise level sqrt((1 - alpha_bar) / alpha_bar), as k-diffusion and the Euler schedulers count
    it."""
    return ((1 - alpha_bar) / alpha_bar) ** 0.5


def signal(alpha_bar: Level) -> Level:
    """Factor of the clean latents in x_t: sqrt(alpha_bar)."""
    return alpha_bar**0.5


def noise(alpha_bar: Level) -> Level:
    """Factor of the noise in x_t: sqrt(1 - alpha_bar)."""
    return (1 - alpha_bar) ** 0.5
