from __future__ import annotations

from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.tiles.maps import MapLayer, pyramid, write_map
from cimkit.tiles.maps.mvt import Encoder
from cimkit.tiles.maps.shapes import flat_shapes
from cimkit.tiles.maps.significance import significance
from cimkit.tiles.maps.values import pool
from cimkit.tiles.maps.zoom import BUFFER, pairs, zoomed

ZOOM = 6
WORLD = 4096 << ZOOM


def degrees(units: Any) -> Any:
    """Units of the grid, east and south of the corner of the world, as degrees."""
    unit = np.asarray(units, float) / WORLD
    lat = np.degrees(np.arctan(np.sinh((0.5 - unit[:, 1]) * 2 * np.pi)))
    return np.column_stack([(unit[:, 0] - 0.5) * 360, lat])


def tile(shapes: list[Any], x: int, y: int, values: pa.Table | None = None) -> list[dict[str, Any]]:
    """Features of one tile, in units from its corner; the shapes are given so, too."""
    corner = np.array([x, y]) * 4096
    placed = [shapely.transform(s, lambda at: degrees(at + corner)) for s in shapes]
    flat = flat_shapes(np.array(placed, object))
    at = zoomed(flat, significance(flat), ZOOM, last=True)
    tiles, features = pairs(at, ZOOM, (x, y, x, y))
    assert set(tiles.tolist()) <= {x + (y << ZOOM)}
    table = pa.table({"n": np.arange(len(shapes))}) if values is None else values
    data, count = Encoder("a", pool(table)).layer(at, x, y, features)
    if not count:
        return []
    found = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})["a"]
    assert found["extent"] == 4096
    assert found["version"] == 2
    assert len(found["features"]) == count
    listed: list[dict[str, Any]] = found["features"]
    return listed


whole = st.integers(-3000, 7000)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(whole, whole), min_size=3, max_size=8), whole, whole)
def test_polygons_are_cut_at_the_tile(corners: list[tuple[int, int]], x: int, y: int) -> None:
    hull = shapely.convex_hull(shapely.MultiPoint([*corners, (x, y)]))
    if hull.geom_type != "Polygon" or hull.area < 10:
        return
    frame = shapely.box(-BUFFER, -BUFFER, 4096 + BUFFER, 4096 + BUFFER)
    expected = hull.intersection(frame)
    found = tile([hull], 20, 30)
    drawn = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in found])
    # The cuts lie on whole units.
    assert drawn.symmetric_difference(expected).area <= expected.length + 20
    assert drawn.is_empty or frame.buffer(1e-9).covers(drawn)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(whole, whole), min_size=2, max_size=8, unique=True))
def test_lines_are_cut_at_the_tile(corners: list[tuple[int, int]]) -> None:
    line = shapely.LineString(corners)
    frame = shapely.box(-BUFFER, -BUFFER, 4096 + BUFFER, 4096 + BUFFER)
    expected = line.intersection(frame)
    drawn = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in tile([line], 20, 30)])
    assert drawn.is_empty or frame.buffer(1e-9).covers(drawn)
    if expected.length > 10:
        assert shapely.hausdorff_distance(drawn, expected, densify=0.1) < 5
    if not drawn.is_empty:
        assert expected.buffer(2).covers(drawn)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.text() | st.none(),
            st.integers(-(2**62), 2**62) | st.none(),
            st.floats() | st.none(),
            st.booleans() | st.none(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_values_come_back(rows: list[tuple[Any, ...]]) -> None:
    kinds = (pa.string(), pa.int64(), pa.float64(), pa.bool_())
    table = pa.table(
        {f"k{i}": pa.array([r[i] for r in rows], kind) for i, kind in enumerate(kinds)}
    )
    points = [shapely.Point(10 * i, 5) for i in range(len(rows))]
    for feature, row in zip(tile(points, 20, 30, table), rows, strict=True):
        expected = {
            f"k{i}": value
            for i, value in enumerate(row)
            if value is not None and not (isinstance(value, float) and not np.isfinite(value))
        }
        assert feature["properties"] == expected


def test_holes_and_several_parts_keep_their_order_and_turn() -> None:
    ring = shapely.box(100, 100, 900, 900)
    holed = shapely.difference(ring, shapely.box(300, 300, 500, 500))
    both = shapely.MultiPolygon([holed, shapely.box(2000, 2000, 2100, 2100)])
    for shape in (both, shapely.reverse(both)):
        (feature,) = tile([shape], 20, 30)
        drawn = shapely.geometry.shape(feature["geometry"])
        assert drawn.equals(both)


def test_what_is_smaller_than_the_grid_is_a_square_of_one_unit() -> None:
    small = shapely.box(10.1, 10.1, 10.2, 10.2)
    thin = shapely.LineString([(50.1, 50.1), (50.2, 50.2)])
    first, second = tile([small, thin], 20, 30)
    assert shapely.geometry.shape(first["geometry"]).area == 1
    assert shapely.geometry.shape(second["geometry"]).length == pytest.approx(1)


def test_a_boundary_is_simplified_alike_from_both_sides() -> None:
    rng = np.random.default_rng(4)
    coast = np.column_stack([np.arange(0, 4000, 10), 2000 + rng.normal(0, 5, 400).cumsum()])
    a = shapely.Polygon([*coast, (3990, 4000), (0, 4000)])
    b = shapely.Polygon([*coast[::-1], (0, 0), (3990, 0)])
    # Rings may begin anywhere and turn either way.
    b = shapely.Polygon(np.roll(shapely.get_coordinates(b.exterior)[:-1], 77, axis=0))
    flat = flat_shapes(np.array([a, shapely.reverse(b)], object))
    weight = significance(flat)
    at = {tuple(p): w for p, w in zip(flat.xy[: flat.part[1]], weight[: flat.part[1]], strict=True)}
    shared = [
        (at[tuple(p)], w)
        for p, w in zip(flat.xy[flat.part[1] :], weight[flat.part[1] :], strict=True)
        if tuple(p) in at
    ]
    assert len(shared) == 400
    assert all(one == other for one, other in shared)


def test_a_crowd_is_tiled_piece_by_piece_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "_FEATURES", 300)
    at = np.stack(np.meshgrid(np.arange(40), np.arange(40)), axis=-1).reshape(-1, 2) * 2e-4
    low = at + np.array([106.5, 29.5])
    boxes = shapely.box(low[:, 0], low[:, 1], low[:, 0] + 1e-4, low[:, 1] + 1e-4)
    rows = pa.table({"n": np.arange(len(boxes)), "geometry": shapely.to_wkb(boxes)})
    written = write_map(
        tmp_path / "a.pmtiles", [MapLayer("a", rows)], {"name": "a"}, minzoom=10, maxzoom=15
    )
    for zoom in range(10, 16):
        tally = written.tally["a", zoom]
        assert tally.drawn + tally.merged + tally.dropped == 1600
    assert written.tally["a", 10].dropped == 0
    assert 0 < written.tally["a", 10].drawn < 100
