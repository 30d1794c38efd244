"""A static STAC catalogue: a collection for each kind, an item for each source."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from cimkit.exporters._folder import replaced
from cimkit.exporters._heights_told import heights_told
from cimkit.exporters._select import Selection, select
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.exporters._stac_item import item_json
from cimkit.exporters._stac_schemas import EXTENSION_FILE
from cimkit.registry import data_folder

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="stac", title="STAC 1.1, static")

_ITEMS = """
SELECT i.item_id, i.path, i.root, i.members, i.status, i.kind, i.format, i.media_type, i.size,
    i.sha256, i.loader, i.title, i.class_code, i.level, ST_AsGeoJSON(i.geometry)::VARCHAR AS shape,
    i.bbox, i.z_min, i.z_max, i.crs, i.crs_origin, i.vertical_datum, i.epoch, i.encoding,
    i.observed_start, i.observed_end, i.sequence, i.access, i.counts, i.properties, i.problems,
    d.name AS dataset, d.owner, d.producer, v.name AS delivery, v.received,
    o.objects, o.classes
FROM selected_items i LEFT JOIN datasets d USING (dataset_id)
    LEFT JOIN deliveries v ON v.delivery_id = i.delivery_id
    LEFT JOIN (
        SELECT item_id, sum(n)::BIGINT AS objects,
            map_from_entries(list((code, n) ORDER BY code) FILTER (code IS NOT NULL)) AS classes
        FROM (SELECT item_id, class_code AS code, count(*) AS n FROM selected GROUP BY ALL)
        GROUP BY item_id) o ON o.item_id = i.item_id
{filter}
ORDER BY i.kind, i.item_id
"""


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
) -> ExportReport:
    """Write a STAC catalogue that refers to the delivered files where they lie.

    With ``where`` it holds the sources of the objects selected. Sources that are no geodata are
    left out and counted.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a folder.

    Raises
    ------
    ExportError
        If ``out`` holds something that is no export, or cannot be written.
    """
    report = ExportReport(SPEC.name, out)
    with (
        replaced(out, "catalog.json") as work,
        select(catalog, where=where, as_of=as_of, access=access) as selection,
    ):
        report.withheld = selection.withheld_items()
        table = selection.fetch(
            _ITEMS.format(filter="" if where is None else "WHERE o.objects > 0")
        )
        _write(selection, table, work, out, report)
        report.notes += heights_told(selection, named=True)
    return report


def _write(
    selection: Selection, table: pa.Table, work: Path, out: Path, report: ExportReport
) -> None:
    config = selection.catalog.config
    kinds: dict[str, _Collection] = {}
    for row in _rows(table):
        if row["status"] == "ignored":
            report.leave("no geodata", 1)
            continue
        kind = row["kind"] or "document"
        collection = kinds.setdefault(kind, _Collection(kind))
        folder = work / kind / row["item_id"]
        folder.mkdir(parents=True)
        href = _href(config.roots.get(row["root"]), row["path"], out / kind / row["item_id"])
        item = item_json(row, href)
        collection.add(item)
        _put(folder / f"{row['item_id']}.json", item, report)
    links = [_link("root", "./catalog.json")]
    for kind, collection in kinds.items():
        links.append(_link("child", f"./{kind}/collection.json", title=kind))
        _put(work / kind / "collection.json", collection.to_json(), report)
        report.counts[kind] = len(collection.links)
    root = {
        "type": "Catalog",
        "stac_version": "1.1.0",
        "id": "cimkit",
        "title": config.title or "Catalogue",
        "description": f"{config.title or 'Catalogue'}, version {selection.version}",
        "links": links,
    }
    _put(work / "catalog.json", root, report)
    (work / "schemas").mkdir()
    shutil.copyfile(data_folder("catalogs") / EXTENSION_FILE, work / "schemas" / "cim.json")
    report.files += 1


class _Collection:
    """What the items of one kind have in common, gathered while they are written."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.links: list[dict[str, Any]] = []
        self.boxes: list[list[float]] = []
        self.times: list[str] = []
        self.extensions: set[str] = set()

    def add(self, item: dict[str, Any]) -> None:
        name = item["id"]
        self.links.append(_link("item", f"./{name}/{name}.json", kind="application/geo+json"))
        if "bbox" in item:
            self.boxes.append(item["bbox"])
        said = item["properties"]
        self.times += [t for t in (said["datetime"], said.get("start_datetime"),
                                   said.get("end_datetime")) if t]  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        west, south, east, north = (
            [pick(b[i] for b in self.boxes) for i, pick in enumerate((min, min, max, max))]
            if self.boxes
            else [-180.0, -90.0, 180.0, 90.0]
        )
        return {
            "type": "Collection",
            "stac_version": "1.1.0",
            "id": self.kind,
            "title": self.kind,
            "description": f"Delivered sources of the kind {self.kind}",
            "license": "other",
            "extent": {
                "spatial": {"bbox": [[west, south, east, north]]},
                "temporal": {"interval": [[min(self.times), max(self.times)]]},
            },
            "links": [
                _link("root", "../catalog.json"),
                _link("parent", "../catalog.json"),
                *self.links,
            ],
        }


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=5_000):
        yield from batch.to_pylist()


def _href(root: str | None, path: str, folder: Path) -> str:
    """From the item to the file: relative, so that both may be moved together."""
    if root is None:
        return path
    return Path(os.path.relpath(Path(root) / path, folder.absolute())).as_posix()


def _link(
    rel: str, href: str, *, kind: str = "application/json", title: str = ""
) -> dict[str, Any]:
    link = {"rel": rel, "href": href, "type": kind}
    return link | {"title": title} if title else link


def _put(file: Path, value: dict[str, Any], report: ExportReport) -> None:
    data = orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
    file.write_bytes(data)
    report.files += 1
    report.size += len(data)
    report.largest = max(report.largest, len(data))
