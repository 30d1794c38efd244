"""Bodies of one object to geometries: coordinates parsed at once, corners shared, semantics set."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders._city.model import CityGeometry, CityObject
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.bodies import Body, Poly, Texts
from cimkit.loaders.citygml.looks import Painter
from cimkit.loaders.citygml.numbers import parse_lists
from cimkit.loaders.citygml.reference import Frame, Frames
from cimkit.model import Problem

__all__ = ["Pending", "assemble", "shared"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_FEW = 300_000
"""Positions in a batch, up to which they are handled one by one in C rather than as arrays."""
_AXIS_M, _ECCENTRICITY = 6_378_137.0, 0.00669438002290
"""Half axis and squared eccentricity of GRS 80."""
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


@dataclass(slots=True)
class Pending:
    """One object whose coordinates are still texts."""

    item: CityObject
    """Takes the geometries."""
    bodies: list[Body]
    """In the order in which they are to come."""
    texts: Texts
    """That their rings and runs are numbers of."""
    surfaces: list[dict[str, Any]]
    """Thematic surfaces that polygons point at."""
    painter: Painter | None = None
    """Appearances; None if the file has none."""


def assemble(batch: list[Pending], frames: Frames, tally: Tally) -> None:
    """Give the objects of a batch their geometries.

    Parameters
    ----------
    batch : list of Pending
        Their coordinates are parsed all at once.
    frames : Frames
        Axis orders and CRSs.
    tally : Tally
        Takes ``boundary-invalid``.
    """
    every = Texts()
    for pending in batch:
        every.extend(pending.texts)
    positions = _Positions(every, tally)
    for pending in batch:
        positions.key = pending.item.key
        for body in pending.bodies:
            geometry = _geometry(body, positions, pending.surfaces, frames, pending.painter)
            if geometry is not None:
                pending.item.geometries.append(geometry)
        positions.offset += len(pending.texts.text)


class _Positions:
    """The positions of all texts of a batch, and which texts cannot be used."""

    def __init__(self, texts: Texts, tally: Tally) -> None:
        flat, counts = parse_lists(texts.text)
        width = np.array(texts.width, np.int64)
        held = np.maximum(counts, 0)
        wrong = (counts < 0) | (held % np.maximum(width, 1) != 0)
        for index in np.flatnonzero(wrong & (counts > 0)).tolist():
            other = 5 - int(width[index])  # 2 for 3: lists without a true word on their dimension
            if other in (2, 3) and not counts[index] % other:
                width[index], wrong[index] = other, False
        self.tally, self.texts = tally, texts
        self.key, self.offset = "", 0
        first = np.cumsum(held) - held
        count = np.where(wrong, 0, held // np.maximum(width, 1))
        start = np.cumsum(count) - count
        if len(width) and (width == 3).all() and not wrong.any():
            self.xyz = flat.reshape(-1, 3)
        else:
            self.xyz = np.zeros((int(count.sum()), 3))
            for index in np.flatnonzero(count).tolist():
                w, at, n = int(width[index]), int(start[index]), int(count[index])
                part = flat[first[index] :][: n * w].reshape(n, w)[:, :3]
                self.xyz[at : at + n, : part.shape[1]] = part
        bad = ~np.isfinite(self.xyz).all(axis=1)
        if bad.any():
            owner = np.repeat(np.arange(len(count)), count)
            wrong[owner[bad]] = True
        self.wrong = set(np.flatnonzero(wrong).tolist())
        # A ring comes back to its start; the start is kept once, as in CityJSON.
        ring = count.copy()
        many = np.flatnonzero(count > 1)
        if len(many):
            head, last = start[many], start[many] + count[many] - 1
            ring[many[(self.xyz[head] == self.xyz[last]).all(axis=1)]] -= 1
        self._start, self._count, self._ring = start.tolist(), count.tolist(), ring.tolist()
        few = len(self.xyz) <= _FEW
        self._rows = list(map(tuple, self.xyz.tolist())) if few else []

    def usable(self, number: int, least: int, *, ring: bool) -> bool:
        """Return whether a text has so many positions; tell if not."""
        at = number + self.offset
        if at not in self.wrong and (self._ring if ring else self._count)[at] >= least:
            return True
        wrong = "a position that is none" if at in self.wrong else f"fewer than {least} points"
        self.tally.add(
            Problem(
                "boundary-invalid",
                f"A ring, line or point of the object cannot be used: it has {wrong}.",
                "error",
                f"line {self.texts.place[at]} {self.key}",
                got=self.texts.text[at].strip()[:60],
                expected="whole positions, at least three in a ring",
            )
        )
        return False

    def anchor(self, number: int) -> Reals | None:
        """Return the first position of a text."""
        at = number + self.offset
        if at in self.wrong or not self._count[at]:
            return None
        point: Reals = self.xyz[self._start[at]]
        return point

    def corners(self, numbers: list[int], *, ring: bool) -> tuple[Reals, dict[int, list[int]]]:
        """Return the distinct positions of some texts, and which ones each text is made of."""
        sizes = self._ring if ring else self._count
        spans = [(self._start[n + self.offset], sizes[n + self.offset]) for n in numbers]
        labels: list[int]
        if self._rows:
            rows = list(chain.from_iterable(self._rows[s : s + c] for s, c in spans))
            known = dict.fromkeys(rows)
            place = dict(zip(known, range(len(known)), strict=True))
            labels = list(map(place.__getitem__, rows))
            vertices = np.array(list(known), np.float64)
        else:
            counts = np.array([c for _, c in spans])
            skips = np.array([s for s, _ in spans]) - (np.cumsum(counts) - counts)
            vertices, which = shared(
                self.xyz[np.repeat(skips, counts) + np.arange(int(counts.sum()))]
            )
            labels = which.tolist()
        found = {}
        at = 0
        for number, (_, count) in zip(numbers, spans, strict=True):
            found[number] = labels[at : at + count]
            at += count
        return vertices, found


def _faces(nested: list[Any]) -> list[Any]:
    """Return the (Poly, turned) pairs of a body in their order."""
    flat = nested
    while flat and isinstance(flat[0], list):
        flat = [x for part in flat for x in part]
    return flat


def _geometry(
    body: Body,
    at: _Positions,
    surfaces: list[dict[str, Any]],
    frames: Frames,
    painter: Painter | None,
) -> CityGeometry | None:
    if body.runs:
        return _lines(body, at, surfaces, frames)
    lists = dict.fromkeys(n for poly, _ in _faces(body.polys) for n in poly.rings)
    order = [n for n in lists if at.usable(n, 3, ring=True)]
    if not order:
        return None
    vertices, corners = at.corners(order, ring=True)
    kept: list[tuple[Poly, bool]] = []

    def face(pair: tuple[Poly, bool]) -> list[list[int]] | None:
        poly, turned = pair
        if poly.rings[0] not in corners:
            return None
        kept.append(pair)
        rings = [corners[n] for n in poly.rings if n in corners]
        return [ring[::-1] for ring in rings] if turned else rings

    boundaries, values = _nest(body.polys, face, surfaces)
    if not kept:
        return None
    frame = frames.of(body.srs)
    if body.frame is not None:
        vertices = _stood(vertices, body.frame, at, frame)
    return CityGeometry(
        body.type,
        body.lod,
        frame.ordered(vertices),
        boundaries,
        _semantics(values, surfaces),
        painter.paint(body.type, body.polys, kept, corners, surfaces) if painter else None,
        crs=frame.own,
        aside=body.aside,
    )


def _nest(nested: list[Any], face: Any, surfaces: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return boundaries and semantic values, nested as the polygons are."""
    boundaries: list[Any] = []
    values: list[Any] = []
    for item in nested:
        if isinstance(item, list):
            inner, below = _nest(item, face, surfaces)
            if inner:
                boundaries.append(inner)
                values.append(below)
            continue
        made = face(item)
        if made is not None:
            boundaries.append(made)
            values.append(item[0].surface)
    return boundaries, values


