"""A laser flight over a made-up town, strip by strip, as LAZ: noisy the way real ones are."""

from __future__ import annotations

from pathlib import Path

import laspy
import numpy as np
from pyproj import CRS

__all__ = ["write_flight"]

_CHUNK = 1_000_000
_DENSITY = 25  # points a square metre
_BASE = np.array([[96, 92, 88], [70, 105, 52], [150, 84, 66], [52, 88, 40]], float)


def write_flight(file: Path, points: int, crs: str = "EPSG:4544", *, seed: int = 1) -> Path:
    """Write a strip: ground, roofs, trees; colours, intensities, classes, times.

    The noise is such that colours and intensities pack as well as those of a real flight.
    """
    header = laspy.LasHeader(point_format=7, version="1.4")
    header.add_crs(CRS(crs))
    header.scales, header.offsets = [0.001] * 3, [451_000, 3_272_000, 0]
    rng = np.random.default_rng(seed)
    side = (points / _DENSITY) ** 0.5
    with laspy.open(str(file), "w", header=header) as out:
        for start in range(0, points, _CHUNK):
            count = min(_CHUNK, points - start)
            number = start + np.arange(count)
            # The scanner sweeps across while the aircraft goes on.
            sweep = number / 2_000 % 2
            across = np.abs(sweep - 1) * side
            along = side * number / points
            x = 451_200 + along + rng.normal(0, 0.05, count)
            y = 3_272_200 + across + rng.normal(0, 0.05, count)
            block = np.hypot((x % 40) - 20, 0) < 12
            house = block & (np.abs((y % 50) - 25) < 15)
            tree = ~house & (np.hypot(x % 15 - 7, y % 15 - 7) < 2.5)
            ground = 230 + 4 * np.sin(x / 90) + 3 * np.cos(y / 70)
            lift = np.where(house, 9 + 3 * (np.floor(x / 40) % 5), 0)
            lift = np.where(tree, 6 * rng.random(count), lift)
            z = ground + lift + rng.normal(0, 0.02, count)
            kind = np.where(house, 2, np.where(tree, 3, (np.sin(x / 30 + y / 25) > 0) * 1))
            shade = 20 * np.sin(x / 3.1) * np.cos(y / 2.7)
            rgb = _BASE[kind] + shade[:, None] + rng.normal(0, 3, (count, 1))
            rgb += rng.normal(0, 1, (count, 3))
            made = laspy.ScaleAwarePointRecord.zeros(count, header=header)
            made.x, made.y, made.z = x, y, z
            for i, band in enumerate(("red", "green", "blue")):
                made[band] = np.clip(rgb[:, i], 0, 255).astype("u2") * 257
            light = 900 + 500 * kind + 4 * shade + rng.normal(0, 30, count)
            made.intensity = np.clip(light, 0, 65_535).astype("u2")
            made.classification = np.array([2, 2, 6, 5], "u1")[kind]
            made.return_number[:] = 1
            made.number_of_returns[:] = 1
            made.point_source_id[:] = 1 + start // (10 * _CHUNK)
            made.gps_time = 4e8 + number * 1e-5
            out.write_points(made)
    return file
