"""Finding items and objects by place, time, class and kind."""

from __future__ import annotations

from datetime import datetime as moment_type
from typing import TYPE_CHECKING

from cimkit.catalog._lake import literal
from cimkit.catalog._query import query
from cimkit.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.catalog._catalog import Catalog

__all__ = ["search"]

_ITEM = (
    "item_id, dataset_id, delivery_id, path, root, kind, format, media_type, title, class_code, "
    "level, bbox, z_min, z_max, crs, observed_start, observed_end, access, size, sha256, counts"
)
_OBJECT = (
    "object_id, dataset_id, item_id, kind, source_layer, source_key, source_class, class_code, "
    "asset_code, level, name, bbox, z_min, z_max, height, observed, lifecycle, access, properties"
)
_BELOW = """
    WITH RECURSIVE mine_ AS (
        SELECT code, parent FROM classes SEMI JOIN standards USING (scheme)
    ), below_ AS (
        SELECT {} AS code UNION SELECT m.code FROM mine_ m JOIN below_ b ON m.parent = b.code
    )
    SELECT code FROM below_
"""


def search(
    catalog: Catalog,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    datetime: str | None = None,
    class_code: str | None = None,
    kind: str | None = None,
    where: str | None = None,
    objects: bool = False,
    limit: int = 100,
    as_of: int | str | None = None,
) -> pa.Table:
    """Find items, or objects, that meet all conditions.

    Parameters
    ----------
    bbox : (west, south, east, north), optional
        In CRS84 degrees; what touches it is found. West greater than east crosses the
        antimeridian.
    datetime : str, optional
        RFC 3339 time, or an interval ``from/to`` where ``..`` leaves an end open. What was observed
        at an unknown time is not found.
    class_code : str, optional
        A class of the primary scheme, and all below it. An item has the class of any of its
        objects.
    kind : str, optional
        ``bim``, ``gis``, ``pointcloud``, ``imagery``, ``raster``, ``citymodel`` ...
    where : str, optional
        One more condition in SQL over the columns of ``items`` (``objects``).
    objects : bool
        Find objects instead of items.
    limit : int
        At most so many, in the order of path (items) or id (objects).
    as_of : int or str, optional
        As for `query`.

    Returns
    -------
    pa.Table
        The columns of the table without what is long, and ``geometry`` as GeoJSON text.

    Raises
    ------
    UsageError
        If a condition cannot be understood.
    QueryRefused, QueryError
        From `where`.
    """
    table, columns, order = (
        ("objects", _OBJECT, "object_id") if objects else ("items", _ITEM, "path, item_id")
    )
    conditions = ["true"] if objects else ["status = 'ok'"]
    if bbox is not None:
        conditions.append(_box(bbox))
    if datetime is not None:
        conditions.append(_time(datetime, "observed", "observed"))
        if not objects:
            conditions[-1] = _time(
                datetime, "observed_start", "coalesce(observed_end, observed_start)"
            )
    if class_code is not None:
        below = f"class_code IN ({_BELOW.format(literal(class_code))})"
        inside = f"item_id IN (SELECT item_id FROM objects WHERE {below})"
        conditions.append(below if objects else f"({below} OR {inside})")
    if kind is not None:
        conditions.append(f"kind = {literal(kind)}")
    if where is not None:
        conditions.append(f"({where}\n)")
    sql = (
        f"SELECT {columns}, ST_AsGeoJSON(geometry)::VARCHAR AS geometry FROM {table} "
        f"WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {int(limit)}"
    )
    return query(catalog, sql, as_of=as_of)


def _box(bbox: tuple[float, float, float, float]) -> str:
    west, south, east, north = (float(v) for v in bbox)
    if south > north or not all(-180 <= v <= 180 for v in (west, east)):
        raise UsageError("no such box", got=bbox, expected="west,south,east,north in degrees")
    # The box comes first and alone is pruned: ST_Intersects never is.
    vertical = f"bbox.ymax >= {south!r} AND bbox.ymin <= {north!r}"
    if west > east:
        return f"{vertical} AND (bbox.xmax >= {west!r} OR bbox.xmin <= {east!r})"
    return f"{vertical} AND bbox.xmax >= {west!r} AND bbox.xmin <= {east!r}"


def _time(text: str, start: str, end: str) -> str:
    first, slash, last = text.partition("/")
    if not slash:
        last = first
    said = []
    if first not in ("", ".."):
        said.append(f"{end} >= TIMESTAMPTZ {literal(_moment(first))}")
    if last not in ("", ".."):
        # A day means all of it.
        step = " + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND" if len(last) == 10 else ""
        said.append(f"{start} <= TIMESTAMPTZ {literal(_moment(last))}{step}")
    return " AND ".join(said) or "true"


def _moment(text: str) -> str:
    try:
        return moment_type.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError("not a time", got=text, expected="RFC 3339, e.g. 2026-09-01") from error
