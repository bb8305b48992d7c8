"""Answers to the exercises of lesson 08."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

loop = function("denoise_loop(unet, scheduler, words, latents, guidance_scale)")
SEEN = "x_t = scheduler.scale_model_input(latents, t)"
BOTH = "uncond, cond = unet(torch.cat([x_t, x_t]), t, words).sample.chunk(2)"
GUIDED = "guided = uncond + guidance_scale * (cond - uncond)"
NEXT = "latents = scheduler.step(guided, t, latents).prev_sample"


def rounds(*lines: str, over: str = "scheduler.timesteps") -> str:
    """A loop over the timesteps with these lines in each round; the latents are returned."""
    inner = [f"    {line}" for line in lines]
    return "@torch.no_grad()\n" + loop(f"for t in {over}:", *inner, "return latents")


DENOISE_LOOP = {
    "wrong": {
        **useless(loop),
        "halves exchanged": rounds(
            SEEN, BOTH.replace("uncond, cond =", "cond, uncond ="), GUIDED, NEXT
        ),
        "words exchanged": rounds(SEEN, BOTH.replace("words", "words.flip(0)"), GUIDED, NEXT),
        "guided away": rounds(
            SEEN, BOTH, "guided = uncond + guidance_scale * (uncond - cond)", NEXT
        ),
        "guided from the prompt on": rounds(
            SEEN, BOTH, "guided = cond + guidance_scale * (cond - uncond)", NEXT
        ),
        "start of guidance forgotten": rounds(
            SEEN, BOTH, "guided = guidance_scale * (cond - uncond)", NEXT
        ),
        "guidance forgotten": rounds(SEEN, BOTH, "guided = cond", NEXT),
        "prompt forgotten": rounds(SEEN, BOTH, "guided = uncond", NEXT),
        "mean of both": rounds(SEEN, BOTH, "guided = (uncond + cond) / 2", NEXT),
        "scale of the page": rounds(SEEN, BOTH, "guided = uncond + 7.5 * (cond - uncond)", NEXT),
        "without the empty text": rounds(
            SEEN, "guided = guidance_scale * unet(x_t, t, words[1:]).sample", NEXT
        ),
        "one canvas for two texts": rounds(
            SEEN, "uncond, cond = unet(x_t, t, words).sample.chunk(2)", GUIDED, NEXT
        ),
        "not cut in two": rounds(
            SEEN,
            "output = unet(torch.cat([x_t, x_t]), t, words).sample",
            "latents = scheduler.step(output, t, latents).prev_sample",
        ),
        "not scaled for the U-Net": rounds("x_t = latents", BOTH, GUIDED, NEXT),
        "the scaled ones stepped": rounds(SEEN, BOTH, GUIDED, NEXT.replace("latents)", "x_t)")),
        "scaled for good": rounds(
            "latents = scheduler.scale_model_input(latents, t)", "x_t = latents", BOTH, GUIDED, NEXT
        ),
        "scheduler left out": rounds(SEEN, BOTH, GUIDED, "latents = latents - guided"),
        "the noise becomes the canvas": rounds(SEEN, BOTH, GUIDED, "latents = guided"),
        "always from the first canvas": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            "    made = scheduler.step(guided, t, latents).prev_sample",
            "return made",
        ),
        "return in the loop": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "    return latents",
        ),
        "all canvases": "@torch.no_grad()\n"
        + loop(
            "made = []",
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "    made.append(latents)",
            "return made",
        ),
        "the step's whole answer": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            "    answer = scheduler.step(guided, t, latents)",
            "    latents = answer.prev_sample",
            "return answer",
        ),
        "forgets to return": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
        ),
        "prints": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "print(latents)",
        ),
        "last step left out": rounds(SEEN, BOTH, GUIDED, NEXT, over="scheduler.timesteps[:-1]"),
        "first step left out": rounds(SEEN, BOTH, GUIDED, NEXT, over="scheduler.timesteps[1:]"),
        "first step only": rounds(SEEN, BOTH, GUIDED, NEXT, over="scheduler.timesteps[:1]"),
        "numbers of the steps": rounds(
            SEEN, BOTH, GUIDED, NEXT, over="range(len(scheduler.timesteps))"
        ),
        "always the first t for the U-Net": rounds(
            SEEN, BOTH.replace(", t,", ", scheduler.timesteps[0],"), GUIDED, NEXT
        ),
        "50 steps of its own": "@torch.no_grad()\n"
        + loop(
            "scheduler.set_timesteps(50)",
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "return latents",
        ),
        "words of the page": rounds(SEEN, BOTH.replace("words", "both"), GUIDED, NEXT),
        "noise of the page": "@torch.no_grad()\n"
        + loop(
            "latents = noise",
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "return latents",
        ),
        "picture": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "pixels = vae.decode(latents / vae.config.scaling_factor).sample",
            "return (pixels / 2 + 0.5).clamp(0, 1)",
        ),
        "divided for the decoder": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "return latents / vae.config.scaling_factor",
        ),
        "two canvases": "@torch.no_grad()\n"
        + loop(
            "latents = torch.cat([latents, latents])",
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            "    uncond, cond = unet(x_t, t, words).sample.chunk(2)",
            f"    {GUIDED}",
            "    guided = torch.cat([guided, guided])",
            f"    {NEXT}",
            "return latents",
        ),
        "clamped": rounds(SEEN, BOTH, GUIDED, NEXT, "latents = latents.clamp(-1, 1)"),
        "canvas changed in place": "@torch.no_grad()\n"
        + loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            "    latents.copy_(scheduler.step(guided, t, latents).prev_sample)",
            "return latents",
        ),
        "the page's function": "denoise_loop = draw",
    },
    "right": {
        "as hinted": rounds(SEEN, BOTH, GUIDED, NEXT),
        "with gradients": loop(
            "for t in scheduler.timesteps:",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "return latents",
        ),
        "with torch.no_grad": loop(
            "with torch.no_grad():",
            "    for t in scheduler.timesteps:",
            f"        {SEEN}",
            f"        {BOTH}",
            f"        {GUIDED}",
            f"        {NEXT}",
            "return latents",
        ),
        "inference mode": rounds(SEEN, BOTH, GUIDED, NEXT).replace("no_grad", "inference_mode"),
        "twice, then scaled": rounds(
            "two = scheduler.scale_model_input(torch.cat([latents] * 2), t)",
            "uncond, cond = unet(two, t, words).sample.chunk(2)",
            GUIDED,
            NEXT,
        ),
        "repeat": rounds(
            SEEN, BOTH.replace("torch.cat([x_t, x_t])", "x_t.repeat(2, 1, 1, 1)"), GUIDED, NEXT
        ),
        "expand": rounds(
            SEEN, BOTH.replace("torch.cat([x_t, x_t])", "x_t.expand(2, -1, -1, -1)"), GUIDED, NEXT
        ),
        "keyword arguments": rounds(
            "x_t = scheduler.scale_model_input(sample=latents, timestep=t)",
            "output = unet(torch.cat([x_t, x_t]), timestep=t, encoder_hidden_states=words)",
            "uncond, cond = output.sample.chunk(chunks=2, dim=0)",
            GUIDED,
            "latents = scheduler.step(model_output=guided, timestep=t, sample=latents).prev_sample",
        ),
        "without names": rounds(
            SEEN,
            "uncond, cond = unet(torch.cat([x_t, x_t]), t, words, return_dict=False)[0].chunk(2)",
            GUIDED,
            "latents = scheduler.step(guided, t, latents, return_dict=False)[0]",
        ),
        "asked twice": rounds(
            SEEN,
            "uncond = unet(x_t, t, words[:1]).sample",
            "cond = unet(x_t, t, words[1:]).sample",
            GUIDED,
            NEXT,
        ),
        "cut by slices": rounds(
            SEEN,
            "output = unet(torch.cat([x_t, x_t]), t, words).sample",
            "uncond, cond = output[:1], output[1:]",
            GUIDED,
            NEXT,
        ),
        "split": rounds(SEEN, BOTH.replace("chunk(2)", "split(1)"), GUIDED, NEXT),
        "multiplied out": rounds(
            SEEN, BOTH, "guided = (1 - guidance_scale) * uncond + guidance_scale * cond", NEXT
        ),
        "lerp": rounds(
            SEEN, BOTH, "guided = torch.lerp(uncond, cond, float(guidance_scale))", NEXT
        ),
        "numbered": "@torch.no_grad()\n"
        + loop(
            "for i in range(len(scheduler.timesteps)):",
            "    t = scheduler.timesteps[i]",
            f"    {SEEN}",
            f"    {BOTH}",
            f"    {GUIDED}",
            f"    {NEXT}",
            "return latents",
        ),
        "a copy first": "@torch.no_grad()\n"
        + loop(
            "x = latents.clone()",
            "for k, t in enumerate(scheduler.timesteps):",
            "    x_t = scheduler.scale_model_input(x, t)",
            f"    {BOTH}",
            f"    {GUIDED}",
            "    x = scheduler.step(guided, t, x).prev_sample",
            "return x",
        ),
        "double comes back": rounds(SEEN, BOTH, GUIDED, NEXT).replace(
            "return latents", "return latents.double()"
        ),
        "numpy comes back": rounds(SEEN, BOTH, GUIDED, NEXT).replace(
            "return latents", "return latents.cpu().numpy()"
        ),
        "helpers": """
