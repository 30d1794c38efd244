"""glTF: a selection as one scene."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cimkit.catalog import Catalog
from cimkit.errors import ExportError, UsageError
from cimkit.exporters import export


def read_glb(file: Path) -> tuple[dict[str, Any], bytes]:
    data = file.read_bytes()
    assert data[:4] == b"glTF"
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def positions(root: dict[str, Any], binary: bytes, mesh: int) -> np.ndarray[Any, Any]:
    accessor = root["accessors"][root["meshes"][mesh]["primitives"][0]["attributes"]["POSITION"]]
    view = root["bufferViews"][accessor["bufferView"]]
    return np.frombuffer(binary, "<f4", 3 * accessor["count"], view["byteOffset"]).reshape(-1, 3)


def test_a_scene(city: Catalog, tmp_path: Path, gltf_judge: Callable[[Path], Any]) -> None:
    out = tmp_path / "city.glb"
    report = export(city, "gltf", out, crs="EPSG:4544", access="secret")
    root, binary = read_glb(out)
    extras = root["asset"]["extras"]
    assert (extras["crs"], extras["epsg"]) == ("EPSG:4544", 4544)
    by_id = {n["extras"]["object_id"]: n for n in root["nodes"] if "extras" in n}
    assert set(root["scenes"][0]["nodes"]) | {
        c for n in root["nodes"] for c in n.get("children", ())
    } == set(range(len(root["nodes"])))
    house = by_id["id-house"]
    assert house["name"] == "名 house"
    assert house["extras"] == {
        "object_id": "id-house", "class_code": "5001", "asset_code": "5099125001000001",
        "name": "名 house", "level": "CIM2",
    }  # fmt: skip
    block = positions(root, binary, house["mesh"])
    assert block[:, 1].min() == 200
    assert block[:, 1].max() == 230
    # About 20 by 10 metres, north is -z.
    assert np.ptp(block[:, 0]) == pytest.approx(20, abs=0.5)
    assert np.ptp(block[:, 2]) == pytest.approx(10, abs=0.5)
    assert np.abs(block).max() < 1000
    wall = by_id["id-wall"]
    copies = [root["nodes"][c] for c in wall["children"]]
    assert len(copies) == 2
    places = [np.array(c["matrix"]).reshape(4, 4).T for c in copies]
    origin = extras["origin"]
    for place in places:
        east, up, south = place[:3, 3]
        assert (origin[0] + east, origin[1] - south, up) == pytest.approx(
            (645_300, 3_272_800, 201.5), abs=1e-3
        )
    shared = [root["meshes"][c["mesh"]]["primitives"][0] for c in copies]
    assert shared[0]["attributes"] == shared[1]["attributes"]
    assert shared[0]["material"] != shared[1]["material"]
    modes = {root["meshes"][n["mesh"]]["primitives"][0].get("mode") for n in by_id.values()
             if "mesh" in n}  # fmt: skip
    assert modes == {None, 0, 1}
    assert report.counts["GenericCityObject"] > 5
    said = gltf_judge(tmp_path)
    assert (said["files"], said["errors"], said["warnings"], said["bad"]) == (1, 0, 0, [])
    first = out.read_bytes()
    export(city, "gltf", out, crs="EPSG:4544", access="secret")
    assert out.read_bytes() == first


def test_too_much_is_refused(city: Catalog, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="too many triangles"):
        export(city, "gltf", tmp_path / "a.glb", triangles=3)
    assert not (tmp_path / "a.glb").exists()


def test_degrees_are_refused(city: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="metres"):
        export(city, "gltf", tmp_path / "a.glb", crs="EPSG:4490")
