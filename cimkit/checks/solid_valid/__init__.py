"""Surfaces and solids are valid as ISO 19107 has it, with the codes of val3dity."""

from __future__ import annotations

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
    kinds=("citymodel",),
    problems=("ring-open", "ring-short"),
    parameters={
        "snap_tol": 0.001,
        "planarity_d2p_tol": 0.01,
        "planarity_n_tol": 20.0,
        "overlap_tol": 0.005,
        "without": [],
        "warnings": [],
        "parts": True,
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
    building against each other, too: 601).
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
                   g.lod, g.geometry_type, g.crs, g.vertices, g.boundaries
            FROM (SELECT * FROM things WHERE {here}) t JOIN geometries g USING (object_id)
            WHERE g.boundaries IS NOT NULL AND {any_of("g.geometry_type", _TYPES)}
            ORDER BY family, rank, g.lod"""
    ).to_arrow_reader(_ROWS)
    held: list[dict[str, Any]] = []
    for batch in reader:
        held += batch.to_pylist()
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
    return conclude(context, rule, both, judge.count)


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
