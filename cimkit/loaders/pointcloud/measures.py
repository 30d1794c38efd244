"""Measures of a cloud, from the tally of its points."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders.pointcloud.chunk import KEY_POINT, OVERLAP, SYNTHETIC, WITHHELD
from cimkit.loaders.pointcloud.tally import Tally
from cimkit.model import STAGED

__all__ = ["measures", "noise_share"]

_NOISE = (7, 18)  # ASPRS: low and high noise
_FLAGS = {"synthetic": SYNTHETIC, "key_point": KEY_POINT, "withheld": WITHHELD, "overlap": OVERLAP}
_MOST_CELLS = 1_024
_MOST_SOURCES = 200
_FINEST = 1e-5  # units of the source; steps of coordinates are looked for down to it
_FARTHEST = 1e9  # metres; distances beyond have no use for a tree


def measures(tally: Tally, z_unit: float) -> pa.Table:
    """Return the measures of a cloud.

    Parameters
    ----------
    tally : Tally
    z_unit : float
        Metres in one unit of z.
    """
    rows: list[dict[str, Any]] = []

    def note(name: str, cell: str, value: float, unit: str) -> None:
        rows.append(
            {"source_layer": "", "name": name, "cell": cell, "value": float(value), "unit": unit}
        )

    grid, points = tally.grid, tally.points
    note("point_count", "all", points, "1")
    note("point_density", "all", tally.density(), "1/m2")
    for name, held in (
        ("point_density", grid.densities()),
        ("point_density_fine", grid.fine_densities()),
    ):
        for cell, share in (("min", 0), ("p05", 5), ("p10", 10), ("median", 50), ("max", 100)):
            note(name, cell, np.percentile(held, share), "1/m2")
    note("density_cell", "all", grid.cell * grid.metres, "m")
    note("density_cell", "fine", grid.fine * grid.metres, "m")
    note("covered_area", "all", tally.area(), "m2")
    width, x, y, counts = grid.cells(_MOST_CELLS)
    area = (width * grid.metres) ** 2
    for column, row, count in zip(x.tolist(), y.tolist(), counts.tolist(), strict=True):
        corner = grid.origin + np.array([column, row]) * width
        note("cell_density", f"{corner[0]:.10g} {corner[1]:.10g}", count / area, "1/m2")
    if len(x):
        note("cell_density", "width", width * grid.metres, "m")
    _shares(tally, note)
    _spans(tally, note)
    _sampled(tally, z_unit, note)
    return pa.Table.from_pylist(rows, STAGED["measures"])


def _shares(tally: Tally, note: Any) -> None:
    points = tally.points
    if tally.classes.any():
        for code in np.flatnonzero(tally.classes):
            note("class_share", str(code), tally.classes[code] / points, "1")
            note("class_count", str(code), tally.classes[code], "1")
        note("noise_share", "classified", tally.classes[list(_NOISE)].sum() / points, "1")
    for number in np.flatnonzero(tally.returns):
        note("return_share", str(number), tally.returns[number] / points, "1")
    if tally.flags.any():
        for name, bit in _FLAGS.items():
            note("flag_share", name, tally.flagged(bit) / points, "1")
    for number in np.flatnonzero(tally.channels):
        note("channel_share", str(number), tally.channels[number] / points, "1")
    for number in np.flatnonzero(tally.sources)[:_MOST_SOURCES]:
        note("source_share", str(number), tally.sources[number] / points, "1")
    if tally.returns.any():
        note("return_astray_share", "all", tally.astray / points, "1")
    overlap = tally.grid.overlap()
    if overlap is not None:
        note("overlap_share", "cells", overlap, "1")


def _spans(tally: Tally, note: Any) -> None:
    spans: dict[str, tuple[tuple[float, float] | None, str]] = {
        "intensity": (tally.intensity, "1"),
        "nir": (tally.nir, "1"),
        "gps_time": (tally.time, "s"),
        **{
            name: (span, "degree" if name == "scan_angle" else "1")
            for name, span in tally.extra.items()
        },
    }
    for name, (span, unit) in spans.items():
        if span is not None:
            note(name, "min", span[0], unit)
            note(name, "max", span[1], unit)
    if tally.color is not None:
        note("color", "max", tally.color, "1")


def _sampled(tally: Tally, z_unit: float, note: Any) -> None:
    sample = tally.sample.points()
    if len(sample) < 2:
        return
    for axis, unit, step in zip(
        "xyz", (tally.grid.metres, tally.grid.metres, z_unit), _steps(sample), strict=True
    ):
        if step is not None:
            note("coordinate_step", axis, step * unit, "m")
    exact = np.ascontiguousarray(sample).view(np.dtype((np.void, sample.itemsize * 3))).ravel()
    _, first = np.unique(exact, return_index=True)
    note("duplicate_share", "sampled", 1 - len(first) / len(sample), "1")
    with np.errstate(all="ignore"):
        metres = sample[np.sort(first)] * [tally.grid.metres, tally.grid.metres, z_unit]
    share, spacing = _neighbours(metres)
    if share is not None:
        note("noise_share", "isolated", share, "1")
    if spacing is not None:
        note("spacing", "median", spacing, "m")


def _steps(sample: npt.NDArray[np.float64]) -> list[float | None]:
    """Return what the values of each axis are multiples of, in units of the source.

    Parameters
    ----------
    sample : (n, 3) array

    Returns
    -------
    list of float or None
        None where the values have no common step, or are all the same.
    """
    found: list[float | None] = []
    for values in sample.T:
        with np.errstate(all="ignore"):
            whole = (values - values[0]) / _FINEST
            rounded = np.rint(whole)
        if not np.abs(whole).max() < 2**53 or np.abs(whole - rounded).max() > 0.05:
            found.append(None)
            continue
        step = int(np.gcd.reduce(rounded.astype(np.int64)))
        found.append(step * _FINEST if step else None)
    return found


def noise_share(xyz: npt.NDArray[np.float64]) -> float | None:
    """Return the share of points that stand alone.

    A point is alone if no more than 4 points (itself among them) lie within 8 times the median
    distance of neighbours. Unlike the removal by standard deviation it finds as many strays in a
    cloud with many of them as in one with few: strays do not widen the measure they are held to.

    Parameters
    ----------
    xyz : (n, 3) float64 array

    Returns
    -------
    float or None
        0 to 1; None for fewer than 100 points, which have no usual distance.
    """
    return _neighbours(xyz)[0]


def _neighbours(xyz: npt.NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Return the share of points that stand alone, and the median distance of neighbours."""
    if len(xyz) < 100:
        return None, None
    import open3d as o3d

    with np.errstate(all="ignore"):
        centred = xyz - xyz[len(xyz) // 2]
        if not np.abs(centred).max() < _FARTHEST:
            return None, None
    points = o3d.core.Tensor.from_numpy(np.ascontiguousarray(centred))
    tree = o3d.core.nns.NearestNeighborSearch(points)
    tree.knn_index()
    _, squares = tree.knn_search(points, 5)
    apart = np.sqrt(squares.numpy())
    nearest = apart[:, 1][apart[:, 1] > 0]
    if not len(nearest):
        return 0.0, None
    usual = float(np.median(nearest))
    return float((apart[:, 4] > 8 * usual).mean()), usual
