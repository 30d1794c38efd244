"""Context package: what only the city knows, for those who check before they deliver."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit import __version__
from cimkit.checks._context_tables import CONTEXT, DOCUMENT, FORMAT, SCHEMA, document_hash
from cimkit.errors import CimkitError, ExportError, UsageError
from cimkit.exporters._areas import read_areas
from cimkit.exporters._context_rows import city_tables
from cimkit.exporters._folder import refuse_foreign, swap
from cimkit.exporters._select import Selection, select
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="context", title="Context package")

_DEM = ("reference", "copy", "none")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the same content, the same bytes


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    dem: str = "reference",
    districts: Path | None = None,
    jurisdiction: Path | None = None,
) -> ExportReport:
    """Write what a vendor needs to check as the city will: `cimkit check --context`.

    Codes that are taken, what there is now and under which keys, counts by class and district,
    footprints, what surveys cover, elevation models, the jurisdiction; without attributes, without
    names of objects, without paths of this machine and without definitions of coordinate systems.
    One version of a catalogue gives the same package each time.

    Parameters
    ----------
    catalog, where, as_of, access
        See `cimkit.exporters.export`. Codes are those of the whole catalogue, whatever ``where``
        selects.
    out
        ``*.zip``: one file; else a folder.
    dem
        ``reference``: elevation models are named, with their hash; ``copy``: they lie in the
        package; ``none``.
    districts
        GeoJSON with named polygons, to count by.
    jurisdiction
        GeoJSON with the area; default: that of the standard.

    Raises
    ------
    UsageError
        If an option cannot be obeyed.
    ExportError
        If ``out`` holds something else, or cannot be written.
    """
    if dem not in _DEM:
        raise UsageError("no such way with elevation models", got=dem, expected=", ".join(_DEM))
    zipped = out.suffix.lower() == ".zip"
    _refuse(out) if zipped else refuse_foreign(out, DOCUMENT)
    report = ExportReport(SPEC.name, out)
    none = CONTEXT["districts"].empty_table()
    named = none if districts is None else read_areas(Path(districts), named=True)
    area = _jurisdiction(catalog, jurisdiction)
    with select(catalog, where=where, as_of=as_of, access=access) as selection:
        tables, withheld = city_tables(selection, named)
        tables["jurisdiction"] = area
        document = _document(selection, access, withheld)
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            tables["dem"] = _elevation(selection, tables["dem"], dem, work, report)
            _write(tables, document, work, report)
            if zipped:
                _zip(work, out)
            else:
                swap(work, out)
        except OSError as error:
            if isinstance(error, CimkitError):
                raise
            raise ExportError(f"cannot write: {error}", where=str(out)) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
    for name, levels in withheld.items():
        for level, count in levels.items():
            report.withheld[f"{level}, {name}"] = count
    if area.num_rows == 0:
        report.notes.append("No jurisdiction: the standard names no area, and none was given.")
    report.notes.append(f"context {document['hash']}")
    report.size = _size(out)
    report.largest = report.size if zipped else max(f.stat().st_size for f in out.rglob("*"))
    return report


def _document(
    selection: Selection, access: str, withheld: dict[str, dict[str, int]]
) -> dict[str, Any]:
    rows = selection.fetch("SELECT standard, scheme, hash FROM standards").to_pylist()
    when = selection.con.execute(
        "SELECT strftime(snapshot_time, '%Y-%m-%dT%H:%M:%SZ') FROM lake.snapshots()"
        " WHERE snapshot_id = ?",
        [selection.version],
    ).fetchone()
    in_force = rows[0] if rows else {"standard": None, "scheme": None, "hash": None}
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "cimkit": __version__,
        "title": selection.catalog.config.title,
        "standard": in_force["standard"],
        "scheme": in_force["scheme"],
        "standard_hash": in_force["hash"],
        "version": selection.version,
        "time": when[0] if when else None,
        "division": selection.catalog.config.division,
        "access": access,
        "withheld": withheld,
    }


def _jurisdiction(catalog: Catalog, file: Path | None) -> pa.Table:
    """Return the table ``jurisdiction``: one row, none if there is no area."""
    import shapely

    standard = catalog.standard()
    polygon = standard.jurisdiction.polygon if standard else None
    if file is not None:
        areas = read_areas(Path(file), named=False)["geometry"].to_pylist()
        whole = shapely.union_all(shapely.from_wkb(areas))
        polygon = shapely.to_wkb(whole, byte_order=1)
    rows = [{"division": catalog.config.division, "geometry": polygon}] if polygon else []
    return pa.Table.from_pylist(rows, schema=CONTEXT["jurisdiction"])


def _elevation(
    selection: Selection, rows: pa.Table, dem: str, work: Path, report: ExportReport
) -> pa.Table:
    """Return the table ``dem``, with the files in the package if they shall be."""
    if dem == "none":
        return rows.slice(0, 0)
    if dem == "reference":
        return rows
    from cimkit.loaders import open_source

    where = selection.fetch("SELECT path, root, members, sha256 FROM selected_items").to_pylist()
    known = {row["path"]: row for row in where}
    files: list[str | None] = []
    for row in rows.to_pylist():
        item = known[row["path"]]
        root = selection.catalog.config.roots.get(item["root"])
        if root is None:
            raise ExportError("the folder of an elevation model is not known", where=row["path"])
        name = f"dem/{row['sha256'] or row['path'].replace('/', '_')}{Path(row['path']).suffix}"
        target = work / name
        target.parent.mkdir(exist_ok=True)
        with open_source(Path(root), row["path"], item["members"] or (), row["sha256"]) as source:
            shutil.copyfile(source.file, target)
        files.append(name)
    column = rows.schema.get_field_index("file")
    return rows.set_column(column, rows.schema.field("file"), pa.array(files, pa.string()))


def _write(
    tables: dict[str, pa.Table], document: dict[str, Any], work: Path, report: ExportReport
) -> None:
    import pyarrow.parquet as pq

    files: dict[str, dict[str, Any]] = {}
    for name in CONTEXT:
        file = work / f"{name}.parquet"
        pq.write_table(tables[name], file, compression="zstd", row_group_size=65_536)
        report.counts[name] = tables[name].num_rows
    for file in sorted(p for p in work.rglob("*") if p.is_file()):
        with file.open("rb") as opened:
            digest = file_digest(opened, "sha256").hexdigest()
        files[file.relative_to(work).as_posix()] = {"size": file.stat().st_size, "sha256": digest}
    document["rows"] = {name: tables[name].num_rows for name in CONTEXT}
    document["files"] = files
    document["hash"] = document_hash(document)
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
    (work / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    report.files = len(files) + 1


def _zip(work: Path, out: Path) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as made:
            for file in sorted(p for p in work.rglob("*") if p.is_file()):
                info = zipfile.ZipInfo(file.relative_to(work).as_posix(), _EPOCH)
                info.external_attr = 0o644 << 16
                with file.open("rb") as source, made.open(info, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target, 1 << 20)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _refuse(out: Path) -> None:
    """Replace an earlier package, and nothing else that a slip of the finger may have named."""
    if not out.exists() or (out.is_file() and not out.stat().st_size):
        return
    if out.is_file() and zipfile.is_zipfile(out):
        with zipfile.ZipFile(out) as opened:
            if DOCUMENT in opened.namelist():
                return
    raise ExportError(
        "this place holds something else", where=str(out), mend="Name another file, or delete it."
    )


def _size(out: Path) -> int:
    files = [out] if out.is_file() else [p for p in out.rglob("*") if p.is_file()]
    return sum(p.stat().st_size for p in files)