def _semantics(values: list[Any], surfaces: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return CityJSON's semantics with the surfaces that are used, and those above them."""
    used: dict[int, int] = {}

    def note(number: int | None) -> None:
        while number is not None and number not in used:
            used[number] = len(used)
            number = surfaces[number].get("parent")

    def gather(part: list[Any]) -> None:
        for value in part:
            if isinstance(value, list):
                gather(value)
            else:
                note(value)

    gather(values)
    if not used:
        return None

    def renumber(part: list[Any]) -> list[Any]:
        return [renumber(v) if isinstance(v, list) else used.get(v) for v in part]

    named = []
    for number in used:
        entry = dict(surfaces[number])
        if entry.get("parent") is not None:
            entry["parent"] = used[entry["parent"]]
        else:
            entry.pop("parent", None)
        named.append(entry)
    for index, entry in enumerate(named):
        if "parent" in entry:
            named[entry["parent"]].setdefault("children", []).append(index)
    return {"surfaces": named, "values": renumber(values)}


def _lines(
    body: Body, at: _Positions, surfaces: list[dict[str, Any]], frames: Frames
) -> CityGeometry | None:
    least = 1 if body.type == "MultiPoint" else 2
    good = [(n, s) for n, s in body.runs if at.usable(n, least, ring=False)]
    if not good:
        return None
    vertices, corners = at.corners([n for n, _ in good], ring=False)
    runs = [corners[n] for n, _ in good]
    frame = frames.of(body.srs)
    flat: list[Any] = runs if body.type == "MultiLineString" else [i for run in runs for i in run]
    values: list[Any] = [s for _, s in good]
    if body.type == "MultiPoint":
        values = [s for (_, s), run in zip(good, runs, strict=True) for _ in run]
    return CityGeometry(
        body.type,
        body.lod,
        frame.ordered(vertices),
        flat,
        _semantics(values, surfaces),
        crs=frame.own,
        aside=body.aside,
    )


def _stood(points: Reals, place: tuple[Any, ...], at: _Positions, frame: Frame) -> Reals:
    """Return the corners of a template where its matrix and reference point put them.

    Templates are in metres. Where the reference point is in degrees, metres to the east and to the
    north are turned into degrees on the sphere that fits the ellipsoid there.
    """
    matrix, number = place
    anchor = at.anchor(number)
    if anchor is None:
        return points
    turned = np.asarray(matrix, np.float64).reshape(4, 4)
    moved = points @ turned[:3, :3].T + turned[:3, 3]
    if not frame.degrees:
        at_anchor: Reals = moved + anchor
        return at_anchor
    north, east = (0, 1) if frame.swapped else (1, 0)
    latitude = np.radians(anchor[north])
    bulge = 1 - _ECCENTRICITY * np.sin(latitude) ** 2
    stood = np.empty_like(moved)
    stood[:, east] = np.degrees(moved[:, 0] * np.sqrt(bulge) / (_AXIS_M * np.cos(latitude)))
    stood[:, north] = np.degrees(moved[:, 1] * bulge**1.5 / (_AXIS_M * (1 - _ECCENTRICITY)))
    stood[:, 2] = moved[:, 2]
    stood += anchor
    return stood


def shared(points: Reals) -> tuple[Reals, Whole]:
    """Return the distinct positions in the order in which they come, and which one each is.

    Positions are one only if all their bits are the same.

    Examples
    --------
    >>> vertices, which = shared(np.array([[1.0, 2, 3], [4, 5, 6], [1, 2, 3]]))
    >>> len(vertices), which.tolist()
    (2, [0, 1, 0])
    """
    bits = np.ascontiguousarray(points + 0.0).view(np.uint64).reshape(-1, 3)
    with np.errstate(over="ignore"):
        mixed = bits * _MIX
        mixed ^= mixed >> np.uint64(29)
        hashed = mixed[:, 0] + (mixed[:, 1] ^ (mixed[:, 2] << np.uint64(7))) * _MIX[1]
    _, first, which = np.unique(hashed, return_index=True, return_inverse=True)
    if not (points[first[which]] == points).all():  # two positions of one hash
        _, first, which = np.unique(points, axis=0, return_index=True, return_inverse=True)
    rank = np.argsort(first, kind="stable")
    place = np.empty(len(first), np.int64)
    place[rank] = np.arange(len(first))
    return points[first[rank]], place[which.ravel()]