def ask(unet, x_t, t, words):
    return unet(torch.cat([x_t] * 2), t, words).sample.chunk(2)


def mix(start, goal, share):
    return start + share * (goal - start)


@torch.no_grad()
def denoise_loop(unet, scheduler, words, latents, guidance_scale):
    for t in scheduler.timesteps:
        answers = ask(unet, scheduler.scale_model_input(latents, t), t, words)
        latents = scheduler.step(mix(*answers, guidance_scale), t, latents).prev_sample
    return latents
""",
        "formula of the course": "from helpers.maths import guide\n\n\n"
        + rounds(SEEN, BOTH, "guided = guide(uncond, cond, guidance_scale)", NEXT),
        "hints": '''
@torch.no_grad()
def denoise_loop(
    unet, scheduler, words: torch.Tensor, latents: torch.Tensor, guidance_scale: float
) -> torch.Tensor:
    """The latents after the last timestep, (1, 4, 16, 16)."""
    for t in scheduler.timesteps:
        seen = scheduler.scale_model_input(latents, t)
        without, with_words = unet(torch.cat([seen, seen]), t, words).sample.chunk(2)
        noise = without + guidance_scale * (with_words - without)
        latents = scheduler.step(noise, t, latents).prev_sample
    return latents
''',
    },
}

PREDICTION = {
    "wrong": {
        "stub": "prediction = ...",
        "none": "prediction = None",
        "skipped ones": "prediction = 8",
        "one more": "prediction = 13",
        "one less": "prediction = 11",
        "all": "prediction = 20",
        "strength": "prediction = 0.6",
        "percent": "prediction = 60",
        "first step that is run": "prediction = 9",
        "the worked number": "prediction = 3",
        "none run": "prediction = 0",
        "negative": "prediction = -12",
        "text": 'prediction = "12"',
        "words": 'prediction = "12 steps"',
        "formula": 'prediction = "20 * 0.6"',
        "divided": "prediction = 20 / 0.6",
        "of ten steps": "prediction = 10 * 0.6",
        "half a step": "prediction = 12.5",
        "not a number": 'prediction = float("nan")',
        "infinite": 'prediction = float("inf")',
        "two answers": "prediction = [8, 12]",
        "the steps": "prediction = list(range(8, 20))",
        "tensor of two": "prediction = torch.tensor([12, 8])",
        "truth value": "prediction = True",
        "the run": "prediction = painted",
        "function": "prediction = len",
        "compared": "prediction == 12",
        "exits": "import sys\nsys.exit()",
        "printed": "print(12)",
    },
    "right": {
        "twelve": "prediction = 12",
        "a float": "prediction = 12.0",
        "computed": "prediction = 20 * 0.6",
        "cut": "prediction = int(20 * 0.6)",
        "rounded": "prediction = round(20 * 0.6)",
        "what is left": "prediction = 20 - 8",
        "whole numbers": "prediction = 20 * 6 // 10",
        "counted": "prediction = len(range(8, 20))",
        "with names": "steps, strength = 20, 0.6\nprediction = int(steps * strength)",
        "with a hint": "prediction: int = 12",
        "numpy": "import numpy as np\nprediction = np.int64(12)",
        "numpy float": "import numpy as np\nprediction = np.float32(12)",
        "array without axes": "import numpy as np\nprediction = np.array(12)",
        "tensor": "prediction = torch.tensor(12)",
        "tensor of one": "prediction = torch.tensor([12.0])",
        "fraction": "from fractions import Fraction\nprediction = 20 * Fraction(3, 5)",
        "measured": "prediction = len(painted)",
        "measured, records": "prediction = len(painted.records)",
    },
}

begin = function("begin(scheduler, clean, noise, steps, strength)")
SET = "scheduler.set_timesteps(steps)"
SKIP = "skip = steps - int(steps * strength)"
LEFT = "left = scheduler.timesteps[skip:]"

BEGIN = {
    "wrong": {
        **useless(begin),
        "exchanged": begin(
            SET, SKIP, LEFT, "return left, scheduler.add_noise(clean, noise, left[:1])"
        ),
        "only the latents": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1])"
        ),
        "only the timesteps": begin(SET, SKIP, "return scheduler.timesteps[skip:]"),
        "share exchanged": begin(
            SET,
            "skip = int(steps * strength)",
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "one too many skipped": begin(
            SET,
            "skip = steps - int(steps * strength) + 1",
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "one too few skipped": begin(
            SET,
            "skip = steps - int(steps * strength) - 1",
            "left = scheduler.timesteps[skip:]",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "nothing skipped": begin(
            SET,
            "left = scheduler.timesteps",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "the skipped ones": begin(
            SET,
            SKIP,
            "left = scheduler.timesteps[:skip]",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "the first ones": begin(
            SET,
            "left = scheduler.timesteps[: int(steps * strength)]",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "all timesteps back": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]), scheduler.timesteps",
        ),
        "noise of the first timestep": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise, scheduler.timesteps[:1]), left",
        ),
        "noise of the last timestep": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[-1:]), left"
        ),
        "noise of the step before": begin(
            SET,
            SKIP,
            LEFT,
            "t = scheduler.timesteps[skip - 1 :][:1]",
            "return scheduler.add_noise(clean, noise, t), left",
        ),
        "noise of the step after": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[1:2]), left"
        ),
        "picture and noise exchanged": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(noise, clean, left[:1]), left"
        ),
        "no noise": begin(SET, SKIP, LEFT, "return clean, left"),
        "noise alone": begin(SET, SKIP, LEFT, "return noise, left"),
        "simply added": begin(SET, SKIP, LEFT, "return clean + noise, left"),
        "mixed by strength": begin(
            SET, SKIP, LEFT, "return (1 - strength) * clean + strength * noise, left"
        ),
        "roots of strength": begin(
            SET,
            SKIP,
            LEFT,
            "return (1 - strength) ** 0.5 * clean + strength**0.5 * noise, left",
        ),
        "roots forgotten": begin(
            SET,
            SKIP,
            LEFT,
            "share = scheduler.alphas_cumprod[int(left[0])]",
            "return share * clean + (1 - share) * noise, left",
        ),
        "fewer, larger steps": begin(
            "scheduler.set_timesteps(int(steps * strength))",
            "left = scheduler.timesteps",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "timesteps not set": begin(
            SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1]), left"
        ),
        "steps of the page": begin(
            "scheduler.set_timesteps(20)",
            "left = scheduler.timesteps[20 - int(20 * strength) :]",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "strength of the page": begin(
            SET,
            "left = scheduler.timesteps[steps - int(steps * 0.6) :]",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "eight skipped": begin(
            SET,
            "left = scheduler.timesteps[8:]",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "noise of one's own": begin(
            SET,
            SKIP,
            LEFT,
            "noise = torch.randn_like(clean)",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "number of steps back": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1]), len(left)"
        ),
        "first timestep back": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1]), left[:1]"
        ),
        "backwards": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]), left.flip(0)",
        ),
        "dictionary": begin(
            SET,
            SKIP,
            LEFT,
            "return {'latents': scheduler.add_noise(clean, noise, left[:1]), 'timesteps': left}",
        ),
        "a third thing": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1]), left, skip"
        ),
        "a batch for every timestep": begin(
            SET,
            SKIP,
            LEFT,
            "n = len(left)",
            "many = scheduler.add_noise(clean.repeat(n, 1, 1, 1), noise.repeat(n, 1, 1, 1), left)",
            "return many, left",
        ),
        "prints": begin(
            SET, SKIP, LEFT, "print(scheduler.add_noise(clean, noise, left[:1]), left)"
        ),
        "forgets to return": begin(
            SET, SKIP, LEFT, "latents = scheduler.add_noise(clean, noise, left[:1])"
        ),
        "picture changed in place": begin(
            SET,
            SKIP,
            LEFT,
            "clean.copy_(scheduler.add_noise(clean, noise, left[:1]))",
            "return clean, left",
        ),
        "noise changed in place": begin(
            SET,
            SKIP,
            LEFT,
            "latents = scheduler.add_noise(clean, noise, left[:1])",
            "noise.zero_()",
            "return latents, left",
        ),
        "latents of the page's picture": """
