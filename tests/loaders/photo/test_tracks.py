"""Files of poses: what they say is what the track and the item say."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from cimkit.loaders import probe
from cimkit.loaders.photo.sbet import RECORD
from cimkit.loaders.photo.track import Track
from cimkit.loaders.photo.tracks import read_track, track_kind
from cimkit.model import Asset, Declaration, Trajectory

START = datetime(2026, 9, 1, 0, 0, tzinfo=UTC).timestamp()
WEEK, SOW = 2434, 172_818.0
"""Of 2026-09-01T00:00:00Z: 18 leap seconds."""


def put(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def alone(folder: Path) -> Asset:
    (asset,) = probe([folder], jobs=1)
    assert asset.status == "ok", asset.problems
    return asset


def track(file: Path, **said: Any) -> Track:
    return read_track(file, Declaration(trajectory=Trajectory(file.name, **said)))


def codes(found: Track | Asset) -> list[str]:
    return [p.code for p in found.problems]


GPX = """<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"
 xmlns:x="http://example.org/x">
<wpt lat="1" lon="2"><name>lunch</name></wpt>
<trk><trkseg>
<trkpt lat="29.5" lon="106.5"><ele>231.5</ele><time>2026-09-01T00:00:00Z</time>
<extensions><x:course>45.5</x:course></extensions></trkpt>
<trkpt lat="29.501" lon="106.5"><ele>233.5</ele><time>2026-09-01T00:00:10.500Z</time></trkpt>
</trkseg></trk></gpx>"""


@pytest.mark.keeps("GPX", "geometry", "z", "time", "attributes")
def test_gpx_as_a_trajectory(tmp_path: Path) -> None:
    found = track(put(tmp_path, "t.gpx", GPX))
    assert found.xyz.tolist() == [[106.5, 29.5, 231.5], [106.5, 29.501, 233.5]]
    assert found.time.tolist() == [START, START + 10.5]
    assert found.hpr[0, 0] == 45.5  # from its extensions
    assert found.hpr[1, 0] == pytest.approx(0)  # from the track
    assert found.derived.tolist() == [False, True]
    assert codes(found) == []


@pytest.mark.keeps("GPX", "damage")
@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_torn_gpx(tmp_path: Path, tenth: int) -> None:
    torn = put(tmp_path, "t.gpx", GPX[: len(GPX) * tenth // 10])
    try:
        found = track(torn)
    except ValueError:
        return
    assert "gpx-damaged" in codes(found)


def test_entities_in_a_gpx_are_not_followed(tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.txt", "231.5")
    bomb = GPX.replace(
        '<?xml version="1.0"?>', f'<!DOCTYPE gpx [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'
    ).replace("<ele>231.5</ele>", "<ele>&a;</ele>")
    assert np.isnan(track(put(tmp_path, "t.gpx", bomb)).xyz[0, 2])


def nmea(body: str) -> str:
    total = 0
    for character in body:
        total ^= ord(character)
    return f"${body}*{total:02X}\r\n"


@pytest.mark.keeps("NMEA", "geometry", "z", "time", "damage", "vertical")
def test_nmea(tmp_path: Path) -> None:
    text = "".join(
        nmea(body)
        for body in (
            "GPGGA,235959.00,2930.0000,N,10630.0000,E,1,08,0.9,231.5,M,-30.0,M,,",
            "GPRMC,235959.00,A,2930.0000,N,10630.0000,E,10.0,45.0,310826,,,A",
            "GPGGA,000000.00,2930.0600,N,10630.0000,E,1,08,0.9,232.5,M,-30.0,M,,",
            "GPRMC,000000.00,A,2930.0600,N,10630.0000,E,10.0,45.0,010926,,,A",
            "GPGGA,000001.00,,,,,0,00,,,M,,M,,",
            "GNHDT,90.5,T",
        )
    )
    text += "$GPGGA,000002.00,2930.1200,N,10630.0000,E,1,08,0.9,233.5,M,-30.0,M,,*00\r\n"
    put(tmp_path, "log.nmea", text)
    found = track(tmp_path / "log.nmea")
    assert found.xyz.tolist() == [[106.5, 29.5, 231.5], [106.5, pytest.approx(29.501), 232.5]]
    assert found.time.tolist() == [START - 1, START]
    assert codes(found) == ["checksum-wrong"]
    asset = alone(tmp_path)
    assert (asset.kind, asset.format, asset.counts) == ("trajectory", "NMEA 0183", {"poses": 2})
    assert asset.vertical_datum == "EPSG:5714"
    assert asset.observed_start == "2026-08-31T23:59:59Z"


def test_nmea_without_a_day(tmp_path: Path) -> None:
    file = put(tmp_path, "a.log", nmea("GPGGA,010000,2930.0,S,10630.0,W,1,8,1,2,M,,M,,"))
    found = track(file)
    assert found.xyz[0, :2].tolist() == [-106.5, -29.5]
    assert codes(found) == ["time-scale-unknown"]
    assert track(file, date="2026-09-01").time.tolist() == [START + 3600]


def test_nmea_whose_first_date_comes_late_and_after_midnights(tmp_path: Path) -> None:
    bodies = [f"GPGGA,{hour:02}0000,2930.0,N,10630.0,E,1,8,1,2,M,,M,," for hour in (22, 23, 0, 1)]
    bodies += ["GPZDA,010000,02,09,2026,00,00", "GPGGA,020000,-2930.0,N,10630.0,E,1,8,1,2,M,,M,,"]
    found = track(put(tmp_path, "a.log", "".join(map(nmea, bodies))))
    hours = (found.time - START) / 3600
    assert hours.tolist() == [22, 23, 24, 25, 26]
    assert found.xyz[:, 1].tolist() == [29.5] * 4 + [-29.5]  # a sign before the number


POS = """% program   : RTKLIB ver.2.4.3
% (lat/lon/height=WGS84/ellipsoidal,Q=1:fix,2:float,5:single,ns=# of satellites)
%  GPST                  latitude(deg) longitude(deg)  height(m)   Q  ns   sdn(m)   sde(m)   sdu(m)
2026/09/01 00:00:18.000   29.500000000  106.500000000   231.5000   1   9   0.0100   0.0200   0.0300
2026/09/01 00:00:19.000   29.500100000  106.500000000   231.6000   2   8   0.0100   0.0200   0.0300
"""


@pytest.mark.keeps("RTKLIB", "geometry", "z", "time", "vertical", "crs", "attributes")
def test_rtklib(tmp_path: Path) -> None:
    found = track(put(tmp_path, "a.pos", POS))
    assert found.xyz.tolist() == [[106.5, 29.5, 231.5], [106.5, 29.5001, 231.6]]
    assert found.time.tolist() == [START, START + 1]
    assert found.more[1] == {"Q": 2, "ns": 8, "sd_m": [0.01, 0.02, 0.03]}
    asset = alone(tmp_path)
    assert (asset.format, asset.crs, asset.vertical_datum) == (
        *("RTKLIB positions", "OGC:CRS84"),
        "EPSG:4979",
    )


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("UTC latitude(deg) longitude(deg) height(m) Q", "2026/09/01 00:00:00 29.5 106.5 231.5 1"),
        ("GPST latitude(deg) longitude(deg) height(m) Q", f"{WEEK} {SOW} 29.5 106.5 231.5 1"),
        (
            "GPST latitude(d'\") longitude(d'\") height(m) Q",
            f"{WEEK} {SOW} 29 30 00.0 106 30 00.0 231.5 1",
        ),
        (
            "GPST x-ecef(m) y-ecef(m) z-ecef(m) Q",
            f"{WEEK} {SOW} -1577978.0099 5327164.4834 3122368.7288 1",
        ),
    ],
)
def test_other_columns_of_rtklib(tmp_path: Path, head: str, row: str) -> None:
    found = track(put(tmp_path, "a.pos", f"% program : x\n%  {head}\n{row}\n{row}\n"))
    assert found.xyz[0] == pytest.approx([106.5, 29.5, 231.5], abs=0.2)
    assert found.time[0] == START


def sbet(rows: list[dict[str, float]]) -> bytes:
    names = RECORD.names or ()
    return b"".join(struct.pack("<17d", *(r.get(n, 0.0) for n in names)) for r in rows)


def drive(count: int) -> list[dict[str, float]]:
    return [
        {
            "time": SOW + k / 200,
            "lat": np.radians(29.5 + k * 1e-7),
            "lon": np.radians(106.5),
            "height": 200.0 + k,
            "roll": np.radians(1.0),
            "pitch": np.radians(2.0),
            "heading": np.radians(10.0),
            "wander": np.radians(-5.0),
        }
        for k in range(count)
    ]


@pytest.mark.keeps("SBET", "geometry", "z", "time", "vertical", "damage")
def test_sbet(tmp_path: Path) -> None:
    file = put(tmp_path, "sbet_mission.out", sbet(drive(100)))
    found = track(file, gps_week=str(WEEK))
    assert found.xyz[1] == pytest.approx([106.5, 29.5 + 1e-7, 201.0])
    assert found.hpr[0] == pytest.approx([15.0, 2.0, 1.0])
    assert found.time[:2] == pytest.approx([START, START + 0.005])
    asset = alone(tmp_path)
    assert (asset.format, asset.counts) == ("SBET", {"poses": 100})
    assert codes(asset) == ["gps-week-missing"]
    assert asset.observed_start is None


def test_what_is_no_sbet(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 17
    assert track_kind(noise[: 136 * 8], "a.out", 136 * 8) == ""
    assert track_kind(sbet(drive(9)), "model.bin", 136 * 9) == ""  # by its name, too
    assert track_kind(sbet(drive(9))[:-3], "a.out", 136 * 9 - 3) == ""


@pytest.mark.keeps("pose table", "geometry", "time", "statistics")
def test_the_item_of_a_drive_carries_its_line(tmp_path: Path) -> None:
    rows = [
        f"{k}.jpg,{106.5 + k * 1e-4},{29.5 + (k % 2) * 1e-3},2026-09-01T00:00:{k:02d}Z"
        for k in reversed(range(10))
    ]
    put(tmp_path, "t.csv", "image,lon,lat,utc\n" + "\n".join(rows) + "\n")
    asset = alone(tmp_path)
    assert asset.footprint is not None
    line = shapely.from_wkb(asset.footprint)
    assert line.geom_type == "LineString"
    assert line.coords[0] == pytest.approx((106.5, 29.5))  # in the order of time
    assert len(line.coords) == 10
    assert asset.properties["length_m"] == pytest.approx(9 * 111.3, rel=0.01)
    assert (asset.observed_start, asset.observed_end) == (
        "2026-09-01T00:00:00Z",
        "2026-09-01T00:00:09Z",
    )
