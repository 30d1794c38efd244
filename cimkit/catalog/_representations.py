"""Things of the city as sources show them: outlines of GIS, roots of city models and of BIM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cimkit.catalog._lake import literal
from cimkit.standard._expressions import glob_pattern

if TYPE_CHECKING:
    import duckdb

__all__ = ["BUILDING_LAYERS", "CODE_FIELDS", "representations"]

BUILDING_LAYERS = [
    *("*build*", "*Build*", "*BUILD*", "*bldg*", "*Bldg*", "*_bld*", "bld*", "*footprint*"),
    *("*house*", "*建筑*", "*房屋*", "*楼栋*", "*建物*", "*BldA*", "*gebaeude*", "*Gebaeude*"),
]
"""Globs over the GIS layers that hold buildings, where no class says it."""
CODE_FIELDS = ["bldg_id", "building_id", "BuildingID", "Reference", "楼栋编号", "建物ID", "gml_id"]
"""Fields that hold a building's code, beside those that a standard names."""

_LAYERS = {
    "bridge": ("*bridge*", "*Bridge*", "*BRIDGE*", "*桥*", "*橋*"),
    "tunnel": ("*tunnel*", "*Tunnel*", "*TUNNEL*", "*隧道*", "*トンネル*"),
}
_FACILITIES = {
    "IfcBuilding": "building",
    "IfcBridge": "bridge",
    "IfcTunnel": "tunnel",
    "IfcFacility": "facility",
    "IfcMarineFacility": "marine facility",
    "IfcRailway": "railway",
    "IfcRoad": "road",
}
_MODELS = {"Building": "building", "Bridge": "bridge", "Tunnel": "tunnel"}
"""Last word of a city model's class, with or without the namespace before it."""


def representations(
    con: duckdb.DuckDBPyConnection,
    tables: str = "",
    *,
    grammar: tuple[str, Sequence[str]] | None = None,
    where: str = "TRUE",
    layers: Sequence[str] = BUILDING_LAYERS,
    codes: Sequence[str] = CODE_FIELDS,
) -> int:
    """Make the temporary tables ``reps_`` and ``rep_codes_``; return how many things there are.

    ``reps_`` has n (from 0, in the order in which one is named for another: GIS first, of those
    with a height the largest), object_id, item_id, kind, rank, family, source, level, bbox, low,
    high, datum, tall. ``rep_codes_`` has the pairs one, two (n) that share a code, two greater.

    Of a source of BIM it is its buildings, bridges and other facilities, or, if there is none, the
    only object that is part of no other; of a city model its buildings, bridges and tunnels; of GIS
    the polygons of those classes that models of a family have, or of layers called so.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        With ``objects`` and ``items``, ``geometry`` as GEOMETRY.
    tables : str
        What stands before their names, such as ``lake.``.
    grammar : (pattern, fields), optional
        What identifier codes look like, and the attributes that hold them.
    where : str
        Predicate over ``objects``.
    layers, codes : sequence of str
        Instead of `BUILDING_LAYERS` and `CODE_FIELDS`.
    """
    _roots(con, tables, where)
    _families(con, tables, layers)
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE reps_ AS
        WITH shown AS (
            SELECT object_id, family FROM roots_
            UNION ALL
            SELECT o.object_id, coalesce(c.family, l.family)
            FROM {tables}objects o LEFT JOIN class_families_ c USING (class_code)
            LEFT JOIN layer_families_ l USING (source_layer)
            WHERE o.kind = 'gis' AND coalesce(c.family, l.family) IS NOT NULL
                AND o.bbox IS NOT NULL AND ST_Dimension(o.geometry) = 2 AND ({where})
            UNION ALL
            SELECT object_id, NULL FROM {tables}objects
            WHERE asset_code IN (SELECT asset_code FROM {tables}items)
                AND kind NOT IN ('bim', 'citymodel') AND ({where})
        ), one AS (SELECT object_id, max(family) AS family FROM shown GROUP BY object_id)
        SELECT row_number() OVER (ORDER BY rank, height IS NULL, area DESC, object_id) - 1 AS n, *
        FROM (
            SELECT o.object_id, o.item_id, o.kind, one.family, o.level, o.bbox, o.height,
                CASE o.kind WHEN 'citymodel' THEN 1 WHEN 'bim' THEN 2 ELSE 0 END AS rank,
                o.item_id || coalesce('/' || o.source_layer, '') AS source,
                coalesce(o.area_m2, (o.bbox.xmax - o.bbox.xmin) * (o.bbox.ymax - o.bbox.ymin)
                    * 1.2e10 * cos(radians(o.bbox.ymin)), 0) AS area,
                o.z_min AS low, coalesce(o.z_max, o.z_min + o.height) AS high,
                coalesce(o.height, o.z_max - o.z_min) AS tall, i.vertical_datum AS datum
            FROM {tables}objects o JOIN one USING (object_id)
            JOIN (SELECT item_id, vertical_datum FROM {tables}items) i USING (item_id)
        )
        """
    )
    row = con.execute("SELECT count(*) FROM reps_").fetchone()
    assert row is not None
    _codes(con, tables, grammar, codes)
    return int(row[0])


def _roots(con: duckdb.DuckDBPyConnection, tables: str, where: str) -> None:
    """Make ``roots_`` (object_id, kind, class_code, family): what models are of."""
    last = "regexp_extract(source_class, '[A-Za-z]+$')"
    facilities = ", ".join(literal(name) for name in _FACILITIES)
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE roots_ AS
        WITH facility AS (
            SELECT object_id, item_id, parent_id, kind, class_code,
                {_case("source_class", _FACILITIES)} AS family
            FROM {tables}objects
            WHERE kind = 'bim' AND source_class IN ({facilities}) AND ({where})
        ), only_one AS (
            SELECT any_value(object_id) AS object_id FROM {tables}objects
            WHERE kind = 'bim' AND parent_id IS NULL AND ({where})
                AND item_id NOT IN (SELECT item_id FROM facility)
            GROUP BY item_id HAVING count(*) = 1
        )
        SELECT object_id, kind, class_code, family FROM facility
        WHERE parent_id IS NULL OR parent_id NOT IN (SELECT object_id FROM facility)
        UNION ALL SELECT object_id, 'bim', NULL, NULL FROM only_one
        UNION ALL
        SELECT object_id, kind, class_code, {_case(last, _MODELS)} FROM {tables}objects
        WHERE kind = 'citymodel' AND parent_id IS NULL AND ({where})
            AND {_case(last, _MODELS)} IS NOT NULL
        """
    )