picture_latents = torch.zeros(1, 4, 16, 16)


def begin(scheduler, clean, noise, steps, strength):
    scheduler.set_timesteps(steps)
    left = scheduler.timesteps[steps - int(steps * strength) :]
    return scheduler.add_noise(picture_latents, noise, left[:1]), left
""",
    },
    "right": {
        "as hinted": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1]), left"
        ),
        "a list of two": begin(
            SET, SKIP, LEFT, "return [scheduler.add_noise(clean, noise, left[:1]), left]"
        ),
        "slice of the first": begin(
            SET,
            SKIP,
            "t = scheduler.timesteps[skip : skip + 1]",
            "return scheduler.add_noise(clean, noise, t), scheduler.timesteps[skip:]",
        ),
        "floor": begin(
            "import math",
            SET,
            "skip = steps - math.floor(steps * strength)",
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "run, then skip": begin(
            SET,
            "run = int(steps * strength)",
            "left = scheduler.timesteps[steps - run :]",
            "latents = scheduler.add_noise(clean, noise, left[:1])",
            "return latents, left",
        ),
        "never below 0": begin(
            SET,
            "skip = max(steps - min(int(steps * strength), steps), 0)",
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "keyword arguments": begin(
            "scheduler.set_timesteps(num_inference_steps=steps)",
            SKIP,
            LEFT,
            "latents = scheduler.add_noise(",
            "    original_samples=clean, noise=noise, timesteps=left[:1]",
            ")",
            "return latents, left",
        ),
        "one t for each picture": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1].repeat(len(clean))), left",
        ),
        "t in brackets": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[0][None]), left"
        ),
        "t stacked": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise, torch.stack([left[0]])), left",
        ),
        "timesteps picked one by one": begin(
            SET,
            SKIP,
            "left = torch.stack([t for k, t in enumerate(scheduler.timesteps) if k >= skip])",
            "return scheduler.add_noise(clean, noise, left[:1]), left",
        ),
        "on the device": begin(
            "scheduler.set_timesteps(steps, device=clean.device)",
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise.to(clean), left[:1]), left",
        ),
        "copies": begin(
            SET,
            SKIP,
            LEFT,
            "latents = scheduler.add_noise(clean.clone(), noise.clone(), left[:1].clone())",
            "return latents, left.clone()",
        ),
        "double": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean.double(), noise.double(), left[:1]), left",
        ),
        "double comes back": begin(
            SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1]).double(), left"
        ),
        "numpy comes back": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]).numpy(), left.numpy()",
        ),
        "timesteps as a list": begin(
            SET,
            SKIP,
            LEFT,
            "return scheduler.add_noise(clean, noise, left[:1]), left.tolist()",
        ),
        "no gradients": "@torch.no_grad()\n"
        + begin(SET, SKIP, LEFT, "return scheduler.add_noise(clean, noise, left[:1]), left"),
        "named pair": """
