"""Bodies of one object to geometries: coordinates parsed at once, corners shared, semantics set."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders._city.model import CityGeometry
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.bodies import Body, Poly, Texts
from cimkit.loaders.citygml.looks import Painter
from cimkit.loaders.citygml.numbers import parse_lists
from cimkit.loaders.citygml.reference import Frame, Frames
from cimkit.model import Problem

__all__ = ["assemble", "shared"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_AXIS_M, _ECCENTRICITY = 6_378_137.0, 0.00669438002290
"""Half axis and squared eccentricity of GRS 80."""
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def assemble(
    bodies: list[Body],
    texts: Texts,
    surfaces: list[dict[str, Any]],
    frames: Frames,
    painter: Painter | None,
    key: str,
    tally: Tally,
) -> list[CityGeometry]:
    """Return the geometries of one object.

    Parameters
    ----------
    bodies : list of Body
        In the order in which they are to come.
    texts : Texts
        That their rings and runs are numbers of.
    surfaces : list of dict
        Thematic surfaces that polygons point at.
    frames : Frames
        Axis orders and CRSs.
    painter : Painter or None
        Appearances; None if the file has none.
    key : str
        The object, for problems.
    tally : Tally
        Takes ``boundary-invalid``.
    """
    positions = _Positions(texts, key, tally)
    found = []
    for body in bodies:
        geometry = _geometry(body, positions, surfaces, frames, painter)
        if geometry is not None:
            found.append(geometry)
    return found


class _Positions:
    """The positions of all texts, and which texts cannot be used."""

    def __init__(self, texts: Texts, key: str, tally: Tally) -> None:
        flat, counts = parse_lists(texts.text)
        width = np.array(texts.width, np.int64)
        held = np.maximum(counts, 0)
        wrong = (counts < 0) | (held % np.maximum(width, 1) != 0)
        for index in np.flatnonzero(wrong & (counts > 0)).tolist():
            other = 5 - int(width[index])  # 2 for 3: lists without a true word on their dimension
            if other in (2, 3) and not counts[index] % other:
                width[index], wrong[index] = other, False
        self.key, self.tally, self.texts = key, tally, texts
        self.first = np.cumsum(held) - held
        self.count = np.where(wrong, 0, held // np.maximum(width, 1))
        self.start = np.cumsum(self.count) - self.count
        total = int(self.count.sum())
        if len(width) and (width == 3).all() and not wrong.any():
            self.xyz = flat.reshape(-1, 3)
        else:
            self.xyz = np.zeros((total, 3))
            for index in np.flatnonzero(self.count).tolist():
                w, at, n = int(width[index]), int(self.start[index]), int(self.count[index])
                part = flat[self.first[index] :][: n * w].reshape(n, w)[:, :3]
                self.xyz[at : at + n, : part.shape[1]] = part
        bad = ~np.isfinite(self.xyz).all(axis=1)
        if bad.any():
            owner = np.repeat(np.arange(len(self.count)), self.count)
            wrong[owner[bad]] = True
        self.wrong = set(np.flatnonzero(wrong).tolist())
        # A ring comes back to its start; the start is kept once, as in CityJSON.
        last = np.maximum(self.start + self.count - 1, 0)
        self.ring = self.count.copy()
        many = self.count > 1
        if many.any():
            first = self.start[many]
            closed = (self.xyz[first] == self.xyz[last[many]]).all(axis=1)
            self.ring[np.flatnonzero(many)[closed]] -= 1

    def bad(self, index: int, why: str) -> None:
        self.tally.add(
            Problem(
                "boundary-invalid",
                f"A polygon or line of the object cannot be used: {why}.",
                "error",
                f"line {self.texts.place[index]} {self.key}",
                got=self.texts.text[index].strip()[:60],
                expected="whole positions, at least three in a ring",
            )
        )


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
    lists: list[int] = []  # texts used, in order
    for poly, _ in _faces(body.polys):
        lists += poly.rings
    usable = {n for n in lists if n not in at.wrong and at.ring[n] > 2}
    for number in dict.fromkeys(lists):
        if number not in usable:
            wrong = number in at.wrong
            at.bad(number, "a position that is none" if wrong else "a ring of fewer than 3 points")
    order = [n for n in dict.fromkeys(lists) if n in usable]
    if not order:
        return None
    counts = at.ring[order]
    starts = np.cumsum(counts) - counts
    rows = np.repeat(at.start[order] - starts, counts) + np.arange(int(counts.sum()))
    vertices, labels = shared(at.xyz[rows])
    named = labels.tolist()
    corners = {
        n: named[s : s + c] for n, s, c in zip(order, starts.tolist(), counts.tolist(), strict=True)
    }
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
    good = []
    for number, surface in body.runs:
        if number in at.wrong or at.count[number] < least:
            at.bad(number, "a position that is none, or too few")
        else:
            good.append((number, surface))
    if not good:
        return None
    order = [n for n, _ in good]
    counts = at.count[order]
    starts = np.cumsum(counts) - counts
    rows = np.repeat(at.start[order] - starts, counts) + np.arange(int(counts.sum()))
    vertices, labels = shared(at.xyz[rows])
    runs = [
        labels[s : s + c].tolist() for s, c in zip(starts.tolist(), counts.tolist(), strict=True)
    ]
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
    if number in at.wrong or not at.count[number]:
        return points
    turned = np.asarray(matrix, np.float64).reshape(4, 4)
    moved = points @ turned[:3, :3].T + turned[:3, 3]
    anchor = at.xyz[at.start[number]]
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
