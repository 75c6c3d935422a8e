"""The memory of a server: what stays is not looked at again and again, what is let go is kept at hand."""

import ctypes
import gc
import sys
from typing import Final

_YOUNG: Final = 3_000
"""So many new objects the garbage collector lets come together before it looks for those that are dead.

With 10,000, bodies of requests that were given up took 419 MiB in `scripts/load`, with these 210 at most.
"""
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""As `malloc.h` numbers what can be told to `mallopt`."""
_AT_HAND: Final = 8 * 1024 * 1024
_LONGEST_AT_HAND: Final = 2 * 1024 * 1024


def collect_less() -> None:
    """Has the garbage collector look at what requests leave behind, and not again and again at what stays.

    That is a seventh of a request's CPU time, for hardly anything here refers to itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)


def give_back_less() -> None:
    """Has glibc keep a few MiB that an answer took for the next one, instead of giving them to the system.

    To get them anew, page by page, is a fifth of the CPU time of a list of 1,000. Other libraries are let be.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _AT_HAND)
        mallopt(_MMAP_THRESHOLD, _LONGEST_AT_HAND)
