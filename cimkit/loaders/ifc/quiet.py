"""Native code that prints kept off the process's stdout: there it would be data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["silence"]


@contextmanager
def silence() -> Iterator[None]:
    """Send what native libraries print to stdout nowhere for as long as the context lasts."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.close(sink)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
