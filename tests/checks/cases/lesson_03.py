"""Answers to the exercises of lesson 03."""

from __future__ import annotations

from tests.checks.cases.forms import define, right, wrong
from tests.checks.cases.lesson_00 import texts_right

TRIP = "round_trip(vae, images, factor)"
TRIP_ANSWER = (
    "def round_trip(vae, images, factor):\n"
    "    latents = vae.encode(2 * images - 1).latent_dist.mean * factor\n"
    "    pixels = vae.decode(latents / factor).sample\n"
    "    return latents, (pixels / 2 + 0.5).clamp(0, 1)"
)
MEAN = "z = vae.encode(2 * images - 1).latent_dist.mean\n"
OUT = "return latents, (pixels / 2 + 0.5).clamp(0, 1)"
TRIP_WRONG = {
    "as it was": f"{MEAN}latents = z / factor\npixels = vae.decode(latents * factor).sample\n"
    "return latents, pixels.clamp(0, 1)",
    "only the picture mended": f"{MEAN}latents = z / factor\n"
    f"pixels = vae.decode(latents * factor).sample\n{OUT}",
    "only the factor mended": f"{MEAN}latents = z * factor\n"
    "pixels = vae.decode(latents / factor).sample\nreturn latents, pixels.clamp(0, 1)",
    "multiplied twice": f"{MEAN}latents = z * factor\n"
    f"pixels = vae.decode(latents * factor).sample\n{OUT}",
    "divided twice": f"{MEAN}latents = z / factor\npixels = vae.decode(latents / factor).sample\n"
    f"{OUT}",
    "not divided": f"{MEAN}latents = z * factor\npixels = vae.decode(latents).sample\n{OUT}",
    "no factor at all": f"{MEAN}latents = z\npixels = vae.decode(latents).sample\n{OUT}",
    "returns z": f"{MEAN}pixels = vae.decode(z).sample\nreturn z, (pixels / 2 + 0.5).clamp(0, 1)",
    "the encoder's range forgotten": "latents = vae.encode(images).latent_dist.mean * factor\n"
    f"pixels = vae.decode(latents / factor).sample\n{OUT}",
    "not cut off": f"{MEAN}latents = z * factor\npixels = vae.decode(z).sample\n"
    "return latents, pixels / 2 + 0.5",
    "cut off first": f"{MEAN}latents = z * factor\npixels = vae.decode(z).sample\n"
    "return latents, pixels.clamp(0, 1) / 2 + 0.5",
    "left in [-1, 1]": f"{MEAN}latents = z * factor\npixels = vae.decode(z).sample\n"
    "return latents, pixels.clamp(-1, 1)",
    "moved, not squeezed": f"{MEAN}latents = z * factor\npixels = vae.decode(z).sample\n"
    "return latents, (pixels + 1).clamp(0, 1)",
    "the range turned round": f"{MEAN}latents = z * factor\npixels = vae.decode(z).sample\n"
    "return latents, (2 * pixels - 1).clamp(0, 1)",
    "each picture stretched": f"{MEAN}latents = z * factor\npixels = vae.decode(z).sample\n"
    "low, high = pixels.min(), pixels.max()\nreturn latents, (pixels - low) / (high - low)",
    "the VAE's own factor": f"{MEAN}latents = z * vae.config.scaling_factor\n"
    f"pixels = vae.decode(z).sample\n{OUT}",
    "the page's factor": f"{MEAN}latents = z * scale\npixels = vae.decode(z).sample\n{OUT}",
    "the page's VAE": "latents = encode(pipe, images)\nreturn latents, decode(pipe, latents)",
    "measured anew": f"{MEAN}latents = z / z.std()\npixels = vae.decode(z).sample\n{OUT}",
    "the logarithms, too": "moments = vae.encode(2 * images - 1).latent_dist.parameters\n"
    "latents = moments * factor\n"
    f"pixels = vae.decode(latents[:, :4] / factor).sample\n{OUT}",
    "pictures alone": f"{MEAN}pixels = vae.decode(z).sample\nreturn (pixels / 2 + 0.5).clamp(0, 1)",
    "latents alone": f"{MEAN}return z * factor",
    "pictures first": f"{MEAN}pixels = vae.decode(z).sample\n"
    "return (pixels / 2 + 0.5).clamp(0, 1), z * factor",
    "three things": f"{MEAN}pixels = vae.decode(z).sample\n"
    "return z, z * factor, (pixels / 2 + 0.5).clamp(0, 1)",
    "the output, not its sample": f"{MEAN}latents = z * factor\npixels = vae.decode(z)\n"
    "return latents, pixels",
    "the pictures that came in": f"{MEAN}return z * factor, images",
    "drawn from the cloud": "z = vae.encode(2 * images - 1).latent_dist.sample()\n"
    f"latents = z * factor\npixels = vae.decode(z).sample\n{OUT}",
    "changes its argument": "images *= 2\nimages -= 1\n"
    "z = vae.encode(images).latent_dist.mean\npixels = vae.decode(z).sample\n"
    "return z * factor, (pixels / 2 + 0.5).clamp(0, 1)",
}
TRIP_RIGHT = {
    "in three lines": f"{MEAN}pixels = vae.decode(z).sample\n"
    "return factor * z, (pixels / 2 + 0.5).clamp(0, 1)",
    "the mode": "z = vae.encode(images * 2 - 1).latent_dist.mode()\nlatents = z * factor\n"
    f"pixels = vae.decode(latents / factor).sample\n{OUT}",
    "as a tuple": "z = vae.encode(2 * images - 1, return_dict=False)[0].mean\n"
    f"latents = z * factor\npixels = vae.decode(latents / factor, return_dict=False)[0]\n{OUT}",
    "plus one, halved": f"{MEAN}latents = z * factor\n"
    "pixels = vae.decode(latents / factor).sample\n"
    "return latents, ((pixels + 1) / 2).clamp(0, 1)",
    "cut off at -1 and 1": f"{MEAN}latents = z * factor\n"
    "pixels = vae.decode(latents / factor).sample.clamp(-1, 1)\nreturn latents, (pixels + 1) / 2",
    "a list": f"{MEAN}latents = z * factor\npixels = vae.decode(latents / factor).sample\n"
    "return [latents, (0.5 * pixels + 0.5).clip(0, 1)]",
    "layer by layer": "moments = vae.quant_conv(vae.encoder(2 * images - 1))\n"
    "latents = factor * moments.chunk(2, dim=1)[0]\n"
    f"pixels = vae.decoder(vae.post_quant_conv(latents / factor))\n{OUT}",
    "minimum and maximum": f"{MEAN}latents = z * factor\n"
    "pixels = vae.decode(latents / factor).sample / 2 + 0.5\n"
    "return latents, torch.minimum(torch.ones(()), torch.maximum(torch.zeros(()), pixels))",
    "picture by picture": "found = []\n"
    "for one in images.split(1):\n"
    "    z = vae.encode(2 * one - 1).latent_dist.mean\n"
    "    found.append((z * factor, (vae.decode(z).sample / 2 + 0.5).clamp(0, 1)))\n"
    "return tuple(torch.cat(parts) for parts in zip(*found))",
}