from typing import NamedTuple


class Beginning(NamedTuple):
    latents: torch.Tensor
    timesteps: torch.Tensor


def begin(scheduler, clean, noise, steps, strength):
    scheduler.set_timesteps(steps)
    left = scheduler.timesteps[steps - int(steps * strength) :]
    return Beginning(scheduler.add_noise(clean, noise, left[:1]), left)
""",
        "helper": """
def timesteps_left(scheduler, steps, strength):
    scheduler.set_timesteps(steps)
    return scheduler.timesteps[steps - int(steps * strength) :]


def begin(scheduler, clean, noise, steps, strength):
    left = timesteps_left(scheduler, steps=steps, strength=strength)
    return scheduler.add_noise(clean, noise, left[:1]), left
""",
        "hints": '''
def begin(
    scheduler, clean: torch.Tensor, noise: torch.Tensor, steps: int, strength: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where to start, and the timesteps that are left."""
    scheduler.set_timesteps(steps)
    left = scheduler.timesteps[steps - int(strength * steps) :]
    return scheduler.add_noise(clean, noise, left[:1]), left
''',
    },
}

blend = function("blend(latents, kept, mask)")

BLEND = {
    "wrong": {
        **useless(blend),
        "exchanged": blend("return (1 - mask) * latents + mask * kept"),
        "not turned round": blend("return mask * latents + kept"),
        "kept everywhere": blend("return kept + mask * latents"),
        "both with the mask": blend("return mask * latents + mask * kept"),
        "neither in place": blend("return (1 - mask) * latents + (1 - mask) * kept"),
        "kept forgotten": blend("return mask * latents"),
        "latents forgotten": blend("return (1 - mask) * kept"),
        "only the latents": blend("return latents"),
        "only the kept": blend("return kept"),
        "subtracted": blend("return mask * latents - (1 - mask) * kept"),
        "mask less 1": blend("return mask * latents + (mask - 1) * kept"),
        "half and half": blend("return 0.5 * latents + 0.5 * kept"),
        "product": blend("return mask * latents * (1 - mask) * kept"),
        "no grey": blend("return torch.where(mask > 0.5, latents, kept)"),
        "only white": blend("return torch.where(mask == 1, latents, kept)"),
        "all but black": blend("return torch.where(mask > 0, latents, kept)"),
        "rounded mask": blend("mask = mask.round()", "return mask * latents + (1 - mask) * kept"),
        "mask as truth": blend(
            "mask = mask.bool().float()", "return mask * latents + (1 - mask) * kept"
        ),
        "mask in 255ths": blend("mask = mask / 255", "return mask * latents + (1 - mask) * kept"),
        "mask squared": blend("return mask**2 * latents + (1 - mask**2) * kept"),
        "roots of the mask": blend("return mask**0.5 * latents + (1 - mask) ** 0.5 * kept"),
        "mean of the mask": blend(
            "share = mask.mean()", "return share * latents + (1 - share) * kept"
        ),
        "one pixel of the mask": blend(
            "share = mask.flatten()[0]", "return share * latents + (1 - share) * kept"
        ),
        "mask transposed": blend("mask = mask.mT", "return mask * latents + (1 - mask) * kept"),
        "mask upside down": blend(
            "mask = mask.flip(-2)", "return mask * latents + (1 - mask) * kept"
        ),
        "if": blend("if mask.mean() > 0.5:", "    return latents", "return kept"),
        "the larger": blend("return torch.maximum(mask * latents, (1 - mask) * kept)"),
        "difference forgotten": blend("return kept + mask * (latents + kept)"),
        "difference the wrong way": blend("return kept + mask * (kept - latents)"),
        "the page's numbers": blend("return torch.tensor(0.35)"),
        "an axis too many": blend("return (mask * latents + (1 - mask) * kept)[None]"),
        "first picture": blend("return (mask * latents + (1 - mask) * kept)[0]"),
        "first channel": blend("return (mask * latents + (1 - mask) * kept)[:, :1]"),
        "clamped": blend("return (mask * latents + (1 - mask) * kept).clamp(-1, 1)"),
        "two digits": blend("return (mask * latents + (1 - mask) * kept).round(decimals=1)"),
        "pair": blend("return mask * latents, (1 - mask) * kept"),
        "prints": blend("print(mask * latents + (1 - mask) * kept)"),
        "forgets to return": blend("made = mask * latents + (1 - mask) * kept"),
        "latents changed in place": blend(
            "latents *= mask", "latents += (1 - mask) * kept", "return latents"
        ),
        "kept changed in place": blend("kept.mul_(1 - mask).add_(mask * latents)", "return kept"),
        "mask changed in place": blend(
            "made = mask * latents", "mask -= 1", "return made - mask * kept"
        ),
        "clean picture of the page": blend("return mask * latents + (1 - mask) * clean"),
    },
    "right": {
        "as on the page": blend("return (1 - mask) * kept + mask * latents"),
        "latents first": blend("return mask * latents + (1 - mask) * kept"),
        "difference": blend("return kept + mask * (latents - kept)"),
        "difference from the latents": blend("return latents + (1 - mask) * (kept - latents)"),
        "other difference": blend("return latents - (1 - mask) * (latents - kept)"),
        "lerp": blend("return torch.lerp(kept, latents, mask.to(kept.dtype).expand_as(kept))"),
        "addcmul": blend("return torch.addcmul(kept, mask, latents - kept)"),
        "functions": blend(
            "return torch.add(torch.mul(latents, mask), torch.mul(kept, torch.sub(1, mask)))"
        ),
        "methods": blend("return latents.mul(mask).add(kept.mul(1 - mask))"),
        "turned mask": blend("known = 1 - mask", "return known * kept + (1 - known) * latents"),
        "ones": blend("return mask * latents + (torch.ones_like(mask) - mask) * kept"),
        "stacked": blend(
            "shares = torch.stack([mask, 1 - mask])",
            "return (shares * torch.stack([latents, kept])).sum(dim=0)",
        ),
        "double": blend(
            "m = mask.double()", "return m * latents.double() + (1 - m) * kept.double()"
        ),
        "double, then back": blend(
            "m = mask.double()", "return ((1 - m) * kept + m * latents).to(latents.dtype)"
        ),
        "numpy": blend(
            "import numpy as np",
            "latents, kept, mask = np.asarray(latents), np.asarray(kept), np.asarray(mask)",
            "return (1 - mask) * kept + mask * latents",
        ),
        "numpy and back": blend(
            "made = mask.numpy() * latents.numpy() + (1.0 - mask.numpy()) * kept.numpy()",
            "return torch.from_numpy(made)",
        ),
        "picture by picture": blend(
            "mask = mask.expand_as(latents)",
            "pairs = zip(latents, kept, mask)",
            "return torch.stack([m * made + (1 - m) * old for made, old, m in pairs])",
        ),
        "a copy in place": blend(
            "made = latents.clone()", "made *= mask", "made += (1 - mask) * kept", "return made"
        ),
        "names bound anew": blend(
            "latents = latents * mask", "kept = kept * (1 - mask)", "return latents + kept"
        ),
        "expanded": blend(
            "mask = mask.expand(latents.shape)", "return mask * latents + (1 - mask) * kept"
        ),
        "helper": """
def mixed(a, b, share):
    return a + share * (b - a)


def blend(latents, kept, mask):
    return mixed(a=kept, b=latents, share=mask)
""",
        "lambda": "blend = lambda latents, kept, mask: (1 - mask) * kept + mask * latents",
        "hints": '''
