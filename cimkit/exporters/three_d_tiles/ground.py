"""The ground of a selection: its elevation models and orthophotos as one relief."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.exporters.three_d_tiles.elevation import Elevation
from cimkit.exporters.three_d_tiles.imagery import Imagery
from cimkit.exporters.three_d_tiles.rasters import Raster, Reader
from cimkit.exporters.three_d_tiles.sorting import features
from cimkit.geometry.crs import parse_crs
from cimkit.tiles.terrain_grid import Cell, Tiling

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport
    from cimkit.exporters.three_d_tiles.heights import Heights
    from cimkit.tiles.terrain_content import Picture
    from cimkit.tiles.terrain_relief import Lattice

__all__ = ["Ground", "rasters_of"]

_ABOVE = re.compile(r"(?<![a-z])(ndhm|ndsm|ndem|chm|canopy)(?![a-z])|树冠|樹冠")
"""Names of models of what stands above the ground: their zero is the ground."""
_SURFACE = re.compile(r"(?<![a-z])(dsm|dhm|dom|surface)(?![a-z])|表面")
"""Names of models of roofs and crowns."""
_MANY = 16
"""Models named one by one in a tile."""
_TABLE = ("object_id", "class_code", "class_name", "asset_code", "name", "level", "kind", "source",
          "source_class", "source_key", "z_min")  # fmt: skip


def rasters_of(selection: Selection, report: ExportReport) -> tuple[list[Raster], list[Raster]]:
    """Return the elevation models and the orthophotos that can be drawn; count the others."""
    table = features(selection, "terrain", "s.item_crs, s.sha256")
    items = selection.fetch(
        "SELECT item_id, root, path, members, title, properties AS said, counts "
        "FROM selected_items WHERE kind = 'raster' ORDER BY item_id"
    ).to_pylist()
    by_id = {item["item_id"]: item for item in items}
    found: dict[str, list[Raster]] = {"dem": [], "surface": [], "orthophoto": []}
    for row in table.to_pylist():
        item = by_id.get(row["item_id"])
        if item is None or row["item_crs"] is None or "transform" not in json.loads(item["said"]):
            report.leave("not placed", 1)
            continue
        kind = json.loads(item["said"])["class"]
        if kind == "dem":
            words = f"{item['path']} {item['title'] or ''}".lower()
            if _ABOVE.search(words):
                report.leave("raster of heights above the ground", 1)
                continue
            kind = "surface" if _SURFACE.search(words) else kind
        try:
            found[kind].append(Raster.of({**row, **item}, parse_crs(row["item_crs"])))
        except (UsageError, ValueError):
            report.leave("place is not on the earth", 1)
    models = found["dem"]
    if models:
        report.leave("model of roofs and crowns, not of the ground", len(found["surface"]))
    elif found["surface"]:
        models = found["surface"]
        report.notes.append(
            "the terrain is a model of roofs and crowns: there is none of the ground"
        )
    return models, found["orthophoto"]


class Ground:
    """A relief of `cimkit.tiles.terrain`, and heights of the ground anywhere on it.

    Use it as a context manager: rasters stay open inside.

    Parameters
    ----------
    catalog : Catalog
        Knows where sources lie.
    models, pictures : list of Raster
        Elevation models (not empty) and orthophotos.
    heights : Heights
        To the ellipsoid.
    """

    def __init__(
        self, catalog: Catalog, models: list[Raster], pictures: list[Raster], heights: Heights
    ) -> None:
        self._reader = Reader(catalog)
        self._elevation = Elevation(models, self._reader, heights)
        self._imagery = Imagery(pictures, self._reader)
        self._label = heights.label
        bounds = np.array([r.outline.bounds for r in models])
        self._bounds = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
        finest = self._elevation.rasters[0]
        self._tiling = Tiling.of(finest.resolution, finest.outline.centroid.y)
        self._levels = [self._tiling.level_of(r.resolution) for r in self._elevation.rasters]
        self._picture_levels = [
            self._imagery.level_of(n) for n in range(len(self._imagery.rasters))
        ]

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    @property
    def tiling(self) -> Tiling:
        """How cells and posts lie."""
        return self._tiling

    def roots(self) -> list[Cell]:
        """At most four cells that hold all elevation models."""
        west, south, east, north = self._bounds
        for level in range(self._tiling.finest, -1, -1):
            width = 180.0 / (1 << level)
            x0, x1 = int((west + 180) // width), int((east + 180) // width)
            y0, y1 = int((south + 90) // width), int((north + 90) // width)
            if x1 - x0 < 2 and y1 - y0 < 2:
                break
        return [Cell(level, x, y) for y in range(y0, y1 + 1) for x in range(x0, x1 + 1)]

    def deepest(self, cell: Cell) -> int | None:
        """The level that the finest raster in a cell is worth; None without elevation."""
        models = self._elevation.touching(cell.box)
        if not models:
            return None
        levels = [self._levels[n] for n in models]
        levels += [self._picture_levels[n] for n in self._imagery.touching(cell.box)]
        return max(cell.level, *levels)

    def key(self, cell: Cell) -> bytes:
        """All that decides what is seen in a cell."""
        rasters = [self._elevation.rasters[n] for n in self._elevation.touching(cell.box)]
        pictures = [self._imagery.rasters[n] for n in self._imagery.touching(cell.box)]
        return json.dumps(
            [
                [self._tiling.columns, self._tiling.rows, self._tiling.finest, *cell],
                self._label,
                self.deepest(cell),
                [[r.identity, *(r.row[c] for c in _TABLE)] for r in rasters],
                [[r.identity, r.bands, r.row["source"]] for r in pictures],
            ]
        ).encode()

    def heights(self, cell: Cell, level: int) -> Lattice:
        """Heights at the posts of a level at or below that of the cell."""
        return self._elevation.lattice(self._tiling, cell, level)

    def at(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Heights above the ellipsoid, metres, at CRS84 degrees, shape (n, 2); NaN: no ground."""
        return self._elevation.at(xy)

    def picture(self, cell: Cell) -> Picture | None:
        """What is seen of the ground in a cell."""
        return self._imagery.picture(cell)

    def features(
        self, cell: Cell, sources: npt.NDArray[np.int64]
    ) -> tuple[pa.Table, npt.NDArray[np.int64]]:
        """Rows that tell of elevation models, one each, or one for all where there are many."""
        rows = [{c: self._elevation.rasters[n].row[c] for c in _TABLE} for n in sources.tolist()]
        pictures = [
            self._imagery.rasters[n].row["source"] for n in self._imagery.touching(cell.box)
        ]
        at = np.arange(len(rows))
        if len(rows) > _MANY:
            at = np.zeros(len(rows), np.int64)
            rows = [{"kind": "raster", "source_class": "dem",
                     "name": f"{len(rows)} elevation models"}]  # fmt: skip
        if pictures:
            shown = ", ".join(pictures) if len(pictures) < 4 else f"{len(pictures)} orthophotos"
            rows = [{**r, "source": f"{r.get('source') or ''} + {shown}"} for r in rows]
        return pa.Table.from_pylist(rows, schema=_schema()), at

    def names(self, sources: npt.NDArray[np.int64]) -> list[str]:
        """Identities of elevation models."""
        return [self._elevation.rasters[n].row["object_id"] for n in sources.tolist()]

    def tell(self, report: ExportReport, seen: set[str]) -> None:
        """Count the rasters of which nothing is seen, and say why."""
        if self._elevation.unshifted:
            report.notes.append("part of the terrain lies outside of the geoid's model")
        for rasters, why in (
            (self._elevation, "elevation model without data, or under finer ones"),
            (self._imagery, "imagery without ground under it, or under finer imagery"),
        ):
            for number, error in sorted(rasters.lost.items()):
                report.notes.append(f"{rasters.rasters[number].row['source']}: {error}")
            report.leave("source cannot be read again", len(rasters.lost))
            hidden = [
                n
                for n, raster in enumerate(rasters.rasters)
                if n not in rasters.lost and raster.row["object_id"] not in seen
            ]
            report.leave(why, len(hidden))


def _schema() -> pa.Schema:
    return pa.schema([(c, pa.float64() if c == "z_min" else pa.string()) for c in _TABLE])
