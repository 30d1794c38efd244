"""Vector geometry in bulk."""

from __future__ import annotations

import json
import struct
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.geometry.crs import parse_crs
from cimkit.geometry.curves import linearize
from cimkit.geometry.vector import (
    content_hash,
    measures,
    parse_wkb,
    wkb_to_crs84,
    write_wkb,
)

UTM = parse_crs("EPSG:32648")
DEGREES = parse_crs("EPSG:4490")


def wkb(*shapes: object) -> pa.Array:
    return write_wkb(np.array(shapes, dtype=object))


def array(*shapes: object) -> np.ndarray:  # type: ignore[type-arg]
    return np.array(shapes, dtype=object)


def test_nothing_and_empty_have_no_place() -> None:
    placed, box = wkb_to_crs84(wkb(None, shapely.Point(), shapely.Point(500_000, 3_270_000)), UTM)
    assert placed.is_null().to_pylist() == [True, True, False]
    assert box.is_null().to_pylist() == [True, True, False]
    assert box[2]["xmin"].as_py() == pytest.approx(105.0)


def test_without_a_crs_nothing_is_placed() -> None:
    placed, box = wkb_to_crs84(wkb(shapely.Point(1, 2)), None)
    assert placed.null_count == box.null_count == 1


def test_the_result_is_flat() -> None:
    placed, _ = wkb_to_crs84(wkb(shapely.Point(105, 30, 7)), DEGREES)
    assert not shapely.from_wkb(placed[0].as_py()).has_z


def test_broken_wkb_is_told_from_none() -> None:
    shapes, bad = parse_wkb(pa.array([None, b"\x01\x02", shapely.Point(1, 2).wkb], pa.binary()))
    assert bad.tolist() == [False, True, False]
    assert shapes[0] is None
    assert shapes[2] == shapely.Point(1, 2)


def test_a_curve_is_drawn_in_straight_pieces() -> None:
    arc = struct.pack("<BII6d", 1, 8, 3, -1, 0, 0, 1, 1, 0)
    shapes, bad = parse_wkb(pa.array([arc, shapely.Point(1, 2).wkb], pa.binary()))
    assert not bad.any()
    assert shapes[0].length == pytest.approx(np.pi, rel=1e-3)
    ring = struct.pack("<BII", 1, 10, 1) + struct.pack("<BII6d", 1, 8, 3, 0, 0, 2, 0, 0, 0)
    assert linearize(ring).area == pytest.approx(np.pi, rel=2e-3)
    inner = struct.pack("<BII", 1, 7, 1) + struct.pack("<BII", 1, 7, 2) + arc + arc
    hidden, bad = parse_wkb(pa.array([inner, shapely.Point(1, 2).wkb], pa.binary()))
    assert not bad.any()
    assert hidden[0].length == pytest.approx(2 * np.pi, rel=1e-3)
    with pytest.raises(ValueError, match="cut short"):
        linearize(arc[:20])


def test_measures_in_metres_and_in_feet() -> None:
    square = shapely.box(0, 0, 10, 20)
    line = shapely.LineString([(0, 0, 5), (3, 4, -2)])
    area, length, low, high = measures(array(square, line, shapely.Point(0, 0), None), UTM)
    assert area[0] == 200
    assert np.isnan(area[1:]).all()
    assert length[1] == 5
    assert np.isnan(length[[0, 2, 3]]).all()
    assert (low[1], high[1]) == (-2, 5)
    assert np.isnan(low[[0, 2, 3]]).all()
    feet = measures(array(square), parse_crs("EPSG:2263"))[0][0]
    assert feet == pytest.approx(200 * 0.3048**2, rel=1e-4)
    assert np.isnan(measures(array(square), None)[0]).all()


@settings(deadline=None)
@given(st.floats(-170, 170), st.floats(-70, 70), st.floats(1e-5, 0.03))
def test_small_things_measure_in_degrees_as_on_the_ellipsoid(
    x: float, y: float, size: float
) -> None:
    from pyproj import Geod

    box = shapely.box(x, y, x + size, y + size)
    hole = shapely.box(x + size / 4, y + size / 4, x + size / 2, y + size / 2)
    shape = shapely.difference(box, hole)
    true = abs(Geod(ellps="GRS80").geometry_area_perimeter(shapely.normalize(shape))[0])
    assert measures(array(shape), DEGREES)[0][0] == pytest.approx(true, rel=3e-5)


def test_large_things_measure_on_the_ellipsoid() -> None:
    # the quarter of the northern half of the ellipsoid
    area = measures(array(shapely.box(0, 0, 90, 90)), DEGREES)[0][0]
    assert area == pytest.approx(510_065_621_724_089 / 8, rel=1e-6)


RING = [(0, 0), (4, 0), (4, 3), (0, 3)]


@given(st.integers(0, 3), st.booleans(), st.permutations(["a", "b", "c"]))
def test_the_hash_does_not_see_where_a_ring_begins_nor_the_order_of_fields(
    start: int, turned: bool, order: list[str]
) -> None:
    values = {"a": "1", "b": '"路灯"', "c": "null"}
    text = "{" + ",".join(f'"{n}":{values[n]}' for n in order) + "}"
    ring = RING[start:] + RING[:start]
    if turned:
        ring = ring[::-1]
    plain = content_hash(wkb(shapely.Polygon(RING)), pa.array(['{"a":1,"b":"路灯","c":null}']))
    other = content_hash(wkb(shapely.Polygon(ring)), pa.array([text]))
    assert other[0].as_py() == plain[0].as_py()
    assert len(plain[0].as_py()) == 32


def test_the_hash_tells_geometry_from_attributes() -> None:
    a, b, c, none = content_hash(
        wkb(shapely.Point(1, 2), shapely.Point(1, 3), shapely.Point(1, 2), None),
        pa.array(['{"a":1}', '{"a":1}', '{"a":2}', None]),
    ).to_pylist()
    assert a[:16] != b[:16]
    assert a[16:] == b[16:]
    assert a[:16] == c[:16]
    assert a[16:] != c[16:]
    assert len(none) == 32
    assert none[:16] != a[:16]


def test_heights_are_part_of_the_geometry() -> None:
    low, high = content_hash(
        wkb(shapely.Point(1, 2, 3), shapely.Point(1, 2, 4)), pa.array(["{}", "{}"])
    ).to_pylist()
    assert low != high


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"]))
        | st.booleans()
        | st.none(),
        max_size=4,
    )
)
@settings(deadline=None)
def test_what_duckdb_wrote_in_order_has_the_hash_of_any_json(members: dict[str, Any]) -> None:
    names = sorted(members)
    with duckdb.connect() as con:
        (text,) = con.execute(
            f"SELECT json_object({', '.join('?, ?' for _ in names)})::VARCHAR",
            [x for n in names for x in (n, members[n])],
        ).fetchone() or ("",)
    turned = json.dumps({n: members[n] for n in reversed(names)}, indent=1)
    nothing = pa.nulls(1, pa.binary())
    ordered = content_hash(nothing, pa.array([text]), ordered=True)
    assert ordered == content_hash(nothing, pa.array([turned]))


def test_the_order_of_names_does_not_matter_at_any_level() -> None:
    texts = ['{"a":{"x":[{"p":1,"q":2}],"y":1.50}}', '{"a": {"y": 1.5, "x": [{"q": 2, "p": 1}]}}']
    one, other = content_hash(wkb(None, None), pa.array(texts)).to_pylist()
    assert one == other
