"""Answers to the exercises of lesson 03."""

from __future__ import annotations

from tests.checks.cases.forms import define, right, wrong
from tests.checks.cases.lesson_00 import texts_right

COMPRESSION = "compression(side, factor, channels)"
COMPRESSION_ANSWER = (
    "def compression(side, factor, channels):\n"
    "    return 3 * side**2 / (channels * (side / factor) ** 2)"
)
COMPRESSION_WRONG = {
    "colours forgotten": "return side**2 / (channels * (side / factor) ** 2)",
    "channels forgotten": "return 3 * side**2 / (side / factor) ** 2",
    "no square": "return 3 * side / (channels * (side / factor))",
    "no square below": "return 3 * side**2 / (channels * (side / factor))",
    "no square above": "return 3 * side / (channels * (side / factor) ** 2)",
    "channels squared too": "return 3 * side**2 / (channels * side / factor) ** 2",
    "colours squared too": "return (3 * side) ** 2 / (channels * (side / factor) ** 2)",
    "brackets forgotten": "return 3 * side**2 / channels * (side / factor) ** 2",
    "factor not squared": "return 3 * side**2 / (channels * side**2 / factor)",
    "upside down": "return channels * (side / factor) ** 2 / (3 * side**2)",
    "the numbers of the picture": "return 3 * side**2",
    "the numbers of the latents": "return channels * (side / factor) ** 2",
    "the difference": "return 3 * side**2 - channels * (side / factor) ** 2",
    "always 48": "return 48",
    "the page's factor": "return 3 * side**2 / (channels * (side / 8) ** 2)",
    "the page's channels": "return 3 * side**2 / (4 * (side / factor) ** 2)",
    "the page's VAE": "return 3 * pipe.vae_scale_factor**2 / vae.config.latent_channels",
    "factor and channels swapped": "return 3 * channels**2 / factor",
    "side and factor swapped": "return 3 * factor**2 / (channels * (factor / side) ** 2)",
    "multiplied by the factor": "return 3 * side**2 / (channels * (side * factor) ** 2)",
    "the factor taken away": "return 3 * side**2 / (channels * (side - factor) ** 2)",
    "whole division": "return 3 * side**2 // (channels * (side // factor) ** 2)",
    "whole numbers": "return int(3 * side**2 / (channels * (side / factor) ** 2))",
    "rounded to tens": "return round(3 * factor**2 / channels, -1)",
    "xor for a power": "return 3 * side ^ 2 / (channels * (side / factor) ^ 2)",
    "times two for a power": "return 3 * side * 2 / (channels * (side / factor) * 2)",
    "four colours": "return 4 * side**2 / (channels * (side / factor) ** 2)",
    "bytes": "return 3 * side**2 / (4 * channels * (side / factor) ** 2)",
    "pairs of places": "return side**4 / (side / factor) ** 4",
    "a sentence": "ratio = 3 * factor**2 / channels\nreturn f'{ratio:g} times fewer'",
    "percent": "return 100 * channels / (3 * factor**2)",
    "its own arguments": "side, factor, channels = 128, 8, 4\n"
    "return 3 * side**2 / (channels * (side / factor) ** 2)",
}
COMPRESSION_RIGHT = {
    "cancelled": "return 3 * factor**2 / channels",
    "two counts": "picture = 3 * side * side\n"
    "latents = channels * (side / factor) * (side / factor)\n"
    "return picture / latents",
    "pow": "return pow(side, 2) * 3 / (channels * pow(side / factor, 2))",
    "math.pow": "import math\n"
    "return 3 * math.pow(side, 2) / (channels * math.pow(side / factor, 2))",
    "with points": "return 3.0 * side**2.0 / (channels * (side / factor) ** 2.0)",
    "a fraction": "from fractions import Fraction\nreturn Fraction(3 * factor**2, channels)",
    "numpy": "import numpy as np\n"
    "return np.float64(3) * side**2 / (channels * (side / factor) ** 2)",
    "numpy's prod": "import numpy as np\n"
    "latents = np.prod([channels, side / factor, side / factor])\n"
    "return np.prod([3, side, side]) / latents",
    "a tensor": "return torch.tensor(3 * factor**2 / channels)",
    "a tensor of one": "return torch.tensor([3 * factor**2 / channels])",
    "an array of no axis": "import numpy as np\nreturn np.array(3 * factor**2 / channels)",
    "numel": "return torch.empty(3, factor, factor).numel() / channels",
    "whole where it is whole": "ratio = 3 * factor**2 / channels\n"
    "return int(ratio) if ratio == int(ratio) else ratio",
    "a nested function": "def count(depth, width):\n    return depth * width**2\n"
    "return count(3, side) / count(channels, side / factor)",
    "step by step": "small = side / factor\nper_place = factor * factor\n"
    "return 3 / channels * per_place",
    "ratio of ratios": "return (3 / channels) * (side / (side / factor)) ** 2",
}

