"""Which layer of the tileset an object belongs to, and the columns that go with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.frames import ecef

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["LAYER", "TITLES", "Heights", "features", "number", "sort_out", "to_earth"]

Reals = npt.NDArray[np.float64]

TITLES = {
    "buildings": ("Buildings", "建筑", "建物"),
    "bim": ("BIM elements", "BIM 构件", "BIM 要素"),
    "citymodel": ("City models", "城市模型", "都市モデル"),
    "areas": ("Areas", "面", "面"),
    "lines": ("Roads and pipes", "道路与管线", "道路・管路"),
    "points": ("Facilities", "部件设施", "施設"),
    "photos": ("Photographs", "照片", "写真"),
    "pointclouds": ("Point clouds", "点云", "点群"),
}
"""Layers in the order of the tileset: title in English, Chinese, Japanese."""

_HEIGHT = "coalesce(s.height, TRY_CAST(json_extract_string(s.properties, '$.height') AS DOUBLE))"
_BASE = "coalesce(s.z_min, TRY_CAST(json_extract_string(s.properties, '$.base_z') AS DOUBLE))"
LAYER = f"""CASE
    WHEN s.kind IN ('bim', 'citymodel') THEN s.kind
    WHEN s.kind = 'pointcloud' THEN 'pointclouds'
    WHEN s.kind = 'raster' THEN 'left out: raster (terrain and imagery are not tiled)'
    WHEN s.geometry IS NULL THEN 'left out: not placed'
    WHEN NOT (s.bbox.xmin BETWEEN -180 AND 180 AND s.bbox.xmax BETWEEN -180 AND 180
        AND s.bbox.ymin BETWEEN -90 AND 90 AND s.bbox.ymax BETWEEN -90 AND 90)
        THEN 'left out: place is not on the earth'
    WHEN s.kind = 'imagery' THEN 'photos'
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%POLYGON'
        THEN CASE WHEN {_HEIGHT} > 0 THEN 'buildings' ELSE 'areas' END
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%LINESTRING' THEN 'lines'
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%POINT' THEN 'points'
    ELSE 'left out: geometry collection' END"""
"""SQL over ``selected s``: a layer's name, or the reason why there is none."""


@dataclass(slots=True)
class Heights:
    """From heights in the sources' vertical datum to the ellipsoid, and what was assumed."""

    undulation: float | None
    """Height of the geoid above the ellipsoid, metres; None: not known, nothing is added."""
    said: str
    """What the catalogue's definition says of heights."""
    guessed: int = 0
    """Objects without a height, set on the level of the nearest that has one."""
    at_zero: int = 0
    """Objects without a height, and none near that has one."""
    _ground: tuple[Any, Reals] | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """One sentence for the tileset's metadata."""
        if self.undulation is None:
            return "Heights: orthometric, not shifted"
        return f"Heights: ellipsoidal, shifted by {self.undulation} m ({self.said})"

    def ellipsoidal(self, z: Reals) -> Reals:
        """Heights above the ellipsoid, metres, as far as they can be known."""
        return z if self.undulation is None else z + self.undulation

    def learn(self, selection: Selection) -> None:
        """Take the level of the ground from the objects that have one."""
        import shapely

        known = selection.fetch(
            f"""SELECT (s.bbox.xmin + s.bbox.xmax) / 2 AS x, (s.bbox.ymin + s.bbox.ymax) / 2 AS y,
            {_BASE} AS z FROM selected s WHERE s.bbox IS NOT NULL AND {_BASE} IS NOT NULL
            AND s.kind = 'gis' ORDER BY s.object_id"""
        )
        x, y, z = (known[c].to_numpy() for c in "xyz")
        if len(z):
            self._ground = (shapely.STRtree(shapely.points(x, y)), z)

    def ground(self, xy: Reals, z: Reals) -> Reals:
        """Fill unknown heights (NaN), shape (n,), by the nearest known one within some 5 km."""
        import shapely

        unknown = np.flatnonzero(np.isnan(z))
        filled = np.where(np.isnan(z), 0.0, z)
        if not len(unknown):
            return filled
        if self._ground is None:
            self.at_zero += len(unknown)
            return filled
        tree, known = self._ground
        mine, near = tree.query_nearest(
            shapely.points(xy[unknown]), max_distance=0.05, all_matches=False
        )
        filled[unknown[mine]] = known[near]
        self.guessed += len(mine)
        self.at_zero += len(unknown) - len(mine)
        return filled

    def notes(self) -> list[str]:
        """What the reader must know."""
        said = []
        if self.undulation is None:
            said.append(
                "heights are orthometric, not shifted: the catalogue's definition names no geoid; "
                "set undulation_m in cimkit.toml for ellipsoidal heights"
            )
        if self.guessed:
            said.append(
                f"{self.guessed:,} objects have no height of their own: they stand on the level of "
                "the nearest object that has one"
            )
        if self.at_zero:
            said.append(
                f"{self.at_zero:,} objects have no height of their own and nothing near has: "
                "they stand at 0 m"
            )
        return said


def features(selection: Selection, layer: str, extra: str = "", order: str = "") -> pa.Table:
    """Return the objects of a layer with the columns of their property table.

    ``extra`` are more SQL expressions over ``selected s``; ``wkb`` is the CRS84 geometry.
    """
    return selection.fetch(
        f"""SELECT s.object_id, s.class_code, n.name_en AS class_name, s.asset_code, s.name,
        s.level, s.kind, s.path AS source, s.source_class, s.source_key,
        {_BASE} AS z_min, {_HEIGHT} AS height, s.item_id{extra and ", " + extra}
        FROM selected s LEFT JOIN class_names n ON n.code = s.class_code
        WHERE {LAYER} = '{layer}' ORDER BY {order}s.object_id"""
    )


def sort_out(selection: Selection, report: ExportReport) -> set[str]:
    """Count the objects that no layer takes, and return the layers that there are."""
    found = selection.fetch(
        f"SELECT {LAYER} AS layer, count(*) AS n FROM selected s GROUP BY 1 ORDER BY 1"
    ).to_pylist()
    for row in found:
        if row["layer"].startswith("left out: "):
            report.leave(row["layer"].removeprefix("left out: "), row["n"])
    return {row["layer"] for row in found}


def number(table: pa.Table, name: str) -> Reals:
    """A column as float64, NaN for NULL."""
    column = table[name].cast(pa.float64()).to_numpy()
    return np.array(column, dtype=np.float64)


def to_earth(xyz: Reals, crs: str, heights: Heights) -> Reals:
    """Earth-centred coordinates, shape (n, 3), of coordinates in a CRS, x before y."""
    xy = to_crs84(np.ascontiguousarray(xyz[:, :2]), parse_crs(crs))
    return ecef(xy[:, 0], xy[:, 1], heights.ellipsoidal(xyz[:, 2]))
