"""The coordinate system and the grid of an exported model."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import ExportError, UsageError
from cimkit.geometry.crs import crs_name, from_crs84, is_geographic, parse_crs, to_crs84

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["OUT_OF_REACH", "Frame", "choose"]

OUT_OF_REACH = "geometries that the coordinate system does not reach"
"""Reason why something is left out: a projection ends somewhere, or a coordinate is no number."""

Reals = npt.NDArray[np.float64]
_SCALE = 0.001
_DEGREES = 1e-9
_CODE = re.compile(r"(\w+):(\w+)")
_NUMBERS = re.compile(r"EPSG:(\d+)(?:\+(\d+))?")


@dataclass(slots=True)
class Frame:
    """Where a model stands: its coordinate system, and the grid that vertices are rounded to."""

    crs: str | None
    """Name of the CRS; None: the one source of it has none."""
    url: str | None = None
    """It as CityJSON names it; None if it has no code."""
    scale: tuple[float, float, float] = (_SCALE, _SCALE, _SCALE)
    """Steps of the grid in units of the CRS."""
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Where the grid begins."""
    notes: list[str] = field(default_factory=list)
    """What the reader has to know."""

    def moved(self, points: Reals, crs: str | None) -> Reals:
        """Take points, shape (n, 3), x first, of another CRS to this one; heights stay."""
        if crs == self.crs or crs is None or self.crs is None or not len(points):
            return points
        if _flat(crs) == _flat(self.crs):
            return points
        lonlat = to_crs84(np.ascontiguousarray(points[:, :2]), parse_crs(crs))
        flat = from_crs84(lonlat, parse_crs(self.crs))
        return np.column_stack([flat, points[:, 2]])

    def steps(self, points: Reals) -> npt.NDArray[np.int64]:
        """Round points, shape (n, 3), to whole steps of the grid."""
        scaled = (points - np.array(self.origin)) / np.array(self.scale)
        whole: npt.NDArray[np.int64] = np.rint(scaled).astype(np.int64)
        return whole

    def transform(self) -> dict[str, Any]:
        """Return the member ``transform``."""
        return {"scale": list(self.scale), "translate": list(self.origin)}

    def extent(self, low: Reals, high: Reals) -> list[float]:
        """Return six numbers of an extent in whole steps, in units of the CRS."""
        corners = np.concatenate([low, high]).astype(float)
        real = corners * np.array(self.scale * 2) + np.array(self.origin * 2)
        return [round(float(v), 9) for v in real]


@lru_cache(maxsize=256)
def _flat(text: str) -> str:
    crs = parse_crs(text)
    if getattr(crs, "is_compound", False):
        return crs_name(crs.sub_crs_list[0])
    return crs_name(crs)


def choose(
    selection: Selection, asked: str | None, used: list[str | None], *, metres: bool = False
) -> Frame:
    """Decide on the CRS and the grid of what is selected.

    It is the CRS asked for; else that of the sources, if they have one; else the catalogue's
    ``metric_crs``; else the zone of UTM that the selection lies in. Of a CRS in degrees, where it
    was not asked for, the same with metres is taken if the catalogue names one.

    Parameters
    ----------
    selection : Selection
    asked : str, optional
        What the user asked for.
    used : list of str or None
        CRSs of the sources' geometries.
    metres : bool
        A CRS in degrees will not do.

    Raises
    ------
    UsageError
        If one in degrees was asked for and will not do.
    ExportError
        If nothing says where the objects are.
    """
    if not used:
        return Frame(None)
    placed = sorted({u for u in used if u is not None})
    metric = selection.catalog.config.metric_crs
    if asked is not None:
        frame = _named(asked)
        if metres and is_geographic(parse_crs(asked)):
            raise UsageError("a scene is in metres", got=asked, expected="a projected CRS")
    elif not placed:
        return Frame(None, origin=_origin(selection, None, _SCALE))
    elif len(placed) == 1 and not ((metric or metres) and is_geographic(parse_crs(placed[0]))):
        frame = _named(placed[0])
    elif metric:
        frame = _named(metric)
    else:
        frame = _named(_utm(selection))
        frame.notes.append(
            "the sources have no one coordinate system in metres and the catalogue names no "
            f"metric_crs: the model is in {frame.crs}"
        )
    if is_geographic(parse_crs(str(frame.crs))):
        frame.scale = (_DEGREES, _DEGREES, _SCALE)
        frame.notes.append(
            f"{frame.crs} has degrees: x is the longitude; name a CRS in metres with --crs for "
            "software that measures"
        )
    frame.origin = _origin(selection, frame.crs, frame.scale[0])
    return frame


