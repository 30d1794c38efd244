"""Elements of building models in the tiles: none is lost, none spoils the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from cimkit.exporters import export

PLACE = np.array([645_300.0, 3_272_800.0, 236.5])
OUTLINE = shapely.box(106.49, 29.56, 106.51, 29.58)
BOX = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], np.float32) - 0.5
SIDES = [0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1,
         2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3]  # fmt: skip


def ball(rings: int) -> tuple[np.ndarray, list[int]]:
    a, b = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, 2 * rings + 1)[:-1])
    points = np.stack([np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a)], axis=-1)
    faces = []
    for i in range(2 * rings):
        j = (i + 1) % (2 * rings)
        for k in range(rings - 1):
            p, q, r, s = i * rings + k, i * rings + k + 1, j * rings + k + 1, j * rings + k
            faces += [p, q, r, p, r, s]
    return points.reshape(-1, 3).astype(np.float32), faces


def at(dx: float, dy: float, scale: float = 1.0) -> list[float]:
    matrix = np.diag([scale, scale, scale, 1.0])
    matrix[:3, 3] = PLACE + np.array([dx, dy, 0])
    return matrix.T.reshape(-1).tolist()


@pytest.fixture
def make_model(make_city: Any, make_thing: Any, tmp_path: Path) -> Any:
    """A catalogue with one model: elements by name, (shape, matrix) or None; shapes by name."""

    def make(elements: dict[str, Any], shapes: dict[str, Any]) -> Any:
        item = {
            "item_id": "item-bim", "dataset_id": "d", "delivery_id": "x", "root": "r",
            "path": "a.ifc", "status": "ok", "kind": "bim", "format": "ifc", "sha256": "cd" * 32,
            "crs": "EPSG:4544", "access": "public", "properties": "{}", "problems": "[]",
            "counts": "{}",
        }  # fmt: skip
        things = [make_thing(name, "bim", OUTLINE) for name in elements]
        placements = [
            {"object_id": f"id-{name}", "item_id": "item-bim", "shape_id": shape, "lod": "body",
             "matrix": matrix, "color": [0.5, 0.5, 0.5, 1.0]}
            for name, given in elements.items() if given
            for shape, matrix in [given]
        ]  # fmt: skip
        city = make_city(*things, items=[item], placements=placements)
        city.meshes.mkdir(exist_ok=True)
        pq.write_table(
            pa.table(
                {
                    "shape_id": list(shapes),
                    "positions": pa.array([np.ravel(p) for p, _ in shapes.values()],
                                          pa.list_(pa.float32())),
                    "indices": pa.array([np.ravel(f) for _, f in shapes.values()],
                                        pa.list_(pa.uint32())),
                }
            ),
            city.meshes / f"{'cd' * 32}.parquet",
        )  # fmt: skip
        return city

    return make


def names(found: list[Any]) -> set[str]:
    """Ids of the features that something is drawn of."""
    return {
        content.table()["object_id"][row]
        for content in found
        for row in np.unique(content.features())
    }


def test_every_element_is_drawn_or_counted_with_its_reason(
    make_model: Any, tmp_path: Path, read_tiles: Any, gltf_judge: Any
) -> None:
    numberless = BOX.copy()
    numberless[:] = np.nan
    lists = {
        "box": (BOX, SIDES), "nan": (numberless, SIDES), "empty": (BOX, []),
        "outside": (BOX, [0, 1, 77]), "huge": (BOX * 1e30, SIDES), "flat": (BOX, [0, 0, 1]),
        "uneven": (BOX.reshape(-1)[:23], SIDES),
    }  # fmt: skip
    flat, wide = np.diag([1.0, 1.0, 0.0, 1.0]), at(0, 0)
    flat[:3, 3] = PLACE
    wide[12] = float("nan")
    away = at(0, 0)
    away[12] = 1e300
    elements = {
        "good": ("box", at(0, 0)), "other": ("box", at(5, 0)), "storey": None,
        "nan": ("nan", at(0, 0)), "empty": ("empty", at(0, 0)),
        "outside": ("outside", at(0, 0)), "flat": ("flat", at(0, 0)),
        "uneven": ("uneven", at(0, 0)), "huge": ("huge", at(0, 0)),
        "missing": ("nowhere", at(0, 0)), "numberless": ("box", wide),
        "singular": ("box", flat.T.reshape(-1).tolist()), "away": ("box", away),
        "unplaced": ("box", None),
    }  # fmt: skip
    city = make_model(elements, lists)
    report = export(city, "3dtiles", tmp_path / "out")
    found = list(read_tiles(tmp_path / "out" / "tileset.json"))
    gltf_judge(tmp_path / "out")
    assert report.counts == {"bim": 2}
    assert names(found) == {"id-good", "id-other"}
    assert report.left_out == {
        "no geometry of its own": 1,
        "no surface to draw": 5,
        "not placed by finite numbers": 3,
        "its triangles are missing from the catalogue": 1,
        "place is not on the earth": 1,
        "wider than 100 km": 1,
    }
    assert report.counts["bim"] + sum(report.left_out.values()) == len(elements)


@pytest.mark.parametrize("broken", [b"", b"PAR1 and nothing else", None])
def test_triangles_that_cannot_be_read_are_no_end(
    make_model: Any, tmp_path: Path, broken: bytes | None
) -> None:
    city = make_model({"good": ("box", at(0, 0)), "storey": None}, {"box": (BOX, SIDES)})
    file = city.meshes / f"{'cd' * 32}.parquet"
    file.unlink()
    if broken is not None:
        file.write_bytes(broken)
    with pytest.raises(Exception, match="1 its triangles are missing"):
        export(city, "3dtiles", tmp_path / "out")


def test_a_shape_placed_often_is_drawn_as_copies_each_its_own_feature(
    make_model: Any, tmp_path: Path, read_tiles: Any, gltf_judge: Any
) -> None:
    elements = {f"chair{i:02}": ("ball", at(i * 3.0, 0)) for i in range(50)}
    elements["mirror"] = ("ball", [-1.0 if i == 0 else v for i, v in enumerate(at(0, 9))])
    elements["wall"] = ("box", at(0, 20, 10.0))
    city = make_model(elements, {"ball": ball(12), "box": (BOX, SIDES)})
    report = export(city, "3dtiles", tmp_path / "out")
    (content,) = read_tiles(tmp_path / "out" / "tileset.json")
    gltf_judge(tmp_path / "out")
    assert report.counts == {"bim": 52}
    assert names([content]) == {f"id-{name}" for name in elements}
    copied = [n for n in content.json["nodes"] if "EXT_mesh_gpu_instancing" in str(n)]
    assert len(copied) == 1
    mirrored = content.table()["object_id"].index("id-mirror")
    baked = content.accessor(content.primitives[0]["attributes"]["_FEATURE_ID_0"])
    assert mirrored in baked


def tiles_of(out: Path) -> list[dict[str, Any]]:
    """Tiles of the layer in the order in which they are met."""
    found: list[dict[str, Any]] = []
    todo = [json.loads((out / "bim" / "tileset.json").read_text())["root"]]
    while todo:
        tile = todo.pop(0)
        found.append(tile)
        todo += tile.get("children", [])
    return found


def test_dense_elements_are_simplified_first_and_whole_up_close(
    make_model: Any, tmp_path: Path, read_tiles: Any, gltf_judge: Any
) -> None:
    elements = {"sofa": ("ball", at(0, 0)), "wall": ("box", at(0, 20, 10.0))}
    city = make_model(elements, {"ball": ball(60), "box": (BOX, SIDES)})
    report = export(city, "3dtiles", tmp_path / "out")
    assert report.counts == {"bim": 2}
    found = list(read_tiles(tmp_path / "out" / "tileset.json"))
    gltf_judge(tmp_path / "out")
    size = {"less": 0, "true": 0}
    for content in found:
        part = next((key for key in size if f"-{key}-" in content.file.name), None)
        if part:
            size[part] += len(content.indices())
            assert names([content]) == {"id-sofa"}
    assert size["true"] > 10_000
    assert 50 < size["less"] < size["true"] / 4
    (less,) = [t for t in tiles_of(tmp_path / "out") if "-less-" in str(t.get("content"))]
    assert less["refine"] == "REPLACE"
    assert 0 < less["geometricError"] < 0.1  # measured on a ball of two metres
    assert [t["geometricError"] for t in less["children"]] == [0.0]
    again = export(city, "3dtiles", tmp_path / "out")
    assert again.counts == report.counts
    assert again.contents["written"] == 0


def test_a_large_model_is_one_small_tile_from_afar(
    make_model: Any, tmp_path: Path, read_tiles: Any
) -> None:
    rng = np.random.default_rng(5)
    elements = {
        f"e{i:04}": ("ball" if i % 2 else "box", at(*rng.uniform(0, 60, 2), 20.0 / (1 + i)))
        for i in range(300)
    }
    city = make_model(elements, {"ball": ball(9), "box": (BOX, SIDES)})
    report = export(city, "3dtiles", tmp_path / "out", cap=30_000)
    assert report.counts == {"bim": 300}
    root, *below = tiles_of(tmp_path / "out")
    assert "-far-" in root["content"]["uri"]
    assert root["refine"] == "REPLACE"
    size = {f.name: f.stat().st_size for f in (tmp_path / "out").rglob("*.glb")}
    assert size[Path(root["content"]["uri"]).name] < 10_000
    assert all(root["geometricError"] >= tile["geometricError"] for tile in below)
    assert len(below) > 1
    assert all("content" in tile for tile in root["children"])
    drawn = list(read_tiles(tmp_path / "out" / "tileset.json"))
    near = [content for content in drawn if "-far-" not in content.file.name]
    assert names(near) == {f"id-{name}" for name in elements}
    first = (tmp_path / "out" / "bim" / "tileset.json").read_bytes()
    again = export(city, "3dtiles", tmp_path / "out", cap=30_000)
    assert again.contents["written"] == 0
    assert (tmp_path / "out" / "bim" / "tileset.json").read_bytes() == first
