"""COPC 1.0: the point clouds of one coordinate system as one octree in one LAZ file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.errors import CimkitError, ExportError, SourceUnreadable
from cimkit.exporters._one_file import one_file
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.geometry.crs import parse_crs

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._copc_records import Layout
    from cimkit.exporters._select import Selection
    from cimkit.loaders.pointcloud.raw import RawCloud
    from cimkit.tiles.octree import Batch, Expected

__all__ = ["SPEC", "expected", "export"]

SPEC = ExporterSpec(name="copc", title="COPC 1.0", suffix=".laz")


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
) -> ExportReport:
    """Write the point clouds as one COPC file, with all that their points carry.

    Clouds of several coordinate systems do not fit in one file: those of the system with most
    points are written, the others are counted. Coordinates stay as they are, their heights too.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.

    Raises
    ------
    ExportError
        If there is no cloud, or the file cannot be written.
    """
    return one_file(SPEC, out, _write, catalog, where=where, as_of=as_of, access=access)


def _write(selection: Selection, part: Path, report: ExportReport) -> None:
    from cimkit.exporters._copc_file import CopcHead, write_copc

    clouds = _clouds(selection, report)
    if not clouds:
        raise ExportError("there is no point cloud with a coordinate system",
                          where=str(selection.catalog.folder))  # fmt: skip
    layouts: list[Layout] = []
    heads = []
    readable = []
    for cloud in clouds:
        try:
            layout, head = _look(selection, cloud)
        except CimkitError as error:
            report.leave("source cannot be read again", 1)
            report.notes.append(str(error))
            continue
        readable.append(cloud)
        layouts.append(layout)
        heads.append(head)
    if not readable:
        raise ExportError("none of the point clouds can be read again",
                          where=str(selection.catalog.folder))  # fmt: skip
    whole = layouts[0]
    for layout in layouts[1:]:
        whole |= layout
    told = [h for h in heads if h is not None]
    waves = sum(h.waves for h in told)
    if waves:
        report.notes.append(f"{waves:,} clouds carry waveforms, which COPC does not hold: left out")
    first = told[0] if told else None
    written, dropped = write_copc(
        _points(selection, readable, whole, report),
        CopcHead(
            _wkt(readable, first),
            whole,
            all(h.head.standard_time for h in told),
            first.head.source_id if first is not None and len(readable) == 1 else 0,
            first.head.day if first is not None else 0,
            first.head.year if first is not None else 0,
            expected(heads),
        ),
        part,
    )
    if not written:
        raise ExportError("the point clouds hold no points", where=str(selection.catalog.folder))
    report.leave("points without a place", dropped)
    report.counts = {"pointclouds": len(readable), "points": written}


def _clouds(selection: Selection, report: ExportReport) -> list[dict[str, Any]]:
    """The clouds of the coordinate system with most points."""
    rows = selection.fetch(
        """SELECT i.item_id, i.root, i.path, i.members, i.sha256, i.loader, i.crs,
        coalesce(TRY_CAST(json_extract_string(i.counts, '$.points') AS BIGINT), 0) AS points,
        json_extract_string(i.properties, '$.z_unit_m') AS unit, i.vertical_datum
        FROM selected_items i
        WHERE (i.kind = 'pointcloud' OR i.loader = 'pointcloud')
        AND i.item_id IN (SELECT item_id FROM selected) ORDER BY i.path, i.item_id"""
    ).to_pylist()
    placed: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        if row["crs"] is None:
            report.leave("no coordinate system", 1)
            continue
        same = (row["crs"], row["unit"], row["vertical_datum"])
        placed.setdefault(same, []).append(row)
    if not placed:
        return []
    chosen = max(placed.values(), key=lambda rows: sum(r["points"] for r in rows))
    _tell_heights(chosen[0]["vertical_datum"], chosen[0]["crs"], report)
    report.leave(
        "another coordinate system or other heights", sum(map(len, placed.values())) - len(chosen)
    )
    return chosen


def _tell_heights(datum: str | None, crs: str, report: ExportReport) -> None:
    from cimkit.geometry.vertical import vertical_part

    own = vertical_part(parse_crs(crs))
    if datum is None:
        report.notes.append("nobody says what the heights are measured from: they stay as they are")
    elif own is None or own.datum != datum:
        report.notes.append(
            f"heights are in {datum}, which the file's coordinate system does not name"
        )


def _look(selection: Selection, cloud: dict[str, Any]) -> tuple[Layout, Any]:
    from cimkit.exporters._copc_records import look

    with _opened(selection, cloud, None) as source:
        return look(source, cloud["loader"])


def _points(
    selection: Selection, clouds: list[dict[str, Any]], layout: Layout, report: ExportReport
) -> Iterator[Batch]:
    from cimkit.exporters._copc_records import batches, look

    first = 0
    for cloud in clouds:
        try:
            with _opened(selection, cloud, cloud["sha256"]) as source:
                _, raw = look(source, cloud["loader"])
                for batch in batches(source, cloud["loader"], raw, layout, first):
                    first += len(batch.places[0])
                    yield batch
        except CimkitError as error:
            # A cloud that breaks off is written as far as it goes.
            report.notes.append(f"{cloud['path']}: {error}")


def expected(clouds: Sequence[RawCloud | None]) -> Expected | None:
    """What the headers say of where the points lie; None if not all have said it."""
    from cimkit.tiles.octree import Expected

    heads = [c.head for c in clouds if c is not None and c.head.box is not None]
    if len(heads) < len(clouds) or not heads:
        return None
    low = np.min([h.box[:3] for h in heads if h.box is not None], axis=0)
    high = np.max([h.box[3:] for h in heads if h.box is not None], axis=0)
    kinds = frozenset((h.scales, h.offsets) for h in heads)
    return Expected(kinds, tuple(low.tolist()), tuple(high.tolist()))


def _wkt(clouds: list[dict[str, Any]], first: Any) -> bytes:
    """The source's own text if there is one source and one text, else that of the catalogue."""
    if first is not None and len(clouds) == 1:
        own = first.records.get("LASF_Projection", 2112)
        if own and own[0].data:
            return bytes(own[0].data)
    crs = parse_crs(clouds[0]["crs"])
    return str(crs.to_wkt("WKT1_GDAL") or crs.to_wkt()).encode() + b"\0"


def _opened(selection: Selection, item: dict[str, Any], sha256: str | None) -> Any:
    from cimkit.loaders import open_source

    root = selection.catalog.config.roots.get(item["root"])
    if root is None:
        raise SourceUnreadable(
            "the folder of this source is not known to the catalogue",
            where=item["path"],
            got=item["root"],
            mend="Say where it lies: 'cimkit relocate'.",
        )
    return open_source(Path(root), item["path"], item["members"] or (), sha256)
