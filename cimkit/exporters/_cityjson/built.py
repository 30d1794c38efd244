"""Elements of building models: triangles of placed shapes as surfaces or solids."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.exporters._cityjson.drafts import Draft
from cimkit.exporters._cityjson.frame import OUT_OF_REACH, Frame
from cimkit.exporters._cityjson.vertices import number_within

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["built", "packed"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_LEVEL = "3"
_THIN = "triangles without an area when rounded"
_LOST = "shapes whose triangles are missing from the catalogue"


def built(
    selection: Selection,
    placements: pa.Table,
    rows: list[dict[str, Any]],
    frame: Frame,
    lost: Counter[str],
) -> list[Draft]:
    """Return one geometry for each object that has placed shapes.

    It is a solid where the triangles of one shape close, else a surface of many. Colours become
    materials.

    Parameters
    ----------
    selection : Selection
    placements : pyarrow.Table
        ``pos``, ``shape_id``, ``matrix``, ``color``, ``sha256``, ``item_crs``.
    rows : list of dict
        Columns of the objects.
    frame : Frame
        Whose grid tells whether a triangle has an area.
    lost : Counter
        Counts what cannot be drawn.
    """
    if not placements.num_rows:
        return []
    shapes = packed(selection, placements)
    first = rows[0]["pos"]
    keep = ["pos", "shape_id", "matrix", "color", "sha256", "item_crs"]
    found = []
    for pos, own in groupby(placements.select(keep).to_pylist(), key=lambda p: int(p["pos"])):
        parts = sorted(own, key=lambda p: (p["shape_id"], p["matrix"]))
        crs = parts[0]["item_crs"]
        drawn = [p for p in parts if (p["sha256"], p["shape_id"]) in shapes]
        lost[_LOST] += len(parts) - len(drawn)
        if drawn:
            draft = _draft(pos - first, drawn, shapes, crs, frame, lost)
            if draft is not None:
                draft.item = rows[pos - first]["item_id"]
                found.append(draft)
    return found


def packed(
    selection: Selection, placements: pa.Table
) -> dict[tuple[str, str], tuple[Reals, Whole]]:
    """Return positions, shape (n, 3), and triangles, shape (m, 3), by source and shape."""
    import pyarrow.parquet as pq

    found = {}
    for sha in sorted(set(placements["sha256"].to_pylist()) - {None}):
        file = selection.catalog.meshes / f"{sha}.parquet"
        if not file.is_file():
            continue
        mine = pc.equal(placements["sha256"], sha)
        wanted = pc.unique(placements.filter(mine)["shape_id"])
        for row in pq.read_table(file, filters=pc.field("shape_id").isin(wanted)).to_batches():
            for n in range(row.num_rows):
                positions = row.column("positions")[n].values.to_numpy().reshape(-1, 3)
                indices = row.column("indices")[n].values.to_numpy().reshape(-1, 3)
                key = (sha, row.column("shape_id")[n].as_py())
                found[key] = (positions.astype(np.float64), indices.astype(np.int64))
    return found


def _draft(
    owner: int,
    parts: list[dict[str, Any]],
    shapes: dict[tuple[str, str], tuple[Reals, Whole]],
    crs: str | None,
    frame: Frame,
    lost: Counter[str],
) -> Draft | None:
    points: list[Reals] = []
    faces: list[Whole] = []
    colors: list[tuple[float, ...] | None] = []
    start = 0
    for part in parts:
        positions, indices = shapes[part["sha256"], part["shape_id"]]
        matrix = np.array(part["matrix"], np.float64).reshape(4, 4).T
        points.append(positions @ matrix[:3, :3].T + matrix[:3, 3])
        turned = np.linalg.det(matrix[:3, :3]) < 0
        faces.append((indices[:, ::-1] if turned else indices) + start)
        color = part["color"]
        colors += [tuple(color) if color is not None else None] * len(indices)
        start += len(positions)
    whole = frame.moved(np.concatenate(points), crs)
    if not np.isfinite(whole).all():
        lost[OUT_OF_REACH] += 1
        return None
    triangles = np.concatenate(faces)
    steps = frame.steps(whole)
    number, first = number_within(steps, np.zeros(len(steps), np.int64))
    triangles = number[triangles]
    a, b, c = triangles.T
    solid = (a != b) & (b != c) & (c != a)
    lost[_THIN] += int((~solid).sum())
    triangles = triangles[solid]
    if not len(triangles):
        return None
    used, back = np.unique(triangles, return_inverse=True)
    triangles = back.reshape(-1, 3)
    nested: list[Any] = [[face] for face in triangles.tolist()]
    closed = len(parts) == 1 and _closed(triangles)
    shape: dict[str, Any] = {
        "type": "Solid" if closed else "MultiSurface",
        "lod": _LEVEL,
        "boundaries": [nested] if closed else nested,
    }
    shades = [color for color, kept in zip(colors, solid.tolist(), strict=True) if kept]
    look = _look(shades, closed)
    return Draft(owner, whole[first[used]], None, shape, appearance=look)


def _closed(triangles: Whole) -> bool:
    """Return whether each edge is met once in each direction."""
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    span = int(triangles.max()) + 1
    there, back = ends[:, 0] * span + ends[:, 1], ends[:, 1] * span + ends[:, 0]
    once = np.unique(there)
    return len(once) == len(there) and bool((once == np.unique(back)).all())


def _look(shades: list[tuple[float, ...] | None], closed: bool) -> dict[str, Any] | None:
    known = list(dict.fromkeys(s for s in shades if s is not None))
    if not known:
        return None
    if len(known) == 1 and None not in shades:
        given: dict[str, Any] = {"value": 0}
    else:
        at = {shade: n for n, shade in enumerate(known)}
        values = [None if s is None else at[s] for s in shades]
        given = {"values": [values] if closed else values}
    return {"material": {"visual": given}, "materials": [_material(s) for s in known]}


def _material(shade: tuple[float, ...]) -> dict[str, Any]:
    """Return a colour, linear, as material, in the sRGB of screens (IEC 61966-2-1)."""
    linear = np.clip(np.array(shade[:3]), 0, 1)
    screen = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    bytes_ = [int(v) for v in np.rint(screen * 255)]
    made: dict[str, Any] = {
        "name": "#" + "".join(f"{v:02x}" for v in bytes_),
        "diffuseColor": [round(v / 255, 4) for v in bytes_],
    }
    clear = round(1 - min(max(float(shade[3]), 0.0), 1.0), 4)
    if clear:
        made["transparency"] = clear
        made["name"] = f"{made['name']} {clear:g}"
    return made