SCALE = "scaling_factor(z)"
SCALE_ANSWER = "def scaling_factor(z):\n    return 1 / z.std()"
SCALE_WRONG = {
    "the deviation": "return z.std()",
    "the variance": "return z.var()",
    "one over the variance": "return 1 / z.var()",
    "a root too many": "return 1 / z.std() ** 0.5",
    "one over the mean": "return 1 / z.mean()",
    "one over the mean size": "return 1 / z.abs().mean()",
    "one over the largest": "return 1 / z.abs().max()",
    "one over the range": "return 1 / (z.max() - z.min())",
    "root of the mean square": "return 1 / (z**2).mean().sqrt()",
    "Stable Diffusion's": "return 0.18215",
    "the model's": "return vae.config.scaling_factor",
    "the example's": "return 0.25",
    "one for each channel": "return 1 / z.std(dim=(0, 2, 3))",
    "one for each picture": "return 1 / z.std(dim=(1, 2, 3))",
    "one for each place": "return 1 / z.std(dim=0)",
    "the mean over pictures": "return (1 / z.std(dim=(1, 2, 3))).mean()",
    "the mean over channels": "return 1 / z.std(dim=(0, 2, 3)).mean()",
    "of the first picture": "return 1 / z[0].std()",
    "of the first channel": "return 1 / z[:, 0].std()",
    "of the page's latents": "return 1 / latents.std()",
    "of the page's drawings": "return 1 / drawings.std()",
    "scaled latents": "return z / z.std()",
    "normalised latents": "return (z - z.mean()) / z.std()",
    "the latents times the factor": "return z * (1 / z.std())",
    "deviation of the pictures' means": "return 1 / z.mean(dim=(1, 2, 3)).std()",
    "one minus": "return 1 - z.std()",
    "whole numbers": "return int(1 / z.std())",
    "whole division": "return 1 // z.std()",
    "no digit": "return round(float(1 / z.std()), 0)",
    "brackets forgotten": "return 1 / z.std",
    "divided by the root of how many": "return 1 / (z.std() / z.numel() ** 0.5)",
    "the mean absolute deviation": "return 1 / (z - z.mean()).abs().mean()",
    "changes its argument by itself": "z -= z.mean()\nreturn 1 / (z**2).mean().sqrt()",
    "the middle half": "return 1 / (z.quantile(0.75) - z.quantile(0.25))",
    "text": "return f'{1 / z.std():.5f}'",
    "a factor and its deviation": "return 1 / z.std(), z.std()",
}
SCALE_RIGHT = {
    "a number": "return 1 / z.std().item()",
    "float": "return float(1 / z.std())",
    "power of minus one": "return z.std() ** -1",
    "reciprocal": "return z.std().reciprocal()",
    "one over the root of the variance": "return 1 / z.var() ** 0.5",
    "rsqrt": "return torch.rsqrt(z.var())",
    "torch.std": "return 1 / torch.std(z)",
    "over all axes": "return 1 / z.std(dim=(0, 1, 2, 3))",
    "over all axes, kept": "return 1 / z.std(dim=(0, 1, 2, 3), keepdim=True).view(1)",
    "flattened": "return 1 / z.flatten().std()",
    "reshaped": "return 1.0 / torch.std(z.reshape(-1))",
    "divided by n": "return 1 / z.std(correction=0)",
    "numpy": "import numpy as np\nreturn 1 / np.std(np.asarray(z))",
    "numpy's number": "import numpy as np\nreturn np.float64(1 / z.numpy().std())",
    "an array of no axis": "import numpy as np\nreturn np.array(1 / z.double().std().item())",
    "float64 inside": "return 1 / z.double().std()",
    "by hand": "away = z - z.mean()\nreturn 1 / (away**2).mean().sqrt()",
    "math.sqrt": "import math\nreturn 1 / math.sqrt(z.var())",
    "statistics": "import statistics\nreturn 1 / statistics.stdev(z.flatten().tolist())",
    "std_mean": "deviation, mean = torch.std_mean(z)\nreturn 1 / deviation",
    "mean of the squares": "return ((z**2).mean() - z.mean() ** 2) ** -0.5",
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
    "the page's drawings": "return decoding.fit_preview(z * vae.config.scaling_factor, drawings)",
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
    "the mixture": "prediction = (first + second) / 2",
    "the mixture of latents": "prediction = encode(pipe, torch.cat([first, second])).mean(0)",
    "one of them": "prediction = first",
    "bytes": 'prediction = b"double exposure"',
    "a function": 'prediction = lambda: "double exposure"',
    "a dictionary": 'prediction = {"latents": "double exposure"}',
    "a name that is not there": "prediction = double_exposure",
    "against": 'prediction = "no double exposure"',
    "NaN": "prediction = float('nan')",
}

