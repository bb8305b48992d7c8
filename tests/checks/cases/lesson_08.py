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

CULPRITS = {
    "wrong": {
        "stub": 'culprits = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ...}',
        "one left": 'culprits = {"A": 4, "B": 3, "C": 5, "D": 1, "E": ...}',
        "in order": 'culprits = {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5}',
        "backwards": 'culprits = {"A": 5, "B": 4, "C": 3, "D": 2, "E": 1}',
        "prompt and halves mixed up": 'culprits = {"A": 4, "B": 2, "C": 5, "D": 1, "E": 3}',
        "return and factor mixed up": 'culprits = {"A": 5, "B": 3, "C": 4, "D": 1, "E": 2}',
        "seed and prompt mixed up": 'culprits = {"A": 4, "B": 1, "C": 5, "D": 3, "E": 2}',
        "factor and halves mixed up": 'culprits = {"A": 4, "B": 3, "C": 2, "D": 1, "E": 5}',
        "counted from 0": 'culprits = {"A": 3, "B": 2, "C": 4, "D": 0, "E": 1}',
        "one line twice": 'culprits = {"A": 4, "B": 3, "C": 5, "D": 1, "E": 4}',
        "all one": 'culprits = dict.fromkeys("ABCDE", 4)',
        "a row missing": 'culprits = {"A": 4, "B": 3, "C": 5, "D": 1}',
        "a row too many": 'culprits = {"A": 4, "B": 3, "C": 5, "D": 1, "E": 2, "right": 0}',
        "turned round": 'culprits = {1: "D", 2: "E", 3: "B", 4: "A", 5: "C"}',
        "as text": 'culprits = {"A": "4", "B": "3", "C": "5", "D": "1", "E": "2"}',
        "as words": 'culprits = {"A": "return", "B": "prompt", "C": "factor", "D": "", "E": ""}',
        "a list": "culprits = [4, 3, 5, 1, 2]",
        "a word": 'culprits = "43512"',
        "a number": "culprits = 43512",
        "halves of lines": 'culprits = {"A": 4.5, "B": 3, "C": 5, "D": 1, "E": 2}',
        "not a number": 'culprits = {"A": float("nan"), "B": 3, "C": 5, "D": 1, "E": 2}',
        "truth values": 'culprits = dict.fromkeys("ABCDE", True)',
        "lists": 'culprits = {"A": [4, 3], "B": [3], "C": [5], "D": [1], "E": [2]}',
        "empty": "culprits = {}",
        "none": "culprits = None",
        "letters": 'culprits = list("ABCDE")',
        "compared": 'culprits == {"A": 4}',
        "exits": "import sys\nsys.exit()",
    },
    "right": {
        "plain": 'culprits = {"A": 4, "B": 3, "C": 5, "D": 1, "E": 2}',
        "another order": 'culprits = {"E": 2, "D": 1, "C": 5, "B": 3, "A": 4}',
        "floats": 'culprits = {"A": 4.0, "B": 3.0, "C": 5.0, "D": 1.0, "E": 2.0}',
        "small letters": 'culprits = {"a": 4, "b": 3, "c": 5, "d": 1, "e": 2}',
        "arguments": "culprits = dict(A=4, B=3, C=5, D=1, E=2)",
        "zipped": 'culprits = dict(zip("ABCDE", [4, 3, 5, 1, 2]))',
        "one by one": 'culprits = {"A": 4}\nculprits |= {"B": 3, "C": 5, "D": 1, "E": 2}',
        "numpy": 'import numpy as np\nculprits = dict(zip("ABCDE", np.array([4, 3, 5, 1, 2])))',
        "tensors": 'culprits = dict(zip("ABCDE", torch.tensor([4, 3, 5, 1, 2])))',
        "tensors of one": 'culprits = dict(zip("ABCDE", torch.tensor([[4], [3], [5], [1], [2]])))',
        "whole numbers of text": 'culprits = {row: int(n) for row, n in zip("ABCDE", "43512")}',
        "counted from 0, then one on": 'culprits = dict(zip("ABCDE", [3, 2, 4, 0, 1]))\n'
        "culprits = {row: number + 1 for row, number in culprits.items()}",
        "with a hint": 'culprits: dict[str, int] = {"A": 4, "B": 3, "C": 5, "D": 1, "E": 2}',
        "turned round again": 'lines = {1: "D", 2: "E", 3: "B", 4: "A", 5: "C"}\n'
        "culprits = {row: line for line, row in lines.items()}",
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

put = function("put_back(made, clean, noise, mask, scheduler, left)")
KEPT = "kept = scheduler.add_noise(clean, noise, left[:1]) if len(left) else clean"
MIX = "return (1 - mask) * kept + mask * made"


def kept(value: str) -> str:
    """An answer that mixes rightly, but puts back something else."""
    return put(f"kept = {value}", MIX)


def mixed(value: str) -> str:
    """An answer that puts back the right thing, but mixes otherwise."""
    return put(KEPT, f"return {value}")


PUT_BACK = {
    "wrong": {
        **useless(put),
        "clean always": kept("clean"),
        "noise alone": kept("noise"),
        "end forgotten": kept("scheduler.add_noise(clean, noise, left[:1])"),
        "end forgotten, one number": kept("scheduler.add_noise(clean, noise, left[0])"),
        "noise at the end": kept(
            "scheduler.add_noise(clean, noise, left[:1] if len(left) else torch.tensor([0]))"
        ),
        "noise of the first step": kept(
            "scheduler.add_noise(clean, noise, scheduler.timesteps[:1]) if len(left) else clean"
        ),
        "noise of the last step": kept(
            "scheduler.add_noise(clean, noise, left[-1:]) if len(left) else clean"
        ),
        "noise of the step after": kept(
            "scheduler.add_noise(clean, noise, left[1:2]) if len(left) > 1 else clean"
        ),
        "noise of the step before": kept(
            "scheduler.add_noise(clean, noise, scheduler.timesteps[-len(left) - 1 :][:1])"
            " if len(left) else clean"
        ),
        "number of the step": kept(
            "scheduler.add_noise(clean, noise, torch.tensor([len(left)])) if len(left) else clean"
        ),
        "for all that are left": kept(
            "scheduler.add_noise(clean, noise, left) if len(left) else clean"
        ),
        "exchanged in add_noise": kept(
            "scheduler.add_noise(noise, clean, left[:1]) if len(left) else clean"
        ),
        "what was made is noised": kept(
            "scheduler.add_noise(made, noise, left[:1]) if len(left) else clean"
        ),
        "fresh noise": kept(
            "scheduler.add_noise(clean, torch.randn_like(clean), left[:1]) if len(left) else clean"
        ),
        "plain sum": kept("clean + noise if len(left) else clean"),
        "half noise": kept("(clean + noise) / 2 if len(left) else clean"),
        "no roots": put(
            "kept = clean",
            "if len(left):",
            "    a = scheduler.alphas_cumprod[left[0]]",
            "    kept = a * clean + (1 - a) * noise",
            MIX,
        ),
        "turned round at the end": put(
            "kept = clean if len(left) else scheduler.add_noise(clean, noise, left[:1])", MIX
        ),
        "nothing at the end": put("if len(left) == 0:", "    return made", KEPT, MIX),
        "all clean at the end": put("if len(left) == 0:", "    return clean", KEPT, MIX),
        "exchanged": mixed("(1 - mask) * made + mask * kept"),
        "not turned round": mixed("mask * made + kept"),
        "made everywhere": mixed("made + (1 - mask) * kept"),
        "both with the mask": mixed("mask * made + mask * kept"),
        "kept forgotten": mixed("mask * made"),
        "made forgotten": mixed("(1 - mask) * kept"),
        "only what is kept": mixed("kept"),
        "subtracted": mixed("mask * made - (1 - mask) * kept"),
        "half and half": mixed("0.5 * made + 0.5 * kept"),
        "no grey": mixed("torch.where(mask > 0.5, made, kept)"),
        "only white": mixed("torch.where(mask == 1, made, kept)"),
        "all but black": mixed("torch.where(mask > 0, made, kept)"),
        "mask squared": mixed("mask**2 * made + (1 - mask**2) * kept"),
        "roots of the mask": mixed("mask**0.5 * made + (1 - mask) ** 0.5 * kept"),
        "mean of the mask": mixed("mask.mean() * made + (1 - mask.mean()) * kept"),
        "a mask of its own": put("mask = torch.ones_like(mask)", KEPT, MIX),
        "a mask from the middle": put(
            "mask = torch.zeros_like(mask)", "mask[:, :, mask.shape[2] // 2 :] = 1", KEPT, MIX
        ),
        "a pair": put(KEPT, "return (1 - mask) * kept, mask * made"),
        "one channel": mixed("((1 - mask) * kept + mask * made)[:, :1]"),
        "prints": put(KEPT, "print((1 - mask) * kept + mask * made)"),
        "forgets to return": put(KEPT, "mixed = (1 - mask) * kept + mask * made"),
        "in place": put(KEPT, "made *= mask", "made += (1 - mask) * kept", "return made"),
    },
    "right": {
        "with if": put(
            "kept = clean",
            "if len(left) > 0:",
            "    kept = scheduler.add_noise(clean, noise, left[:1])",
            MIX,
        ),
        "in one line": put(KEPT, MIX),
        "two returns": put(
            "if len(left) == 0:",
            "    return (1 - mask) * clean + mask * made",
            "kept = scheduler.add_noise(clean, noise, left[:1])",
            MIX,
        ),
        "emptiness by numel": put(
            "kept = clean if left.numel() == 0 else scheduler.add_noise(clean, noise, left[:1])",
            MIX,
        ),
        "emptiness by shape": put(
            "kept = clean",
            "if left.shape[0]:",
            "    kept = scheduler.add_noise(clean, noise, left[:1])",
            MIX,
        ),
        "a timestep alone": put(
            "kept = clean",
            "if len(left):",
            "    kept = scheduler.add_noise(clean, noise, left[0].reshape(1))",
            MIX,
        ),
        "by formula": put(
            "a = scheduler.alphas_cumprod[left[0]] if len(left) else torch.tensor(1.0)",
            "kept = a**0.5 * clean + (1 - a) ** 0.5 * noise",
            MIX,
        ),
        "by math": put(
            "import math",
            "a = float(scheduler.alphas_cumprod[int(left[0])]) if len(left) else 1.0",
            "kept = math.sqrt(a) * clean + math.sqrt(1 - a) * noise",
            MIX,
        ),
        "lerp": put(KEPT, "return torch.lerp(kept, made, mask)"),
        "difference": put(KEPT, "return kept + mask * (made - kept)"),
        "double": put(
            "made, clean, noise, mask = made.double(), clean.double(), noise.double(), "
            "mask.double()",
            KEPT,
            MIX,
        ),
        "numpy": put(
            KEPT,
            "import numpy as np",
            "m = np.asarray(mask)",
            "return (1 - m) * np.asarray(kept) + m * np.asarray(made)",
        ),
        "expanded": put(KEPT, "mask = mask.expand(made.shape)", MIX),
        "on a copy": put(
            KEPT, "out = made.clone()", "out.mul_(mask)", "return out + (1 - mask) * kept"
        ),
        "keyword arguments": put(
            "kept = clean",
            "if len(left):",
            "    kept = scheduler.add_noise(original_samples=clean, noise=noise, "
            "timesteps=left[:1])",
            MIX,
        ),
        "try": put(
            "try:",
            "    kept = scheduler.add_noise(clean, noise, left[0][None])",
            "except IndexError:",
            "    kept = clean",
            MIX,
        ),
        "helper": """
def mixed(a, b, weight):
    return a + weight * (b - a)


def put_back(made, clean, noise, mask, scheduler, left):
    kept = scheduler.add_noise(clean, noise, left[:1]) if len(left) else clean
    return mixed(kept, made, mask)
""",
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
            "from PIL import ImageOps",
            READ,
            RUN,
            "return ImageOps.mirror(to_pil(run.images)[settings['picture']])",
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
    "8.2": CULPRITS,
    "8.3": BEGIN,
    "8.4": PUT_BACK,
    "8.5": MAKE_AGAIN,
}