@torch.no_grad()
def blend(latents: torch.Tensor, kept: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The latents where the mask is 1, what is kept where it is 0."""
    return (1.0 - mask) * kept + mask * latents
''',
    },
}

make = function("make_again(pipe, path)")
READ = "settings = read_settings(path)"
RUN = "run = again(pipe, settings, progress=False)"

MAKE_AGAIN = {
    "wrong": {
        **useless(make),
        "first of the batch": make(READ, RUN, "return to_pil(run.images)[0]"),
        "last of the batch": make(READ, RUN, "return to_pil(run.images)[-1]"),
        "number of the page": make(READ, RUN, "return to_pil(run.images)[2]"),
        "all": make(READ, RUN, "return to_pil(run.images)"),
        "the run": make(READ, RUN, "return run"),
        "the tensor of all": make(READ, RUN, "return run.images"),
        "the latents": make(READ, RUN, "return run.latents[-1][settings['picture']]"),
        "the settings": make("return read_settings(path)"),
        "one further": make(READ, RUN, "return to_pil(run.images)[settings['picture'] - 1]"),
        "counted from 1": make(READ, RUN, "return to_pil(run.images)[settings['picture'] + 1]"),
        "counted from the end": make(READ, RUN, "return to_pil(run.images)[-settings['picture']]"),
        "seed as number": make(READ, RUN, "return to_pil(run.images)[settings['seed']]"),
        "list of one": make(READ, RUN, "return [to_pil(run.images)[settings['picture']]]"),
        "half as large": make(
            READ,
            RUN,
            "picture = to_pil(run.images)[settings['picture']]",
            "return picture.resize((picture.width // 2, picture.height // 2))",
        ),
        "grey": make(READ, RUN, "return to_pil(run.images)[settings['picture']].convert('L')"),
        "mirrored": make(
            READ, RUN, "return ImageOps.mirror(to_pil(run.images)[settings['picture']])"
        ),
        "settings of the page": make(
            "settings = together.settings", RUN, "return to_pil(run.images)[2]"
        ),
        "picture of the page": make("return to_pil(together.images)[2]"),
        "the file itself": make("return Image.open(path)"),
        "a copy of the file": make("with Image.open(path) as stored:", "    return stored.copy()"),
        "the path": make("return path"),
        "path as settings": make(
            "run = again(pipe, path, progress=False)", "return to_pil(run.images)[0]"
        ),
        "arguments exchanged": make(
            READ,
            "run = again(settings, pipe, progress=False)",
            "return to_pil(run.images)[settings['picture']]",
        ),
        "another seed": make(
            READ,
            "run = generate(pipe, settings['prompt'], progress=False)",
            "return to_pil(run.images)[0]",
        ),
        "another prompt": make(
            READ,
            "run = generate(pipe, prompt, seed=settings['seed'], progress=False)",
            "return to_pil(run.images)[0]",
        ),
        "of noise": make(
            READ, "side_ = settings['size'][0]", "return to_pil(torch.rand(3, side_, side_))[0]"
        ),
        "prints": make(READ, RUN, "print(to_pil(run.images)[settings['picture']])"),
        "shows": make(
            READ, RUN, "show(to_pil(run.images)[settings['picture']], alt='The picture again.')"
        ),
        "forgets to return": make(READ, RUN, "picture = to_pil(run.images)[settings['picture']]"),
        "returns the file's name": make(
            READ, RUN, "return save_picture(run, folder / 'again.png', settings['picture'])"
        ),
        "fewer steps": make(
            READ, "settings['steps'] = 5", RUN, "return to_pil(run.images)[settings['picture']]"
        ),
        "another guidance": make(
            READ,
            "settings['guidance_scale'] = 1.0",
            RUN,
            "return to_pil(run.images)[settings['picture']]",
        ),
        "picture as a word": make(READ, RUN, "return to_pil(run.images)['picture']"),
    },
    "right": {
        "as hinted": make(READ, RUN, "return to_pil(run.images)[settings['picture']]"),
        "one line": make(
            "return to_pil(again(pipe, read_settings(path), progress=False).images)"
            "[read_settings(path)['picture']]"
        ),
        "number first": make(
            READ,
            "number = settings['picture']",
            RUN,
            "pictures = to_pil(run.images)",
            "return pictures[number]",
        ),
        "picked before": make(
            READ, RUN, "k = settings['picture']", "return to_pil(run.images[k])[0]"
        ),
        "slice": make(
            READ, RUN, "k = settings['picture']", "return to_pil(run.images[k : k + 1])[0]"
        ),
        "unpacked": make(
            READ, RUN, "(picture,) = to_pil(run.images[settings['picture']])", "return picture"
        ),
        "keyword arguments": make(
            "settings = read_settings(path=path)",
            "run = again(pipe=pipe, settings=settings, progress=False)",
            "return to_pil(images=run.images)[settings['picture']]",
        ),
        "with progress": make(
            READ, "run = again(pipe, settings)", "return to_pil(run.images)[settings['picture']]"
        ),
        "get": make(READ, RUN, "return to_pil(run.images)[settings.get('picture', 0)]"),
        "whole number": make(READ, RUN, "return to_pil(run.images)[int(settings['picture'])]"),
        "path made of text": make(
            "settings = read_settings(Path(str(path)))",
            RUN,
            "return to_pil(run.images)[settings['picture']]",
        ),
        "text chunk by hand": make(
            "import json",
            "with Image.open(path) as stored:",
            "    settings = json.loads(stored.info['parameters'])",
            RUN,
            "return to_pil(run.images)[settings['picture']]",
        ),
        "a copy of the settings": make(
            "settings = dict(read_settings(path))",
            RUN,
            "return to_pil(run.images)[settings['picture']]",
        ),
        "numpy": make(
            "import numpy as np",
            READ,
            RUN,
            "image = run.images[settings['picture']].permute(1, 2, 0).numpy()",
            "return Image.fromarray(np.round(image * 255).astype(np.uint8))",
        ),
        "copied": make(READ, RUN, "return to_pil(run.images)[settings['picture']].copy()"),
        "in RGB": make(READ, RUN, "return to_pil(run.images)[settings['picture']].convert('RGB')"),
        "enumerated": make(
            READ,
            RUN,
            "for number, picture in enumerate(to_pil(run.images)):",
            "    if number == settings['picture']:",
            "        return picture",
        ),
        "saved and read": make(
            "import tempfile",
            READ,
            RUN,
            "with tempfile.TemporaryDirectory() as room:",
            "    again_path = save_picture(run, Path(room) / 'again.png', settings['picture'])",
            "    with Image.open(again_path) as stored:",
            "        return stored.copy()",
        ),
        "no gradients": "@torch.no_grad()\n"
        + make(READ, RUN, "return to_pil(run.images)[settings['picture']]"),
        "helper": """
def made(pipe, settings):
    return to_pil(again(pipe, settings, progress=False).images)


def make_again(pipe, path):
    settings = read_settings(path)
    return made(pipe, settings)[settings["picture"]]
""",
        "lambda": """
make_again = lambda pipe, path: (
    lambda settings: to_pil(again(pipe, settings, progress=False).images)[settings["picture"]]
)(read_settings(path))
""",
        "hints": '''
def make_again(pipe, path: Path) -> Image.Image:
    """The picture in the file, made anew."""
    settings = read_settings(path)
    run: Trajectory = again(pipe, settings, progress=False)
    return to_pil(run.images)[settings["picture"]]
''',
    },
}

CASES = {
    "8.1": DENOISE_LOOP,
    "8.2": PREDICTION,
    "8.3": BEGIN,
    "8.4": BLEND,
    "8.5": MAKE_AGAIN,
}
