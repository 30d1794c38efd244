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
        If the file cannot be written.
    """
    report = ExportReport(spec.name, out)
    # Whatever the user calls the file, drivers go by the suffix.
    part = out.with_name(f".{out.stem}.part{spec.suffix}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
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
    report.files, report.size = 1, out.stat().st_size
    report.largest = report.size
    return report
