from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from cimkit.errors import ExportError, UsageError
from cimkit.exporters import ExportReport, export
from cimkit.geometry.frames import geodetic

EARTH = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
ZONE = pyproj.Transformer.from_crs("EPSG:4544", "OGC:CRS84", always_xy=True)


@pytest.fixture(scope="session")
def written(city: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ExportReport]:
    out = tmp_path_factory.mktemp("tiles") / "city"
    return out, export(city, "3dtiles", out)


def of(found: list[Any], name: str) -> tuple[Any, np.ndarray, int]:
    """Content, earth-centred positions and row of one object."""
    for content in found:
        table = content.table()
        if f"id-{name}" in table["object_id"]:
            row = table["object_id"].index(f"id-{name}")
            mine = content.features() == row
            return content, content.earth()[mine], row
    raise AssertionError(f"{name} is not in the tiles")


def test_every_object_is_drawn_or_accounted_for(written: tuple[Path, ExportReport]) -> None:
    _, report = written
    assert report.counts == {
        "buildings": 2, "bim": 1, "citymodel": 1, "areas": 1, "lines": 2, "points": 2, "photos": 2,
    }  # fmt: skip
    assert report.withheld == {"secret": 1}
    assert report.left_out == {
        "geometry collection": 1,
        "no geometry of its own": 1,
        "not placed": 1,
        "raster that is neither terrain nor imagery": 1,
    }
    # 16 objects in all.
    assert sum(report.counts.values()) + 1 + sum(report.left_out.values()) == 16
    assert any("orthometric" in note for note in report.notes)


def test_the_validator_finds_nothing(written: tuple[Path, ExportReport], gltf_judge: Any) -> None:
    said = gltf_judge(written[0])
    assert (said["errors"], said["warnings"]) == (0, 0), said["bad"]
    assert said["files"] >= 7


