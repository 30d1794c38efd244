"""Small pictures of photographs for tiles: made by a pool, a tile's worth at a time."""

from __future__ import annotations

import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.errors import CimkitError

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["Thumbnails"]

PIXELS = 160
"""Longer side of a thumbnail; of a panorama twice as much."""
_KEPT = 2_000
"""Thumbnails held in memory (some 6 kB each), as a tile that is too large is made again."""


def _there(root: Path, path: str) -> bool:
    """Whether a source, or the archive that it lies in, is where it was."""
    at = root / path
    while not at.exists() and at != root:
        at = at.parent
    return at == root / path or at.is_file()


class Thumbnails:
    """Thumbnails by item, made when asked for.

    Parameters
    ----------
    making : Making
        The export; only items that its access allows are looked at.
    """

    def __init__(self, making: Making) -> None:
        items = making.selection.fetch(
            "SELECT item_id, root, path, members, sha256 FROM selected_items "
            "WHERE loader = 'photo' AND status = 'ok' ORDER BY item_id"
        )
        roots = making.selection.catalog.config.roots
        self._items: dict[str, dict[str, Any]] = {}
        for item in items.to_pylist():
            root = roots.get(item["root"])
            # A source that is not there today is tried again by the next export.
            if root is not None and _there(Path(root), item["path"]):
                self._items[item["item_id"]] = item | {"root": root}
        self._kept: OrderedDict[str, bytes | None] = OrderedDict()
        self.unread: dict[str, str] = {}
        """Why a photograph that is there could not be made small, by path."""

    def marks(self, item_ids: list[str]) -> pa.Array:
        """What decides each picture: its content's hash; NULL where there is no source."""
        return pa.array(
            [None if i not in self._items else self._items[i]["sha256"] for i in item_ids],
            pa.string(),
        )

    def of(self, item_ids: list[str], wide: list[bool]) -> list[bytes | None]:
        """JPEGs of items, None where there is none; ``wide`` ones are panoramas."""
        todo = {
            i: w
            for i, w in zip(item_ids, wide, strict=True)
            if i in self._items and i not in self._kept
        }
        with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
            for i, made in zip(todo, pool.map(self._small, todo, todo.values()), strict=True):
                self._kept[i] = made
        found = [self._kept.get(i) for i in item_ids]
        while len(self._kept) > max(_KEPT, len(item_ids)):
            self._kept.popitem(last=False)
        return found

    def _small(self, item_id: str, wide: bool) -> bytes | None:
        from cimkit.loaders import open_source
        from cimkit.loaders.photo.thumbnail import thumbnail

        item = self._items[item_id]
        try:
            with open_source(
                Path(item["root"]), item["path"], item["members"] or (), item["sha256"]
            ) as source:
                return thumbnail(source, PIXELS * (1 + wide), 75)
        except CimkitError as error:
            self.unread[item["path"]] = str(error)
            return None
