from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.geometry.frames import ecef, enu_axes, enu_frame, geodetic, inverse, to_frame

PEER = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
LON, LAT, HEIGHT = st.floats(-180, 180), st.floats(-90, 90), st.floats(-5000, 9000)


@given(LON, LAT, HEIGHT)
def test_ecef_agrees_with_proj(lon: float, lat: float, height: float) -> None:
    assert ecef([lon], [lat], [height])[0] == pytest.approx(
        PEER.transform(lon, lat, height), abs=1e-6
    )


@given(LON, st.floats(-89.9, 89.9), HEIGHT)
def test_there_and_back(lon: float, lat: float, height: float) -> None:
    xyz = ecef([lon], [lat], [height])
    back = geodetic(xyz)[0]
    assert back[2] == pytest.approx(height, abs=1e-5)
    assert ecef(*back[:, None])[0] == pytest.approx(xyz[0], abs=1e-5)


@given(LON, LAT)
def test_axes_are_right_handed_and_up_is_up(lon: float, lat: float) -> None:
    axes = enu_axes(lon, lat)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    raised = ecef([lon], [lat], [1.0]) - ecef([lon], [lat], [0.0])
    assert raised[0] == pytest.approx(axes[:, 2], abs=1e-8)


def test_frame_and_its_inverse() -> None:
    origin = ecef([106.5], [29.57], [200.0])[0]
    frame = enu_frame(origin)
    assert frame @ inverse(frame) == pytest.approx(np.eye(4), abs=1e-8)
    north = ecef([106.5], [29.571], [200.0])
    east, forth, up = to_frame(north, frame)[0]
    assert (east, forth, up) == pytest.approx((0, 110.86, -0.001), abs=0.02)
