"""Roofs look up, ground looks down and walls stand, as the semantics of their surfaces say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="citymodel_surfaces",
    title="Surfaces face as their names say",
    counts="geometries",
    kinds=("citymodel",),
    parameters={"share": 0.5, "smallest": 1.0},
    words={
        "roof-down": {
            "en": "roof surfaces look down",
            "zh": "屋顶面朝下",
            "ja": "屋根面が下を向いています",
        },
        "ground-up": {
            "en": "ground surfaces look up",
            "zh": "地面朝上",
            "ja": "底面が上を向いています",
        },
        "wall-flat": {
            "en": "wall surfaces lie flat",
            "zh": "墙面为水平面",
            "ja": "壁面が水平です",
        },
    },
)
_TYPES = ("MultiSurface", "CompositeSurface", "Solid", "MultiSolid", "CompositeSolid")
_FACES = {"RoofSurface": "roof-down", "GroundSurface": "ground-up", "WallSurface": "wall-flat"}
_ROWS = 4_000


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find geometries most of whose roof, ground or wall surfaces face another way.

    The area that surfaces of one name cover on the map is counted, positive where they look up;
    of walls, what they cover on the map against what they cover upright. Single surfaces may face
    as they like: eaves have undersides.

    Parameters of the rule: ``share`` (of the area that must face the wrong way), ``smallest``
    (area in square metres below which nothing is said).
    """
    said = parameters(SPEC, rule)
    share, smallest = float(said["share"]), float(said["smallest"])
    here = scope(rule, SPEC, context.standard)
    reader = context.con.execute(
        f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, t.object_id, t.x, t.y, t.z,
                   t.rank, g.lod, g.geometry_type, g.crs, g.vertices, g.boundaries, g.semantics
            FROM (SELECT * FROM things WHERE {here}) t JOIN geometries g USING (object_id)
            WHERE g.semantics IS NOT NULL AND {any_of("g.geometry_type", _TYPES)}
              AND regexp_matches(g.semantics, 'RoofSurface|GroundSurface|WallSurface')
            ORDER BY t.rank, g.lod"""
    ).to_arrow_reader(_ROWS)
    bad: list[dict[str, Any]] = []
    count = 0
    for batch in reader:
        rows = batch.to_pylist()
        count += len(rows)
        bad += _turned(rows, share, smallest)
    return conclude(context, rule, pa.Table.from_pylist(bad), count)


def _turned(rows: list[dict[str, Any]], share: float, smallest: float) -> list[dict[str, Any]]:
    import numpy as np
    import orjson

    from cimkit.checks.solid_valid.judging import crs_of
    from cimkit.geometry.solids import bodies_of, metre_scale
    from cimkit.geometry.solids.planes import planes_of

    points = [np.asarray(r["vertices"], np.float64).reshape(-1, 3) for r in rows]
    near = [
        (p - p[:1]) * metre_scale(p[0], crs_of(r["crs"])) if len(p) else p
        for p, r in zip(points, rows, strict=True)
    ]
    bodies = bodies_of(
        [r["geometry_type"] for r in rows],
        (orjson.loads(r["boundaries"]) for r in rows),
        near,
    )
    area = planes_of(bodies, 1e9).area
    # Shells of cavities look inward; they have no roofs, and few faces.
    start = bodies.shell_start[bodies.solid_start[bodies.body_start]]
    bad = []
    for n, row in enumerate(rows):
        own = area[start[n] : start[n + 1]]
        names = _names(orjson.loads(row["semantics"]), len(own))
        first = True
        for kind, word in _FACES.items():
            mine = own[[name == kind for name in names]]
            if not len(mine):
                continue
            level = mine[:, 2]
            wrong, whole = _shares(word, mine, level)
            if whole < smallest or wrong <= share * whole:
                continue
            fields = ("path", "layer", "place", "object_id", "x", "y", "z")
            bad.append(
                {
                    **{name: row[name] for name in fields},
                    "reason": word,
                    "lod": row["lod"] or "",
                    "measured": f"{100 * wrong / whole:.0f} % of {whole:.1f} m²",
                    "expected": f"≤ {100 * share:g} %",
                    "things": int(first),
                }
            )
            first = False
    return bad


def _shares(word: str, area: Any, level: Any) -> tuple[float, float]:
    """Return the area that faces the wrong way, and all that is counted."""
    import numpy as np

    if word == "wall-flat":
        upright = np.hypot(area[:, 0], area[:, 1])
        return float(np.abs(level).sum()), float((upright + np.abs(level)).sum())
    away = level < 0 if word == "roof-down" else level > 0
    return float(np.abs(level[away]).sum()), float(np.abs(level).sum())


def _names(semantics: dict[str, Any], count: int) -> list[str | None]:
    """Return the name of each face; of none where the values do not fit the faces."""
    kinds = [s.get("type") for s in semantics.get("surfaces") or [] if isinstance(s, dict)]
    flat: list[Any] = []
    waiting = [semantics.get("values")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        else:
            flat.append(value)
    if len(flat) != count:
        return [None] * count
    return [kinds[v] if isinstance(v, int) and 0 <= v < len(kinds) else None for v in flat]
