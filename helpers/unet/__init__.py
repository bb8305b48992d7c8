"""A U-Net opened: what its parts are and what flows between them, what they cost, and what happens
without them.

    for stop in stops(pipe.unet):
        print(stop.name, stop.shape)
    with altered(pipe.unet, skips=[5], attention="self"):
        run = generate(pipe, "a lake at night")

`structure` follows one call from stop to stop, `counting` adds up parameters and multiplications,
`surgery` takes connections away for a while, `reach` measures how far a change travels, and
`watching` keeps what each part is given and makes. All are read from the network itself,
on any size: Stable Diffusion's, from its configuration alone, too.
"""

from .counting import KINDS, costs
from .reach import reach
from .structure import Stop, blank, skips, stable_diffusion, stops
from .surgery import altered
from .watching import Seen, watched

__all__ = [
    "KINDS",
    "Seen",
    "Stop",
    "altered",
    "blank",
    "costs",
    "reach",
    "skips",
    "stable_diffusion",
    "stops",
    "watched",
]
