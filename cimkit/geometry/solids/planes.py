"""Planes through polygons, and polygons laid into their plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans

__all__ = ["Planes", "planes_of", "sums"]

Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Planes:
    """The plane fitted to each face."""

    origin: Reals
    """(f, 3) mean of its corners."""
    normal: Reals
    """(f, 3) unit vectors, to the side from which the outer ring runs counter-clockwise."""
    area: Reals
    """(f, 3) area vector of the face, holes taken away."""
    u: Reals
    """(f, 3) first axis in the plane."""
    v: Reals
    """(f, 3) second axis in the plane."""
    distance: Reals
    """(f,) of the farthest corner from the plane, metres."""
    far: Whole
    """(f,) that corner; -1 of a face without corners."""
    ring_area: Reals
    """(r, 3) area vector of each ring."""

    def flat(self, faces: Whole, points: Reals) -> Reals:
        """Return (n, 2) coordinates of points in the planes of faces."""
        moved = points - self.origin[faces]
        return np.stack(
            [
                np.einsum("ij,ij->i", moved, self.u[faces]),
                np.einsum("ij,ij->i", moved, self.v[faces]),
            ],
            axis=1,
        )

    def lifted(self, faces: Whole, flat: Reals) -> Reals:
        """Return (n, 3) positions of points in the planes of faces."""
        lifted: Reals = (
            self.origin[faces] + flat[:, :1] * self.u[faces] + flat[:, 1:] * self.v[faces]
        )
        return lifted

    def height(self, faces: Whole, points: Reals) -> Reals:
        """Return (n,) signed distances of points from the planes of faces."""
        found: Reals = np.einsum("ij,ij->i", points - self.origin[faces], self.normal[faces])
        return found


def sums(values: Reals, start: Whole) -> Reals:
    """Return the sums over runs of rows; 0 of an empty run."""
    total = np.zeros((len(start) - 1, *values.shape[1:]))
    full = start[1:] > start[:-1]
    if full.any():
        total[full] = np.add.reduceat(values, start[:-1][full], axis=0)
    return total


def planes_of(bodies: Bodies, refit: float) -> Planes:
    """Return the plane of each face.

    It is that of Newell's area vector; where a corner is farther from it than `refit` metres, or
    the vector vanishes, that of least squares.
    """
    at, start = bodies.at, bodies.corner_start
    count = np.diff(start)
    mean = sums(at, start) / np.maximum(count, 1)[:, None]
    face = bodies.corner_face
    arm = at - mean[face]
    turned = np.cross(arm, arm[bodies.after])
    ring_area = sums(turned, bodies.ring_start) / 2
    area = sums(ring_area, bodies.face_start)
    outer = np.zeros_like(mean)
    full = np.diff(bodies.face_start) > 0
    outer[full] = ring_area[bodies.face_start[:-1][full]]
    size = np.linalg.norm(outer, axis=1)
    normal = outer / np.where(size > 0, size, 1.0)[:, None]
    off = np.abs(np.einsum("ij,ij->i", arm, normal[face]))
    distance = _largest(off, start)
    extent = _largest(np.abs(arm).max(axis=1), start)
    weak = np.flatnonzero((count > 2) & ((distance > refit) | (size <= 1e-9 * extent**2)))
    if len(weak):
        fitted = _least_squares(arm, start, weak)
        flip = np.einsum("ij,ij->i", fitted, outer[weak]) < 0
        fitted[flip] *= -1
        parts, which = spans(start, weak)
        better = np.abs(np.einsum("ij,ij->i", arm[parts], fitted[which]))
        normal[weak] = fitted
        off[parts] = better
        distance[weak] = _largest(better, np.concatenate([[0], np.cumsum(count[weak])]))
    far = np.full(len(count), -1, np.int64)
    hit = np.flatnonzero(off >= distance[face])
    far[face[hit[::-1]]] = hit[::-1]
    axis = np.eye(3)[np.argmin(np.abs(normal), axis=1)]
    u = np.cross(normal, axis)
    u /= np.maximum(np.linalg.norm(u, axis=1), 1e-300)[:, None]
    return Planes(mean, normal, area, u, np.cross(normal, u), distance, far, ring_area)


def _largest(values: Reals, start: Whole) -> Reals:
    found = np.zeros(len(start) - 1)
    full = start[1:] > start[:-1]
    if full.any():
        found[full] = np.maximum.reduceat(values, start[:-1][full])
    return found


def _least_squares(arm: Reals, start: Whole, faces: Whole) -> Reals:
    parts, which = spans(start, faces)
    held = arm[parts]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=len(faces)))])
    spread = sums(held[:, :, None] * held[:, None, :], bounds.astype(np.int64))
    fitted: Reals = np.linalg.eigh(spread)[1][:, :, 0]
    return fitted
