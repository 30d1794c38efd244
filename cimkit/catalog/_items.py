"""Sources as rows of the table ``items``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.catalog._sources import Row

__all__ = ["item_rows"]

_TEXTS = (
    "item_id", "dataset_id", "path", "status", "kind", "format", "media_type", "sha256", "loader",
    "staging", "title", "crs", "crs_origin", "vertical_datum", "epoch", "encoding",
    "encoding_origin", "observed_start", "observed_end", "sequence", "access", "counts",
    "properties", "problems", "asset_code",
)  # fmt: skip
_REALS = ("z_min", "z_max", "west", "south", "east", "north")
_SCHEMA = pa.schema(
    [(t, pa.string()) for t in _TEXTS]
    + [(r, pa.float64()) for r in _REALS]
    + [
        ("n", pa.int64()),
        ("size", pa.int64()),
        ("members", pa.list_(pa.string())),
        ("footprint", pa.binary()),
    ]
)


def item_rows(rows: list[Row]) -> pa.Table:
    """Return what the sources say of themselves; times are text, boxes four columns.

    The layers stand in ``properties`` under the name ``layers``. ``n`` is the row's number.
    """
    return pa.Table.from_pylist([_plain(r) for r in rows if not r.known], schema=_SCHEMA)


def _plain(row: Row) -> dict[str, Any]:
    asset, declared = row.staged.asset, row.staged.declared
    properties = dict(asset.properties)
    if asset.layers:
        properties["layers"] = list(asset.layers)
    if row.twin_of is not None:
        properties["twin_of"] = row.twin_of.path
    box = asset.bbox_wgs84
    if box is None and asset.position is not None:
        box = (*asset.position, *asset.position)
    west, south, east, north = box or (None, None, None, None)
    heights = (asset.bbox[2], asset.bbox[5]) if asset.bbox and len(asset.bbox) == 6 else (None,) * 2
    return {
        "n": row.n,
        "item_id": row.item_id,
        "dataset_id": row.dataset_id,
        "path": asset.path,
        "members": list(asset.members),
        "status": asset.status,
        "kind": asset.kind,
        "format": asset.format,
        "media_type": asset.media_type,
        "size": asset.size,
        "sha256": asset.sha256 or None,  # not read whole
        "loader": asset.loader,
        "staging": row.key,
        "title": PurePosixPath(asset.path).stem,
        "crs": asset.crs,
        "crs_origin": asset.crs_origin,
        "vertical_datum": asset.vertical_datum,
        "epoch": asset.epoch,
        "encoding": asset.encoding,
        "encoding_origin": asset.encoding_origin,
        "observed_start": asset.observed_start,
        "observed_end": asset.observed_end,
        "sequence": asset.sequence,
        "access": declared.access or "public",
        "asset_code": declared.code,
        "counts": orjson.dumps(asset.counts).decode(),
        "properties": _json(properties),
        "problems": _json([*asset.problems, *row.problems]),
        "z_min": heights[0],
        "z_max": heights[1],
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "footprint": asset.footprint,
    }


def _json(value: Any) -> str:
    # orjson writes dataclasses as objects and NaN as null; other types are written as text.
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