PSNR = "psnr(a, b)"
PSNR_ANSWER = (
    "def psnr(a, b):\n    mse = (a - b).square().mean(dim=(1, 2, 3))\n"
    "    return -10 * torch.log10(mse)"
)
MSE = "mse = ((a - b) ** 2).mean(dim=(1, 2, 3))\n"
PSNR_WRONG = {
    "one number for all": "return -10 * torch.log10(((a - b) ** 2).mean())",
    "the mean over pictures": f"{MSE}return -10 * torch.log10(mse).mean()",
    "minus forgotten": f"{MSE}return 10 * torch.log10(mse)",
    "ten forgotten": f"{MSE}return -torch.log10(mse)",
    "twenty": f"{MSE}return -20 * torch.log10(mse)",
    "natural logarithm": f"{MSE}return -10 * torch.log(mse)",
    "logarithm to two": f"{MSE}return -10 * torch.log2(mse)",
    "the mse": f"{MSE}return mse",
    "not squared": "return -10 * torch.log10((a - b).abs().mean(dim=(1, 2, 3)))",
    "not squared, signed": "return -10 * torch.log10((a - b).mean(dim=(1, 2, 3)))",
    "the square of the mean": "return -10 * torch.log10((a - b).mean(dim=(1, 2, 3)) ** 2)",
    "difference of the squares": "return -10 * torch.log10((a**2 - b**2).mean(dim=(1, 2, "
    "3)).abs())",
    "the root": f"{MSE}return -10 * torch.log10(mse.sqrt())",
    "the sum": "return -10 * torch.log10(((a - b) ** 2).sum(dim=(1, 2, 3)))",
    "the peak is 255": f"{MSE}return 10 * torch.log10(255**2 / mse)",
    "the peak is 2": f"{MSE}return 10 * torch.log10(4 / mse)",
    "the largest value is the peak": f"{MSE}"
    "return 10 * torch.log10(a.amax(dim=(1, 2, 3)) ** 2 / mse)",
    "over pictures": "return -10 * torch.log10(((a - b) ** 2).mean(dim=(0, 2, 3)))",
    "over pictures, not colours": "return -10 * torch.log10(((a - b) ** 2).mean(dim=0))",
    "one for each colour": "return -10 * torch.log10(((a - b) ** 2).mean(dim=(2, 3)))",
    "mean over the colours": "return -10 * torch.log10(((a - b) ** 2).mean(dim=(2, 3))).mean(1)",
    "mean over the pixels": "return (-10 * torch.log10((a - b) ** 2)).mean(dim=(1, 2, 3))",
    "mean over the rows": "return -10 * torch.log10(((a - b) ** 2).mean(dim=(1, 3))).mean(1)",
    "axes kept": "return -10 * torch.log10(((a - b) ** 2).mean(dim=(1, 2, 3), keepdim=True))",
    "a column": f"{MSE}return -10 * torch.log10(mse)[:, None]",
    "one axis left over": "return -10 * torch.log10(((a - b) ** 2).mean(dim=(1, 2)))",
    "red alone": "return -10 * torch.log10(((a[:, 0] - b[:, 0]) ** 2).mean(dim=(1, 2)))",
    "added": "return -10 * torch.log10(((a + b) ** 2).mean(dim=(1, 2, 3)))",
    "against itself": "return -10 * torch.log10(((a - a.mean()) ** 2).mean(dim=(1, 2, 3)))",
    "the page's pictures": "return -10 * torch.log10(((images - rebuilt) ** 2).mean(dim=(1, "
    "2, 3)))",
    "all against the first": "return -10 * torch.log10(((a - b[:1]) ** 2).mean(dim=(1, 2, 3)))",
    "the example's": "return torch.full((len(a),), 20.0)",
    "whole numbers": f"{MSE}return torch.round(-10 * torch.log10(mse))",
    "the standard deviation": "return -20 * torch.log10((a - b).std(dim=(1, 2, 3)))",
    "a list of text": f"{MSE}return [f'{{value:.1f}} dB' for value in -10 * torch.log10(mse)]",
    "a single number of one": f"{MSE}return (-10 * torch.log10(mse)).item()",
    "squeezed": f"{MSE}return (-10 * torch.log10(mse)).squeeze()",
    "a margin": f"{MSE}return -10 * torch.log10(mse + 0.01)",
    "the median": "return -10 * torch.log10(((a - b) ** 2).flatten(1).median(dim=1).values)",
    "works in its argument": "a -= b\na *= a\nreturn -10 * torch.log10(a.mean(dim=(1, 2, 3)))",
    "F.mse_loss": "return -10 * torch.log10(F.mse_loss(a, b))",
    "128 pixels wide": "return -10 * torch.log10(((a - b) ** 2).sum(dim=(1, 2, 3)) / (3 * 128**2))",
}
PSNR_RIGHT = {
    "one over the mse": f"{MSE}return 10 * torch.log10(1 / mse)",
    "in one line": "return -10 * (a - b).pow(2).mean((1, 2, 3)).log10()",
    "twenty and a root": f"{MSE}return -20 * torch.log10(mse.sqrt())",
    "natural logarithm, divided": f"import math\n{MSE}return -10 * torch.log(mse) / math.log(10)",
    "flattened": "return -10 * torch.log10(((a - b) ** 2).flatten(1).mean(dim=1))",
    "mean of means": "return -10 * torch.log10(((a - b) ** 2).mean(3).mean(2).mean(1))",
    "mse_loss": "squares = F.mse_loss(a, b, reduction='none')\n"
    "return -10 * torch.log10(squares.mean(dim=(1, 2, 3)))",
    "a loop": "return torch.stack([-10 * torch.log10(F.mse_loss(x, y)) for x, y in zip(a, b)])",
    "a loop with math": "import math\n"
    "return torch.tensor([-10 * math.log10(((x - y) ** 2).mean()) for x, y in zip(a, b)])",
    "numpy": "import numpy as np\na, b = np.asarray(a), np.asarray(b)\n"
    "return -10 * np.log10(((a - b) ** 2).mean(axis=(1, 2, 3)))",
    "numpy inside": "import numpy as np\nmse = ((a - b) ** 2).numpy().mean(axis=(1, 2, 3))\n"
    "return torch.from_numpy(-10 * np.log10(mse))",
    "float64 inside": "mse = (a.double() - b.double()).square().mean(dim=(1, 2, 3))\n"
    "return -10 * mse.log10()",
    "einsum": "d = a - b\nmse = torch.einsum('bchw,bchw->b', d, d) / d[0].numel()\n"
    "return -10 * torch.log10(mse)",
    "the norm": "d = (a - b).flatten(1)\n"
    "return -20 * torch.log10(d.norm(dim=1) / d.shape[1] ** 0.5)",
    "the course's own": "return decoding.psnr(a, b)",
    "vmap": "return torch.vmap(lambda x, y: -10 * torch.log10(((x - y) ** 2).mean()))(a, b)",
    "the other way round": "return -10 * torch.log10((b - a).square().mean(dim=(-1, -2, -3)))",
    "255 and 255": "mse = ((255 * a - 255 * b) ** 2).mean(dim=(1, 2, 3))\n"
    "return 10 * torch.log10(255**2 / mse)",
}

CASES = {
    "3.1": {
        "wrong": wrong(COMPRESSION_ANSWER, tensor=False) | define(COMPRESSION, COMPRESSION_WRONG),
        "right": right(COMPRESSION_ANSWER, tensor=False) | define(COMPRESSION, COMPRESSION_RIGHT),
    },
    "3.2": {
        "wrong": wrong(SCALE_ANSWER, tensor=False) | define(SCALE, SCALE_WRONG),
        "right": right(SCALE_ANSWER, tensor=False) | define(SCALE, SCALE_RIGHT),
    },
    "3.3": {
        "wrong": wrong(FIT_ANSWER) | define(FIT, FIT_WRONG),
        "right": right(FIT_ANSWER) | define(FIT, FIT_RIGHT),
    },
    "3.4": {"wrong": MIX_WRONG, "right": texts_right("double exposure")},
    "3.5": {
        "wrong": wrong(PSNR_ANSWER) | define(PSNR, PSNR_WRONG),
        "right": right(PSNR_ANSWER) | define(PSNR, PSNR_RIGHT),
    },
}
