"""E57: scans with poses, fields of all kinds, images, times, extensions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pye57 import libe57

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.loaders import pointcloud
from cimkit.loaders._spec import ReadOptions
from cimkit.model import STAGED, Declaration
from tests.loaders.pointcloud.made import Loaded, points, source, sure


def _number(image: Any, value: float) -> Any:
    return libe57.FloatNode(image, value, libe57.E57_DOUBLE, -1e300, 1e300)


def _tree(image: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        node = libe57.StructureNode(image)
        for name, held in value.items():
            node.set(name, _tree(image, held))
        return node
    if isinstance(value, list):
        node = libe57.VectorNode(image, True)
        for held in value:
            node.append(_tree(image, held))
        return node
    if isinstance(value, str):
        return libe57.StringNode(image, value)
    if isinstance(value, bytes):
        return libe57.BlobNode(image, len(value))
    if isinstance(value, int):
        return libe57.IntegerNode(image, value, -(2**40), 2**40)
    return _number(image, value)


def e57_file(
    file: Path,
    fields: dict[str, np.ndarray],
    kinds: dict[str, Any] | None = None,
    *,
    scan: dict[str, Any] | None = None,
    root: dict[str, Any] | None = None,
    extensions: dict[str, str] | None = None,
) -> Path:
    """One scan, its fields float64 unless ``kinds`` makes a node of them."""
    image = libe57.ImageFile(str(file), "w")
    for prefix, uri in (extensions or {}).items():
        image.extensionsAdd(prefix, uri)
    top: dict[str, Any] = {"formatName": "ASTM E57 3D Imaging Data File", "guid": "{0}"}
    top |= {"versionMajor": 1, "versionMinor": 0, "images2D": [], **(root or {})}
    for name, value in top.items():
        image.root().set(name, _tree(image, value))
    data3d = libe57.VectorNode(image, True)
    image.root().set("data3D", data3d)
    node = libe57.StructureNode(image)
    for name, value in {"guid": "{1}", "name": "站 1", **(scan or {})}.items():
        node.set(name, _tree(image, value))
    prototype = libe57.StructureNode(image)
    for name in fields:
        made = (kinds or {}).get(name)
        prototype.set(name, made(image) if made else _number(image, 0.0))
    codecs = libe57.VectorNode(image, True)
    cloud = libe57.CompressedVectorNode(image, prototype, codecs)
    data3d.append(node)
    node.set("points", cloud)
    count = len(next(iter(fields.values())))
    buffers = libe57.VectorSourceDestBuffer()
    held = {n: np.array(v, np.float64) for n, v in fields.items()}
    for name, values in held.items():
        buffers.append(libe57.SourceDestBuffer(image, name, values, count, True, True))
    writer = cloud.writer(buffers)
    writer.write(count)
    writer.close()
    image.close()
    return file


XYZ = {"cartesianX": np.array([1.0, 2.0, 3.0]), "cartesianY": np.zeros(3), "cartesianZ": np.ones(3)}
HALF = float(np.sqrt(0.5))
POSE = {
    "rotation": {"w": HALF, "x": 0.0, "y": 0.0, "z": HALF},
    "translation": {"x": 100.0, "y": 0.0, "z": 5.0},
}


@pytest.mark.keeps("E57", "geometry", "z", "exact")
def test_a_pose_moves_and_scaled_integers_are_scaled(tmp_path: Path) -> None:
    def millimetres(image: Any) -> Any:
        return libe57.ScaledIntegerNode(image, 0, -(2**31), 2**31, 0.001, 10.0)

    kinds = dict.fromkeys(XYZ, millimetres)
    moved = {n: v + 10 for n, v in XYZ.items()}
    file = e57_file(tmp_path / "p.e57", moved, kinds, scan={"pose": POSE})
    chunk = points(file)
    assert chunk.xyz == pytest.approx(
        np.array([[90.0, 11, 16], [90, 12, 16], [90, 13, 16]]), abs=1e-9
    )
    given = Loaded(file)
    assert given.said["scans"][0]["rotation"] == [HALF, 0, 0, HALF]
    assert given.said["scans"][0]["translation"] == [100, 0, 5]
    assert given.said["scans"][0]["name"] == "站 1"
    assert given.row["z_max"] == pytest.approx(16)


def test_spherical_coordinates_become_cartesian(tmp_path: Path) -> None:
    file = e57_file(
        tmp_path / "s.e57",
        {
            "sphericalRange": np.array([2.0, 2.0, 3.0]),
            "sphericalAzimuth": np.array([0.0, np.pi / 2, 0.0]),
            "sphericalElevation": np.array([0.0, 0.0, np.pi / 2]),
        },
    )
    assert points(file).xyz == pytest.approx(np.array([[2, 0, 0], [0, 2, 0], [0, 0, 3]]), abs=1e-9)


@pytest.mark.keeps("E57", "contradictions")
def test_points_marked_as_invalid_are_left_out_and_told(tmp_path: Path) -> None:
    def state(image: Any) -> Any:
        return libe57.IntegerNode(image, 0, 0, 2)

    fields = {**XYZ, "cartesianInvalidState": np.array([0, 1, 2])}
    given = Loaded(e57_file(tmp_path / "i.e57", fields, {"cartesianInvalidState": state}))
    assert given.asset.counts == {"points": 3, "scans": 1}
    assert given.codes == ["points-invalid"]
    assert "1 of them have only a direction" in given.problem("points-invalid").message
    assert given.said["content"]["points"] == 1


@pytest.mark.keeps("E57", "appearance", "attributes", "statistics", "semantics")
def test_colours_intensity_and_fields_of_extensions(tmp_path: Path) -> None:
    limits = {"colorRedMinimum": 0, "colorRedMaximum": 1000}
    fields = {
        **XYZ,
        **{f"color{c}": np.array([0, 500, 1000]) for c in ("Red", "Green", "Blue")},
        "intensity": np.array([-10.0, 0.0, 10.0]),
        "nor:normalX": np.array([0.0, 0.6, 1.0]),
        "los:classification": np.array([2.0, 6.0, 6.0]),
        "returnIndex": np.array([0.0, 1.0, 0.0]),
        "returnCount": np.array([1.0, 2.0, 1.0]),
        "timeStamp": np.array([0.5, 1.5, 2.5]),
    }
    file = e57_file(
        tmp_path / "c.e57",
        fields,
        scan={
            "colorLimits": limits,
            "intensityLimits": {"intensityMinimum": -10.0, "intensityMaximum": 10.0},
        },
        extensions={"nor": "http://www.libe57.org/E57_EXT_surface_normals.txt", "los": "urn:los"},
    )
    chunk = points(file)
    assert chunk.rgb is not None
    assert chunk.rgb[:, 0].tolist() == [0, 128, 255]
    assert chunk.intensity is not None
    assert chunk.intensity.tolist() == [0, 32768, 65535]
    assert chunk.extra["nor:normalX"].tolist() == [0, 0.6, 1.0]
    assert chunk.classification is not None
    assert chunk.classification.tolist() == [2, 6, 6]
    assert chunk.return_number is not None
    assert chunk.return_number.tolist() == [1, 2, 1]
    assert chunk.gps_time is not None
    assert chunk.gps_time.tolist() == [0.5, 1.5, 2.5]
    given = Loaded(file)
    assert given.said["extensions"]["los"] == "urn:los"
    assert given.measured["nor:normalX", "max"] == 1.0
    assert given.codes == []


@pytest.mark.keeps("E57", "time", "identity")
def test_times_count_gps_seconds(tmp_path: Path) -> None:
    def moment(seconds: float) -> dict[str, Any]:
        return {"dateTimeValue": seconds, "isAtomicClockReferenced": 1}

    scan = {"acquisitionStart": moment(1_400_000_018.0), "acquisitionEnd": moment(1_400_000_618.0)}
    given = Loaded(e57_file(tmp_path / "t.e57", XYZ, scan=scan))
    assert given.asset.observed_start == "2024-05-17T16:53:20+00:00"
    assert given.asset.observed_end == "2024-05-17T17:03:20+00:00"
    assert given.said["scans"][0]["acquisition_start_atomic"] is True
    assert given.said["scans"][0]["guid"] == "{1}"


@pytest.mark.keeps("E57", "relations")
def test_images_are_counted_and_keep_pose_and_optics(tmp_path: Path) -> None:
    seen = {"imageWidth": 4000, "imageHeight": 2000, "jpegImage": b"\xff\xd8 no picture"}
    held = [
        {
            "name": "全景",
            "associatedData3DGuid": "{1}",
            "pose": POSE,
            "sphericalRepresentation": {**seen, "pixelWidth": 0.001, "pixelHeight": 0.001},
        },
        {"pinholeRepresentation": {**seen, "focalLength": 0.02}},
        {"cylindricalRepresentation": {**seen, "radius": 1.0}},
        {"visualReferenceRepresentation": seen},
    ]
    opened = e57_file(tmp_path / "im.e57", XYZ, root={"images2D": held})
    given = Loaded(opened)
    assert given.asset.counts == {"points": 3, "scans": 1, "images": 4}
    first, *others = given.said["images"]
    assert first["kind"] == "spherical"
    assert first["translation"] == [100, 0, 5]
    assert first["associatedData3DGuid"] == "{1}"
    assert (first["width"], first["height"], first["format"]) == (4000, 2000, "jpeg")
    assert [o["kind"] for o in others] == ["pinhole", "cylindrical", "visual reference"]
    assert others[0]["focalLength"] == 0.02


@pytest.mark.keeps("E57", "relations", "geometry", "text")
def test_images_are_objects_that_stand_where_their_pose_says(tmp_path: Path) -> None:
    half = math.sqrt(0.5)
    # A quarter turn about x: what looked down looks north.
    pose = {"rotation": {"w": half, "x": half, "y": 0.0, "z": 0.0},
            "translation": {"x": 500_100.0, "y": 3_272_000.0, "z": 7.0}}  # fmt: skip
    seen = {"imageWidth": 2000, "imageHeight": 1000, "pixelWidth": 1e-5, "pixelHeight": 1e-5}
    held = [
        {"guid": "{p}", "pose": pose, "associatedData3DGuid": "{1}",
         "pinholeRepresentation": {**seen, "focalLength": 0.01}},
        {"name": "全景", "pose": {"translation": pose["translation"]},
         "sphericalRepresentation": {**seen, "pixelWidth": math.pi / 1000}},
        {"visualReferenceRepresentation": seen},
    ]  # fmt: skip
    fields = {**XYZ, "cartesianX": np.full(3, 500_000.0), "cartesianY": np.full(3, 3_272_000.0)}
    root = {"images2D": held, "coordinateMetadata": "EPSG:4544"}
    file = e57_file(tmp_path / "im.e57", fields, root=root)
    options = ReadOptions(Declaration())
    asset = pointcloud.probe(source(file), options)
    tables = list(pointcloud.read(source(file), asset, options))
    rows = [t.cast(STAGED[n]).to_pylist() for n, t in tables if n == "objects"][1]
    assert [r["source_key"] for r in rows] == ["{p}", "1", "2"]
    assert [r["source_class"] for r in rows] == ["photograph", "panorama", "photograph"]
    assert rows[1]["name"] == "全景"
    first, second = (json.loads(r["properties"]) for r in rows[:2])
    assert first["heading"] == pytest.approx(0, abs=0.01) or first["heading"] > 359.98
    assert first["field_of_view"] == pytest.approx(90)
    assert second["heading"] == pytest.approx(90, abs=0.01)
    assert second["field_of_view"] == pytest.approx(360)
    expected = to_crs84(np.array([[500_100.0, 3_272_000.0]]), parse_crs("EPSG:4544"))[0]
    at = shapely.from_wkb(rows[0]["geometry"])
    assert (at.x, at.y) == pytest.approx(tuple(expected), abs=1e-9)
    assert (rows[0]["z_min"], rows[0]["position_origin"]) == (7.0, "file")
    assert rows[2]["geometry"] is None
    pairs = next(t for n, t in tables if n == "relations").to_pylist()
    assert {(p["relation"], p["other_key"]) for p in pairs} == {("imageOf", "im.e57")}


@pytest.mark.keeps("E57", "crs", "vertical")
def test_coordinate_metadata(tmp_path: Path) -> None:
    from pyproj import CRS

    place = {n: v + 0 for n, v in XYZ.items()}
    place["cartesianX"] = place["cartesianX"] + 500_000
    place["cartesianY"] = place["cartesianY"] + 3_272_000
    text = CRS("EPSG:4544+5737").to_wkt()
    given = Loaded(e57_file(tmp_path / "m.e57", place, root={"coordinateMetadata": text}))
    assert given.asset.crs == "EPSG:4544+5737"
    assert given.asset.vertical_datum == "EPSG:5737"
    assert given.asset.bbox_wgs84 is not None
    wrong = Loaded(e57_file(tmp_path / "w.e57", place, root={"coordinateMetadata": "here"}))
    assert wrong.codes == ["crs-unknown"]


def test_a_scan_without_coordinates_is_told(tmp_path: Path) -> None:
    given = Loaded(e57_file(tmp_path / "n.e57", {"intensity": np.zeros(4)}))
    assert given.codes == ["scan-without-coordinates"]


@pytest.mark.keeps("E57", "damage")
def test_cut_off_or_flipped_it_is_refused_or_told(tmp_path: Path) -> None:
    file = e57_file(tmp_path / "d.e57", {n: np.arange(5000.0) for n in XYZ})
    raw = file.read_bytes()
    assert sure(file) > 90
    outcomes = set()
    for tenth in range(1, 10):
        file.write_bytes(raw[: len(raw) * tenth // 10])
        with pytest.raises(SourceUnreadable):
            Loaded(file)
    for at in range(2048, len(raw) - 2048, len(raw) // 7):
        file.write_bytes(raw[:at] + bytes([raw[at] ^ 16]) + raw[at + 1 :])
        try:
            outcomes.update(Loaded(file).codes)
        except SourceUnreadable:
            outcomes.add("refused")
    assert outcomes <= {"refused", "points-truncated", "point-count-contradiction"}
    assert "points-truncated" in outcomes
