"""The ground under objects: looked up in the elevation models of the delivery."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._space_words import phrase

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.model import Source

__all__ = ["TERRAIN_WORDS", "ask_terrain", "ground", "thinned", "why_not"]

TERRAIN_WORDS = {
    "no-terrain": phrase(
        "no elevation model that covers it was delivered",
        "交付数据中没有覆盖该处的高程模型",
        "その場所を覆う標高モデルが納品されていません",
    ),
    "datum-unknown": phrase(
        "what its heights are counted from is not said: the delivery sheet can say it",
        "未说明高程基准，可在交付说明表中填写",
        "高さの基準が示されていません（納品シートに記せます）",
    ),
    "datum-differs": phrase(
        "its heights are counted from {datum}, those of the elevation model from {other}",
        "其高程基准为 {datum}，高程模型为 {other}",
        "高さの基準は {datum} ですが、標高モデルは {other} です",
    ),
}

_SURFACE = re.compile(r"(?<![a-z])(dsm|n?dhm|ndsm|chm|surface|canopy)(?![a-z])|表面|树冠|樹冠")
"""Names of models of roofs and crowns, not of the ground."""
_UNITS = {"ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us-ft": 1200 / 3937}

_ASKED = pa.schema(
    [("key", pa.uint64()), ("n", pa.int32()), ("x", pa.float64()), ("y", pa.float64())]
)
_FOUND = pa.schema([("key", pa.uint64()), ("n", pa.int32()), ("ground", pa.float64())])

_MODELS = """
    SELECT item_id, path, title, vertical_datum, bbox, crs, properties FROM items
    WHERE status = 'ok' AND kind = 'raster' AND bbox IS NOT NULL AND crs IS NOT NULL
      AND json_extract_string(properties, '$.class') = 'dem'
      AND json_extract(properties, '$.transform[5]') IS NOT NULL"""


def ask_terrain(context: CheckContext, places: pa.Table) -> dict[str, pa.Table]:
    """Return what to ask of each elevation model.

    Parameters
    ----------
    context
        Of the check.
    places
        ``key`` (uint64), ``n`` (int32, the place's number in its object), ``x``, ``y`` (CRS84
        degrees) and ``datum`` (vertical datum of the object's source): only models with the same
        datum are asked.
    """
    asked = {}
    x, y = (np.asarray(places[c].to_numpy()) for c in ("x", "y"))
    datum = places["datum"].to_numpy(zero_copy_only=False)
    for model in _models(context):
        box = model["bbox"]
        here = (x >= box["xmin"]) & (x <= box["xmax"]) & (y >= box["ymin"]) & (y <= box["ymax"])
        here &= datum == model["vertical_datum"]
        if here.any():
            asked[model["item_id"]] = places.select(_ASKED.names).filter(pa.array(here))
    return asked


def _models(context: CheckContext) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = context.table(f"{_MODELS} ORDER BY path").to_pylist()
    return [r for r in rows if not _SURFACE.search(f"{r['path']} {r['title'] or ''}".lower())]


def ground(source: Source, item: Mapping[str, Any], asked: pa.Table) -> pa.Table:
    """Look the ground up, in a worker: ``key``, ``n`` and ``ground`` in metres, voids left out."""
    from cimkit.geometry.crs import from_crs84, parse_crs
    from cimkit.loaders.raster.sample import sample

    said = json.loads(item["properties"])
    lonlat = np.column_stack([asked["x"].to_numpy(), asked["y"].to_numpy()])
    xy = from_crs84(lonlat, parse_crs(item["crs"]))
    band = (said.get("bands") or [{}])[0]
    factor = _UNITS.get(str(band.get("unit") or "").strip().lower(), 1.0)
    found = sample(source, said["transform"], xy) * factor
    known = np.isfinite(found)
    table = pa.table([asked["key"], asked["n"], pa.array(found)], schema=_FOUND)
    return table.filter(pa.array(known))


def why_not(context: CheckContext, table: str) -> list[dict[str, Any]]:
    """Return the sources none of whose objects could be held against the ground, and why.

    Parameters
    ----------
    table
        Rows of ``item_id``, ``datum`` and a flag ``seen``.
    """
    models = _models(context)
    if not models:
        count = context.count(f"SELECT count(*) FROM {table}")
        return [{"path": "", "reason": "no-terrain", "count": count}] if count else []
    datums = sorted({m["vertical_datum"] for m in models if m["vertical_datum"]})
    rows: list[dict[str, Any]] = context.table(
        f"""SELECT path, t.datum, count(*) AS count FROM {table} t JOIN items USING (item_id)
            WHERE NOT seen GROUP BY ALL ORDER BY path"""
    ).to_pylist()
    for row in rows:
        other = row["datum"] is not None and datums and row["datum"] not in datums
        unknown = row["datum"] is None or not datums
        row["reason"] = "datum-differs" if other else "datum-unknown" if unknown else "no-terrain"
        row["other"] = ", ".join(datums)
    return rows


def thinned(
    points: npt.NDArray[np.float64], owner: npt.NDArray[np.intp], most: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp], npt.NDArray[np.int32]]:
    """Return at most so many points of each owner, evenly along it, with their numbers.

    Parameters
    ----------
    points : (n, k) array
    owner : (n,) array of int, ascending
    most : int
    """
    first = np.searchsorted(owner, owner)
    count = np.bincount(owner)[owner] if len(owner) else owner
    number = np.arange(len(owner)) - first
    step = -(-count // most)
    keep = number % np.maximum(step, 1) == 0
    return points[keep], owner[keep], number[keep].astype(np.int32)