def _families(con: duckdb.DuckDBPyConnection, tables: str, layers: Sequence[str]) -> None:
    """Make ``class_families_`` and ``layer_families_``: what GIS objects are."""
    globs = {**_LAYERS, "building": tuple(layers)}
    fits = " ".join(
        f"WHEN {' OR '.join(_fits('source_layer', g) for g in some)} THEN {literal(family)}"
        for family, some in globs.items()
        if some
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE class_families_ AS
        SELECT class_code, any_value(family) AS family FROM roots_
        WHERE class_code IS NOT NULL AND family IS NOT NULL
        GROUP BY class_code HAVING count(DISTINCT family) = 1;
        CREATE OR REPLACE TEMP TABLE layer_families_ AS
        SELECT source_layer, CASE {fits} END AS family
        FROM (SELECT DISTINCT source_layer FROM {tables}objects WHERE kind = 'gis')
        """
    )


def _codes(
    con: duckdb.DuckDBPyConnection,
    tables: str,
    grammar: tuple[str, Sequence[str]] | None,
    fields: Sequence[str],
) -> None:
    """Make ``rep_codes_``.

    Identifier codes, and what the sheet says, join whatever states them. A key or a number that a
    bureau gives is a code where at most one thing of GIS and one of city models has it; a short
    number, and two of one kind, only where the boxes are near (50 m): every bureau counts from 1.
    """
    pattern, stated = grammar or ("", ())
    strong = [f"CASE WHEN {_whole(p, pattern)} THEN {p} END" for p in map(_said, stated)]
    reference = "json_extract_string(o.properties, '$.pset.Pset_BuildingCommon.Reference')"
    weak = [*map(_said, fields), reference]
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE rep_codes_ AS
        WITH said AS (
            SELECT r.n, r.kind, r.bbox, unnest([{
            ", ".join(["o.asset_code", "i.asset_code", *strong, "o.source_key", *weak])
        }]) AS code,
                generate_subscripts([{", ".join(["1"] * (3 + len(strong) + len(weak)))}], 1)
                    <= {2 + len(strong)} AS strong
            FROM reps_ r JOIN {tables}objects o USING (object_id)
            JOIN (SELECT item_id, asset_code FROM {tables}items) i ON i.item_id = r.item_id
        ), held AS (
            SELECT trim(code) AS code, n, kind, any_value(bbox) AS bbox, bool_or(strong) AS strong
            FROM said WHERE length(trim(code)) > 2 GROUP BY ALL
        ), shared AS (
            SELECT code, min(n) AS one, bool_and(strong) AS strong FROM held GROUP BY code
            HAVING count(*) > 1 AND (bool_and(strong) OR (
                count(*) FILTER (kind NOT IN ('bim', 'citymodel')) <= 1
                AND count(*) FILTER (kind = 'citymodel') <= 1))
        )
        SELECT DISTINCT s.one, h.n AS two
        FROM shared s JOIN held h USING (code) JOIN held f ON f.code = s.code AND f.n = s.one
        WHERE h.n > s.one AND (
            h.kind <> f.kind AND (s.strong OR NOT regexp_full_match(code, '[0-9]{{1,5}}'))
            OR h.bbox.xmin <= f.bbox.xmax + 5e-4 AND f.bbox.xmin <= h.bbox.xmax + 5e-4
                AND h.bbox.ymin <= f.bbox.ymax + 5e-4 AND f.bbox.ymin <= h.bbox.ymax + 5e-4)
        ORDER BY ALL
        """
    )


def _said(field: str) -> str:
    """Return SQL for a text attribute, wherever a kind of source keeps its attributes."""
    key = '"' + field.replace('"', '\\"') + '"'
    inner = literal(f"$.pset.*.{key}")
    return (
        f"coalesce(json_extract_string(o.properties, {literal('$.' + key)}), "
        f"json_extract_string(o.properties, {literal('$.attributes.' + key)}), "
        f"CASE WHEN o.kind = 'bim' THEN json_extract_string(o.properties, {inner})[1] END)"
    )


def _whole(text: str, pattern: str) -> str:
    return f"regexp_full_match(trim({text}), {literal(pattern)})" if pattern else "TRUE"


def _case(column: str, names: dict[str, str]) -> str:
    pairs = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in names.items())
    return f"CASE {column} {pairs} END"


def _fits(column: str, glob: str) -> str:
    return f"regexp_full_match({column}, {literal(glob_pattern(glob))}, 's')"
