"""Poses of Mapillary, OpenSfM and COLMAP: what they say is what the track and the item say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cimkit.loaders import probe
from cimkit.loaders.photo.track import Track
from cimkit.loaders.photo.tracks import read_track
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
