"""A disk that is full for one process alone."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def no_file_grows_beyond(size: int, pid: int) -> Iterator[None]:
    """A running process can't make any file larger than this; Linux alone lets us set that from outside."""
    process = psutil.Process(pid)
    before = process.rlimit(resource.RLIMIT_FSIZE)
    process.rlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        process.rlimit(resource.RLIMIT_FSIZE, before)
