"""Which objects are city objects, of which type, under which key, and which belong together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.exporters._cityjson.types import HOSTS, SECOND, city_type, of_class, top

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["Tree", "plant"]

Whole = npt.NDArray[np.int64]
_LEFT_OUT = {
    "imagery": "photographs are no city objects",
    "pointcloud": "point clouds are no city objects",
    "raster": "rasters are no city objects",
    "document": "documents are no city objects",
}
# The key of the source where only one selected object has it; else the identity in the catalogue.
_NODES = """
CREATE OR REPLACE TEMP TABLE nodes_ AS
SELECT row_number() OVER (ORDER BY s.path, s.source_layer, s.source_key, s.object_id) - 1 AS n,
    s.object_id, s.parent_id, s.kind, s.source_class, s.class_code,
    CASE WHEN s.kind IN ('citymodel', 'bim') AND s.source_key <> '' AND
        count(*) OVER (PARTITION BY s.source_key) = 1
        THEN s.source_key ELSE s.object_id END AS key
FROM selected s WHERE s.kind NOT IN ({kinds})
"""
_OF_CLASS = """
WITH asked AS (SELECT DISTINCT class_code AS code FROM nodes_ WHERE class_code IS NOT NULL)
SELECT a.code, arg_min(coalesce(b.to_code, a.code), (b.rank, -b.sure, b.to_code)) AS type
FROM asked a LEFT JOIN (
    SELECT t.from_code, t.to_code, coalesce(t.confidence, 1) AS sure,
        list_position(['exact', 'close', 'broad'], t.relation) AS rank
    FROM best_translations_ t JOIN (SELECT DISTINCT scheme, code FROM classes) c
        ON c.scheme = t.from_scheme AND c.code = t.from_code
    WHERE t.to_scheme = 'int.citygml'
) b ON b.from_code = a.code GROUP BY a.code
"""


@dataclass(frozen=True, slots=True)
class Tree:
    """The city objects in the order in which they are written: each with all below it.

    The temporary table ``order_`` has object_id, pos, depth, up (pos of the object above, -1), key
    and type; it is all that the streams of rows are joined with.
    """

    count: int
    """City objects."""
    types: Counter[str]
    """How many there are of each type."""


def plant(selection: Selection, report: ExportReport) -> Tree:
    """Make the temporary table ``order_``; what is no city object is counted."""
    kinds = ", ".join(f"'{kind}'" for kind in _LEFT_OUT)
    for row in selection.fetch(
        f"SELECT kind, count(*) AS n FROM selected WHERE kind IN ({kinds}) GROUP BY 1 ORDER BY 1"
    ).to_pylist():
        report.leave(_LEFT_OUT[row["kind"]], row["n"])
    con = selection.con
    con.execute(_NODES.format(kinds=kinds))
    names, type_of = _types(selection)
    con.register("type_names_", pa.table({"t": np.arange(len(names)), "type": names}))
    parents = selection.fetch(
        "SELECT c.n, p.n AS up, c.kind = 'bim' AS built FROM nodes_ c "
        "JOIN nodes_ p ON c.parent_id = p.object_id ORDER BY c.n"
    )
    count = len(type_of)
    up = np.full(count, -1, np.int64)
    up[parents["n"].to_numpy()] = parents["up"].to_numpy()
    built = np.zeros(count, bool)
    built[parents["n"].to_numpy()[parents["built"].to_numpy(zero_copy_only=False)]] = True
    second = np.array([name in SECOND for name in names], bool)[type_of]
    host = np.array([name in HOSTS for name in names], bool)[type_of]
    up = _cut_circles(up, report)
    above = up.copy()
    # An element of a building model is part of the nearest building, storey or room above it.
    for _ in range(64):
        wrong = built & (above >= 0) & ~(second & host[np.maximum(above, 0)])
        if not wrong.any():
            break
        above[wrong] = np.where(second[wrong], up[above[wrong]], -1)
    root, depth = _roots(above)
    lone = second & (above < 0)
    named = {name: i for i, name in enumerate(names)}
    for name in sorted({names[t] for t in np.unique(type_of[lone]).tolist()}):
        if top(name) not in named:
            named[top(name)] = len(names)
            names.append(top(name))
        type_of[lone & (type_of == named[name])] = named[top(name)]
    order = np.lexsort((np.arange(count), depth, root))
    pos = np.empty(count, np.int64)
    pos[order] = np.arange(count)
    placed = pa.table(
        {
            "n": np.arange(count),
            "pos": pos,
            "depth": depth,
            "up": np.where(above < 0, -1, pos[np.maximum(above, 0)]) if count else above,
            "t": type_of,
        }
    )
    con.register("placed_", placed)
    con.register("type_names_", pa.table({"t": np.arange(len(names)), "type": names}))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE order_ AS SELECT o.object_id, p.pos, p.depth, p.up, o.key, "
        "t.type FROM placed_ p JOIN nodes_ o USING (n) JOIN type_names_ t USING (t)"
    )
    con.execute("DROP TABLE nodes_")
    for name in ("placed_", "type_names_"):
        con.unregister(name)
    heap = np.bincount(type_of, minlength=len(names))
    found = Counter({name: int(heap[i]) for i, name in enumerate(names) if heap[i]})
    return Tree(count, found)


def _types(selection: Selection) -> tuple[list[str], Whole]:
    """Return the names of types, and the number of that of each node."""
    by_class = {
        row["code"]: of_class(row["type"]) for row in selection.fetch(_OF_CLASS).to_pylist()
    }
    by_ifc: dict[str, str] = {}
    kinds = selection.fetch(
        "SELECT DISTINCT kind, source_class, class_code FROM nodes_ ORDER BY ALL"
    ).to_pylist()
    if any(row["kind"] == "bim" for row in kinds):
        by_ifc = _of_ifc()
    names: list[str] = []
    rows = []
    for row in kinds:
        name = _type(row["kind"], row["source_class"], row["class_code"], by_class, by_ifc)
        if name not in names:
            names.append(name)
        rows.append(row | {"t": names.index(name)})
    text = pa.string()
    fields = [("kind", text), ("source_class", text), ("class_code", text), ("t", pa.int64())]
    schema = pa.schema(fields)
    table = selection.fetch(
        "SELECT k.t FROM nodes_ n JOIN kinds_ k ON n.kind IS NOT DISTINCT FROM k.kind "
        "AND n.source_class IS NOT DISTINCT FROM k.source_class "
        "AND n.class_code IS NOT DISTINCT FROM k.class_code ORDER BY n.n",
        kinds_=pa.Table.from_pylist(rows, schema),
    )
    return names, table["t"].to_numpy().copy()


def _type(
    kind: str,
    source_class: str | None,
    class_code: str | None,
    by_class: dict[str, str | None],
    by_ifc: dict[str, str],
) -> str:
    if kind == "citymodel":
        return city_type(source_class)
    found = by_class.get(class_code or "")
    if found is not None:
        return found
    if kind == "bim":
        return by_ifc.get(source_class or "", "BuildingConstructiveElement")
    return "GenericCityObject"


def _of_ifc() -> dict[str, str]:
    """Return the types of classes of IFC, as the shipped crosswalk has them."""
    from cimkit.standard import load

    known: dict[str, str] = {"IfcProject": "GenericCityObject", "IfcSite": "GenericCityObject"}
    for row in load("int.ifc").crosswalk:
        found = of_class(row.to_code) if row.to_scheme == "int.citygml" else None
        if found and row.relation in ("exact", "close", "broad"):
            known.setdefault(row.from_code, found)
    return known


def _cut_circles(up: Whole, report: ExportReport) -> Whole:
    """Return the objects above without those that are below themselves."""
    at = up.copy()
    for _ in range(64):
        if (at < 0).all():
            return up
        at = np.where(at < 0, -1, up[np.maximum(at, 0)])
    inside = at >= 0
    report.notes.append(
        f"{int(inside.sum()):,} objects are their own ancestors or too deep: they stand alone"
    )
    return np.where(inside, -1, up)


def _roots(up: Whole) -> tuple[Whole, Whole]:
    root, depth = np.arange(len(up)), np.zeros(len(up), np.int64)
    at = up.copy()
    while (at >= 0).any():
        below = at >= 0
        root[below] = at[below]
        depth[below] += 1
        at = np.where(below, up[np.maximum(at, 0)], -1)
    return root, depth
