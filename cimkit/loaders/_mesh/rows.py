"""The rows of what is catalogued as a whole: one object, and its counts as measures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cimkit.model import STAGED, Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["rows"]


def rows(
    source: Source,
    asset: Asset,
    heights: Sequence[float] | None,
    more: Sequence[tuple[str, str, float, str | None]],
    name: str,
) -> Iterator[tuple[str, pa.Table]]:
    """Give the object of a tileset or a mesh.

    Parameters
    ----------
    source, asset : Source, Asset
        As probed.
    heights : (lowest, highest) or None
        In its vertical datum.
    more : sequence of (name, cell, value, unit)
        Measures beside the counts.
    name : str
        Of the object.
    """
    import numpy as np
    import pyarrow as pa
    import shapely

    from cimkit.geometry.vector import boxes, content_hash, write_wkb

    placed = shapely.from_wkb(asset.footprint) if asset.footprint else None
    shape = np.array([placed], dtype=object)
    hashed = json.dumps({"sha256": asset.sha256})
    row: dict[str, Any] = {
        "source_layer": "",
        "source_key": asset.sha256 or source.path,
        "key_origin": "sha256",
        "source_class": asset.properties["class"],
        "kind": asset.kind,
        "name": name,
        "geometry": write_wkb(shape)[0].as_py(),
        "bbox": boxes(shape)[0].as_py(),
        "z_min": heights[0] if heights else None,
        "z_max": heights[1] if heights else None,
        "position_origin": _origin(asset),
        "properties": json.dumps({**asset.counts, **asset.properties}),
        "content_hash": content_hash(write_wkb(shape), pa.array([hashed]))[0].as_py(),
    }
    yield "objects", pa.Table.from_pylist([row], schema=STAGED["objects"])
    counted = [(n, "", float(v), None) for n, v in asset.counts.items()]
    measured = [
        {"source_layer": "", "name": n, "cell": cell, "value": value, "unit": unit}
        for n, cell, value, unit in (*counted, *more)
    ]
    yield "measures", pa.Table.from_pylist(measured, schema=STAGED["measures"])


def _origin(asset: Asset) -> str:
    if asset.footprint is None:
        return "none"
    return "sheet" if asset.crs_origin == "sheet" else "file"
