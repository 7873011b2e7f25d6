"""How the C library keeps memory: lists of a big fleet pass through buffers of many megabytes that must go back.

glibc raises its limit for blocks of their own to the biggest block that was ever freed, and then keeps such blocks for
good (mallopt(3), M_MMAP_THRESHOLD). On other systems nothing is done.
"""

from __future__ import annotations

import sys

_M_MMAP_THRESHOLD = -3
_BLOCK = 256 * 1024


def return_big_blocks() -> None:
    """Let every block of 256 KiB and more go back to the system when it is freed."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _BLOCK)
