"""What analysts get on top of the tables: macros in metres, classes by descent, typed views."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cimkit.catalog import _translation
from cimkit.catalog._lake import literal, name

if TYPE_CHECKING:
    import duckdb

__all__ = ["MACROS", "TABLE_MACROS", "VIEWS", "class_views", "macros"]

MACROS = ("area_m", "buffer_m", "distance_m", "length_of_m", "within_m", *_translation.MACROS)
"""Names of the scalar macros."""
TABLE_MACROS = ("class_in", *_translation.TABLE_MACROS)
"""Names of the table macros."""
VIEWS = ("photographs", "representations", "sequences", "unclassed")
"""Names of the views that do not depend on the standard."""

# Metres per degree on the WGS 84 ellipsoid from its two radii of curvature at a latitude (M along
# the meridian, N across it; Torge, Geodesy, 4.2). Within a city (some 50 km) a length scaled so is
# within 1e-4 of the geodesic, without choosing a projected CRS.
_E2 = 0.00669437999014
_W2 = f"(1 - {_E2} * pow(sin(radians(lat)), 2))"
_MACROS = f"""
CREATE MACRO metres_per_degree_y_(lat) AS
    radians(1) * 6378137.0 * (1 - {_E2}) / pow({_W2}, 1.5);
CREATE MACRO metres_per_degree_x_(lat) AS
    radians(1) * 6378137.0 * cos(radians(lat)) / sqrt({_W2});
CREATE MACRO in_metres_(g, lat) AS
    ST_Affine(g, metres_per_degree_x_(lat), 0, 0, metres_per_degree_y_(lat), 0, 0);
CREATE MACRO in_degrees_(g, lat) AS
    ST_Affine(g, 1 / metres_per_degree_x_(lat), 0, 0, 1 / metres_per_degree_y_(lat), 0, 0);
CREATE MACRO mid_latitude_(g) AS (ST_YMin(g) + ST_YMax(g)) / 2;
CREATE MACRO distance_m(a, b) AS ST_Distance(
    in_metres_(a, (mid_latitude_(a) + mid_latitude_(b)) / 2),
    in_metres_(b, (mid_latitude_(a) + mid_latitude_(b)) / 2));
CREATE MACRO within_m(a, b, metres) AS
    abs(mid_latitude_(a) - mid_latitude_(b)) * 110574
        - (ST_YMax(a) - ST_YMin(a) + ST_YMax(b) - ST_YMin(b)) / 2 * 111695 <= metres
    AND distance_m(a, b) <= metres;
CREATE MACRO buffer_m(g, metres) AS
    in_degrees_(ST_Buffer(in_metres_(g, mid_latitude_(g)), metres), mid_latitude_(g));
CREATE MACRO area_m(g) AS ST_Area(in_metres_(g, mid_latitude_(g)));
CREATE MACRO length_of_m(g) AS ST_Length(in_metres_(g, mid_latitude_(g)));
CREATE MACRO class_in(of_scheme, of_code) AS TABLE
    WITH RECURSIVE below_ AS (
        SELECT code FROM classes WHERE scheme = of_scheme AND code = of_code
        UNION
        SELECT c.code FROM classes c JOIN below_ b ON c.parent = b.code WHERE c.scheme = of_scheme
    )
    SELECT k.object_id, k.class_code, k.confidence, k.rule
    FROM classifications k JOIN below_ b ON k.class_code = b.code WHERE k.scheme = of_scheme;
CREATE VIEW photographs AS
    SELECT object_id, item_id, dataset_id, sequence, path, nth, observed,
        coalesce(said, told) AS heading,
        CASE WHEN said IS NOT NULL THEN coalesce(origin, 'exif')
             WHEN told IS NOT NULL THEN 'derived' END AS heading_origin, geometry
    FROM (
        SELECT *, CASE WHEN abs(east) + abs(north) > 0.3
            THEN (degrees(atan2(east, north)) + 360) % 360 END AS told
        FROM (
            SELECT *, metres_per_degree_x_(y) * (coalesce(lead(x) OVER w, x)
                    - CASE WHEN lead(x) OVER w IS NULL THEN coalesce(lag(x) OVER w, x) ELSE x END)
                    AS east,
                metres_per_degree_y_(y) * (coalesce(lead(y) OVER w, y)
                    - CASE WHEN lead(y) OVER w IS NULL THEN coalesce(lag(y) OVER w, y) ELSE y END)
                    AS north,
                row_number() OVER w AS nth
            FROM (
                SELECT o.object_id, o.item_id, o.dataset_id, i.sequence, i.path, o.observed,
                    o.geometry, o.bbox.xmin AS x, o.bbox.ymin AS y,
                    TRY_CAST(json_extract_string(o.properties, '$.heading') AS DOUBLE) AS said,
                    json_extract_string(o.properties, '$.heading_origin') AS origin
                FROM objects o JOIN items i USING (item_id)
                WHERE o.kind = 'imagery' AND o.bbox IS NOT NULL
            ) WINDOW w AS (PARTITION BY dataset_id, sequence ORDER BY observed NULLS LAST, path)
        )
    );
