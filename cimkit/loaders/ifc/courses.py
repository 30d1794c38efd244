"""Courses of alignments by their design parameters: plan by curvature, profile by gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["BLENDS", "RAMPS", "Course", "Grade", "Piece", "Tilt", "course"]

Reals = npt.NDArray[np.float64]
_SAGITTA_M = 0.0004
"""How far the chain may be from the curve."""
_GAP_M = 1.0
"""Segments whose ends are farther apart are not those of one line."""
_LONGEST_M = 10.0
_MOST = 20_000
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


RAMPS: dict[str, Callable[[Reals], Reals]] = {
    "CONSTANTCANT": lambda t: t * 0.0,
    "LINEARTRANSITION": lambda t: t,
    "BLOSSCURVE": lambda t: 3 * t**2 - 2 * t**3,
    "COSINECURVE": lambda t: (1 - np.cos(np.pi * t)) / 2,
    "SINECURVE": lambda t: t - np.sin(2 * np.pi * t) / (2 * np.pi),
    "HELMERTCURVE": lambda t: np.where(t < 0.5, 2 * t**2, 1 - 2 * (1 - t) ** 2),
    "VIENNESEBEND": lambda t: 35 * t**4 - 84 * t**5 + 70 * t**6 - 20 * t**7,
}
"""How cant goes from 0 to 1 over the share of the length (IFC 4.3, 8.9.3; EN 13803)."""


def _halves(t: Reals) -> Reals:
    return np.where(t < 0.5, 2 / 3 * t**3, -2 / 3 * t**3 + 2 * t**2 - t + 1 / 6)


BLENDS: dict[str, Callable[[Reals], Reals]] = {
    "LINE": lambda t: t * 0.0,
    "CIRCULARARC": lambda t: t * 0.0,
    "CLOTHOID": lambda t: t**2 / 2,
    "BLOSSCURVE": lambda t: t**3 - t**4 / 2,
    "COSINECURVE": lambda t: t / 2 - np.sin(np.pi * t) / (2 * np.pi),
    "SINECURVE": lambda t: t**2 / 2 + (np.cos(2 * np.pi * t) - 1) / (4 * np.pi**2),
    "HELMERTCURVE": _halves,
    "VIENNESEBEND": lambda t: 7 * t**5 - 14 * t**6 + 10 * t**7 - 2.5 * t**8,
    "CUBIC": lambda t: t**2 / 2,
}
"""How much of the change of curvature the direction has taken up, at a share of the length: the
integral of how curvature goes from 0 to 1. Of a cubic parabola only nearly: see `_cubic`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment of a plan, in metres and radians."""

    start: tuple[float, float]
    """Where it begins."""
    direction: float
    """Counter-clockwise from the x axis."""
    length: float
    """Along the curve."""
    before: float
    """Curvature at its beginning, 1/m, positive to the left."""
    after: float
    """Curvature at its end."""
    blend: str
    """A name of `BLENDS`."""
    sway: float = 0.0
    """Of a Viennese bend: height of the centre of gravity by the change of the angle of cant."""


@dataclass(frozen=True, slots=True)
class Grade:
    """One segment of a profile, in metres."""

    start: float
    """Distance along the plan where it begins."""
    length: float
    """In the plan."""
    height: float
    """Where it begins."""
    gradient: float
    """Where it begins, rise over run."""
    form: Literal["line", "parabola", "arc"] = "line"
    """Its shape."""
    bend: float = 0.0
    """Change of gradient a metre of a parabola; 1 / radius of an arc; positive in a sag."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """One segment of cant, in metres: how far the middle of the track is lifted."""

    start: float
    """Distance along the plan where it begins."""
    length: float
    """In the plan."""
    before: float
    """Where it begins."""
    after: float
    """Where it ends."""
    ramp: str
    """A name of `RAMPS`."""


@dataclass(frozen=True, slots=True)
class Course:
    """A plan, and where there is a profile the line in space, as chains of points."""

    plan: Reals
    """(n, 3), z = 0."""
    along: Reals
    """(n,) distance along the plan."""
    line: Reals | None
    """(m, 3): what of the plan the profile covers."""
    line_along: Reals
    """(m,) distance along the plan of the points of `line`."""


def course(
    pieces: Sequence[Piece],
    grades: Sequence[Grade],
    station: float = 0.0,
    tilts: Sequence[Tilt] = (),
) -> Course | None:
    """Return the course of an alignment, None if it has no plan or one that does not join up.

    Segments of no length, by which a layout ends, are left out.

    Parameters
    ----------
    pieces : sequence of Piece
    grades : sequence of Grade
    station : float
        Distance at the beginning of the plan, as the profile counts.
    tilts : sequence of Tilt
        Cant, of railways; of no effect without a profile.
    """
    grades = [g for g in grades if g.length > 0]
    tilts = [t for t in tilts if t.length > 0]
    whole = [p for p in pieces if p.length > 0]
    if not whole or not np.isfinite([(*p.start, p.direction, p.length) for p in whole]).all():
        return None
    spans = [(g.start, g.length) for g in grades] + [(t.start, t.length) for t in tilts]
    cuts = [v - station for start, length in spans for v in (start, start + length)]
    bent = any(g.form != "line" for g in grades) or any(t.before != t.after for t in tilts)
    chains: list[Reals] = []
    distances: list[Reals] = []
    before, last = 0.0, np.zeros(2)
    for piece in whole:
        inner = [c - before for c in cuts if before < c < before + piece.length]
        along, points = _chain(piece, inner, bent)
        if chains and float(np.hypot(*(points[0] - last))) > _GAP_M:
            return None
        last = points[-1]
        # The next segment says itself where it begins.
        keep = len(along) if piece is whole[-1] else len(along) - 1
        chains.append(points[:keep])
        distances.append(along[:keep] + before)
        before += piece.length
    plan, along = np.vstack(chains), np.concatenate(distances)
    plan = np.column_stack([plan, np.zeros(len(plan))])
    heights = _heights(grades, along + station) + _lifts(tilts, along + station)
    known = np.isfinite(heights)
    line = np.column_stack([plan[known, :2], heights[known]]) if known.sum() > 1 else None
    return Course(plan, along, line, along[known])


def _chain(piece: Piece, cuts: Sequence[float], bent: bool) -> tuple[Reals, Reals]:
    """Return distances and points of a segment, no farther from it than the tolerance."""
    bend = max(abs(piece.before), abs(piece.after))
    step = min(_LONGEST_M, (8 * _SAGITTA_M / bend) ** 0.5) if bend else piece.length
    step = min(step, _LONGEST_M / 10) if bent else step  # profiles bend less than plans
    count = int(min(max(np.ceil(piece.length / step), 1), _MOST))
    along = np.unique(np.concatenate([np.linspace(0.0, piece.length, count + 1), cuts]))
    half = np.diff(along) / 2
    nodes = along[:-1, None] + half[:, None] * (_NODES + 1)
    heading = piece.direction + _turn(piece, nodes)
    steps = np.column_stack(
        [(np.cos(heading) @ _WEIGHTS) * half, (np.sin(heading) @ _WEIGHTS) * half]
    )
    points = np.vstack([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return along, points + np.array(piece.start)


def _turn(piece: Piece, along: Reals) -> Reals:
    """Return by how much the direction has changed at distances along a segment."""
    if piece.blend == "CUBIC" and piece.before != piece.after:
        return _cubic(piece, along)
    share = along / piece.length
    blend = BLENDS[piece.blend](share)
    turn = piece.length * (piece.before * share + (piece.after - piece.before) * blend)
    if piece.sway:
        turn = turn - piece.sway / piece.length * 140 * (share * (1 - share)) ** 3
    return turn


def _cubic(piece: Piece, along: Reals) -> Reals:
    """Return the turn along a cubic parabola: its second derivative, not its curvature, is linear
    in the abscissa, which is counted from where it is nothing."""
    rate = (piece.after - piece.before) / piece.length
    origin = piece.before / rate  # distance of the beginning from there
    reach = max(abs(origin), abs(origin + piece.length))
    abscissa = np.linspace(-reach, reach, 8001)
    slope = rate * abscissa**2 / 2
    steps = np.hypot(1.0, (slope[1:] + slope[:-1]) / 2) * np.diff(abscissa)
    distance = np.concatenate([[0.0], np.cumsum(steps)])
    distance -= distance[4000]

    def heading(at: Reals) -> Reals:
        return np.arctan(rate * np.interp(at, distance, abscissa) ** 2 / 2)

    return heading(along + origin) - heading(np.array(origin))


def _lifts(tilts: Sequence[Tilt], along: Reals) -> Reals:
    """Return how far cant lifts the middle of the track at distances along the plan."""
    found = np.zeros(len(along))
    for tilt in tilts:
        share = (along - tilt.start) / tilt.length
        here = (share >= -1e-9) & (share <= 1 + 1e-9)
        ramp = RAMPS[tilt.ramp](np.clip(share[here], 0.0, 1.0))
        found[here] = tilt.before + (tilt.after - tilt.before) * ramp
    return found


def _heights(grades: Sequence[Grade], along: Reals) -> Reals:
    """Return heights at distances along the plan, NaN where there is no profile."""
    found = np.full(len(along), np.nan)
    for grade in grades:
        run = along - grade.start
        here = (run >= -1e-6) & (run <= grade.length + 1e-6)
        u = run[here]
        if grade.form == "arc" and grade.bend:
            sine = np.sin(np.arctan(grade.gradient))
            cosine = np.sqrt(np.clip(1 - (sine + u * grade.bend) ** 2, 0.0, None))
            rise = (np.sqrt(1 - sine**2) - cosine) / grade.bend
        else:
            rise = grade.gradient * u + (grade.bend * u**2 / 2 if grade.form == "parabola" else 0.0)
        found[here] = grade.height + rise
    return found
