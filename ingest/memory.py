"""Memory that is no longer needed goes back to the machine at once: glibc, left to itself, keeps much of it."""

import ctypes
import os
from functools import cache
from pathlib import Path

ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD = -8, -3, -1
"""glibc's names for its settings, from malloc.h."""
KIBIBYTE = 1024


@cache
def libc() -> ctypes.CDLL | None:
    """The C library, where it is one that can be told."""
    found = ctypes.CDLL(None)
    return found if hasattr(found, "mallopt") and hasattr(found, "malloc_trim") else None


def be_lean() -> None:
    """What is big gets pages of its own, which leave with it. To be called before there is a second thread."""
    if (known := libc()) is not None:
        known.mallopt(MMAP_THRESHOLD, 256 * KIBIBYTE)
        known.mallopt(TRIM_THRESHOLD, 1024 * KIBIBYTE)
        known.mallopt(ARENA_MAX, 2)


def give_back() -> None:
    """After something big: what lies free between things that are still needed."""
    if (known := libc()) is not None:
        known.malloc_trim(0)


def resident() -> int:
    """Bytes of this process that are in memory now; 0 where nobody can say."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
