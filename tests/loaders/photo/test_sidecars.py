"""Files that drones, watches and photogrammetry write: marks, subtitles, tracks, orientations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import from_crs84, parse_crs
from cimkit.geometry.frames import ecef, enu_frame
from cimkit.loaders import probe
from cimkit.loaders import trajectory as loader
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.photo.track import Track
from cimkit.loaders.photo.tracks import read_track
from cimkit.model import Declaration, Sheet, SheetRow, Source, Trajectory
from tests.loaders.photo.made import shoot

START = 1788220800.0  # 2026-09-01T00:00:00Z
MARKS = "".join(
    f"{n}\t{172800 + 18 + n}.5\t[2434]\t   -13,N\t     6,E\t   203,V\t29.5000000{n},Lat\t106.5,Lon"
    "\t231.500,Ellh\t0.017, 0.019, 0.041\t50,Q\n"
    for n in (1, 2)
)


def track(file: Path, **said: str) -> Track:
    return read_track(file, Declaration(trajectory=Trajectory(file.name, **said)))


def put(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.keeps("DJI marks", "geometry", "z", "vertical", "attributes", "relations", "time")
def test_marks_of_a_drone_with_rtk(tmp_path: Path) -> None:
    for name in ("DJI_20260901080001_0001_V.JPG", "DJI_20260901080001_0001_T.JPG"):
        shoot(tmp_path / name, None)
    put(tmp_path / "DJI_202609010800_001_Timestamp.MRK", MARKS)
    sheet = Sheet(
        (
            SheetRow(
                "*.JPG", Declaration(trajectory=Trajectory("DJI_202609010800_001_Timestamp.MRK"))
            ),
        )
    )
    got = {a.path: a for a in probe([tmp_path], sheet=sheet, jobs=1)}
    marks = got.pop("DJI_202609010800_001_Timestamp.MRK")
    assert (marks.kind, marks.vertical_datum) == ("trajectory", "EPSG:4979")
    assert marks.observed_start == "2026-09-01T00:00:01.500000Z"
    assert [p.code for p in marks.problems if p.code.startswith("poses")] == ["poses-unmatched"]
    for asset in got.values():
        assert asset.position == (106.5, 29.50000001)
        row = asset.properties["trajectory_row"]
        assert (row["Q"], row["arm_m"], row["sd_m"]) == (
            *(50, [-0.013, 0.006, 0.203]),
            [0.017, 0.019, 0.041],
        )


@pytest.mark.keeps("DJI marks", "damage")
def test_marks_that_are_torn(tmp_path: Path) -> None:
    torn = track(put(tmp_path / "100_0001_Timestamp.MRK", MARKS[:-40]))
    assert torn.names == ("100_0001_0001.jpg",)  # as that drone numbers its photographs
    assert [p.code for p in torn.problems] == ["pose-without-position"]


@pytest.mark.parametrize(
    "cue",
    [
        '<font size="28">2026-09-01 08:00:00.500\n[iso : 100] [latitude: 29.5] [longitude: 106.5] '
        "[rel_alt: 1.3 abs_alt: 231.5] </font>",
        "2026.09.01 08:00:00.5\n[latitude : 29.5] [longtitude : 106.5] [altitude: 231.5]",
    ],
)
@pytest.mark.keeps("subtitles", "geometry", "z", "time")
def test_subtitles_of_a_drone(tmp_path: Path, cue: str) -> None:
    text = f"1\n00:00:00,000 --> 00:00:00,033\n{cue}\n\n"
    file = put(tmp_path / "DJI_0001.srt", text + text.replace("29.5", "0").replace("106.5", "0"))
    found = track(file, time_zone="+08:00")
    assert found.xyz[0].tolist() == [106.5, 29.5, 231.5]
    assert np.isnan(found.xyz[1]).all()
    assert found.time.tolist() == [START + 0.5] * 2
    assert [p.code for p in track(file).problems] == ["time-zone-missing"]


TCX = (
    '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">'
    "<Trackpoint><Time>2026-09-01T00:00:00Z</Time><Position><LatitudeDegrees>29.5</LatitudeDegrees>"
    "<LongitudeDegrees>106.5</LongitudeDegrees></Position><AltitudeMeters>231.5</AltitudeMeters>"
    "</Trackpoint><Trackpoint><Time>2026-09-01T00:00:01Z</Time></Trackpoint>"
    "</TrainingCenterDatabase>"
)
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">'
    "<Placemark><gx:Track><when>2026-08-31T23:59:59Z</when><when>2026-09-01T00:00:00Z</when>"
    "<gx:coord/><gx:coord>106.5 29.5 231.5</gx:coord></gx:Track></Placemark></kml>"
)
IGC = (
    "AXXX001\r\nHFDTE310826\r\nB2359592930000N10630000EA0010000231\r\n"
    "B0000002930000N10630000EV0010000231\r\n"
)


@pytest.mark.parametrize(
    ("name", "text", "rows", "last"),
    [("a.tcx", TCX, 1, 231.5), ("a.kml", KML, 1, 231.5), ("a.igc", IGC, 2, np.nan)],
)
@pytest.mark.keeps("TCX", "geometry", "z", "time")
@pytest.mark.keeps("IGC", "geometry", "z", "time")
def test_tracks_of_watches_and_gliders(
    tmp_path: Path, name: str, text: str, rows: int, last: float
) -> None:
    found = track(put(tmp_path / name, text))
    assert len(found) == rows
    assert found.xyz[-1].tolist() == pytest.approx([106.5, 29.5, last], nan_ok=True)
    assert found.time[-1] == START
    put(tmp_path / name, text[: len(text) // 3])
    with pytest.raises(ValueError, match="position"):
        read_track(tmp_path / name, Declaration())


def test_fit_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.fit"
    file.write_bytes(b"\x0e\x10\x43\x08\x0a\0\0\0.FIT\0\0" + bytes(20))
    (asset,) = probe([tmp_path], jobs=1)
    assert (asset.status, asset.loader) == ("refused", "trajectory")
    with pytest.raises(SourceUnreadable, match="export it as GPX"):
        loader.probe(Source("a.fit", file), ReadOptions())


def _metashape(cameras: str, place: str) -> str:
    return (
        '<?xml version="1.0"?><document version="2.0.0"><chunk label="1"><sensors/><components>'
        f'<component id="0">{place}</component></components><cameras>{cameras}</cameras>'
        '<reference>GEOGCS["WGS 84",DATUM["World Geodetic System 1984",SPHEROID["WGS 84",6378137,'
        '298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],'
        'AUTHORITY["EPSG","4326"]]</reference></chunk></document>'
    )


@pytest.mark.keeps("Metashape", "geometry", "z", "identity", "crs", "contradictions")
def test_cameras_of_metashape(tmp_path: Path) -> None:
    frame = enu_frame(ecef([106.5], [29.5], [231.5])[0])
    turn, move = (
        " ".join(f"{v!r}" for v in m.ravel().tolist()) for m in (frame[:3, :3], frame[:3, 3])
    )
    chunk = (
        f"<transform><rotation>{turn}</rotation><translation>{move}</translation><scale>2</scale>"
    )
    said = '<reference x="106.4" y="29.4" z="10" yaw="30" pitch="0" roll="0"/>'
    # 5 units up (10 m), looking to the east: right is south, down is down, forward is east.
    east = "<transform>0 0 1 0 -1 0 0 0 0 -1 0 5 0 0 0 1</transform>"
    cameras = f'<camera id="0" component_id="0" label="A.JPG">{east}{said}</camera>'
    cameras += f'<camera id="1" label="b.jpg">{said}</camera>'
    found = track(put(tmp_path / "c.xml", _metashape(cameras, f"{chunk}</transform>")))
    assert found.names == ("a.jpg",)
    assert found.xyz[0] == pytest.approx([106.5, 29.5, 241.5], abs=1e-6)
    assert found.hpr[0] == pytest.approx([90, 0, 0], abs=1e-9)
    assert [p.code for p in found.problems] == ["pose-without-position"]
    told = track(put(tmp_path / "d.xml", _metashape(cameras, "")))
    assert told.xyz.tolist() == [[106.4, 29.4, 10]] * 2
    assert told.hpr[1] == pytest.approx([30, -90, 0])
    assert probe_one(tmp_path / "c.xml") == ("trajectory", "Metashape cameras")


def probe_one(file: Path) -> tuple[str, str]:
    (asset,) = probe([file], jobs=1)
    return asset.kind, asset.format


@pytest.mark.keeps("BlocksExchange", "geometry", "z", "identity", "crs")
def test_photographs_of_a_block(tmp_path: Path) -> None:
    x, y = from_crs84(np.array([[106.5, 29.5]]), parse_crs("EPSG:4544"))[0].tolist()
    centre = f"<Center><x>{x!r}</x><y>{y!r}</y><z>231.5</z></Center>"
    numbers = (0, -1, 0, 0, 0, -1, 1, 0, 0)  # rows: right is south, down is down, forward is east
    matrix = "".join(f"<M_{n // 3}{n % 3}>{v}</M_{n // 3}{n % 3}>" for n, v in enumerate(numbers))
    angles = "<Omega>0</Omega><Phi>0</Phi><Kappa>0</Kappa>"
    photos = "".join(
        f"<Photo><ImagePath>D:/f/{n}.JPG</ImagePath><Pose><Rotation>{r}</Rotation>{centre}</Pose>"
        "</Photo>"
        for n, r in enumerate((matrix, angles))
    )
    text = (
        '<?xml version="1.0"?><BlocksExchange version="2.1"><SpatialReferenceSystems><SRS>'
        "<Id>0</Id><Definition>EPSG:4544</Definition></SRS></SpatialReferenceSystems><Block>"
        f"<SRSId>0</SRSId><Photogroup>{photos}<Photo><ImagePath>x.jpg</ImagePath></Photo>"
        "</Photogroup></Block></BlocksExchange>"
    )
    found = track(put(tmp_path / "b.xml", text))
    assert (found.crs, found.names, found.folders) == (
        "EPSG:4544",
        ("0.jpg", "1.jpg"),
        ("d:/f",) * 2,
    )
    assert found.lonlat[0] == pytest.approx([106.5, 29.5], abs=1e-8)
    assert found.hpr[:, 1] == pytest.approx([0, -90])
    turned = found.hpr[0, 0] - 90
    assert 0.1 < abs(turned) < 1.5  # north of the grid is not north
    assert (found.hpr[1, 0] - turned) % 360 == pytest.approx(0, abs=1e-6)
    assert [p.code for p in found.problems] == ["pose-without-position"]
    assert probe_one(tmp_path / "b.xml") == ("trajectory", "BlocksExchange")


def test_lists_of_exterior_orientations(tmp_path: Path) -> None:
    text = "  1012  500000.0 3272000.0 1231.5  0.0 0.0 -30.0\n"
    for head in ("", "# PHOTO X Y Z O P K\n"):
        found = track(put(tmp_path / "flight.eo", head + text), crs="EPSG:4544")
        assert found.names == ("1012",)
        assert found.hpr[0, 1:] == pytest.approx([-90, 0], abs=1e-6)
        assert found.hpr[0, 0] == pytest.approx(30, abs=0.5)
    assert probe_one(tmp_path / "flight.eo")[0] == "trajectory"
    put(tmp_path / "flight.txt", text)  # numbers alone are anything
    assert {a.kind for a in probe([tmp_path / "flight.txt"], jobs=1)} != {"trajectory"}
    named = "a.jpg 500000 3272000 1231.5 1 2 3\n"
    geo = track(put(tmp_path / "geo.txt", f"EPSG:4544\n{named}"))
    assert (geo.xyz[0].tolist(), [p.code for p in geo.problems]) == (
        *([500000, 3272000, 1231.5], ["pose-columns-unknown"]),
    )