MIX = "mix_noise(first, second, s)"
LINE = "mixture = (1 - s) * first + s * second\n"
MIX_ANSWER = (
    "def mix_noise(first, second, s):\n    mixture = (1 - s) * first + s * second\n"
    "    return mixture / ((1 - s) ** 2 + s**2) ** 0.5"
)
MIX_NOISE_WRONG = {
    "the straight line": f"{LINE}return mixture",
    "divided by the variance": f"{LINE}return mixture / ((1 - s) ** 2 + s**2)",
    "multiplied by the root": f"{LINE}return mixture * ((1 - s) ** 2 + s**2) ** 0.5",
    "multiplied by the variance": f"{LINE}return mixture * ((1 - s) ** 2 + s**2)",
    "always the root of two": f"{LINE}return mixture * 2**0.5",
    "the root of two inside": f"{LINE}return mixture * 2**0.5 if 0 < s < 1 else mixture",
    "divided by 0.71": f"{LINE}return mixture / 0.71",
    "turned round": "return (s * first + (1 - s) * second) / ((1 - s) ** 2 + s**2) ** 0.5",
    "the first alone": "return first",
    "one or the other": "return first if s < 0.5 else second",
    "half and half": "return (first + second) / 2**0.5",
    "only the ends": f"{LINE}return mixture if s in (0, 1) else (first + second) / 2**0.5",
    "squares": "return (1 - s**2) * first + s**2 * second",
    "weights squared": "return (1 - s) ** 2 * first + s**2 * second",
    "added": "return first + s * second",
    "difference": "return first - s * (first - second)",
    "noise added": f"{LINE}return mixture + (2 * s * (1 - s)) ** 0.5 * torch.randn_like(first)",
    "noise of one seed added": f"{LINE}rng = torch.Generator().manual_seed(3)\n"
    "fresh = torch.randn(first.shape, generator=rng)\n"
    "return mixture + (2 * s * (1 - s)) ** 0.5 * fresh",
    "fresh noise": "return torch.randn_like(first)",
    "some numbers of each": "mask = torch.arange(first.numel()).view(first.shape) % 100 < 100 * s\n"
    "return torch.where(mask, second, first)",
    "brackets": "return (1 - s) * first + s * second / ((1 - s) ** 2 + s**2) ** 0.5",
    "a cosine of degrees": "import math\n"
    "return math.cos(90 * s) * first + math.sin(90 * s) * second",
    "a whole half circle": "import math\n"
    "return math.cos(math.pi * s) * first + math.sin(math.pi * s) * second",
    "the page's s": "return (0.5 * first + 0.5 * second) * 2**0.5",
    "rows joined": "return torch.cat([first, second])",
    "text": "return 'a mixture'",
    "whole numbers": f"{LINE}return (mixture / ((1 - s) ** 2 + s**2) ** 0.5).round()",
    "works in its argument": "first *= 1 - s\nfirst += s * second\n"
    "return first / ((1 - s) ** 2 + s**2) ** 0.5",
    "second minus": "return ((1 - s) * first - s * second) / ((1 - s) ** 2 + s**2) ** 0.5",
}
MIX_NOISE_RIGHT = {
    "slerp": "same = torch.cosine_similarity(first.flatten(), second.flatten(), dim=0)\n"
    "angle = torch.acos(same)\n"
    "return (torch.sin((1 - s) * angle) * first + torch.sin(s * angle) * second)"
    " / torch.sin(angle)",
    "a quarter of a circle": "import math\n"
    "return math.cos(s * math.pi / 2) * first + math.sin(s * math.pi / 2) * second",
    "roots": "return (1 - s) ** 0.5 * first + s**0.5 * second",
    "the rest to one": "return (1 - s**2) ** 0.5 * first + s * second",
    "the rest to one, the other way": "return (1 - s) * first + (1 - (1 - s) ** 2) ** 0.5 * second",
    "its own standard deviation": f"{LINE}return mixture / mixture.std()",
    "math.hypot": f"{LINE}import math\nreturn mixture / math.hypot(1 - s, s)",
    "with tensors": "w = torch.tensor([1 - s, s])\nw = w / w.norm()\n"
    "return w[0] * first + w[1] * second",
    "lerp": "return torch.lerp(first, second, s) / ((1 - s) ** 2 + s * s) ** 0.5",
    "numpy": "import numpy as np\nmixture = (1 - s) * first.numpy() + s * second.numpy()\n"
    "return mixture / np.sqrt((1 - s) ** 2 + s**2)",
    "the mean taken away": f"{LINE}return (mixture - mixture.mean()) / mixture.std()",
    "smooth ends": "import math\nangle = math.pi / 2 * (3 * s**2 - 2 * s**3)\n"
    "return math.cos(angle) * first + math.sin(angle) * second",
}

