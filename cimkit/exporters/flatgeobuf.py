"""FlatGeobuf: one file for each table of objects, which programs read piece by piece."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import ExportError, UsageError
from cimkit.exporters._folder import replaced
from cimkit.exporters._one_file import one_file
from cimkit.exporters._select import Selection, select
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.exporters._tables import Table, asked_for, tables, write_table

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="flatgeobuf", title="FlatGeobuf")

_FILE = ExporterSpec(name="flatgeobuf", title="FlatGeobuf", suffix=".fgb")
_INDEX = "flatgeobuf.json"


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    split: str = "kind",
    attributes: Sequence[str] = (),
    layers: Sequence[str] = (),
) -> ExportReport:
    """Write the objects as FlatGeobuf files in WGS 84 with their spatial index.

    The tables are those of the GeoPackage; objects without a place are left out and counted.
    ``flatgeobuf.json`` names the files.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a folder, or a file ``.fgb`` for one layer.
    split : str
        ``kind``, or ``class``: a file for each class of the standard.
    attributes : sequence of str
        Names of properties that become columns, beside those that the standard gives to the
        classes.
    layers : sequence of str
        Names of the tables to write; (): all.

    Raises
    ------
    UsageError
        If there is no such split or layer, or a file is to hold several.
    ExportError
        If there is no object with a place, or ``out`` holds something else.
    """
    if out.suffix.lower() == _FILE.suffix:

        def write(selection: Selection, part: Path, report: ExportReport) -> None:
            found = _placed(selection, split, attributes, layers, report)
            if len(found) > 1:
                raise UsageError(
                    "a file holds one layer",
                    got=", ".join(table.name for table in found),
                    mend="Name one of them, or a folder.",
                )
            _write(selection, found[0], part, report)

        return one_file(_FILE, out, write, catalog, where=where, as_of=as_of, access=access)
    report = ExportReport(SPEC.name, out)
    with (
        replaced(out, _INDEX) as work,
        select(catalog, where=where, as_of=as_of, access=access) as selection,
    ):
        report.withheld = selection.withheld()
        found = _placed(selection, split, attributes, layers, report)
        for table in found:
            _write(selection, table, work / f"{table.name}.fgb", report)
        said = [
            {"file": f"{t.name}.fgb", "title": t.title, "geometry": t.geometry_type,
             "count": t.count}
            for t in found
        ]  # fmt: skip
        (work / _INDEX).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        sizes = [f.stat().st_size for f in work.iterdir()]
    report.files, report.size, report.largest = len(sizes), sum(sizes), max(sizes)
    return report


def _placed(
    selection: Selection,
    split: str,
    attributes: Sequence[str],
    layers: Sequence[str],
    report: ExportReport,
) -> list[Table]:
    found = tables(selection, split, attributes, report)
    report.leave("not placed", sum(t.count for t in found if t.dimension == "unplaced"))
    placed = asked_for([t for t in found if t.dimension != "unplaced"], layers, report)
    if not placed:
        kept = [f"{n} withheld, access {level}" for level, n in report.withheld.items()]
        raise ExportError(
            "there is no object to write", where=str(report.out), got="; ".join(kept) or None
        )
    return placed


def _write(selection: Selection, table: Table, file: Path, report: ExportReport) -> None:
    write_table(selection, table, file, "FlatGeobuf", SPATIAL_INDEX="YES")
    report.counts[table.name] = table.count
