"""Traffic areas, tracks and extents as national profiles write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .made import X, Y, gml, member, multi, polygon, square

AREA = "<tran:lod2MultiSurface>{}</tran:lod2MultiSurface>"
TRACK = (
    "<uro:railwayTrackAttribute><uro:RailwayTrackAttribute><uro:startPost>14k</uro:startPost>"
    "<uro:lod2Network><gml:CompositeCurve><gml:curveMember><gml:LineString><gml:posList>"
    f"{X} {Y} 0 {X + 5} {Y + 5} 0</gml:posList></gml:LineString></gml:curveMember>"
    "</gml:CompositeCurve></uro:lod2Network></uro:RailwayTrackAttribute>"
    "</uro:railwayTrackAttribute>"
)


def railway(inside: str) -> str:
    return member(f'<tran:Railway gml:id="r">{inside}</tran:Railway>')


def area(key: str, inside: str) -> str:
    return (
        f'<tran:trafficArea><tran:TrafficArea gml:id="{key}"><tran:function>8000</tran:function>'
        f"{inside}</tran:TrafficArea></tran:trafficArea>"
    )


@pytest.mark.keeps("CityGML", "semantics", "attributes", "geometry")
def test_line_in_the_data_of_a_surface_belongs_to_that_surface(tmp_path: Path) -> None:
    loaded = gml(tmp_path, railway(area("t1", TRACK)))
    (row,) = loaded.rows("r", "2")
    inner, outer = json.loads(row["semantics"])["surfaces"]
    assert inner == {"type": "RailwayTrackAttribute", "parent": 1}
    assert (outer["id"], outer["function"], outer["children"]) == ("t1", "8000", [0])
    assert outer["railwayTrackAttribute"]["startPost"] == "14k"


@pytest.mark.keeps("CityGML", "semantics", "attributes")
def test_surface_without_geometry_is_kept_with_its_object(tmp_path: Path) -> None:
    body = AREA.format(multi(polygon(square(1))))
    loaded = gml(tmp_path, railway(area("drawn", body) + area("bare", "")))
    assert loaded.attributes("r")["surfaces_without_geometry"] == [
        {"type": "TrafficArea", "id": "bare", "function": "8000"}
    ]


def test_corners_of_an_envelope_are_no_positions_of_the_content(tmp_path: Path) -> None:
    far = (
        f"<gml:boundedBy><gml:Envelope><gml:pos>{X - 900} {Y - 900} -9</gml:pos>"
        f"<gml:pos>{X + 900} {Y + 900} 99</gml:pos></gml:Envelope></gml:boundedBy>"
    )
    loaded = gml(tmp_path, railway(far + area("t", AREA.format(multi(polygon(square(1)))))))
    assert loaded.asset.bbox == (X, Y, 1.0, X + 10, Y + 10, 1.0)
