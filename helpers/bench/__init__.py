"""The benchmark: what is compared, the measuring, and a full-size model without a download."""

from .comparison import Setting, bench

__all__ = ["Setting", "bench"]
