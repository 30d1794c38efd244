"""The tiles of one set are of one make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cimkit.checks._findings import conclude
from cimkit.checks._measured import bad_rows, phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks._tiles import SET

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_LAYOUT = {
    "crs": "crs",
    "vertical datum": "vertical_datum",
    "format": "format",
    "pixel size": " || ' × ' || ".join(
        f"round(TRY_CAST(json_extract_string(properties, '/resolution/{n}') AS DOUBLE), 9)"
        for n in (0, 1)
    ),
    "bands": "json_extract_string(counts, '/bands')",
    "pixel type": "json_extract_string(properties, '/dtype')",
    "no data": "CASE WHEN kind = 'raster' THEN"
    " coalesce(json_extract_string(properties, '/nodata'), '-') END",
    "point format": "json_extract_string(properties, '/point_format')",
}
"""What is compared, by name; SQL over items that gives a text, NULL where it says nothing."""

SPEC = CheckSpec(
    name="tile_uniform",
    title="Tiles of a set are alike",
    counts="tiles",
    reads="items",
    kinds=("raster", "pointcloud"),
    parameters={"compare": sorted(_LAYOUT), "least": 4},
    words={
        "tile-crs": phrase("coordinate system", "坐标系", "座標系"),
        "tile-vertical-datum": phrase("height datum", "高程基准", "高さの基準"),
        "tile-format": phrase("format", "文件格式", "形式"),
        "tile-pixel-size": phrase("pixel size", "像元大小", "画素寸法"),
        "tile-bands": phrase("number of bands", "波段数", "バンド数"),
        "tile-pixel-type": phrase("pixel type", "像元类型", "画素の型"),
        "tile-no-data": phrase("value for no data", "无效值", "欠測値"),
        "tile-point-format": phrase("point format", "点记录格式", "点レコード形式"),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find tiles that differ from most tiles of their set.

    A set is what lies in one folder under names that are alike but for their numbers.

    Parameters of the rule: ``compare`` (what: crs, vertical datum, format, pixel size, bands, pixel
    type, no data, point format), ``least`` (tiles that make a set).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard, items=True)
    names = [n for n in said["compare"] if n in _LAYOUT]
    values = ", ".join(f"{_LAYOUT[n]} AS v{k}" for k, n in enumerate(names))
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE tiles AS
        SELECT path, (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
               {SET} AS set_of, {values} FROM items WHERE status = 'ok' AND {here}
        QUALIFY count(*) OVER (PARTITION BY set_of) >= {int(said["least"])}"""
    )
    bad: list[dict[str, Any]] = []
    met: set[str] = set()
    for k, name in enumerate(names):
        for row in context.table(
            f"""WITH best AS (
                SELECT set_of, arg_max(v{k}, n) AS most FROM (
                    SELECT set_of, v{k}, count(*) AS n FROM tiles WHERE v{k} IS NOT NULL
                    GROUP BY ALL) GROUP BY set_of HAVING count(*) > 1)
            SELECT path, x, y, v{k} AS measured, most AS expected, set_of
            FROM tiles JOIN best USING (set_of)
            WHERE v{k} IS NOT NULL AND v{k} <> most ORDER BY path"""
        ).to_pylist():
            first = row["path"] not in met
            met.add(row["path"])
            bad.append(
                {
                    **{c: row[c] for c in ("path", "x", "y")},
                    "measured": _short(row["measured"]),
                    "expected": _short(row["expected"]),
                    "reason": f"tile-{name.replace(' ', '-')}",
                    "things": int(first),
                    "mistake": json.dumps([row["set_of"], name, row["measured"]]),
                }
            )
    tiles = context.count("SELECT count(*) FROM tiles")
    return conclude(context, rule, bad_rows(bad), tiles)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}…"
