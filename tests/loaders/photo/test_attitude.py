"""Angles of cameras, by their definitions and there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.loaders.photo.attitude import (
    from_hpr,
    from_nadir,
    from_opk,
    slerp,
    to_enu,
    to_hpr,
    to_opk,
)

turn = st.floats(-180, 180, allow_nan=False)
tilt = st.floats(-89.9, 89.9, allow_nan=False)


def close(first: object, second: object) -> bool:
    return bool(np.allclose(np.asarray(first), np.asarray(second), atol=1e-8))


@given(turn, tilt, turn)
def test_heading_pitch_roll_there_and_back(heading: float, pitch: float, roll: float) -> None:
    rotation = from_hpr([[heading, pitch, roll]])
    assert close(rotation[0] @ rotation[0].T, np.eye(3))
    assert np.linalg.det(rotation[0]) == pytest.approx(1)
    assert close(from_hpr(to_hpr(rotation)), rotation)
    assert to_hpr(rotation)[0, 1] == pytest.approx(pitch, abs=1e-6)


@given(turn, tilt, turn)
def test_omega_phi_kappa_there_and_back(omega: float, phi: float, kappa: float) -> None:
    rotation = from_opk([[omega, phi, kappa]])
    assert close(from_opk(to_opk(rotation)), rotation)
    assert to_opk(rotation)[0, 1] == pytest.approx(phi, abs=1e-6)
    assert close(from_hpr(to_hpr(rotation)), rotation)


@given(turn, tilt, turn)
def test_from_one_set_of_angles_to_the_other_and_back(
    heading: float, pitch: float, roll: float
) -> None:
    rotation = from_hpr([[heading, pitch, roll]])
    assert close(from_opk(to_opk(rotation)), rotation)


@given(turn, turn, turn)
def test_omega_phi_kappa_are_the_textbook_matrix(omega: float, phi: float, kappa: float) -> None:
    """Kraus, Photogrammetry, 2.2: the elements of Rx(omega) Ry(phi) Rz(kappa)."""
    o, p, k = np.radians([omega, phi, kappa])
    so, co, sp, cp, sk, ck = (f(a) for a in (o, p, k) for f in (np.sin, np.cos))
    textbook = np.array(
        [
            [cp * ck, -cp * sk, sp],
            [co * sk + so * sp * ck, co * ck - so * sp * sk, -so * cp],
            [so * sk - co * sp * ck, so * ck + co * sp * sk, co * cp],
        ]
    )
    axes = to_enu(from_opk([[omega, phi, kappa]]))[0]  # columns: forward, right, down
    assert close(axes[:, 1], textbook[:, 0])  # x of the camera is right
    assert close(axes[:, 2], -textbook[:, 1])  # y is up
    assert close(axes[:, 0], -textbook[:, 2])  # z is backwards


@pytest.mark.parametrize(
    ("opk", "hpr"),
    [
        ((0, 0, 0), (0, -90, 0)),  # looks down, its top to the north
        ((0, 0, -90), (90, -90, 0)),  # kappa turns against the clock
        ((90, 0, 0), (0, 0, 0)),  # looks north, upright
        ((90, -90, 0), (90, 0, 0)),  # looks east, upright
        ((45, 0, 0), (0, -45, 0)),
    ],
)
def test_known_cameras(opk: tuple[float, ...], hpr: tuple[float, ...]) -> None:
    assert close(from_opk([opk]), from_hpr([hpr]))


def test_nadir_angles_are_those_of_pix4d() -> None:
    assert close(from_nadir([[0, 0, 0]]), from_opk([[0, 0, 0]]))
    assert close(to_hpr(from_nadir([[120, 90, 0]])), [[120, 0, 0]])  # pitched up it looks ahead
    assert close(to_hpr(from_nadir([[120, 30, 0]])), [[120, -60, 0]])


@given(turn, tilt, turn, turn, tilt, turn, st.floats(0, 1))
def test_between_two_attitudes(
    h: float, p: float, r: float, h2: float, p2: float, r2: float, share: float
) -> None:
    a, b = from_hpr([[h, p, r]])[0], from_hpr([[h2, p2, r2]])[0]
    assert close(slerp(a, b, 0.0), a)
    assert np.allclose(slerp(a, b, 1.0), b, atol=1e-5)
    mid = slerp(a, b, share)
    assert close(mid @ mid.T, np.eye(3))

    def angle(first: np.ndarray, second: np.ndarray) -> float:
        return float(np.arccos(np.clip((np.trace(first.T @ second) - 1) / 2, -1, 1)))

    whole = angle(a, b)
    assert angle(a, mid) == pytest.approx(share * whole, abs=1e-4)


def test_the_short_way_over_north() -> None:
    a, b = from_hpr([[350, 0, 0]])[0], from_hpr([[20, 0, 0]])[0]
    assert to_hpr(slerp(a, b, 0.5)[None])[0, 0] == pytest.approx(5)
