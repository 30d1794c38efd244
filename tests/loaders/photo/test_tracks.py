"""Files of poses: what they say is what the track and the item say."""

from __future__ import annotations

import json
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


MAPILLARY = [
    {
        "filename": "/data/IMG_1.JPG",
        "filetype": "image",
        "MAPLatitude": 29.5,
        "MAPLongitude": 106.5,
        "MAPAltitude": 231.5,
        "MAPCaptureTime": "2026_09_01_00_00_00_500",
        "MAPCompassHeading": {"TrueHeading": 12.5, "MagneticHeading": 12.5},
        "MAPSequenceUUID": "drive-1",
    },
    {"filename": "/data/IMG_2.JPG", "error": {"type": "MapillaryGeoTaggingError"}},
]


@pytest.mark.keeps("Mapillary", "geometry", "z", "time", "identity", "attributes")
def test_descriptions_of_mapillary(tmp_path: Path) -> None:
    put(tmp_path, "mapillary_image_description.json", json.dumps(MAPILLARY))
    found = track(tmp_path / "mapillary_image_description.json")
    assert found.names == ("img_1.jpg",)
    assert found.xyz.tolist() == [[106.5, 29.5, 231.5]]
    assert (found.hpr[0, 0], found.time[0]) == (12.5, START + 0.5)
    assert found.more == ({"sequence": "drive-1"},)
    asset = alone(tmp_path)
    assert (asset.format, asset.kind) == ("Mapillary image descriptions", "trajectory")
    assert "pose-without-position" in codes(asset)


@pytest.mark.keeps("OpenSfM", "geometry", "z", "time", "identity")
def test_reconstruction_of_opensfm(shared_data: Path) -> None:
    file = shared_data / "imagery/mapillary-OpenSfM/berlin/reconstruction_example.json"
    found = read_track(file, Declaration())
    assert set(found.names) == {"01.jpg", "02.jpg", "03.jpg"}
    held = dict(zip(found.names, found.xyz, strict=True))
    # Its own EXIF places the photograph some metres from where it was reconstructed.
    assert held["01.jpg"][:2] == pytest.approx([13.400294, 52.518917], abs=2e-4)
    headings = dict(zip(found.names, found.hpr[:, 0], strict=True))
    assert headings["03.jpg"] == pytest.approx(61.8, abs=30)  # as its compass says, roughly
    assert abs(found.hpr[:, 1]).max() < 40  # held upright


def shots(reference: dict[str, float] | None) -> str:
    said: dict[str, Any] = {
        "cameras": {"v2": {"projection_type": "perspective"}},
        # Turned by 90 degrees about x: the camera looks north, upright.
        "shots": {
            "a.jpg": {
                "rotation": [np.pi / 2, 0.0, 0.0],
                "translation": [0.0, 0.0, -100.0],
                "camera": "v2",
                "capture_time": START,
            }
        },
    }
    if reference:
        said["reference_lla"] = reference
    return json.dumps([said])


@pytest.mark.keeps("OpenSfM", "contradictions")
def test_where_shots_of_opensfm_stand_and_look(tmp_path: Path) -> None:
    reference = {"latitude": 29.5, "longitude": 106.5, "altitude": 200.0}
    found = track(put(tmp_path, "a.json", shots(reference)))
    assert found.xyz[0] == pytest.approx([106.5, 29.5 + 100 / 110_849, 200.0], abs=1e-2)
    assert found.xyz[0, 1] == pytest.approx(29.5 + 100 / 110_849, abs=1e-6)
    heading, pitch, roll = found.hpr[0]
    assert (np.sin(np.radians(heading)), pitch, roll) == pytest.approx((0, 0, 0), abs=1e-9)
    assert found.time[0] == START
    with pytest.raises(ValueError, match="reference"):
        track(put(tmp_path, "b.json", shots(None)))
    put(tmp_path, "reference_lla.json", json.dumps(reference))
    again = track(put(tmp_path, "reconstruction.json", shots(None)))
    assert again.xyz.tolist() == found.xyz.tolist()
    (tmp_path / "a.json").unlink()
    (tmp_path / "b.json").unlink()
    assert alone(tmp_path).members == ("reference_lla.json",)


@pytest.mark.keeps("OpenSfM", "attributes")
def test_overrides_of_opensfm(tmp_path: Path) -> None:
    said = {
        "A.JPG": {
            "gps": {"latitude": 29.5, "longitude": 106.5, "altitude": 3.0, "dop": 5.0},
            "compass": {"angle": 12.5},
            "capture_time": START,
        },
        "b.jpg": {"orientation": 1},
    }
    found = track(put(tmp_path, "exif_overrides.json", json.dumps(said)))
    assert (found.names, found.xyz.tolist()) == (("a.jpg",), [[106.5, 29.5, 3.0]])
    assert (found.hpr[0, 0], found.time[0], found.more) == (12.5, START, ({"dop": 5.0},))


COLMAP = """# Image list with two lines of data per image:
#   IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME
#   POINTS2D[] as (X, Y, POINT3D_ID)
1 0.7071067811865476 0.7071067811865476 0 0 -500000 0 3272000 1 drive/a 1.jpg
10.5 20.5 1
2 1 0 0 0 -500001 -3272000 0 1 b.jpg

"""


@pytest.mark.keeps("COLMAP", "geometry", "z", "identity")
def test_images_of_colmap(tmp_path: Path) -> None:
    file = put(tmp_path, "images.txt", COLMAP)
    loose = track(file)
    assert loose.names == ("a 1.jpg", "b.jpg")
    assert loose.xyz[1].tolist() == [500001.0, 3272000.0, 0.0]
    assert not np.isfinite(loose.lonlat).any()
    assert not np.isfinite(loose.hpr).any()  # its north is not known
    assert "crs-missing" in codes(alone(tmp_path))
    said = track(file, crs="EPSG:4544")
    assert said.lonlat[1] == pytest.approx([105.0, 29.56], abs=0.01)
    assert said.hpr[1, 1] == pytest.approx(90)


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
