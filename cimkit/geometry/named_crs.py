"""Coordinate systems that have a name and no definition that may, or can, be written down.

The displaced coordinates of Chinese web maps are no projection, and the parameters of a city's own
grid are secret: of both, only the name goes into files, tables and messages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from cimkit.errors import UsageError
from cimkit.geometry.bd09mc import bd09mc_to_wgs84, wgs84_to_bd09mc
from cimkit.geometry.gcj02 import (
    bd09_to_wgs84,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

__all__ = ["Move", "NamedCRS", "affine", "displaced"]

Move = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


class NamedCRS(CRS):  # type: ignore[misc,unused-ignore]
    """A coordinate system that is told by its name alone.

    Parameters
    ----------
    label : str
        Its name: ``GCJ-02``, ``local:linjiang``.
    base : CRS
        The system that its coordinates are taken to first.
    to_base, from_base : callable, optional
        Take (n, 2) positions to `base` and back, x before y; without them they are in `base`
        already.
    digest : str
        Tells two definitions of one name apart.
    """

    def __init__(
        self,
        label: str,
        base: CRS,
        to_base: Move | None = None,
        from_base: Move | None = None,
        digest: str = "",
    ) -> None:
        super().__init__(base.srs)
        self.label = label
        self.base = base
        self.move = to_base
        self.back = from_base
        self.digest = digest

    @property
    def name(self) -> str:
        """Its name."""
        return self.label

    @property
    def geodetic_crs(self) -> CRS | None:
        """The datum of its base; of what is projected on it nothing is told."""
        return self.base.geodetic_crs

    @property
    def source_crs(self) -> None:
        """None: it is not bound."""
        return

    @property
    def target_crs(self) -> None:
        """None: it is not bound."""
        return

    @property
    def is_bound(self) -> bool:
        """False: parameters of a change of datum are its base's."""
        return False

    @property
    def sub_crs_list(self) -> list[CRS]:
        """None: it has no vertical part."""
        return []

    def to_base(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Take (n, 2) positions to `base`."""
        return xy if self.move is None else self.move(xy)

    def from_base(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Take (n, 2) positions of `base` to it."""
        return xy if self.back is None else self.back(xy)

    def __eq__(self, other: object) -> bool:
        """Compare by name and definition: what it is based on does not make it the same."""
        return (
            isinstance(other, NamedCRS)
            and self.label == other.label
            and self.digest == other.digest
        )

    def __hash__(self) -> int:
        """Go by the name."""
        return hash((self.label, self.digest))

    def __str__(self) -> str:
        """Give the name."""
        return self.label

    def __repr__(self) -> str:
        """Give the name."""
        return f"<NamedCRS {self.label}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to travel: what is pickled lands in files and logs."""
        raise TypeError(f"{self.label} is sent to another process by its name")

    def to_authority(self, *_: Any, **__: Any) -> None:
        """Have no code."""
        return

    def to_epsg(self, *_: Any, **__: Any) -> None:
        """Have no code."""
        return

    def _untold(self, *_: Any, **__: Any) -> NoReturn:
        raise UsageError(
            "a coordinate system that has only a name cannot be written down",
            got=self.label,
            mend="Take the coordinates to a published system first.",
        )

    to_2d = to_3d = to_wkt = to_json = to_json_dict = to_dict = to_proj4 = to_string = to_cf = (
        _untold
    )


_GCJ = re.compile(
    r"^(gcj0?2|火星坐标系?统?|国测局坐标系?统?|国测局加密坐标系?|amap|高德坐标系?|高德|腾讯坐标系?)$"
)
_BD_METRES = re.compile(r"^(bd0?9(mc|mercator|meters?|metres?|米制)|百度(墨卡托|米制)(坐标系?)?)$")
_BD = re.compile(r"^(bd0?9(ll)?|百度坐标系?统?|百度经纬度|百度)$")


@lru_cache(maxsize=64)
def displaced(text: str) -> NamedCRS | None:
    """Return GCJ-02, BD-09 or BD-09 MC, if that is what a text names.

    Examples
    --------
    >>> displaced("火星坐标").name, displaced("bd09ll").name, displaced("EPSG:4326")
    ('GCJ-02', 'BD-09', None)
    """
    bare = re.sub(r"[\s_\-:]+", "", unicodedata.normalize("NFKC", text).lower())
    bare = bare.replace("座標", "坐标").replace("系統", "系统")
    wgs84 = CRS.from_epsg(4326)
    if _GCJ.match(bare):
        return NamedCRS("GCJ-02", wgs84, gcj02_to_wgs84, wgs84_to_gcj02)
    if _BD_METRES.match(bare):
        return NamedCRS("BD-09 MC", wgs84, bd09mc_to_wgs84, wgs84_to_bd09mc)
    if _BD.match(bare):
        return NamedCRS("BD-09", wgs84, bd09_to_wgs84, wgs84_to_bd09)
    return None


def affine(turned: npt.NDArray[np.float64], moved: npt.NDArray[np.float64]) -> tuple[Move, Move]:
    """Return what takes (n, 2) positions by a matrix and a shift, and what takes them back.

    Parameters
    ----------
    turned : (2, 2) float64 array
        That can be undone.
    moved : (2,) float64 array
        Added after it.
    """
    undone = np.linalg.inv(turned)

    def there(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        out: npt.NDArray[np.float64] = xy @ turned.T + moved
        return out

    def back(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        out: npt.NDArray[np.float64] = (xy - moved) @ undone.T
        return out

    return there, back
