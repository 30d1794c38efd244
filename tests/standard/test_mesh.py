from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import UsageError
from cimkit.standard import Mesh, MetricGrid

LEVELS = range(1, 7)
LON = st.floats(100, 180 - 1e-8)
LAT = st.floats(0, 200 / 3 - 1e-8)


@st.composite
def codes(draw: st.DrawFn) -> str:
    level = draw(st.sampled_from(LEVELS))
    return draw(st.from_regex(f"^{Mesh(level).pattern}$", fullmatch=True).filter(str.isascii))


def test_what_was_verified_outside() -> None:
    assert Mesh(3).encode(139.71475, 35.70078).tolist() == ["53394547"]
    west, south, east, north = Mesh(3).boxes(["53394525"])[0]
    assert (west, round(south, 5)) == (139.6875, 35.68333)
    assert east - west == pytest.approx(1 / 80)
    assert north - south == pytest.approx(1 / 120)


@pytest.mark.parametrize(
    ("level", "code"),
    [
        (1, "5339"),
        (2, "533945"),
        (3, "53394547"),
        (4, "533945471"),
        (5, "5339454711"),
        (6, "53394547112"),
    ],
)
def test_each_level_adds_its_digits(level: int, code: str) -> None:
    mesh = Mesh(level)
    assert mesh.encode([139.71475], [35.70078])[0] == code
    assert mesh.length == len(code)
    assert Mesh.of(code) == mesh
    assert mesh.parent(code) == code[: len(code) - 2 if level < 4 else -1] or level == 1


def test_quarters_are_numbered_from_the_south_west() -> None:
    west, south, east, north = Mesh(3).boxes(["53394547"])[0]
    x, y = [west + 1e-4, east - 1e-4], [south + 1e-4, north - 1e-4]
    got = Mesh(4).encode([x[0], x[1], x[0], x[1]], [y[0], y[0], y[1], y[1]])
    assert [c[-1] for c in got] == ["1", "2", "3", "4"]


@given(codes())
def test_a_code_comes_back_from_every_corner_and_the_middle(code: str) -> None:
    mesh = Mesh.of(code)
    ((west, south, east, north),) = mesh.boxes([code])
    assert mesh.encode(west, south).tolist() == [code]
    assert mesh.encode((west + east) / 2, (south + north) / 2).tolist() == [code]
    # The other two borders are the neighbours'.
    around = mesh.neighbours(code)
    assert code not in around
    if east < 180:
        assert mesh.encode(east, south)[0] in around
    if north < 66.66:
        assert mesh.encode(west, north)[0] in around


@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=50), st.sampled_from(LEVELS))
def test_points_lie_in_their_cells_and_the_cells_in_their_parents(
    points: list[tuple[float, float]], level: int
) -> None:
    lon, lat = np.array(points).T
    mesh = Mesh(level)
    found = mesh.encode(lon, lat)
    west, south, east, north = mesh.boxes(found).T
    slack = 2e-9
    assert ((west - slack <= lon) & (lon <= east)).all()
    assert ((south - slack <= lat) & (lat <= north)).all()
    if level > 1:
        parents = [mesh.parent(str(c)) for c in found]
        assert Mesh(level - 1).encode((west + east) / 2, (south + north) / 2).tolist() == parents


@given(codes())
def test_neighbours_touch_and_are_neighbours_back(code: str) -> None:
    mesh = Mesh.of(code)
    ((west, south, east, north),) = mesh.boxes([code])
    around = mesh.neighbours(code)
    assert len(set(around)) == len(around) <= 8
    for other, box in zip(around, mesh.boxes(around), strict=True):
        assert code in mesh.neighbours(other)
        assert box[0] <= east + 1e-9
        assert box[2] >= west - 1e-9
        assert box[1] <= north + 1e-9
        assert box[3] >= south - 1e-9


@pytest.mark.parametrize(
    "point",
    [(99.99, 35.0), (180.0, 35.0), (139.0, -0.01), (139.0, 66.67), (float("nan"), 35.0)],
)
def test_there_is_no_code_outside(point: tuple[float, float]) -> None:
    mesh = Mesh(3)
    assert mesh.covers([139.7, point[0]], [35.7, point[1]]).tolist() == [True, False]
    with pytest.raises(UsageError, match="1 points have no mesh code"):
        mesh.encode([139.7, point[0]], [35.7, point[1]])


@pytest.mark.parametrize("code", ["53398047", "5380", "5339454", "533945475", "53394５47", ""])
def test_what_is_no_mesh_code(code: str) -> None:
    with pytest.raises(UsageError, match="no mesh code"):
        Mesh.of(code)
    with pytest.raises(UsageError, match="not a mesh of 8 digits"):
        Mesh(3).boxes([code])


def test_no_other_levels() -> None:
    with pytest.raises(UsageError, match="no such level"):
        Mesh(7)


@given(st.floats(107, 109), st.floats(20, 40))
def test_a_grid_in_metres_holds_its_points(lon: float, lat: float) -> None:
    grid = MetricGrid("EPSG:4545", 500.0, (4, 5))
    (code,) = grid.encode([lon], [lat])
    (outline,) = grid.outlines([code])
    assert len(code) == grid.length == 9
    assert outline.buffer(1e-5).contains(shapely.Point(lon, lat))
    centre = outline.centroid
    assert grid.encode([centre.x], [centre.y])[0] == code


def test_a_grid_in_metres_ends_where_its_digits_end() -> None:
    grid = MetricGrid("EPSG:4545", 100.0, (4, 4))
    assert grid.covers([108.0, 108.0], [29.5, 1.0]).tolist() == [False, True]
    with pytest.raises(UsageError, match="outside of the grid"):
        grid.encode([108.0], [29.5])
