"""The layer of point clouds: each source is streamed again, its hash verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.exporters.three_d_tiles.heights import Heights, Reals, to_earth
from cimkit.exporters.three_d_tiles.making import Drawn, Making, over
from cimkit.exporters.three_d_tiles.sorting import features
from cimkit.registry import entry
from cimkit.tiles import write_cloud
from cimkit.tiles.metadata import FEATURE, Property, schema_json, values
from cimkit.tiles.tileset import Tile

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["draw"]

_CLOUD = (*FEATURE, Property("points", "Points", "UINT32", "Number of points written"))
"""Properties of a cloud, in the groups of its tileset: a point itself carries no identity."""


def draw(making: Making) -> Drawn | None:
    """Draw all placed clouds."""
    folder = making.folder / "pointclouds"
    folder.mkdir()
    roots, groups = _clouds(making.selection, making.heights, folder, making.report)
    if not roots:
        return None
    schema = schema_json({"cloud": _CLOUD})
    return making.write("pointclouds", len(roots), over(roots), schema=schema, groups=groups)


def _clouds(
    selection: Selection, heights: Heights, folder: Path, report: ExportReport
) -> tuple[list[Tile], list[dict[str, Any]]]:
    """Write all placed clouds; return the roots of their trees, and their groups."""
    table = features(selection, "pointclouds", "s.item_crs, s.geometry IS NULL AS nowhere")
    items = selection.fetch(
        "SELECT item_id, root, path, members, sha256, loader, title, TRY_CAST("
        "json_extract_string(properties, '$.z_unit_m') AS DOUBLE) AS unit FROM selected_items"
        " WHERE kind = 'pointcloud' OR loader = 'pointcloud' ORDER BY item_id"
    ).to_pylist()
    by_id = {item["item_id"]: item for item in items}
    roots: list[Tile] = []
    groups: list[dict[str, Any]] = []
    for row in table.to_pylist():
        item = by_id.get(row["item_id"])
        if row["item_crs"] is None or row["nowhere"] or item is None:
            report.leave("not placed", 1)
            continue
        crs, unit = row["item_crs"], item["unit"] or 1.0

        def earth(
            xyz: Reals,
            crs: str = crs,
            unit: float = unit,
            datum: str | None = row["vertical_datum"],
        ) -> Reals:
            with np.errstate(invalid="ignore"):
                return to_earth(xyz * [1.0, 1.0, unit], crs, heights, datum)

        try:
            root, files, count, dropped = write_cloud(
                _stream(selection, item, report),
                earth,
                folder,
                f"{len(groups):04d}-",
                group=len(groups),
            )
        except SourceUnreadable as error:
            report.leave("source cannot be read again", 1)
            report.notes.append(str(error))
            continue
        if dropped:
            report.notes.append(f"{row['source']}: {dropped:,} points are not on the earth")
        if root is None:
            report.leave("cloud without points", 1)
            continue
        report.files += len(files)
        roots.append(root)
        told = {**row, "points": count, "name": row["name"] or item["title"]}
        groups.append({"class": "cloud", "properties": values(told, _CLOUD)})
    return roots, groups


def _stream(selection: Selection, item: dict[str, Any], report: ExportReport) -> Iterator[Any]:
    from cimkit.loaders import open_source

    root = selection.catalog.config.roots.get(item["root"])
    if root is None:
        raise SourceUnreadable(
            "the folder of this source is not known to the catalogue",
            where=item["path"],
            got=item["root"],
            mend="Say where it lies: 'cimkit relocate'.",
        )
    with open_source(Path(root), item["path"], item["members"] or (), item["sha256"]) as source:
        started = False
        try:
            for chunk in entry("cimkit.loaders", item["loader"]).stream(source):
                started = True
                yield chunk
        except CimkitError as error:
            # A cloud that breaks off is shown as far as it goes.
            if not started:
                raise
            report.notes.append(f"{item['path']}: {error}")
