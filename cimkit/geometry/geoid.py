"""Height of the geoid above the ellipsoid: from the models that packages or grid files bring."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cimkit.errors import UsageError

__all__ = ["MODELS", "Geoid", "read_geoid"]

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Geoid:
    """A model of the geoid."""

    name: str
    """As a catalogue's settings name it."""
    title: str
    """For people."""
    vertical: str | None
    """``EPSG:n`` of the vertical CRS whose heights it takes to the ellipsoid; None: not known."""
    _height: Callable[[Reals, Reals], Reals]

    def undulation(self, xy: Reals) -> Reals:
        """Return the height of the geoid above the ellipsoid.

        Parameters
        ----------
        xy : ndarray, shape (n, 2)
            Longitude and latitude, degrees.

        Returns
        -------
        ndarray, shape (n,)
            Metres; NaN where the model says nothing.
        """
        if not len(xy):
            return np.empty(0)
        found = np.asarray(self._height(xy[:, 0], xy[:, 1]), float)
        return np.where(np.isfinite(found), found, np.nan)


def read_geoid(name: str) -> Geoid:
    """Return a model of the geoid.

    Parameters
    ----------
    name : str
        A name of `MODELS`, or a grid that PROJ reads (GeoTIFF or GTX): a path, or the name of one
        among PROJ's own data.

    Raises
    ------
    UsageError
        If there is none of that name, or it cannot be read.

    Examples
    --------
    >>> tokyo = np.array([[139.767, 35.681]])
    >>> read_geoid("gsigeo2011").undulation(tokyo).round(3).tolist()
    [36.661]
    """
    return _read(name)


@lru_cache(maxsize=8)
def _read(name: str) -> Geoid:
    if name in MODELS:
        title, vertical, load = MODELS[name]
        return Geoid(name, title, vertical, load())
    if not name.lower().endswith((".tif", ".tiff", ".gtx")):
        raise UsageError(
            "no such geoid",
            got=name,
            expected=", ".join(MODELS) + ", or a grid: a file that ends in .tif or .gtx",
        )
    return Geoid(name, os.path.basename(name), None, _grid(name))


def _egm96() -> Callable[[Reals, Reals], Reals]:
    try:
        from egm96 import undulation
    except ImportError as error:
        raise UsageError(
            "the model EGM96 is not installed",
            got=str(error),
            expected="the package egm96, release 0.2 or later, which asks for Python 3.12",
            mend="It runs on 3.11, too: pip install --no-deps --ignore-requires-python "
            "'egm96>=0.2'. Or name a grid file.",
        ) from error
    return lambda lon, lat: np.asarray(undulation(lat, lon), float)


def _japan(which: str) -> Callable[[], Callable[[Reals, Reals], Reals]]:
    def load() -> Callable[[Reals, Reals], Reals]:
        import japan_geoid

        model = getattr(japan_geoid, f"load_embedded_{which}")()

        def height(lon: Reals, lat: Reals) -> Reals:
            return np.asarray(
                model.get_heights(np.ascontiguousarray(lon), np.ascontiguousarray(lat)), float
            )

        return height

    return load


def _grid(file: str) -> Callable[[Reals, Reals], Reals]:
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        shift = Transformer.from_pipeline(
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f'+step +proj=vgridshift +grids="{file}" +multiplier=1 '
            "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )
    except ProjError as error:
        raise UsageError(
            "the grid of the geoid cannot be read",
            where=file,
            got=str(error),
            expected="a vertical grid of PROJ: GeoTIFF or GTX",
        ) from error
    return lambda lon, lat: np.asarray(shift.transform(lon, lat, np.zeros(len(lon)))[2], float)


MODELS: dict[str, tuple[str, str | None, Callable[[], Callable[[Reals, Reals], Reals]]]] = {
    "egm96": ("EGM96, 5' grid", "EPSG:5773", _egm96),
    "gsigeo2011": ("GSIGEO2011, Geospatial Information Authority of Japan", "EPSG:6695",
                   _japan("gsigeo2011")),
    "jpgeo2024": ("JPGEO2024, Geospatial Information Authority of Japan", None,
                  _japan("jpgeo2024")),
    "jpgeo2024-hrefconv2024": ("JPGEO2024 with Hrefconv2024, Geospatial Information Authority of "
                               "Japan", None, _japan("jpgeo2024_hrefconv2024")),
}  # fmt: skip
"""Geoids that come with packages, by name: title, vertical CRS, and how they are loaded."""
