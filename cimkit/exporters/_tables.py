"""Objects in tables of one geometry type each, as desktop GIS want them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.exporters._attributes import Attribute, attributes, of_classes
from cimkit.exporters._heights_told import heights_told
from cimkit.exporters._objects import COLUMNS, batches, columns
from cimkit.exporters._ogr import write_ogr

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["SPLITS", "Table", "asked_for", "tables", "write_table"]

SPLITS = ("kind", "class")
"""What a table is about."""

_DIMENSION = """CASE
    WHEN s.geometry IS NULL OR ST_IsEmpty(s.geometry) THEN 'unplaced'
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%COLLECTION' THEN 'collections'
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%POLYGON' THEN 'areas'
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%LINESTRING' THEN 'lines'
    ELSE 'points' END"""
_HEIGHT = "coalesce(s.height, TRY_CAST(json_extract_string(s.properties, '$.height') AS DOUBLE))"
_OWN = {"bim": "areas", "citymodel": "areas", "raster": "areas", "pointcloud": "areas",
        "imagery": "points"}  # fmt: skip
# A kind has its name where the geometry is what one expects of it, else both.
_KIND = f"""CASE
    WHEN s.kind = 'gis' AND {_DIMENSION} = 'areas' AND {_HEIGHT} > 0 THEN 'buildings'
    WHEN s.kind = 'gis' THEN {_DIMENSION}
    {" ".join(f"WHEN s.kind = '{k}' AND {_DIMENSION} = '{d}' THEN '{k}'" for k, d in _OWN.items())}
    ELSE s.kind || '_' || {_DIMENSION} END"""
_CLASS = f"""'class_' || coalesce(s.class_code, 'none') || '_' || {_DIMENSION}"""
_TYPES = {
    "areas": ("Polygon", "MultiPolygon"),
    "lines": ("LineString", "MultiLineString"),
    "points": ("Point", "MultiPoint"),
    "collections": ("GeometryCollection", "GeometryCollection"),
    "unplaced": ("", ""),
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table in the making."""

    name: str
    """Of the table."""
    title: str
    """For people."""
    where: str
    """Its objects: SQL over ``selected s``."""
    dimension: str
    """areas, lines, points, collections or unplaced."""
    geometry_type: str
    """As OGC names it; "" for none."""
    sql: str
    """Geometry over ``selected s``, all of that type."""
    count: int
    """Objects."""
    asked: list[Attribute]
    """Columns beside the usual ones."""


def tables(
    selection: Selection, split: str, asked: Sequence[str], report: ExportReport
) -> list[Table]:
    """Return the tables that have objects, by name.

    Parameters
    ----------
    selection : Selection
        An open selection.
    split : str
        ``kind``: buildings, areas, lines, points, and what stands for files and models;
        ``class``: one for each class of the standard.
    asked : sequence of str
        Properties beside those that the standard gives to the classes there are.
    report : ExportReport
        Where notes go.

    Raises
    ------
    UsageError
        If there is no such split.
    """
    if split not in SPLITS:
        raise UsageError("no such split", got=split, expected=", ".join(SPLITS))
    named = _KIND if split == "kind" else _CLASS
    found = selection.fetch(
        f"""SELECT {named} AS name, {_DIMENSION} AS dimension, count(*) AS n,
        bool_or(ST_GeometryType(s.geometry)::VARCHAR LIKE 'MULTI%') AS several,
        any_value(n.name_en) AS class_name, any_value(s.class_code) AS class_code
        FROM selected s LEFT JOIN class_names n ON n.code = s.class_code
        GROUP BY 1, 2 ORDER BY 1, 2"""
    ).to_pylist()
    made: list[Table] = []
    for row in found:
        where = f"({named}) = '{row['name']}'"
        wanted = [*of_classes(selection, where), *asked]
        name, title = row["name"], row["name"]
        if split == "class" and row["class_name"]:
            slug = re.sub(r"[^a-z0-9]+", "_", row["class_name"].lower()).strip("_")
            name = f"class_{row['class_code']}_{slug}_{row['dimension']}"
            title = f"{row['class_code']} {row['class_name']}"
        several = bool(row["several"])
        promote = several and row["dimension"] in ("areas", "lines", "points")
        made.append(
            Table(
                name,
                title,
                where,
                row["dimension"],
                _TYPES[row["dimension"]][several],
                "ST_Multi(s.geometry)" if promote else "s.geometry",
                row["n"],
                attributes(selection, wanted, [c for c, _ in COLUMNS], report),
            )
        )
    report.notes = [*dict.fromkeys(report.notes), *heights_told(selection, named=True)]
    return made


def asked_for(found: list[Table], layers: Sequence[str], report: ExportReport) -> list[Table]:
    """Return the tables with the names asked for, all for (); the others are counted.

    Raises
    ------
    UsageError
        If there is no table of a name.
    """
    if not layers:
        return found
    names = [table.name for table in found]
    unknown = sorted(set(layers) - set(names))
    if unknown:
        raise UsageError("no such layer", got=", ".join(unknown), expected=", ".join(names))
    report.leave("of another layer", sum(t.count for t in found if t.name not in layers))
    return [table for table in found if table.name in layers]


def write_table(
    selection: Selection, table: Table, file: Path, driver: str, **options: Any
) -> None:
    """Write one table by a driver of GDAL, streamed, in the order of object ids.

    ``options`` are those of `cimkit.exporters._ogr.write_ogr`.
    """
    told = columns(table.asked)
    schema = pa.schema(told if table.geometry_type else told[:-1])
    rows = batches(selection, table.where, asked=table.asked, geometry=table.sql)
    write_ogr(file, driver, table.name, schema, rows, table.geometry_type, **options)
