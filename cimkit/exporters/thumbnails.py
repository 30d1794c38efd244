"""Small pictures of the photographs, upright and without their metadata."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import ExportError, SourceUnreadable
from cimkit.exporters._folder import replaced
from cimkit.exporters._select import Selection, select
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="thumbnails", title="Thumbnails of photographs")

_INDEX = "thumbnails.csv"
_PHOTOS = """
SELECT any_value(s.object_id ORDER BY s.object_id) AS object_id, i.item_id, i.root, i.path,
    i.members, i.sha256
FROM selected s JOIN selected_items i USING (item_id)
WHERE i.loader = 'photo' AND i.status = 'ok' GROUP BY ALL ORDER BY i.path
"""
_ROWS = 5_000


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    size: int = 320,
) -> ExportReport:
    """Write a JPEG for each photograph, and a table that says which is whose.

    They are made from the delivered files, whose hashes are verified; they are upright and carry
    no EXIF, no XMP and no profile. ``thumbnails.csv`` names object, file and delivered path.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a folder. Photographs above ``access`` are
        withheld and counted.
    size : int
        Pixels of the longer side.

    Raises
    ------
    ExportError
        If ``out`` holds something that is no export, cannot be written, or ``size`` is no size.
    """
    if not 16 <= int(size) <= 4096:
        raise ExportError("no such size", got=size, expected="16 to 4096 pixels")
    report = ExportReport(SPEC.name, out)
    with (
        replaced(out, _INDEX) as work,
        select(catalog, where=where, as_of=as_of, access=access) as selection,
    ):
        report.withheld = selection.withheld()
        _write(selection, work, int(size), report)
    return report


def _photos(selection: Selection) -> Iterator[dict[str, Any]]:
    for batch in selection.fetch(_PHOTOS).to_batches(_ROWS):
        yield from batch.to_pylist()


def _write(selection: Selection, work: Path, size: int, report: ExportReport) -> None:
    import csv

    from cimkit.loaders import open_source
    from cimkit.loaders.photo.thumbnail import thumbnail

    roots = selection.catalog.config.roots
    with (work / _INDEX).open("w", encoding="utf-8", newline="") as index:
        table = csv.writer(index, lineterminator="\n")
        table.writerow(["object_id", "file", "path"])
        for photo in _photos(selection):
            root = roots.get(photo["root"])
            if root is None:
                report.leave("the folder of the source is not known to the catalogue", 1)
                continue
            try:
                with open_source(
                    Path(root), photo["path"], photo["members"] or (), photo["sha256"]
                ) as source:
                    small = thumbnail(source, size)
            except SourceUnreadable as error:
                report.leave("the source cannot be read again", 1)
                report.notes.append(str(error))
                continue
            # Folders of a few thousand files at most: the first two digits of the identity.
            name = f"{photo['object_id'][:2]}/{photo['object_id']}.jpg"
            file = work / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(small)
            table.writerow([photo["object_id"], name, photo["path"]])
            report.files += 1
            report.size += len(small)
            report.largest = max(report.largest, len(small))
            report.counts["thumbnails"] = report.counts.get("thumbnails", 0) + 1
    report.files += 1
    report.size += (work / _INDEX).stat().st_size
