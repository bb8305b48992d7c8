"""Finished files: pages for print, banners, pictures that say that a model made them."""

from .banners import backdrop, headline_on, places
from .colour import contrast, luminance
from .lettering import font
from .marking import save_marked
from .pages import DOTS, MILLIMETRES, enlarge, page, save_page

__all__ = [
    "DOTS", "MILLIMETRES", "backdrop", "contrast", "enlarge", "font", "headline_on", "luminance",
    "page", "places", "save_marked", "save_page",
]  # fmt: skip
