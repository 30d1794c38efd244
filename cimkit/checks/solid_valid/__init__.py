"""Surfaces and solids are valid as ISO 19107 has it, with the codes of val3dity."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._problems import claimed
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, quote, scope
from cimkit.checks.solid_valid.words import WORDS

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="solid_valid",
    title="Surfaces and solids are valid",
    counts="geometries",
    kinds=("citymodel", "gis"),
    problems=("ring-open", "ring-short"),
    parameters={
        "snap_tol": 0.001,
        "planarity_d2p_tol": 0.01,
        "planarity_n_tol": 20.0,
        "overlap_tol": 0.005,
        "without": [],
        "warnings": [],
        "parts": True,
        "closed": False,
    },
    words=WORDS,
)

_TYPES = ("MultiSurface", "CompositeSurface", "Solid", "MultiSolid", "CompositeSolid")
_ROWS = 4_000


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find rings, polygons, shells, solids and composites that are not valid.

    Each failure has the code of val3dity in ``code``, its name in ``name``, how many places of the
    geometry have it in ``faults``, and the parts at fault as its geometry.

    Parameters of the rule: ``snap_tol``, ``planarity_d2p_tol``, ``overlap_tol`` (metres) and
    ``planarity_n_tol`` (degrees), with the meaning they have in val3dity; ``without`` (codes that
    are not reported); ``warnings`` (codes that are warnings); ``parts`` (hold the parts of one
    building against each other, too: 601); ``closed`` (surfaces of bodies in GIS data must be
    closed; else those that are not are judged as surfaces).
    """
    from cimkit.checks.solid_valid.judging import Judge
    from cimkit.geometry.solids import Tolerances

    said = parameters(SPEC, rule)
    limits = Tolerances(
        float(said["snap_tol"]),
        float(said["planarity_d2p_tol"]),
        float(said["planarity_n_tol"]),
        float(said["overlap_tol"]),
    )
    without = frozenset(map(str, said["without"]))
    lenient = frozenset(map(str, said["warnings"]))
    judge = Judge(limits, without, lenient, bool(said["parts"]))
    here = scope(rule, SPEC, context.standard)
    reader = context.con.execute(
        f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, t.object_id, t.x, t.y, t.z,
                   t.source_class, t.rank, coalesce(t.parent_id, t.object_id) AS family,
                   g.lod, g.geometry_type, g.crs, g.vertices, g.boundaries,
                   CASE WHEN g.boundaries IS NULL THEN g.wkb END AS wkb
            FROM (SELECT * FROM things WHERE {here}) t JOIN geometries g USING (object_id)
            WHERE (g.boundaries IS NOT NULL AND {any_of("g.geometry_type", _TYPES)})
               OR (t.kind = 'gis' AND g.boundaries IS NULL AND ({_surfaces("g.wkb")}))
            ORDER BY family, rank, g.lod"""
    ).to_arrow_reader(_ROWS)
    held: list[dict[str, Any]] = []
    unread: Counter[str] = Counter()
    for batch in reader:
        held += _with_boundaries(batch.to_pylist(), bool(said["closed"]), unread)
        # The parts of one building are judged together.
        cut = len(held)
        while cut and held[cut - 1]["family"] == held[-1]["family"]:
            cut -= 1
        judge.take(held[:cut])
        held = held[cut:]
    judge.take(held)
    bad = judge.bad
    bad.sort(key=lambda row: (row["rank"], row["lod"] or "", row["code"]))
    lost = _lost(context, rule, without)
    both = pa.concat_tables([pa.Table.from_pylist(bad), lost], promote_options="permissive")
    blind = [
        {"path": path, "reason": "geometry-unread", "count": count}
        for path, count in sorted(unread.items())
    ]
    return conclude(context, rule, both, judge.count, unchecked=blind)


def _surfaces(column: str) -> str:
    """Return the predicate of WKB that may bound a body: told by its first five bytes."""
    from cimkit.geometry.solids import CODES_OF_SURFACES

    said = []
    for code in CODES_OF_SURFACES:
        for head in (b"\x01" + code.to_bytes(4, "little"), b"\x00" + code.to_bytes(4, "big")):
            after = (int.from_bytes(head, "big") + 1).to_bytes(5, "big")
            low, high = ("".join(f"\\x{b:02X}" for b in part) for part in (head, after))
            said.append(f"({column} >= '{low}'::BLOB AND {column} < '{high}'::BLOB)")
    return " OR ".join(said)


def _with_boundaries(
    rows: list[dict[str, Any]], closed: bool, unread: Counter[str]
) -> list[dict[str, Any]]:
    """Return the rows that are bodies, each with boundaries; count those that cannot be read."""
    import orjson

    from cimkit.geometry.solids import body_of_wkb

    kept = []
    for row in rows:
        wkb = row.pop("wkb")
        if wkb is not None:
            try:
                body = body_of_wkb(wkb, closed=closed)
            except ValueError:  # told below as not checked
                unread[row["path"]] += 1
                continue
            if body is None:
                continue
            row["geometry_type"], points, faces = body
            row["vertices"], row["boundaries"] = points.ravel(), orjson.dumps(faces)
        kept.append(row)
    return kept


def _lost(context: CheckContext, rule: Rule, without: frozenset[str]) -> pa.Table:
    """Return the rings that the loader could not use or that are not closed (101 and 103)."""
    rows = []
    for code, word in ((101, "ring-short"), (103, "ring-open")):
        if str(code) in without:
            continue
        for row in claimed(context, SPEC, rule, where=f"code = {quote(word)}").to_pylist():
            said = {"code": code, "reason": f"e{code}", "hint": f"h{code}"}
            rows.append(row | said | {"things": 0, "faults": 1, "lod": ""})
    return pa.Table.from_pylist(rows)
