"""Which way a camera looks: rotation matrices, and the angles that people write for them.

Three sets of angles are in use, all in degrees here:

heading, pitch, roll
    Of a body with its axes forward, right and down in a frame north, east, down:
    ``R = Rz(heading) Ry(pitch) Rx(roll)`` (ARINC 705; the aerospace sequence z, y, x). Heading is
    clockwise from north, pitch is up, a positive roll lowers the right side. A camera is a body
    whose forward is its optical axis: pitch 0 looks at the horizon, -90 straight down.
yaw, pitch, roll of a camera that looks down
    The same sequence, but 0, 0, 0 is a camera that looks straight down with the top of its image
    to the north (Pix4D, "Yaw, Pitch, Roll and Omega, Phi, Kappa Angles and Conversion"; Agisoft
    Metashape). The camera's own body is turned by -90 about the right axis: ``R Ry(-90)``.
omega, phi, kappa
    ``R = Rx(omega) Ry(phi) Rz(kappa)`` takes camera coordinates (x right, y up, z backwards) to
    east, north, up; 0, 0, 0 looks straight down with the top to the north (same paper; Kraus,
    Photogrammetry, 2.2). North is that of the coordinate grid.

Matrices are arrays of shape (n, 3, 3) for column vectors.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "from_enu_axes",
    "from_hpr",
    "from_nadir",
    "from_opk",
    "slerp",
    "to_enu",
    "to_hpr",
    "to_opk",
    "top_of_image",
]

Array = npt.NDArray[np.float64]

_DOWN = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])  # Ry(-90 degrees)
_NED_TO_ENU = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
# Columns: the body's forward, right and down in camera coordinates x right, y up, z backwards.
_BODY_IN_CAMERA = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
_LOCKED = 1e-9


def _turn(axis: int, degrees: npt.ArrayLike) -> Array:
    """Return rotations about one axis, counter-clockwise when it points at the reader."""
    angle = np.radians(np.atleast_1d(np.asarray(degrees, float)))
    cos, sin = np.cos(angle), np.sin(angle)
    found = np.zeros((*angle.shape, 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    found[:, axis, axis] = 1.0
    found[:, first, first] = found[:, second, second] = cos
    found[:, second, first], found[:, first, second] = sin, -sin
    return found


def from_hpr(hpr: npt.ArrayLike) -> Array:
    """Return rotations from the body (forward, right, down) to north, east, down.

    Parameters
    ----------
    hpr : array-like, shape (n, 3)
        Heading, pitch, roll in degrees.
    """
    angles = np.atleast_2d(np.asarray(hpr, float))
    return np.asarray(_turn(2, angles[:, 0]) @ _turn(1, angles[:, 1]) @ _turn(0, angles[:, 2]))


def from_nadir(ypr: npt.ArrayLike) -> Array:
    """Return the same of a camera whose yaw, pitch, roll of 0, 0, 0 look straight down.

    Examples
    --------
    >>> to_hpr(from_nadir([[30, 0, 0]])).round(6).tolist()
    [[30.0, -90.0, 0.0]]
    """
    return np.asarray(from_hpr(ypr) @ _DOWN)


def from_opk(opk: npt.ArrayLike) -> Array:
    """Return the same of a camera with omega, phi, kappa.

    Parameters
    ----------
    opk : array-like, shape (n, 3)
        Degrees; the frame is that of the grid.

    Examples
    --------
    >>> to_hpr(from_opk([[0, 0, -30]])).round(6).tolist()
    [[30.0, -90.0, 0.0]]
    """
    angles = np.atleast_2d(np.asarray(opk, float))
    turned = _turn(0, angles[:, 0]) @ _turn(1, angles[:, 1]) @ _turn(2, angles[:, 2])
    return np.asarray(_NED_TO_ENU.T @ turned @ _BODY_IN_CAMERA)


def from_enu_axes(forward: Array, right: Array, down: Array) -> Array:
    """Return the same of a camera whose three axes are known in east, north, up.

    Parameters
    ----------
    forward, right, down : ndarray, shape (n, 3)
        Unit vectors: the optical axis, the right and the bottom of the image.
    """
    return np.asarray(_NED_TO_ENU.T @ np.stack([forward, right, down], axis=-1))


def to_hpr(rotation: Array) -> Array:
    """Return heading (0 to 360), pitch and roll in degrees, shape (n, 3).

    Straight up or down only heading minus or plus roll is determined; the roll is taken as 0, so
    that the heading is that of the top of the image.
    """
    r = np.asarray(rotation, float)
    flat = np.hypot(r[:, 0, 0], r[:, 1, 0])
    locked = flat < _LOCKED
    heading = np.arctan2(r[:, 1, 0], r[:, 0, 0])
    heading = np.where(locked, np.arctan2(-r[:, 0, 1], r[:, 1, 1]), heading)
    pitch = np.arctan2(-r[:, 2, 0], flat)
    roll = np.where(locked, 0.0, np.arctan2(r[:, 2, 1], r[:, 2, 2]))
    found = np.degrees(np.column_stack([heading, pitch, roll]))
    found[:, 0] %= 360.0
    return np.asarray(found)


def top_of_image(hpr: tuple[float, float, float]) -> float:
    """Return the bearing of the top of the image of a camera that looks down, 0 to 360 degrees.

    The bearing of its axis says nothing there: a tilt of a tenth of a degree turns it at will.

    Examples
    --------
    >>> round(top_of_image((30.0, -90.0, 0.0)), 9), round(top_of_image((210.0, -89.9, 180.0)), 9)
    (30.0, 30.0)
    """
    up = -from_hpr([hpr])[0][:, 2]
    return float(np.degrees(np.arctan2(up[1], up[0])) % 360)


def to_opk(rotation: Array) -> Array:
    """Return omega, phi, kappa in degrees, shape (n, 3)."""
    m = _NED_TO_ENU @ np.asarray(rotation, float) @ _BODY_IN_CAMERA.T
    flat = np.hypot(m[:, 1, 2], m[:, 2, 2])
    locked = flat < _LOCKED
    omega = np.where(locked, 0.0, np.arctan2(-m[:, 1, 2], m[:, 2, 2]))
    phi = np.arctan2(m[:, 0, 2], flat)
    kappa = np.arctan2(-m[:, 0, 1], m[:, 0, 0])
    kappa = np.where(locked, np.arctan2(m[:, 1, 0], m[:, 1, 1]), kappa)
    return np.asarray(np.degrees(np.column_stack([omega, phi, kappa])))


def to_enu(rotation: Array) -> Array:
    """Return rotations from the body to east, north, up."""
    return np.asarray(_NED_TO_ENU @ rotation)


def slerp(first: Array, second: Array, share: float) -> Array:
    """Return the rotation at a share of the way from one to another, at constant speed.

    Parameters
    ----------
    first, second : ndarray, shape (3, 3)
        Rotations.
    share : float
        0 to 1.

    Notes
    -----
    The turn between the two about its axis (Rodrigues' formula), which is what spherical linear
    interpolation of quaternions does (Shoemake, Animating rotation with quaternion curves, 1985).
    """
    between = first.T @ second
    cos = min(1.0, max(-1.0, (float(np.trace(between)) - 1) / 2))
    angle = float(np.arccos(cos))
    if angle < 1e-12:
        return np.asarray(first)
    if angle > np.pi - 1e-6:  # half a turn: the axis is in the symmetric part
        values, vectors = np.linalg.eigh((between + between.T) / 2)
        axis = vectors[:, int(np.argmax(values))]
    else:
        skew = between - between.T
        axis = np.array([skew[2, 1], skew[0, 2], skew[1, 0]]) / (2 * np.sin(angle))
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = angle * share
    step = np.eye(3) + np.sin(turn) * cross + (1 - np.cos(turn)) * (cross @ cross)
    return np.asarray(first @ step)
