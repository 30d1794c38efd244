"""A file that is named after a mesh holds what lies in that mesh."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._delivered import rows_table
from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.errors import UsageError
from cimkit.standard._expressions import groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_DEGREE = 111_320.0

SPEC = CheckSpec(
    name="delivery_mesh",
    title="Named after the right mesh",
    counts="sources",
    reads="items",
    parameters={"part": "mesh", "pattern": "", "whole": False},
    words={
        "mesh-elsewhere": {
            "en": "its content lies {distance} away from mesh {mesh}",
            "zh": "内容距网格 {mesh} {distance}",
            "ja": "内容がメッシュ {mesh} から {distance} 離れています",
        },
        "mesh-beyond": {
            "en": "its content reaches {distance} beyond mesh {mesh}",
            "zh": "内容超出网格 {mesh} {distance}",
            "ja": "内容がメッシュ {mesh} を {distance} はみ出しています",
        },
        "mesh-none": {
            "en": "{mesh} is no mesh code of JIS X 0410",
            "zh": "{mesh} 不是 JIS X 0410 网格代码",
            "ja": "{mesh} は JIS X 0410 のメッシュコードではありません",
        },
        "mesh-unnamed": {
            "en": "{standard} names no part of file names that is a mesh",
            "zh": "{standard} 的文件命名中没有网格部分",
            "ja": "{standard} のファイル名にメッシュの部分がありません",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose content lies outside of the mesh they are named after, or reaches beyond.

    Meshes are those of JIS X 0410 with 4, 6, 8, 9, 10 or 11 digits. The rule's tolerance is in
    metres (default 1).

    Parameters of the rule: ``part`` (of the standard's file names that is the mesh), ``pattern``
    (expression with a group ``mesh`` for file names, in place of it), ``whole`` (whether the
    content may not reach beyond the mesh, as with tiles).
    """
    from cimkit.standard import Mesh

    said = parameters(SPEC, rule)
    named = _namer(context, said)
    if named is None:
        return not_checked(
            context, rule, "mesh-unnamed", mender="office", standard=context.standard.key
        )
    here = scope(rule, SPEC, context.standard, items=True)
    rows = context.table(
        f"SELECT path, bbox FROM items WHERE status = 'ok' AND bbox IS NOT NULL AND {here}"
        " ORDER BY path"
    ).to_pylist()
    tolerance = 1.0 if rule.tolerance is None else rule.tolerance
    bad: list[dict[str, Any]] = []
    count = 0
    for row in rows:
        mesh = named(row["path"])
        if not mesh:
            continue
        count += 1
        common = {"path": row["path"], "mesh": mesh, "measured": row["path"].rpartition("/")[2]}
        try:
            box = Mesh.of(mesh).boxes([mesh])[0]
        except UsageError:
            bad.append({**common, "reason": "mesh-none"})
            continue
        away, beyond = _metres(row["bbox"], [float(v) for v in box])
        metres = away if away > tolerance else beyond if said["whole"] else 0.0
        if metres > tolerance:
            far = f"{metres / 1000:,.1f} km" if metres >= 1000 else f"{metres:,.1f} m"
            reason = "mesh-elsewhere" if away > tolerance else "mesh-beyond"
            x, y = (row["bbox"][f"{a}min"] / 2 + row["bbox"][f"{a}max"] / 2 for a in "xy")
            bad.append(
                {**common, "reason": reason, "distance": far, "expected": mesh, "x": x, "y": y}
            )
    return conclude(context, rule, rows_table(bad), count)


def _namer(context: CheckContext, said: dict[str, Any]) -> Callable[[str], str] | None:
    naming, part, pattern = context.standard.naming, said["part"], said["pattern"]
    if pattern:
        return lambda path: (groups(pattern, path.rpartition("/")[2]) or {}).get("mesh", "")
    if naming is None or not any(part in g.parts for g in naming.grammars):
        return None
    return lambda path: (naming.parse(path) or {}).get(part, "")


def _metres(content: dict[str, float], mesh: list[float]) -> tuple[float, float]:
    """Return how far a box lies from a mesh, and how far it reaches beyond, in metres."""
    west, south, east, north = mesh
    wide = _DEGREE * cos(radians((south + north) / 2))
    apart = (
        max(west - content["xmax"], content["xmin"] - east, 0.0) * wide,
        max(south - content["ymax"], content["ymin"] - north, 0.0) * _DEGREE,
    )
    over = (
        max(west - content["xmin"], content["xmax"] - east, 0.0) * wide,
        max(south - content["ymin"], content["ymax"] - north, 0.0) * _DEGREE,
    )
    return (apart[0] ** 2 + apart[1] ** 2) ** 0.5, max(over)