FIT = "fit_preview(latents, images)"
ROWS = "rows = latents.permute(0, 2, 3, 1).flatten(0, 2)\nA = F.pad(rows, (0, 1), value=1.0)\n"
COLOURS = "Y = F.avg_pool2d(images, 8).permute(0, 2, 3, 1).flatten(0, 2)\n"
FIT_BODY = f"{ROWS}{COLOURS}return torch.linalg.lstsq(A, Y).solution"
FIT_ANSWER = define(FIT, {"": FIT_BODY})[""]
FIT_WRONG = {
    "no constant": f"{ROWS}{COLOURS}return torch.linalg.lstsq(rows, Y).solution",
    "the constant first": f"{ROWS}{COLOURS}A = F.pad(rows, (1, 0), value=1.0)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "a constant of zeros": f"{ROWS}{COLOURS}A = F.pad(rows, (0, 1))\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "a row of ones": f"{ROWS}{COLOURS}A = F.pad(rows, (0, 0, 0, 1), value=1.0)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "a constant of two": f"{ROWS}{COLOURS}A = F.pad(rows, (0, 1), value=2.0)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "transposed": f"{ROWS}{COLOURS}return torch.linalg.lstsq(A, Y).solution.T",
    "the constant cut off": f"{ROWS}{COLOURS}return torch.linalg.lstsq(A, Y).solution[:-1]",
    "the constant by itself": f"{ROWS}{COLOURS}R = torch.linalg.lstsq(A, Y).solution\n"
    "return R[:-1], R[-1]",
    "all that lstsq says": f"{ROWS}{COLOURS}return torch.linalg.lstsq(A, Y)",
    "the residuals": f"{ROWS}{COLOURS}return torch.linalg.lstsq(A, Y).residuals",
    "A and Y swapped": f"{ROWS}{COLOURS}return torch.linalg.lstsq(Y, A).solution",
    "latents and images swapped": "images, latents = latents, images\n" + FIT_BODY,
    "no permutation": "A = F.pad(latents.reshape(-1, 4), (0, 1), value=1.0)\n"
    f"{COLOURS}return torch.linalg.lstsq(A, Y).solution",
    "no permutation of the colours": f"{ROWS}Y = F.avg_pool2d(images, 8).reshape(-1, 3)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "no permutation at all": "A = F.pad(latents.reshape(-1, 4), (0, 1), value=1.0)\n"
    "Y = F.avg_pool2d(images, 8).reshape(-1, 3)\nreturn torch.linalg.lstsq(A, Y).solution",
    "rows and columns swapped": "rows = latents.permute(0, 3, 2, 1).flatten(0, 2)\n"
    f"A = F.pad(rows, (0, 1), value=1.0)\n{COLOURS}return torch.linalg.lstsq(A, Y).solution",
    "not averaged": f"{ROWS}Y = images.permute(0, 2, 3, 1).flatten(0, 2)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "one pixel of each patch": f"{ROWS}small = images[:, :, ::8, ::8]\n"
    "Y = small.permute(0, 2, 3, 1).flatten(0, 2)\nreturn torch.linalg.lstsq(A, Y).solution",
    "the brightest pixel": f"{ROWS}Y = F.max_pool2d(images, 8).permute(0, 2, 3, 1).flatten(0, 2)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "made small, not averaged": f"{ROWS}small = F.interpolate(images, scale_factor=1 / 8)\n"
    "Y = small.permute(0, 2, 3, 1).flatten(0, 2)\nreturn torch.linalg.lstsq(A, Y).solution",
    "patches of four": f"{ROWS}small = F.avg_pool2d(images, 4)[:, :, ::2, ::2]\n"
    "Y = small.permute(0, 2, 3, 1).flatten(0, 2)\nreturn torch.linalg.lstsq(A, Y).solution",
    "colours in [-1, 1]": "images = 2 * images - 1\n" + FIT_BODY,
    "colours in [0, 255]": "images = 255 * images\n" + FIT_BODY,
    "latents divided again": "latents = latents / vae.config.scaling_factor\n" + FIT_BODY,
    "latents normalised": "latents = (latents - latents.mean()) / latents.std()\n" + FIT_BODY,
    "blue, green, red": f"{ROWS}{COLOURS}return torch.linalg.lstsq(A, Y).solution.flip(1)",
    "only the first picture": "latents, images = latents[:1], images[:1]\n" + FIT_BODY,
    "all but the last picture": "latents, images = latents[:-1], images[:-1]\n" + FIT_BODY,
    "a table for each picture": "return torch.stack([decoding.fit_preview(a[None], b[None]) "
    "for a, b in zip(latents, images)])",
    "the mean of all pictures' tables": "return torch.stack([decoding.fit_preview(a[None], "
    "b[None]) "
    "for a, b in zip(latents, images)]).mean(0)",
    "the page's drawings": "return decoding.fit_preview(scale * means, drawings)",
    "batches of 64": FIT_BODY.replace("flatten(0, 2)", "reshape(16384, -1)"),
    "a heavy ridge": f"{ROWS}{COLOURS}"
    "return torch.linalg.solve(A.T @ A + len(A) * torch.eye(5), A.T @ Y)",
    "A times Y": f"{ROWS}{COLOURS}return A.T @ Y",
    "A times Y over how many": f"{ROWS}{COLOURS}return A.T @ Y / len(A)",
    "not solved": f"{ROWS}{COLOURS}return A, Y",
    "the colours guessed": f"{ROWS}{COLOURS}return A @ torch.linalg.lstsq(A, Y).solution",
    "changes the pictures": f"{ROWS}{COLOURS}images.mul_(2).sub_(1)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "no function of the data": "return torch.full((5, 3), 0.1)",
    "cut to [0, 1]": f"{ROWS}{COLOURS}return torch.linalg.lstsq(A, Y).solution.clamp(0, 1)",
}
FIT_RIGHT = {
    "the course's own": "return decoding.fit_preview(latents, images)",
    "ones joined": "rows = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])\n"
    f"A = torch.cat([rows, torch.ones(len(rows), 1).to(rows)], dim=1)\n{COLOURS}"
    "return torch.linalg.lstsq(A, Y).solution",
    "ones as a channel": "ones = torch.ones_like(latents[:, :1])\n"
    "A = torch.cat([latents, ones], dim=1).permute(0, 2, 3, 1).flatten(0, 2)\n"
    f"{COLOURS}return torch.linalg.lstsq(A, Y).solution",
    "pinv": f"{ROWS}{COLOURS}return torch.linalg.pinv(A) @ Y",
    "normal equations": f"{ROWS}{COLOURS}A, Y = A.double(), Y.double()\n"
    "return torch.linalg.solve(A.T @ A, A.T @ Y).to(latents.dtype)",
    "QR": f"{ROWS}{COLOURS}Q, U = torch.linalg.qr(A)\n"
    "return torch.linalg.solve_triangular(U, Q.T @ Y, upper=True)",
    "float64 inside": f"{ROWS}{COLOURS}return torch.linalg.lstsq(A.double(), Y.double()).solution",
    "float64 inside, float32 back": f"{ROWS}{COLOURS}"
    "return torch.linalg.lstsq(A.double(), Y.double()).solution.float()",
    "numpy": f"import numpy as np\n{ROWS}{COLOURS}"
    "return np.linalg.lstsq(A.numpy(), Y.numpy(), rcond=None)[0]",
    "numpy inside": f"import numpy as np\n{ROWS}{COLOURS}"
    "R, *_ = np.linalg.lstsq(A.numpy(), Y.numpy(), rcond=None)\nreturn torch.from_numpy(R)",
    "scikit-learn": f"from sklearn.linear_model import LinearRegression\n{ROWS}{COLOURS}"
    "line = LinearRegression().fit(rows.double().numpy(), Y.double().numpy())\n"
    "R = torch.tensor(line.coef_.T)\nreturn torch.cat([R, torch.tensor(line.intercept_)[None]])",
    "adaptive pooling": f"{ROWS}small = F.adaptive_avg_pool2d(images, latents.shape[-2:])\n"
    "Y = small.permute(0, 2, 3, 1).flatten(0, 2)\nreturn torch.linalg.lstsq(A, Y).solution",
    "area": f"{ROWS}small = F.interpolate(images, size=latents.shape[-2:], mode='area')\n"
    "Y = small.permute(0, 2, 3, 1).flatten(0, 2)\nreturn torch.linalg.lstsq(A, Y).solution",
    "patches by view": f"{ROWS}B, _, h, w = latents.shape\n"
    "Y = images.reshape(B, 3, h, 8, w, 8).mean(dim=(3, 5)).permute(0, 2, 3, 1).reshape(-1, 3)\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "channels first": "A = latents.transpose(0, 1).flatten(1).T\n"
    "A = F.pad(A, (0, 1), value=1.0)\n"
    "Y = F.avg_pool2d(images, 8).transpose(0, 1).flatten(1).T\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "lists of pictures": "A = torch.cat([F.pad(one.flatten(1).T, (0, 1), value=1.0) "
    "for one in latents])\n"
    "Y = torch.cat([F.avg_pool2d(one, 8).flatten(1).T for one in images])\n"
    "return torch.linalg.lstsq(A, Y).solution",
    "colour by colour": f"{ROWS}{COLOURS}"
    "columns = [torch.linalg.lstsq(A, Y[:, k : k + 1]).solution for k in range(3)]\n"
    "return torch.cat(columns, dim=1)",
    "centred": f"{ROWS}{COLOURS}rows, Y = rows.double(), Y.double()\n"
    "R = torch.linalg.lstsq(rows - rows.mean(0), Y - Y.mean(0)).solution\n"
    "return torch.cat([R, (Y.mean(0) - rows.mean(0) @ R)[None]])",
    "sums by einsum": f"{ROWS}{COLOURS}A, Y = A.double(), Y.double()\n"
    "left, right = torch.einsum('nc,nd->cd', A, A), torch.einsum('nc,nr->cr', A, Y)\n"
    "return torch.linalg.inv(left) @ right",
}

MIX_WRONG = {
    "untouched": "prediction = ...",
    "the other": 'prediction = "new landscape"',
    "nothing": "prediction = None",
    "empty": 'prediction = ""',
    "a house at dusk": 'prediction = "a house at dusk"',
    "noise": 'prediction = "noise"',
    "the first word": 'prediction = "double"',
    "both": 'prediction = "double exposure", "new landscape"',
    "both at once": 'prediction = "double exposure or new landscape"',
    "a list of one": 'prediction = ["double exposure"]',
    "half": "prediction = 0.5",
    "true": "prediction = True",
    "the mixture": "prediction = trio[:2].mean(0)",
    "the mixture of latents": "prediction = encode(pipe, trio[:2]).mean(0)",
    "one of them": "prediction = trio[0]",
    "bytes": 'prediction = b"double exposure"',
    "a function": 'prediction = lambda: "double exposure"',
    "a dictionary": 'prediction = {"latents": "double exposure"}',
    "a name that is not there": "prediction = double_exposure",
    "against": 'prediction = "no double exposure"',
    "NaN": "prediction = float('nan')",
}

CASES = {
    "3.1": {
        "wrong": wrong(TRIP_ANSWER, tensor=False) | define(TRIP, TRIP_WRONG),
        "right": right(TRIP_ANSWER, tensor=False) | define(TRIP, TRIP_RIGHT),
    },
    "3.2": {"wrong": MIX_WRONG, "right": texts_right("double exposure")},
    "3.3": {
        "wrong": wrong(MIX_ANSWER) | define(MIX, MIX_NOISE_WRONG),
        "right": right(MIX_ANSWER) | define(MIX, MIX_NOISE_RIGHT),
    },
    "3.4": {
        "wrong": wrong(FIT_ANSWER) | define(FIT, FIT_WRONG),
        "right": right(FIT_ANSWER) | define(FIT, FIT_RIGHT),
    },
}
