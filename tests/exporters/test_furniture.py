"""Facilities and lines in tiles: in the form, size, heading, depth and colour the standard says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import pytest
import shapely

from cimkit.catalog import Catalog, create
from cimkit.exporters import ExportReport, export
from cimkit.model import LAKE
from cimkit.tiles import TEMPLATES

LON, LAT = 106.5, 29.57
EARTH = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)


def at(dx: float, dy: float) -> tuple[float, float]:
    """Metres east and north of the middle, about."""
    return LON + dx / 96_872, LAT + dy / 110_860


def thing(key: str, shape: Any, code: str | None = None, **more: Any) -> dict[str, Any]:
    properties = json.dumps(more.pop("properties", {}))
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), shape.bounds, strict=True))
    return {
        "object_id": key, "item_id": "i", "kind": "gis", "source_key": key, "source_class": "x",
        "access": "public", "properties": properties, "content_hash": "0" * 32, "z_min": 200.0,
        "geometry": shapely.to_wkb(shape), "bbox": box, "class_code": code, **more,
    }  # fmt: skip


def fill(catalog: Catalog, **tables: list[dict[str, Any]]) -> Catalog:
    with catalog.connect(read_only=False) as con:
        for name, given in tables.items():
            schema = LAKE[name]
            con.register(
                "given",
                pa.table(
                    {f.name: pa.array([g.get(f.name) for g in given], f.type) for f in schema}
                ),
            )
            columns = [
                "ST_GeomFromWKB(geometry) AS geometry" if f.name == "geometry" else f.name
                for f in schema
            ]
            con.execute(f"INSERT INTO lake.{name} SELECT {', '.join(columns)} FROM given")
    return catalog


def package(folder: Path, models: str) -> Path:
    """A standard with units other than metres."""
    folder.mkdir()
    (folder / "standard.toml").write_text(
        'id = "x.town"\nedition = "1"\n[titles]\nen = "Town"\n', encoding="utf-8"
    )
    (folder / "classes.csv").write_text(
        "code,parent,name_en\n10,,Green\n1001,10,Old thing\n20,,Nothing to see\n"
        "30,,Main\n3001,30,Sewer\n40,,Lamps\n41,,Road\n",
        encoding="utf-8",
    )
    (folder / "attributes.csv").write_text(
        "class,name,type,unit\n10,tall,number,cm\n30,bore,number,mm\n30,cover,number,cm\n",
        encoding="utf-8",
    )
    (folder / "models.csv").write_text(models, encoding="utf-8")
    return folder


MODELS = (
    "class,model,height,width,depth,heading,color\n"
    "10,tree,tall|6,crown|3,,,\n"
    "20,-,,,,,\n"
    "30,pipe,,bore|0.2,cover|1,,#ff0000\n"
    "40,lamp,height|5,,,azimuth,\n"
    "41,road,,breadth|4,,,\n"
)


@pytest.fixture
def town(tmp_path: Path) -> Any:
    def make(*objects: dict[str, Any], models: str = MODELS, **tables: Any) -> Catalog:
        catalog = create(tmp_path / "c", standard=str(package(tmp_path / "p", models)))
        return fill(catalog, objects=list(objects), items=[{"item_id": "i", "crs": "EPSG:4326"}],
                    **tables)  # fmt: skip

    return make


def drawn(out: Path, read_tiles: Any) -> dict[str, np.ndarray]:
    """Longitude, latitude, height of all corners, by object."""
    found = {}
    for content in read_tiles(out / "tileset.json"):
        ids = content.table()["object_id"]
        earth, feature = content.earth(), content.features()
        for row, name in enumerate(ids):
            found[name] = np.column_stack(EARTH.transform(*earth[feature == row].T))
    return found


def tiles(catalog: Catalog, out: Path, **more: Any) -> ExportReport:
    return export(catalog, "3dtiles", out, **more)


def wide(corners: np.ndarray) -> tuple[float, float, float]:
    """Extent east, north and up, metres."""
    span = np.ptp(corners, axis=0)
    return float(span[0] * 96_872), float(span[1] * 110_860), float(span[2])


def test_sizes_come_from_attributes_in_their_units(
    town: Any, tmp_path: Path, read_tiles: Any, gltf_judge: Any
) -> None:
    point = shapely.Point(at(0, 0))
    catalog = town(
        thing("tall", point, "1001", properties={"tall": 800, "crown": "5.5"}),
        thing("usual", shapely.Point(at(20, 0)), "1001"),
        thing("unseen", shapely.Point(at(40, 0)), "20"),
        thing("lamp", shapely.Point(at(60, 0)), "40", properties={"azimuth": 90}),
        thing("two", shapely.MultiPoint([at(80, 0), at(90, 0)]), "1001"),
    )
    report = tiles(catalog, tmp_path / "out")
    assert report.counts == {"points": 4}
    assert report.left_out == {"the standard says that the class is not drawn": 1}
    found = drawn(tmp_path / "out", read_tiles)
    assert found["tall"][:, 2].min() == pytest.approx(200, abs=2e-3)
    assert wide(found["tall"]) == pytest.approx((5.5, 5.5, 8.0), abs=0.02)
    assert wide(found["usual"]) == pytest.approx((3.0, 3.0, 6.0), abs=0.02)
    east, north, up = wide(found["lamp"])
    assert up == pytest.approx(5.0, abs=0.02)
    assert east > 1.0 > 0.3 > north  # its arm looks east
    assert wide(found["two"])[0] == pytest.approx(13, abs=0.1)
    said = gltf_judge(tmp_path / "out")
    assert (said["errors"], said["warnings"]) == (0, 0), said["bad"]


def test_copies_of_one_form_share_it(town: Any, tmp_path: Path) -> None:
    trees = [thing(f"t{i:04d}", shapely.Point(at(i, 0)), "1001") for i in range(500)]
    tiles(town(*trees), tmp_path / "out")
    (content,) = (tmp_path / "out" / "points").glob("*.glb")
    assert content.stat().st_size < 500 * 65


def test_without_a_line_the_name_of_the_class_decides(
    town: Any, tmp_path: Path, read_tiles: Any
) -> None:
    catalog = town(
        thing("tree", shapely.Point(at(0, 0)), source_class="行道树", properties={"height": 9}),
        thing("lid", shapely.Point(at(9, 0)), source_class="manhole", properties={"height": 9}),
        thing("any", shapely.Point(at(18, 0)), source_class="?"),
    )
    report = tiles(catalog, tmp_path / "out")
    assert any("3 points have no model" in note for note in report.notes)
    found = drawn(tmp_path / "out", read_tiles)
    assert wide(found["tree"])[2] == pytest.approx(9, abs=0.01)
    assert wide(found["lid"])[2] < 0.1
    assert wide(found["any"]) == pytest.approx((1, 1, 1), abs=0.01)


def test_a_class_of_another_scheme_says_more(tmp_path: Path, read_tiles: Any) -> None:
    catalog = create(tmp_path / "c", standard="jp.plateau")
    scheme = "jp.plateau.CityFurniture_function"
    fill(
        catalog,
        objects=[thing("bench", shapely.Point(at(0, 0)), "frn")],
        items=[{"item_id": "i", "crs": "EPSG:4326"}],
        classifications=[{"object_id": "bench", "scheme": scheme, "class_code": "8160"}],
    )
    tiles(catalog, tmp_path / "out")
    found = drawn(tmp_path / "out", read_tiles)
    assert wide(found["bench"])[2] == pytest.approx(TEMPLATES["bench"].height, abs=0.01)


def test_a_standard_that_is_gone_is_said(tmp_path: Path) -> None:
    folder = package(tmp_path / "p", MODELS)
    catalog = create(tmp_path / "c", standard=str(folder))
    fill(catalog, objects=[thing("a", shapely.Point(at(0, 0)), "1001")],
         items=[{"item_id": "i", "crs": "EPSG:4326"}])  # fmt: skip
    folder.rename(tmp_path / "elsewhere")
    report = tiles(catalog, tmp_path / "out")
    assert report.counts == {"points": 1}
    assert any("cannot be read: objects are drawn by their names" in n for n in report.notes)


def test_pipes_lie_below_their_cover(town: Any, tmp_path: Path, read_tiles: Any) -> None:
    line = shapely.LineString([at(0, 0), at(40, 0)])
    plain = {"z_min": None}
    catalog = town(
        thing("ground", shapely.Point(at(0, 3)), "40"),
        thing("bore", line, "3001", properties={"bore": 600, "cover": 150}, **plain),
        thing("usual", line, "3001", **plain),
        thing("ends", line, "3001",
              properties={"起点埋深": 1, "终点埋深": 3, "bore": 1000}, **plain),
        thing("invert", line, "30",
              properties={"start_invert": 190, "end_invert": 189, "bore": 1000}),
        thing("box", line, "30", properties={"bore": "2000x1000", "cover": 0}, **plain),
        thing("guess", line, properties={"diameter": "DN300", "depth": 2}, **plain),
    )  # fmt: skip
    report = tiles(catalog, tmp_path / "out")
    assert any("6 pipes have no heights in their geometry" in note for note in report.notes)
    found = drawn(tmp_path / "out", read_tiles)
    tops = {name: p[:, 2].max() for name, p in found.items()}
    lows = {name: p[:, 2].min() for name, p in found.items()}
    # A polygon of six or eight sides reaches its circle's height only at corners.
    assert tops["bore"] == pytest.approx(198.5, abs=0.05)
    assert lows["bore"] == pytest.approx(197.9, abs=0.05)
    assert tops["usual"] == pytest.approx(199.0, abs=0.03)
    assert (tops["ends"], lows["ends"]) == pytest.approx((199.0, 196.0), abs=0.08)
    assert lows["invert"] == pytest.approx(189.0, abs=0.08)
    assert tops["invert"] == pytest.approx(191.0, abs=0.08)
    assert (tops["box"], lows["box"]) == pytest.approx((200.0, 199.0), abs=0.01)
    assert wide(found["box"])[1] == pytest.approx(2.0, abs=0.01)
    assert (tops["guess"], lows["guess"]) == pytest.approx((198.0, 197.7), abs=0.03)


def test_z_of_the_geometry_comes_first(town: Any, tmp_path: Path, read_tiles: Any) -> None:
    flat = shapely.LineString([at(0, 0), at(40, 0)])
    solid = shapely.LineString([(*at(0, 0), 195.0), (*at(40, 0), 193.0)])
    own = {"object_id": "z", "item_id": "i", "crs": "OGC:CRS84", "wkb": shapely.to_wkb(solid)}
    catalog = town(thing("z", flat, "30", properties={"cover": 9, "bore": 200}), geometries=[own])
    tiles(catalog, tmp_path / "out")
    found = drawn(tmp_path / "out", read_tiles)["z"]
    assert (found[:, 2].min(), found[:, 2].max()) == pytest.approx((192.9, 195.1), abs=0.02)


def test_roads_are_as_wide_as_said_and_above_the_ground(
    town: Any, tmp_path: Path, read_tiles: Any
) -> None:
    line = shapely.LineString([at(0, 0), at(40, 0)])
    catalog = town(
        thing("said", line, "41", properties={"breadth": 7}),
        thing("usual", line, "41"),
        thing("plain", line, properties={"width": 3}),
        thing("track", line, kind="trajectory"),
        thing("hedge", line, "1001", properties={"crown": 9}),
    )
    tiles(catalog, tmp_path / "out")
    found = drawn(tmp_path / "out", read_tiles)
    across = {name: wide(p)[1] for name, p in found.items()}
    assert across == pytest.approx(
        {"said": 7, "usual": 4, "plain": 3, "track": 0.2, "hedge": 1}, abs=0.01
    )
    assert found["said"][:, 2] == pytest.approx(200.06, abs=0.002)


def test_pipes_have_the_colour_of_their_class(town: Any, tmp_path: Path, read_tiles: Any) -> None:
    line = shapely.LineString([at(0, 0), at(40, 0)])
    catalog = town(
        thing("red", line, "3001"),
        thing("gas", line, source_class="gas", properties={"diameter": 1}),
    )
    tiles(catalog, tmp_path / "out")
    (content,) = [
        c for c in read_tiles(tmp_path / "out" / "tileset.json") if "lines" in str(c.file)
    ]
    ids = content.table()["object_id"]
    shade = content.attribute("COLOR_0")[:, :3]
    mine = {name: {tuple(c) for c in shade[content.features() == i].tolist()}
            for i, name in enumerate(ids)}  # fmt: skip
    assert mine["red"] == {(255, 0, 0)}
    assert len(mine["gas"]) == 1
    assert mine["gas"] != mine["red"]


def test_another_model_makes_the_tile_again_and_nothing_else_does(
    town: Any, tmp_path: Path
) -> None:
    tree = thing("t", shapely.Point(at(0, 0)), "1001")
    pipe = thing("p", shapely.LineString([at(0, 0), at(9, 9)]), "30")
    catalog = town(tree, pipe)
    out = tmp_path / "out"

    def files() -> dict[str, int]:
        return {f.name + f.parent.name: f.stat().st_ino for f in out.rglob("*.glb")}

    tiles(catalog, out)
    before = files()
    tiles(catalog, out)
    assert files() == before
    (tmp_path / "p" / "models.csv").write_text(MODELS.replace("10,tree", "10,conifer"))
    tiles(catalog, out)
    after = files()
    changed = [name for name in after if after[name] != before[name]]
    assert [name for name in changed if name.endswith("points")]
    assert not [name for name in changed if name.endswith("lines")]
