"""Writing one file: whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import ExportError
from cimkit.exporters._select import Selection, select
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["one_file"]

_STARTS = {
    ".gpkg": b"SQLite format 3\0",
    ".parquet": b"PAR1",
    ".pmtiles": b"PMTiles",
    ".fgb": b"fgb",
    ".city.json": b'{"type":"CityJSON"',
    ".city.jsonl": b'{"type":"CityJSON"',
    ".glb": b"glTF",
    ".laz": b"LASF",
}
"""How the files of each suffix begin."""


def one_file(
    spec: ExporterSpec,
    out: Path,
    write: Callable[[Selection, Path, ExportReport], None],
    catalog: Catalog,
    *,
    where: str | None,
    as_of: str | int | None,
    access: str,
) -> ExportReport:
    """Let ``write`` fill a file beside the one asked for, and put it in its place when complete.

    Raises
    ------
    ExportError
        If the file cannot be written, or is of another format now.
    """
    report = ExportReport(spec.name, out)
    # Whatever the user calls the file, drivers go by the suffix.
    part = out.with_name(f".{out.stem}.part{spec.suffix}")
    _refuse_foreign(out, spec)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"cannot write: {error}", where=str(out)) from error
    try:
        part.unlink(missing_ok=True)  # of a run that was killed
        with select(catalog, where=where, as_of=as_of, access=access) as selection:
            report.withheld = selection.withheld()
            write(selection, part, report)
        part.replace(out)
    except ExportError:
        raise
    except OSError as error:
        raise ExportError(f"cannot write: {error}", where=str(out)) from error
    finally:
        part.unlink(missing_ok=True)
    size = out.stat().st_size
    report.files, report.size = report.files + 1, report.size + size
    report.largest = report.largest or size
    return report


def _refuse_foreign(out: Path, spec: ExporterSpec) -> None:
    """Replace an earlier export, and nothing else that a slip of the finger may have named."""
    start = _STARTS[spec.suffix]
    if out.is_dir():
        raise ExportError(
            f"this is a folder, and {spec.title} is a file",
            where=str(out),
            mend=f"Name a file, for example '{out / 'city'}{spec.suffix}'.",
        )
    if not out.is_file() or not out.stat().st_size:
        return
    with out.open("rb") as opened:
        if opened.read(len(start)) != start:
            raise ExportError(
                f"this file is something else and no {spec.title}",
                where=str(out),
                mend="Name another file, or delete it.",
            )