CREATE VIEW representations AS
    SELECT t.thing, o.object_id, o.kind, o.level, d.name AS source, i.path, t."by", t.confidence
    FROM (
        SELECT other_id AS thing, object_id, "by", confidence FROM same_as
        UNION ALL
        SELECT DISTINCT other_id, other_id, NULL, NULL FROM same_as
    ) t JOIN objects o USING (object_id) JOIN items i USING (item_id)
    LEFT JOIN datasets d ON d.dataset_id = o.dataset_id;
CREATE VIEW sequences AS
    SELECT dataset_id, sequence, count(*) AS photographs, min(observed) AS observed_start,
        max(observed) AS observed_end,
        CASE WHEN count(*) > 1 THEN length_of_m(ST_MakeLine(list(geometry ORDER BY nth))) END
            AS length_m,
        CASE WHEN count(*) > 1 THEN ST_MakeLine(list(geometry ORDER BY nth)) END AS geometry
    FROM photographs WHERE sequence IS NOT NULL GROUP BY ALL;
CREATE VIEW unclassed AS
    SELECT o.kind, o.source_class, o.source_layer, count(*) AS objects,
        list_sort(min(o.source_key, 5)) AS keys,
        list_sort(list_distinct(flatten(min_by(
            coalesce(TRY(json_keys(o.properties)), []), o.object_id, 50)))) AS fields
    FROM objects o ANTI JOIN (
        SELECT k.object_id FROM classifications k JOIN standards s USING (scheme)
        WHERE k.class_code IS NULL
    ) exempt USING (object_id)
    WHERE o.class_code IS NULL GROUP BY ALL ORDER BY objects DESC, kind, source_class, source_layer;
"""

_CAST = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "boolean": "BOOLEAN",
}


def macros(con: duckdb.DuckDBPyConnection) -> None:
    """Make the macros and `VIEWS` in the connection's own database."""
    con.execute(_MACROS)
    _translation.make(con)


def class_views(
    con: duckdb.DuckDBPyConnection, *, only: set[str] | None = None
) -> list[tuple[str, str]]:
    """Make a typed view for each class whose standard gives it attributes.

    A view is called ``class_<code>_<english name>``; its attribute columns are cast to the type of
    the standard (NULL where that fails) and carry unit and domain as comment.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        With the lake's tables as views.
    only : set of str, optional
        Make only these; all views cost about a millisecond each.

    Returns
    -------
    list of (name, code)
        All views there can be, made or not.
    """
    rows = con.execute(
        """
        WITH RECURSIVE mine AS (
            FROM classes SEMI JOIN standards USING (scheme)
        ), line AS (
            SELECT standard, code, code AS above FROM mine WHERE leaf
            UNION
            SELECT l.standard, l.code, coalesce(m.parent, '') FROM line l
            JOIN mine m ON m.standard = l.standard AND m.code = l.above
        )
        SELECT c.scheme, c.code, any_value(c.name_en), list(
            {'name': a.name, 'type': a.type, 'unit': a.unit, 'domain': a.domain} ORDER BY a.name)
        FROM mine c JOIN line l USING (standard, code)
        JOIN attributes a ON a.standard = c.standard AND a.class_code = l.above
        GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    made = []
    for scheme, code, english, attributes in rows:
        slug = re.sub(r"[^a-z0-9]+", "_", (english or "").lower()).strip("_")
        view = re.sub(r"\W", "_", f"class_{code}_{slug}".rstrip("_"))
        made.append((view, code))
        if only is None or view in only:
            _class_view(con, view, scheme, code, attributes)
    return made


_OWN = (
    "object_id", "item_id", "dataset_id", "class_code", "asset_code", "level", "name", "district",
    "lifecycle", "observed", "geometry", "bbox", "z_min", "z_max", "height", "area_m2", "length_m",
)  # fmt: skip


def _class_view(
    con: duckdb.DuckDBPyConnection,
    view: str,
    scheme: str,
    code: str,
    attributes: list[dict[str, str]],
) -> None:
    seen = set(_OWN)
    columns = [name(c) for c in _OWN]
    comments = []
    for attribute in attributes:
        column = attribute["name"]
        label = column if column.lower() not in seen else f"{column}_"
        if label.lower() in seen:
            continue
        seen.add(label.lower())
        path = "$." + '"' + column.replace('"', '\\"') + '"'
        cast = _CAST.get(attribute["type"], "VARCHAR")
        columns.append(
            f"TRY_CAST(json_extract_string(properties, {literal(path)}) AS {cast}) AS {name(label)}"
        )
        said = [x for x in (attribute["unit"], attribute["domain"]) if x]
        if said:
            comments.append((label, ", ".join(said)))
    con.execute(
        f"CREATE OR REPLACE VIEW {name(view)} AS SELECT {', '.join(columns)} FROM objects "
        f"WHERE class_code = {literal(code)}"
    )
    con.execute(f"COMMENT ON VIEW {name(view)} IS {literal(f'{scheme} {code}')}")
    for label, text in comments:
        con.execute(f"COMMENT ON COLUMN {name(view)}.{name(label)} IS {literal(text)}")
