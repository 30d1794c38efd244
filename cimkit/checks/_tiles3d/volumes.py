"""Bounding volumes: their numbers, and whether one holds points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import TEXT, array, fits, number, record
from cimkit.geometry.frames import ecef, geodetic
from cimkit.loaders.tiles3d.s2 import s2_bounds

__all__ = ["Volume", "check_volume", "volume_of"]

Array = npt.NDArray[np.float64]

_VOLUME = record(
    box=array(number(), 12, 12), region=array(number(), 6, 6), sphere=array(number(), 4, 4)
)
_S2 = record(token_=TEXT, minimumHeight_=number(), maximumHeight_=number())
S2 = "3DTILES_bounding_volume_S2"
_OTHERS = (S2, "3DTILES_bounding_volume_cylinder")
_SIGNS = np.array(list(product((-1.0, 1.0), repeat=3)))
_EARTH = 6378137.0
"""Equatorial radius of WGS 84, metres."""


def check_volume(said: Any, issues: Issues, pointer: str) -> bool:
    """Tell of what is wrong with a bounding volume; return whether it can be used."""
    issues = issues.on("volumes")
    issues.count("volumes")
    if said is None:
        parent, _, name = pointer.rpartition("/")
        issues.on("structure").tell("member-missing", parent, expected=name)
        return False
    if not fits(said, _VOLUME, issues, pointer):
        return False
    extensions = said.get("extensions") or {}
    kinds = [k for k in ("box", "region", "sphere") if said.get(k) is not None]
    kinds += [k for k in _OTHERS if k in extensions]
    if not kinds:
        issues.tell("volume-empty", pointer, got=said, expected="box | region | sphere")
        return False
    before = issues.number
    if said.get("sphere") is not None and said["sphere"][3] < 0:
        issues.tell("range-wrong", f"{pointer}/sphere/3", got=said["sphere"][3], expected="≥ 0")
    if said.get("region") is not None:
        _region(said["region"], issues, f"{pointer}/region")
    cell = extensions.get(S2)
    if cell is not None and fits(cell, _S2, issues, f"{pointer}/extensions/{S2}"):
        at = f"{pointer}/extensions/{S2}"
        if s2_bounds(cell["token"]) is None:
            issues.tell("token-wrong", f"{at}/token", got=cell["token"])
        if cell["minimumHeight"] > cell["maximumHeight"]:
            got = f"{cell['minimumHeight']} > {cell['maximumHeight']}"
            issues.tell("range-turned", at, got=got, expected="minimumHeight ≤ maximumHeight")
    return issues.number == before


def _region(given: list[float], issues: Issues, at: str) -> None:
    for i, most in enumerate((pi, pi / 2) * 2):
        if abs(given[i]) > most + 1e-9:
            wanted = f"-{most:.6g} … {most:.6g}"
            issues.tell("angle-beyond", f"{at}/{i}", got=given[i], expected=wanted)
    if given[1] > given[3]:
        got = f"{given[1]:g} > {given[3]:g}"
        issues.tell("range-turned", at, got=got, expected="south ≤ north")
    if given[4] > given[5]:
        got = f"{given[4]:g} > {given[5]:g}"
        issues.tell("range-turned", at, got=got, expected="minimumHeight ≤ maximumHeight")


@dataclass(frozen=True, slots=True)
class Volume:
    """A bounding volume in the frame of its tileset."""

    kind: str
    """box, sphere or region."""
    numbers: Array
    """As stated."""
    matrix: Array
    """(4, 4), from the frame of its tile to that of the tileset; regions do not take it."""

    def beyond(self, points: Array) -> Array:
        """Return by how much points lie outside, (n,), metres; 0 for those inside.

        Parameters
        ----------
        points : array of shape (n, 3)
            In the frame of the tileset.
        """
        if self.kind == "region":
            return self._beyond_region(points)
        # A tolerance in metres must not depend on how the tile is scaled.
        scale = float(np.cbrt(abs(np.linalg.det(self.matrix[:3, :3])))) or 1.0
        try:
            inverse = np.linalg.inv(self.matrix)
        except np.linalg.LinAlgError:
            return np.zeros(len(points))
        local = points @ inverse[:3, :3].T + inverse[:3, 3]
        if self.kind == "sphere":
            distance = np.linalg.norm(local - self.numbers[:3], axis=1) - self.numbers[3]
            return np.asarray(np.maximum(distance, 0) * scale)
        halves = self.numbers[3:].reshape(3, 3)
        lengths = np.linalg.norm(halves, axis=1)
        units = np.where(lengths[:, None] > 0, halves / np.where(lengths, lengths, 1)[:, None], 0)
        for i in np.flatnonzero(lengths == 0):  # a flat box still has its three directions
            others = units[[j for j in range(3) if j != i]]
            cross = np.cross(*others)
            units[i] = cross / (np.linalg.norm(cross) or 1.0)
        try:  # axes may be oblique: how far along each a point lies
            turn = np.linalg.inv(units.T)
        except np.linalg.LinAlgError:
            turn = units
        along = (local - self.numbers[:3]) @ turn.T
        return np.asarray(np.maximum(np.abs(along) - lengths, 0).max(axis=1) * scale)

    def size(self) -> float:
        """Return its diagonal, metres."""
        if self.kind == "sphere":
            out = 2 * float(self.numbers[3])
        elif self.kind == "box":
            out = 2 * float(np.linalg.norm(self.numbers[3:].reshape(3, 3), axis=1).sum())
        else:
            west, south, east, north, low, high = self.numbers
            wide = (east - west) % (2 * pi)
            return float(np.hypot(wide, north - south) * _EARTH + high - low)
        return out * (float(np.cbrt(abs(np.linalg.det(self.matrix[:3, :3])))) or 1.0)

    def points(self) -> Array:
        """Return points it reaches to: corners of a box, ends of a sphere, grid of a region."""
        if self.kind == "region":
            return _grid(self.numbers)
        if self.kind == "sphere":
            ends = np.concatenate([np.eye(3), -np.eye(3)]) * self.numbers[3] + self.numbers[:3]
        else:
            ends = self.numbers[:3] + _SIGNS @ self.numbers[3:].reshape(3, 3)
        return np.asarray(ends @ self.matrix[:3, :3].T + self.matrix[:3, 3])

    def _beyond_region(self, points: Array) -> Array:
        west, south, east, north, low, high = self.numbers
        lon, lat, height = geodetic(points).T
        lon, lat = np.radians(lon), np.radians(lat)
        wide = (east - west) % (2 * pi) if east != west else 0.0
        if east - west >= 2 * pi - 1e-9:
            wide = 2 * pi
        along = (lon - west) % (2 * pi)
        across = np.minimum(np.maximum(along - wide, 0), np.where(along > wide, 2 * pi - along, 0))
        steps = np.stack(
            [
                across * np.cos(lat) * _EARTH,
                np.maximum(np.maximum(south - lat, lat - north), 0) * _EARTH,
                np.maximum(np.maximum(low - height, height - high), 0),
            ]
        )
        return np.asarray(steps.max(axis=0))


def volume_of(said: Any, matrix: Array) -> Volume | None:
    """Return a bounding volume that `check_volume` has found sound; None if it has no form here."""
    if not isinstance(said, dict):
        return None
    for kind in ("box", "region", "sphere"):
        if said.get(kind) is not None:
            return Volume(kind, np.asarray(said[kind], np.float64), matrix)
    cell = (said.get("extensions") or {}).get(S2)
    bounds = s2_bounds(cell.get("token")) if isinstance(cell, dict) else None
    if bounds is None or cell is None:
        return None
    west, south, east, north = np.radians(bounds)
    ends = [cell["minimumHeight"], cell["maximumHeight"]]
    return Volume("region", np.array([west, south, east, north, *ends]), matrix)


def _grid(region: Array) -> Array:
    west, south, east, north, low, high = region
    wide = (east - west) % (2 * pi)
    lon = west + np.linspace(0, wide, 3)
    grid = np.array(np.meshgrid(lon, np.linspace(south, north, 3), [low, high])).reshape(3, -1)
    return ecef(np.degrees(grid[0]), np.degrees(grid[1]), grid[2])
