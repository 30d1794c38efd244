"""A source that was opened to be probed, held open for the reading that follows."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from cimkit.loaders._layers.asset import asset_of
from cimkit.loaders._layers.table import Opened
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Asset, Source

__all__ = ["probed", "reopened"]

Opening = Callable[[Source, ReadOptions], AbstractContextManager[Opened]]
_held: list[tuple[Source, ReadOptions, Opened, ExitStack]] = []
"""At most one."""


def probed(
    opening: Opening,
    source: Source,
    options: ReadOptions,
    judge: Callable[[Asset, Opened], Asset] | None = None,
) -> Asset:
    """Open a source and say what it is; where its rows are asked for next, it is held open.

    What was written on the way (a copy in another encoding, rows of a markup) is then not written
    twice. What was held before is let go.

    Parameters
    ----------
    opening : callable
    source : Source
    options : ReadOptions
    judge : callable, optional
        What the format has to say of the asset.
    """
    _let_go()
    with ExitStack() as stack:
        opened = stack.enter_context(opening(source, options))
        asset = asset_of(opened, source, options)
        asset = asset if judge is None else judge(asset, opened)
        if options.depth == "full":
            _held.append((source, options, opened, stack.pop_all()))
    return asset


@contextmanager
def reopened(opening: Opening, source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Give the source that is held open for these options, or open it; close it in the end."""
    if _held and _held[0][0] == source and _held[0][1] is options:
        _, _, opened, stack = _held.pop()
        with stack:
            yield opened
        return
    _let_go()
    with opening(source, options) as opened:
        yield opened


@atexit.register
def _let_go() -> None:
    while _held:
        _held.pop()[3].close()
