"""Drives and flights with planted faults: all of them are found, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

LON, LAT = 106.5, 29.57
METRE = 1 / 111_195.0
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


class Drive:
    """Photographs every 5 m along a quarter of a circle, looking ahead."""

    def __init__(self, lake: Any, folder: str = "drive") -> None:
        self.lake, self.folder, self.count = lake, folder, 0

    def photo(self, n: int, *, path: str = "", at: Any = None, **said: Any) -> str:
        turned = n * 5 / 200
        x = LON + 200 * math.sin(turned) * METRE / math.cos(math.radians(LAT))
        y = LAT + 200 * (1 - math.cos(turned)) * METRE
        path = path or f"{self.folder}/{n:04}.jpg"
        moment = said.pop("moment", START + timedelta(seconds=n))
        measures = said.pop("measures", {})
        item = self.lake.item(path, "imagery", sequence=self.folder, **said.pop("item", {}))
        heading = said.pop("heading", (90 - math.degrees(turned)) % 360)
        properties = {"heading": heading, "heading_origin": "exif", "width": 4000, "height": 3000}
        self.lake.rows["measures"] += [
            {"item_id": item, "name": k, "value": v, "unit": "1"} for k, v in measures.items()
        ]
        self.lake.object(
            path,
            at or (x, y),
            source_layer=None,
            place="",
            source_class="photograph",
            observed=moment,
            properties={k: v for k, v in {**properties, **said}.items() if v is not None},
        )
        return path


def paths(found: Any) -> set[str]:
    return {f["path"] for f in found.failed}


def test_headings_that_leave_the_course_are_found(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(40):
        drive.photo(n, **({"heading": 200.0} if n in (20, 21) else {}))
    found = run_check("photo_course")
    assert paths(found) == {"drive/0020.jpg", "drive/0021.jpg"}
    assert found.passed == 38
    assert {f["reason"] for f in found.failed} == {"heading-off"}


def test_a_camera_that_looks_aside_is_no_mistake(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(30):
        drive.photo(n, heading=(90 - math.degrees(n * 5 / 200) + 270) % 360)
    found = run_check("photo_course")
    assert not found.failed
    assert found.passed == 30


def test_one_heading_for_a_drive_that_turns(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(90):
        drive.photo(n, heading=123.0)
    (failed,) = run_check("photo_course").failed
    assert (failed["reason"], failed["count"]) == ("heading-constant", 90)


def test_pictures_taken_by_hand_have_no_course(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(30):
        drive.photo(n, heading=(n * 137.5) % 360)
    found = run_check("photo_course")
    assert found.statuses == {"not applicable"}


def test_a_gap_in_a_drive_is_found_with_its_line(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in (*range(30), *range(50, 80)):
        drive.photo(n)
    found = run_check("photo_track").failed
    (failed,) = found
    assert failed["path"] == "drive/0050.jpg"
    assert float(failed["measured"].split()[0]) == pytest.approx(104, abs=3)
    assert shapely.from_wkb(failed["geometry"]).geom_type == "LineString"


def test_a_pause_is_another_drive(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(30):
        drive.photo(n)
    for n in range(50, 80):
        drive.photo(n, moment=START + timedelta(hours=2, seconds=n))
    assert not run_check("photo_track").failed


def test_spacing_and_positions_that_stand_still(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(25):
        drive.photo(n)
    for n in range(25, 45):
        drive.photo(n, at=(LON, LAT))
    found = run_check("photo_track", parameters={"spacing": 4.0, "stuck": 15, "gap": 1000.0})
    reasons = {f["reason"]: f["count"] for f in found.failed}
    assert reasons == {"track-spacing": 45, "track-stuck": 20}


def test_tilt_in_range(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    drive.photo(1, pitch=-5.0, roll=2.0)
    rolled = drive.photo(2, pitch=0.0, roll=-50.0)
    drive.photo(3, pitch=0.0, roll=358.0)
    tilted = drive.photo(4, pitch=-80.0, roll=0.0)
    drive.photo(5)
    found = run_check("photo_attitude", parameters={"nadir": 5.0})
    assert {f["path"]: f["reason"] for f in found.failed} == {
        rolled: "attitude-roll",
        tilted: "attitude-nadir",
    }
    assert found.passed == 2
    assert "not applicable" in found.statuses


def test_pitch_and_roll_may_be_demanded(lake: Any, run_check: Callable[..., Any]) -> None:
    Drive(lake).photo(1)
    (failed,) = run_check("photo_attitude", parameters={"required": True}).failed
    assert failed["reason"] == "attitude-missing"


def test_overlap_and_ground_distance_of_aerial_photographs(
    lake: Any, run_check: Callable[..., Any]
) -> None:
    drive = Drive(lake, "flight")
    places = [0, 30, 60, 90, 190, 260, 290]  # metres along the strip; each sees 100 m
    for n, at in enumerate(places):
        x = LON + at * METRE / math.cos(math.radians(LAT))
        wide = 50 * METRE / math.cos(math.radians(LAT))
        seen = shapely.box(x - wide, LAT - 40 * METRE, x + wide, LAT + 40 * METRE)
        drive.photo(
            n,
            at=(x, LAT),
            pitch=-90.0,
            ground_below_m=50.0,
            field_of_view=90.0,
            item={"geometry": shapely.to_wkb(seen)},
        )
    found = run_check("photo_overlap", parameters={"minimum": 60.0})
    assert paths(found) == {"flight/0004.jpg"}
    assert found.failed[0]["measured"] == "30 %"
    assert found.passed == 6


def test_ground_distance_follows_from_height_and_field_of_view(
    lake: Any, run_check: Callable[..., Any]
) -> None:
    drive = Drive(lake, "flight")
    drive.photo(0, pitch=-90.0, ground_below_m=50.0, field_of_view=90.0)
    drive.photo(1, pitch=-90.0, ground_below_m=200.0, field_of_view=90.0)
    found = run_check("photo_resolution", parameters={"gsd": 0.05})
    (failed,) = found.failed
    assert (failed["path"], failed["measured"]) == ("flight/0001.jpg", "0.100 m")


def test_small_pictures_and_panoramas_cut_short(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    drive.photo(1)
    small = drive.photo(2, width=200, height=100)
    cut = drive.photo(3, width=8000, height=3000, panorama=True)
    drive.photo(4, width=8000, height=3000, panorama=True, gpano={"FullPanoHeightPixels": 4000})
    drive.photo(5, width=8000, height=4000, panorama=True)
    found = run_check("photo_resolution")
    assert {f["path"]: f["reason"] for f in found.failed} == {
        small: "photo-small",
        cut: "panorama-ratio",
    }


def test_times_that_cannot_be(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(12):
        drive.photo(n)
    unset = drive.photo(12, moment=datetime(1980, 1, 1, tzinfo=UTC))
    ahead = drive.photo(13, moment=datetime(2120, 1, 1, tzinfo=UTC))
    drive.photo(14, moment=None)
    found = run_check("photo_time", parameters={"agree": 2.0})
    assert {f["path"]: f["reason"] for f in found.failed} == {
        unset: "time-early",
        ahead: "time-future",
    }
    assert "not applicable" in found.statuses


def test_names_and_times_in_one_order(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    for n in range(40):
        drive.photo(n, moment=START + timedelta(seconds=n if n != 25 else 10))
    (failed,) = run_check("photo_time").failed
    assert (failed["path"], failed["reason"]) == ("drive/0025.jpg", "time-order")
    assert "0024.jpg" in failed["message"]


def test_blur_and_exposure(lake: Any, run_check: Callable[..., Any]) -> None:
    drive = Drive(lake)
    fine = {
        "laplacian_variance": 300.0,
        "exposure_mean": 0.5,
        "exposure_dark_share": 0.01,
        "exposure_bright_share": 0.01,
    }
    for n in range(12):
        drive.photo(n, measures=fine)
    expected = {
        drive.photo(20, measures={**fine, "laplacian_variance": 1.0}): "photo-blurred",
        drive.photo(21, measures={**fine, "laplacian_variance": 9.0}): "photo-blurred-beside",
        drive.photo(22, measures={**fine, "exposure_dark_share": 0.97}): "photo-dark",
        drive.photo(23, measures={**fine, "exposure_mean": 0.99}): "photo-bright",
    }
    lost = drive.photo(24)
    found = run_check("photo_quality")
    assert {f["path"]: f["reason"] for f in found.failed} == expected
    assert [f["path"] for f in found.unchecked] == [lost]
    assert found.passed == 12


@pytest.mark.parametrize("name", ["photo_position", "photo_heading"])
def test_what_is_not_required_is_named_aside(
    lake: Any, run_check: Callable[..., Any], name: str
) -> None:
    drive = Drive(lake)
    drive.photo(1, heading=None)
    lake.item("drive/bare.jpg", "imagery")
    lake.object("drive/bare.jpg", None, source_class="photograph")
    found = run_check(name, parameters={"required": False})
    assert not found.failed
    assert "not applicable" in found.statuses
