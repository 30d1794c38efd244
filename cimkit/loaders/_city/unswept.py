"""Building many small lists without the search for cycles, which JSON and XML data never have."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["unswept", "unswept_items"]

T = TypeVar("T")


@contextmanager
def unswept() -> Iterator[None]:
    """Hold Python's collector of cycles off: going over all lists again and again costs half."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def unswept_items(items: Iterable[T]) -> Iterator[T]:
    """Yield items, the collector held off while each is made, and not while it is used."""
    every = iter(items)
    while True:
        with unswept():
            found = list(_first(every))
        if not found:
            return
        yield found[0]


def _first(every: Iterator[T]) -> Iterator[T]:
    for item in every:
        yield item
        return