def test_3d_tiles_tools_reads_the_whole_tree(
    written: tuple[Path, ExportReport], tmp_path: Path
) -> None:
    npm = Path(__file__).parents[1] / "npm"
    tool = npm / "node_modules" / ".bin" / "3d-tiles-tools"
    if not tool.exists():
        pytest.fail("3d-tiles-tools is not installed: run 'npm ci --prefix tests/npm'")
    copy = tmp_path / "copy"
    shutil.copytree(written[0], copy, ignore=shutil.ignore_patterns("cesium"))
    done = subprocess.run(
        [tool, "combine", "-i", copy / "tileset.json", "-o", tmp_path / "one" / "tileset.json"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    whole = json.loads((tmp_path / "one" / "tileset.json").read_text())
    text = json.dumps(whole)
    assert text.count(".glb") == len(list(copy.rglob("*.glb")))


def test_blocks_stand_in_their_place(written: tuple[Path, ExportReport], read_tiles: Any) -> None:
    found = read_tiles(written[0] / "tileset.json")
    content, house, row = of(found, "house")
    where = geodetic(house)
    assert where[:, 2].min() == pytest.approx(200, abs=1e-3)
    assert where[:, 2].max() == pytest.approx(230, abs=1e-3)
    assert where[:, 0].min() == pytest.approx(106.5, abs=1e-8)
    table = content.table()
    assert table["asset_code"][row] == "5099125001000001"
    assert table["class_name"][row] == "Building"
    assert table["level"][row] == "CIM2"
    assert table["name"][row] == "名 house"
    assert table["source"][row] == "gis/file.x"
    _, yard, _ = of(found, "yard")
    assert geodetic(yard)[:, 2].tolist() == pytest.approx(
        np.where(geodetic(yard)[:, 2] > 207, 213.5, 201.5).tolist(), abs=1e-3
    )


def test_what_has_no_height_stands_on_its_neighbours_ground(
    written: tuple[Path, ExportReport], read_tiles: Any
) -> None:
    found = read_tiles(written[0] / "tileset.json")
    _, lamp, _ = of(found, "lamp")
    assert geodetic(lamp)[:, 2].min() == pytest.approx(200, abs=1e-3)
    _, pipe, _ = of(found, "pipe")
    assert geodetic(pipe)[:, 2].max() < 201.5 - 2 + 0.16
    assert any("nearest object" in note for note in written[1].notes)


def test_bim_is_exact_and_glass_is_clear(
    written: tuple[Path, ExportReport], read_tiles: Any
) -> None:
    content, wall, _ = of(read_tiles(written[0] / "tileset.json"), "wall")
    e, n = 645_300.0, 3_272_800.0
    corner = [e + 5, n + 0.1, 203.0]
    lon, lat = ZONE.transform(*corner[:2])
    want = np.array(EARTH.transform(lon, lat, corner[2]))
    assert np.linalg.norm(wall - want, axis=1).min() < 0.001
    modes = [m.get("alphaMode", "OPAQUE") for m in content.json["materials"]]
    assert modes == ["OPAQUE", "BLEND"]


def test_city_model_uses_its_best_geometry(
    written: tuple[Path, ExportReport], read_tiles: Any
) -> None:
    content, tower, _ = of(read_tiles(written[0] / "tileset.json"), "tower")
    assert len(content.indices()) == 12
    assert np.ptp(geodetic(tower)[:, 2]) == pytest.approx(20, abs=1e-3)


def test_groups_name_the_layers_in_three_languages(written: tuple[Path, ExportReport]) -> None:
    root = json.loads((written[0] / "tileset.json").read_text())
    names = [g["properties"]["name"] for g in root["groups"]]
    assert names == ["buildings", "bim", "citymodel", "areas", "lines", "points", "photos"]
    assert root["groups"][0]["properties"]["title_zh"] == "建筑"
    extras = root["asset"]["extras"]["cimkit"]
    assert "not shifted" in extras["heights"]
    assert extras["withheld"] == {"secret": 1}
    assert {c["code"]: c["name_ja"] for c in extras["classes"]}["0402"] == "街路樹"


def test_same_catalogue_same_bytes(
    city: Any, written: tuple[Path, ExportReport], tmp_path: Path
) -> None:
    export(city, "3dtiles", tmp_path / "again")
    first = {f.relative_to(written[0]): f for f in written[0].rglob("*") if f.is_file()}
    again = {
        f.relative_to(tmp_path / "again"): f for f in (tmp_path / "again").rglob("*") if f.is_file()
    }
    assert first.keys() == again.keys()
    for name, file in first.items():
        assert file.read_bytes() == again[name].read_bytes(), name


def test_where_and_access(city: Any, tmp_path: Path) -> None:
    report = export(city, "3dtiles", tmp_path / "a", where="class_code = '5022'")
    assert report.counts == {"lines": 1}
    assert report.withheld == {}
    report = export(city, "3dtiles", tmp_path / "b", where="kind = 'gis'", access="secret")
    assert report.counts["points"] == 3
    with pytest.raises(UsageError, match="no such access"):
        export(city, "3dtiles", tmp_path / "c", access="everything")


def test_undulation_is_added_and_said(city: Any, tmp_path: Path, read_tiles: Any) -> None:
    import dataclasses

    shifted = dataclasses.replace(
        city, config=dataclasses.replace(city.config, undulation_m=-35.0, heights="a test")
    )
    report = export(shifted, "3dtiles", tmp_path / "out", where="source_key = 'house'")
    _, house, _ = of(read_tiles(tmp_path / "out" / "tileset.json"), "house")
    assert geodetic(house)[:, 2].min() == pytest.approx(165, abs=1e-3)
    assert not any("orthometric" in note for note in report.notes)
    text = (tmp_path / "out" / "tileset.json").read_text()
    assert "shifted by -35.0 m (a test)" in text


def test_one_model_alone_in_its_own_metres(city: Any, tmp_path: Path, read_tiles: Any) -> None:
    report = export(city, "3dtiles", tmp_path / "out", local="bim/file.x")
    assert report.counts == {"bim": 1}
    assert report.left_out == {"no geometry of its own": 1}  # its storey, and nothing of others
    (content,) = read_tiles(tmp_path / "out" / "tileset.json")
    assert content.earth().max(axis=0) == pytest.approx([645_305, 3_272_800.15, 203], abs=1e-3)
    with pytest.raises(UsageError, match="no such BIM model"):
        export(city, "3dtiles", tmp_path / "other", local="nothing.ifc")


def test_a_foreign_folder_is_left_alone(city: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ExportError, match="something else"):
        export(city, "3dtiles", tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == ["thesis.txt"]


def test_nothing_to_draw_says_why(city: Any, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="not placed"):
        export(city, "3dtiles", tmp_path / "out", where="source_key = 'lost'")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("house", {"z_min": 99_999_997.0, "height": 3.0}),
        ("house", {"z_min": float("nan"), "height": 3.0}),
        ("house", {"z_min": 200.0, "height": 12_000.0}),
        ("house", {"z_min": 200.0, "height": float("inf")}),
        ("house", {"height": 3.0, "properties": {"base_z": -1e300}}),
        ("tower", {"z_min": 200.0, "z_max": 99_999_997.0}),
        ("tower", {"z_min": float("-inf"), "z_max": 220.0}),
        ("photo", {"z_min": 1e7, "height": 8_000.0}),
    ],
)
def test_what_stands_far_off_the_earth_is_left_out(
    make_city: Any, tmp_path: Path, key: str, facts: dict[str, Any]
) -> None:
    house = shapely.box(106.5, 29.57, 106.5002, 29.5701)
    kinds = {
        "house": ("gis", house),
        "tower": ("citymodel", house),
        "photo": ("imagery", house.centroid),
    }
    kind, shape = kinds[key]
    facts = {k: json.dumps(v) if k == "properties" else v for k, v in facts.items()}
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), shape.bounds, strict=True))
    given = {"object_id": "id-bad", "kind": kind, "source_class": kind, "access": "public",
             "geometry": shapely.to_wkb(shape), "properties": "{}",
             "bbox": box}  # fmt: skip
    sound = given | {"object_id": "id-sound", "kind": "gis", "geometry": shapely.to_wkb(house),
                     "z_min": 200.0, "height": 9_000.0}  # fmt: skip
    report = export(make_city(given | facts, sound), "3dtiles", tmp_path / "out")
    assert report.left_out == {"height is not on the earth": 1}
    assert report.counts == {"buildings": 1}
    root = json.loads((tmp_path / "out" / "tileset.json").read_text())["root"]
    assert max(map(abs, root["boundingVolume"]["box"][3:])) < 10_000


def test_a_picture_may_be_of_many_pixels(make_city: Any, tmp_path: Path) -> None:
    given = {"object_id": "id-photo", "kind": "imagery", "source_class": "photo",
             "access": "public", "properties": "{}", "z_min": 200.0, "height": 12_000.0,
             "geometry": shapely.to_wkb(shapely.Point(106.5, 29.57)),
             "bbox": {"xmin": 106.5, "ymin": 29.57, "xmax": 106.5, "ymax": 29.57}}  # fmt: skip
    report = export(make_city(given), "3dtiles", tmp_path / "out")
    assert (report.counts, report.left_out) == ({"photos": 1}, {})