def _named(text: str) -> Frame:
    crs = parse_crs(text)
    name = crs_name(crs)
    url, notes = _url(name)
    return Frame(name, url, notes=notes)


def _url(name: str) -> tuple[str | None, list[str]]:
    """Return the address of a CRS at the OGC, of the horizontal part if the whole has no code."""
    both = _NUMBERS.fullmatch(name)
    if both and both[2]:
        code = _compound(both[1], both[2])
        if code is not None:
            return _address("EPSG", code), []
        return _address("EPSG", both[1]), [
            f"heights are in EPSG:{both[2]}; EPSG has no code for {name}, and CityJSON has one "
            "place for one code"
        ]
    one = _CODE.fullmatch(name)
    if one and one[1].upper() in ("EPSG", "OGC"):
        return _address(one[1].upper(), one[2]), []
    return None, [
        "the coordinate system has no code, so that CityJSON cannot name it; ask for another with "
        "--crs"
    ]


def _address(authority: str, code: str) -> str:
    version = "1.3" if authority == "OGC" else "0"
    return f"https://www.opengis.net/def/crs/{authority}/{version}/{code}"


@lru_cache(maxsize=64)
def _compound(plane: str, heights: str) -> str | None:
    """Return the code of the compound CRS of two, None if EPSG has none."""
    from pyproj import CRS
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    name = f"{CRS.from_epsg(int(plane)).name} + {CRS.from_epsg(int(heights)).name}"
    known = query_crs_info(auth_name="EPSG", pj_types=[PJType.COMPOUND_CRS])
    return min((k.code for k in known if k.name == name), key=int, default=None)


def _utm(selection: Selection) -> str:
    box = selection.fetch(
        "SELECT (min(bbox.xmin) + max(bbox.xmax)) / 2 AS x, (min(bbox.ymin) + max(bbox.ymax)) / 2 "
        "AS y FROM selected WHERE bbox IS NOT NULL"
    ).to_pylist()[0]
    if box["x"] is None:
        raise ExportError(
            "nothing says where the objects are",
            mend="Name a coordinate system with --crs, or select those of one source.",
        )
    zone = min(max(int((box["x"] + 180) // 6) + 1, 1), 60)
    return f"EPSG:{(32600 if box['y'] >= 0 else 32700) + zone}"


def _origin(selection: Selection, crs: str | None, scale: float) -> tuple[float, float, float]:
    """Return whole units near the lower left of what is selected; no height is subtracted."""
    if crs is None:
        return (0.0, 0.0, 0.0)
    box = selection.fetch(
        "SELECT min(bbox.xmin) AS x, min(bbox.ymin) AS y FROM selected WHERE bbox IS NOT NULL "
        "AND bbox.xmin BETWEEN -180 AND 180 AND bbox.ymin BETWEEN -90 AND 90"
    ).to_pylist()[0]
    if box["x"] is None:
        return (0.0, 0.0, 0.0)
    corner = from_crs84(np.array([[box["x"], box["y"]]]), parse_crs(crs))[0]
    if not np.isfinite(corner).all():
        return (0.0, 0.0, 0.0)
    return (float(np.floor(corner[0])), float(np.floor(corner[1])), 0.0)
