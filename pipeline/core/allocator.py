"""Memory of large arrays: kept by the process once used, instead of asked for and given back with every operation.

glibc maps large blocks anew, those above 32 MB always, and the kernel clears their pages every time: at 1024 pixels
that is a quarter of a generator's time on a processor.
"""

import ctypes
import sys
from functools import cache

MAPPED, TRIMMED, PADDED = -3, -1, -2
"""M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_TOP_PAD of malloc.h."""


@cache
def keep_freed_memory() -> bool:
    """Tell glibc to keep freed blocks of up to 1 GB for the next ones; False with another C library."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl
        return False
    options = ((MAPPED, 1 << 30), (TRIMMED, (1 << 31) - 1), (PADDED, 1 << 26))
    done = [mallopt(option, value) == 1 for option, value in options]
    return all(done)
