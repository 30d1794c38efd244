"""A point cloud is dense enough everywhere."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, bad_rows, measured_items, phrase, unmeasured
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="point_cells",
    title="Points are dense everywhere",
    counts="clouds",
    reads="items",
    kinds=("pointcloud",),
    parameters={"minimum": 0.0, "relative": 5.0, "share": 5.0, "least": 25},
    words={
        **UNMEASURED,
        "cells-sparse": phrase(
            "{cells} of {many} cells of {width} m are sparser than {least}",
            "{many} 个 {width} 米格网中有 {cells} 个低于 {least}",
            "{width} m セル {many} 個のうち {cells} 個が {least} を下回っています",
        ),
        "cells-few": phrase(
            "too few cells to tell sparse from dense",
            "格网数量过少，无法判断疏密",
            "セルが少なく疎密を判断できません",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find clouds with too many cells that are sparser than they should be.

    Cells on the rim are partly outside and do not count. The sparse cells are the finding's
    geometry, and its place is the sparsest of them.

    Parameters of the rule: ``minimum`` (points/m²), ``relative`` (per cent of the median of the
    cloud's cells; the larger of both counts), ``share`` (per cent of the cells that may be
    sparser), ``least`` (cells that a cloud must have). The tolerance is in per cent of the cells.
    """
    said = parameters(SPEC, rule)
    allowed = float(said["share"]) + (rule.tolerance or 0.0)
    rows = measured_items(context, rule, SPEC, {"width": ("cell_density", "width")})
    missing = unmeasured(rows, "width_low")
    cells = _cells(context)
    bad: list[dict[str, Any]] = []
    judged = 0
    for row in rows:
        if row["width_low"] is None:
            continue
        place, values = cells[row["item_id"]]
        inner = _inner(place)
        if inner.sum() < int(said["least"]):
            missing["aside"].append({"path": row["path"], "reason": "cells-few", "count": 1})
            continue
        judged += 1
        median = float(np.median(values[inner]))
        least = max(float(said["minimum"]), float(said["relative"]) / 100 * median)
        sparse = inner & (values < least)
        share = 100 * float(sparse.sum()) / float(inner.sum())
        if share > allowed:
            where = _place(place, values, sparse, row["crs"]) or {"x": row["x"], "y": row["y"]}
            bad.append(
                {
                    "path": row["path"],
                    "z": row["z"],
                    **where,
                    "reason": "cells-sparse",
                    "measured": f"{share:.1f} %",
                    "expected": f"≤ {said['share']:g} %",
                    "cells": int(sparse.sum()),
                    "many": int(inner.sum()),
                    "width": f"{row['width_low']:g}",
                    "least": f"{least:.3g} /m²",
                }
            )
    return conclude(context, rule, bad_rows(bad), judged, **missing)


def _cells(context: CheckContext) -> dict[str, tuple[Any, Any]]:
    """Return the lower left corners (n, 2) and the densities (n,) of the cells of each cloud."""
    table = context.table(
        """SELECT item_id, string_split(cell, ' ')[1]::DOUBLE AS x,
                  string_split(cell, ' ')[2]::DOUBLE AS y, value
           FROM measures WHERE name = 'cell_density' AND contains(cell, ' ') ORDER BY item_id"""
    )
    if not table.num_rows:
        return {}
    items = table["item_id"].to_numpy(zero_copy_only=False)
    places = np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()])
    starts = np.r_[0, np.flatnonzero(items[1:] != items[:-1]) + 1, len(items)]
    values = table["value"].to_numpy()
    return {items[a]: (places[a:b], values[a:b]) for a, b in pairwise(starts.tolist())}


def _step(place: Any) -> float:
    """Return the width of the cells in units of the CRS, from their corners."""
    steps = np.concatenate([np.diff(np.unique(place[:, k])) for k in (0, 1)])
    return float(steps.min()) if len(steps) else 1.0


def _inner(place: Any) -> Any:
    """Return which cells have all eight neighbours."""
    step = _step(place)
    at = np.rint((place - place.min(axis=0)) / step).astype(np.int64) + 1
    held = np.zeros(at.max(axis=0) + 2, np.int8)
    held[at[:, 0], at[:, 1]] = 1
    around = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return sum(held[at[:, 0] + i, at[:, 1] + j] for i, j in around) == len(around)


def _place(place: Any, values: Any, sparse: Any, crs: str | None) -> dict[str, Any] | None:
    import shapely

    from cimkit.geometry.crs import parse_crs, to_crs84

    known = parse_crs(crs) if crs else None
    if known is None:
        return None
    corners, step = place[sparse], _step(place)
    boxes = shapely.box(*corners.T, *(corners + step).T)
    there = shapely.transform(shapely.union_all(boxes), lambda xy: to_crs84(xy, known))
    x, y = to_crs84(corners[[np.argmin(values[sparse])]] + step / 2, known)[0]
    if not np.isfinite([x, y]).all():
        return None
    return {"x": float(x), "y": float(y), "geometry": shapely.to_wkb(there)}
