"""GeoPackage: tables of one geometry type each, with styles that QGIS shows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import ExportError, UsageError
from cimkit.exporters._class_styles import class_style
from cimkit.exporters._gpkg import finish, meanings, write_rows
from cimkit.exporters._one_file import one_file
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.exporters._styles.style import LANGUAGES
from cimkit.exporters._tables import asked_for, tables, write_table

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._select import Selection

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="gpkg", title="GeoPackage", suffix=".gpkg")

# Relations of objects that are both in the file; what a source names that is no object stays.
_RELATIONS = """SELECT r.object_id, r.relation, r.other_id, r.other_key
FROM relations r SEMI JOIN selected s ON s.object_id = r.object_id
WHERE r.other_id IS NULL OR r.other_id IN (SELECT object_id FROM selected)
ORDER BY ALL"""


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    split: str = "kind",
    attributes: Sequence[str] = (),
    language: str = "en",
    layers: Sequence[str] = (),
) -> ExportReport:
    """Write the objects as a GeoPackage in WGS 84.

    Each table has one type of geometry; objects without a place are in tables of rows alone. The
    attributes that the standard gives to the classes of a table are columns of its types, with
    their units in ``gpkg_data_columns``; ``properties`` is the JSON of all that the source says.
    ``layer_styles`` has a style for each language, which QGIS finds. All times of the format
    itself are the same for all files, so that the same objects are the same bytes.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.
    split : str
        ``kind``, or ``class``: a table for each class of the standard.
    attributes : sequence of str
        Names of further properties that become columns.
    language : str
        ``zh``, ``ja`` or ``en``: of the style shown first and of the titles of columns.

    layers : sequence of str
        Names of the tables to write; (): all.

    Raises
    ------
    UsageError
        If there is no such split, language or layer.
    ExportError
        If there is no object, or the file cannot be written.
    """
    if language not in LANGUAGES:
        raise UsageError("no such language", got=language, expected=", ".join(LANGUAGES))
    write = partial(_write, split=split, asked=tuple(attributes), language=language, layers=layers)
    return one_file(SPEC, out, write, catalog, where=where, as_of=as_of, access=access)


def _write(
    selection: Selection,
    part: Path,
    report: ExportReport,
    split: str,
    asked: Sequence[str],
    language: str,
    layers: Sequence[str],
) -> None:
    made = tables(selection, split, asked, report)
    if not made:
        kept = [f"{n} withheld, access {level}" for level, n in report.withheld.items()]
        raise ExportError(
            "there is no object to write", where=str(report.out), got="; ".join(kept) or None
        )
    made = asked_for(made, layers, report)
    for table in made:
        write_table(selection, table, part, "GPKG", geometry_name="geometry")
        report.counts[table.name] = table.count
    relations = selection.fetch(_RELATIONS)
    if relations.num_rows:
        rows = (tuple(row.values()) for b in relations.to_batches() for row in b.to_pylist())
        write_rows(part, "relations", rows)
        report.counts["relations"] = relations.num_rows
    styles = [style for table in made if (style := class_style(selection, table)) is not None]
    finish(part, styles, meanings(made, language), language)
