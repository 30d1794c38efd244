"""ISO 19107 validity of 100,000 buildings at LoD1 and at LoD2, in seconds of CPU.

Run with ``python tests/benchmarks/bench_solids.py [buildings]``.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from meter import measure

from cimkit.geometry.solids import Faults, bodies_of, validate

_BATCH = 4_000
Solid = tuple[Any, list[Any]]


def block(rng: np.random.Generator) -> Solid:
    """Make an L-shaped block with a flat roof: 8 faces, 12 corners."""
    a, b = rng.uniform(8, 20, 2)
    c, d = a * rng.uniform(0.3, 0.7), b * rng.uniform(0.3, 0.7)
    ground = np.array([[0, 0], [a, 0], [a, d], [c, d], [c, b], [0, b]])
    top = rng.uniform(5, 30)
    n = len(ground)
    points = np.concatenate([np.c_[ground, np.zeros(n)], np.c_[ground, np.full(n, top)]])
    faces: list[Any] = [[list(range(n))[::-1]], [list(range(n, 2 * n))]]
    faces += [[[i, (i + 1) % n, n + (i + 1) % n, n + i]] for i in range(n)]
    return points, [faces]


def house(rng: np.random.Generator) -> Solid:
    """Make a house with a gable roof and a wing with another: 15 faces, 20 corners."""
    w, n, e, r = rng.uniform(7, 10), rng.uniform(14, 20), rng.uniform(3, 6), rng.uniform(2, 3)
    p, q, s = n * 0.3, n * 0.6, rng.uniform(3, 6)
    f, g = e - 1.0, 1.0  # eaves and rise of the wing, lower than those of the house
    h = (p + q) / 2
    points = np.array(
        [
            *([0, 0, 0], [w, 0, 0], [w, p, 0], [w + s, p, 0], [w + s, q, 0], [w, q, 0]),
            *([w, n, 0], [0, n, 0]),
            *([0, 0, e], [w, 0, e], [w, n, e], [0, n, e]),
            *([w / 2, 0, e + r], [w / 2, n, e + r]),
            *([w, p, f], [w + s, p, f], [w + s, q, f], [w, q, f]),
            *([w, h, f + g - 0.5], [w + s, h, f + g - 0.5]),
        ]
    )
    faces = [
        [[0, 7, 6, 5, 4, 3, 2, 1]],
        [[0, 1, 9, 12, 8]],
        [[1, 2, 14, 18, 17, 5, 6, 10, 9]],
        [[6, 7, 11, 13, 10]],
        [[7, 0, 8, 11]],
        [[9, 10, 13, 12]],
        [[8, 12, 13, 11]],
        [[2, 3, 15, 14]],
        [[3, 4, 16, 19, 15]],
        [[4, 5, 17, 16]],
        [[14, 15, 19, 18]],
        [[18, 19, 16, 17]],
    ]
    return points, [faces]


def placed(solid: Solid, rng: np.random.Generator) -> Solid:
    """Turn a solid and round it to centimetres, as surveys are delivered."""
    points, shells = solid
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = points.copy()
    moved[:, :2] = moved[:, :2] @ turn.T
    return np.round(moved, 3), shells


def judged(solids: list[Solid]) -> int:
    """Return how many faults all of them have."""
    found = 0
    for start in range(0, len(solids), _BATCH):
        part = solids[start : start + _BATCH]
        bodies = bodies_of(["Solid"] * len(part), [b for _, b in part], [p for p, _ in part])
        faults: Faults = validate(bodies)
        found += len(faults)
    return found


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = np.random.default_rng(19107)
    for name, make in (("LoD1", block), ("LoD2", house)):
        some = [placed(make(rng), rng) for _ in range(min(count, 5_000))]
        solids = [some[n % len(some)] for n in range(count)]
        step, faults = measure(name, lambda: judged(solids))  # noqa: B023 - runs at once
        print(
            f"{name}: {count:,} solids, {step.cpu_s:.1f} s CPU, {step.wall_s:.1f} s, "
            f"{step.peak_mb:.0f} MB, {faults} faults"
        )


if __name__ == "__main__":
    main()
