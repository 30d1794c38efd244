"""Geometries are valid as OGC Simple Features have it, and of the type their class asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._problems import claimed
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, quote, scope
from cimkit.checks._views import things_of

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="geometry_valid",
    title="Geometry is valid",
    counts="objects",
    kinds=("gis",),
    problems=("geometry-*",),
    parameters={"types": True},
)

_FOUND = ["geometry-empty", "geometry-invalid", "geometry-missing"]
_REASON = re.compile(r"^(.*?)\[([^\s\]]+) ([^\s\]]+)")


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find invalid, empty and missing geometries, with the point where the fault lies.

    Validity is that of the source's own geometry in its own coordinates (GEOS). A missing geometry
    is one in a layer that has others. Kinds of geometry that cannot be judged are not checked.

    Parameters of the rule: ``types`` (hold geometry types against the class, too).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    types = _type_test(context) if said["types"] else "FALSE"
    held = f"""(SELECT object_id, item_id, source_layer, class_code FROM things WHERE {here}) t
        LEFT JOIN (SELECT * FROM geometries WHERE wkb IS NOT NULL) g USING (object_id)"""
    # Sizes of layers first, then the few rows that are wrong: the shapes of a city are not kept.
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE layers AS
        SELECT t.item_id, t.source_layer, count(*) AS n FROM {held}
        GROUP BY ALL HAVING count(g.object_id) > 0;
        CREATE OR REPLACE TEMP TABLE shaped AS
        SELECT * EXCLUDE (shape) FROM (SELECT *, CASE
            WHEN wkb IS NULL THEN 'geometry-none'
            WHEN shape IS NULL THEN 'geometry-unread'
            WHEN ST_IsEmpty(shape) THEN 'geometry-empty'
            WHEN NOT ST_IsValid(shape) THEN 'invalid'
            WHEN {types} THEN 'geometry-type' END AS reason
        FROM (SELECT t.object_id, t.item_id, t.source_layer, t.class_code, g.crs, g.wkb,
                     TRY(ST_GeomFromWKB(g.wkb)) AS shape,
                     regexp_replace(upper(coalesce(g.geometry_type, '')), '^MULTI| Z| M|25D', '')
                         AS single
              FROM {held}))
        WHERE reason IS NOT NULL"""
    )
    bad = context.table(
        f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, t.object_id, t.x, t.y, t.z,
                   s.class_code, s.crs, s.wkb, s.single, s.reason
            FROM shaped s JOIN {things_of("shaped")} t USING (object_id)
            JOIN layers l ON l.item_id = s.item_id
                 AND l.source_layer IS NOT DISTINCT FROM s.source_layer
            WHERE s.reason <> 'geometry-unread' ORDER BY t.rank"""
    ).to_pylist()
    _locate([row for row in bad if row["reason"] == "invalid"])
    for row in bad:
        row.pop("wkb")
        if row["reason"] == "geometry-type":
            row["measured"] = row["single"].capitalize()
            row["expected"] = " | ".join(context.standard.by_code[row["class_code"]].geometry)
    blind = context.table(
        """SELECT path, source_layer AS layer, reason, count(*) AS count
           FROM shaped JOIN (SELECT item_id, path FROM items) USING (item_id)
           WHERE reason = 'geometry-unread' GROUP BY ALL ORDER BY path, layer"""
    ).to_pylist()
    # What is in a row the query above has found, and where.
    lost = claimed(context, SPEC, rule, where=f"NOT {any_of('code', _FOUND)}")
    applicable = context.count("SELECT sum(n) FROM layers") - sum(row["count"] for row in blind)
    # A geometry that the loader lost has no row that could be counted as passed.
    lost = lost.set_column(
        lost.column_names.index("things"), "things", pa.array([0] * len(lost), pa.int32())
    )
    both = pa.concat_tables([pa.Table.from_pylist(bad), lost], promote_options="permissive")
    return conclude(context, rule, both, applicable, unchecked=blind)


def _type_test(context: CheckContext) -> str:
    tests = []
    for code, row in context.standard.by_code.items():
        if row.geometry:
            allowed = [g.upper() for g in row.geometry] + ["", "GEOMETRY"]
            tests.append(f"class_code = {quote(code)} AND NOT {any_of('single', allowed)}")
    return f"({' OR '.join(tests)})" if tests else "FALSE"


def _locate(rows: list[dict[str, Any]]) -> None:
    """Set the reason of each invalid geometry, and the place of the fault in CRS84."""
    import numpy as np
    import shapely

    from cimkit.errors import UsageError
    from cimkit.geometry.crs import parse_crs, to_crs84

    said = shapely.is_valid_reason(shapely.from_wkb([r["wkb"] for r in rows], on_invalid="ignore"))
    for row, text in zip(rows, said, strict=True):
        found = _REASON.match(text or "")
        row["reason"] = found[1].strip() if found else text or "invalid"
        if not found or not row["crs"]:
            continue
        try:
            spot = np.array([[float(found[2]), float(found[3])]])
        except ValueError:  # "nan": the object's own place has to do
            continue
        row["measured"] = f"{spot[0, 0]:.3f}, {spot[0, 1]:.3f}"
        try:
            crs = parse_crs(row["crs"])
        except UsageError:  # a local system that is not defined here: likewise
            continue
        row["x"], row["y"] = to_crs84(spot, crs)[0].tolist()
