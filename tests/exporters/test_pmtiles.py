from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from cimkit.errors import ExportError, UsageError
from cimkit.exporters import export
from cimkit.tiles import maps

Tiles = dict[tuple[int, int, int], dict[str, Any]]


def header(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with file.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        return reader.header(), reader.metadata()


def tiles(file: Path) -> Tiles:
    with file.open("rb") as opened:
        return {
            at: mapbox_vector_tile.decode(
                gzip.decompress(data), default_options={"y_coord_down": True}
            )
            for at, data in all_tiles(MmapSource(opened))
        }


def drawn(found: Tiles, zoom: int, layer: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Geometries in degrees and properties of a layer at a zoom."""
    for (z, x, y), tile in found.items():
        if z != zoom or layer not in tile:
            continue

        def degrees(at: Any, z: int = z, x: int = x, y: int = y) -> Any:
            unit = (np.asarray(at) / 4096 + (x, y)) / (1 << z)
            lat = np.degrees(np.arctan(np.sinh((0.5 - unit[:, 1]) * 2 * np.pi)))
            return np.column_stack([(unit[:, 0] - 0.5) * 360, lat])

        for feature in tile[layer]["features"]:
            shape = shapely.transform(shapely.geometry.shape(feature["geometry"]), degrees)
            yield shape, feature["properties"]


def half_a_unit(zoom: int) -> float:
    """Degrees of longitude."""
    return 360 / (4096 << zoom) / 2


def test_every_object_is_in_its_place_at_the_last_zoom(city: Any, tmp_path: Path) -> None:
    report = export(city, "pmtiles", tmp_path / "a.pmtiles", attributes=("diameter",))
    assert report.withheld == {"secret": 1}
    assert report.left_out == {"not placed": 2}
    head, metadata = header(tmp_path / "a.pmtiles")
    zoom = head["max_zoom"]
    found = tiles(tmp_path / "a.pmtiles")
    with city.connect() as con:
        rows = con.execute(
            "SELECT object_id, ST_AsWKB(geometry) FROM objects WHERE access = 'public' "
            "AND geometry IS NOT NULL"
        ).fetchall()
    source = {key: shapely.from_wkb(bytes(wkb)) for key, wkb in rows}
    seen = set()
    for layer in report.counts:
        for shape, properties in drawn(found, zoom, layer):
            key = properties["object_id"]
            seen.add(key)
            if source[key].geom_type != "GeometryCollection":
                # One unit over, for the side of a tile cuts a shape on whole units.
                assert shapely.hausdorff_distance(shape, source[key]) <= 2 * half_a_unit(zoom)
    assert seen == set(source)
    assert report.counts == {
        "rasters": 1, "areas": 2, "buildings": 2, "citymodel": 1, "bim": 1, "lines": 3, "points": 2,
        "photos": 2,
    }  # fmt: skip
    house = next(p for _, p in drawn(found, zoom, "buildings") if p["object_id"] == "id-house")
    assert house == {
        "object_id": "id-house", "class_code": "5001", "class_zh": "建筑", "class_ja": "建物",
        "class_en": "Building", "asset_code": "5099125001000001", "level": "CIM2",
        "name": "名 house", "height": 30.0,
    }  # fmt: skip
    pipe = next(p for _, p in drawn(found, zoom, "lines") if p["object_id"] == "id-pipe")
    assert pipe["diameter"] == "300"
    assert "height" not in pipe
    told = {layer["id"]: layer for layer in metadata["vector_layers"]}
    assert set(told) == set(report.counts)
    assert told["lines"]["fields"]["height"] == "Number"
    assert told["lines"]["description"] == "Roads and pipes / 道路与管线 / 道路・管路"
    assert (told["lines"]["minzoom"], told["lines"]["maxzoom"]) == (head["min_zoom"], zoom)


def test_the_archive_says_what_it_is(city: Any, tmp_path: Path) -> None:
    report = export(city, "pmtiles", tmp_path / "a.pmtiles", minzoom=9, maxzoom=15)
    head, metadata = header(tmp_path / "a.pmtiles")
    assert head["clustered"]
    assert (head["min_zoom"], head["max_zoom"]) == (9, 15)
    assert head["tile_type"].name == "MVT"
    assert head["tile_compression"].name == "GZIP"
    assert head["min_lon_e7"] == pytest.approx(106.5e7, abs=1)
    assert head["max_lat_e7"] > head["min_lat_e7"] > 29.56e7
    assert metadata["generator"].startswith("cimkit")
    with (tmp_path / "a.pmtiles").open("rb") as opened:
        sizes = [len(data) for _, data in all_tiles(MmapSource(opened))]
    assert report.largest == max(sizes)
    one = export(city, "pmtiles", tmp_path / "one.pmtiles", layers=("lines",), maxzoom=12)
    assert one.counts == {"lines": 3}
    assert one.left_out["of another layer"] == 11
    before = (tmp_path / "a.pmtiles").read_bytes()
    export(city, "pmtiles", tmp_path / "b.pmtiles", minzoom=9, maxzoom=15)
    assert (tmp_path / "b.pmtiles").read_bytes() == before


@pytest.fixture
def crowd(make_city: Callable[..., Any], make_thing: Callable[..., Any]) -> Any:
    """400 houses, of which the later are the larger, one park and a lamp."""
    houses = []
    for i in range(400):
        x, y = 106.5 + i % 20 * 3e-4, 29.57 + i // 20 * 3e-4
        side = 5e-5 + i * 4e-7
        houses.append(
            make_thing(f"{i:03d}", "gis", shapely.box(x, y, x + side, y + side), height=10.0)
        )
    park = make_thing("park", "gis", shapely.box(106.51, 29.57, 106.52, 29.58))
    lamp = make_thing("lamp", "gis", shapely.Point(106.5, 29.57))
    return make_city(*houses, park, lamp)


def test_what_is_left_out_is_the_smallest_and_is_counted(crowd: Any, tmp_path: Path) -> None:
    cap = 2_500
    out = tmp_path / "a.pmtiles"
    report = export(crowd, "pmtiles", out, minzoom=12, maxzoom=14, cap=cap)
    assert 0 < report.largest <= cap
    found = tiles(out)
    for zoom in (12, 13, 14):
        here = {p["object_id"] for _, p in drawn(found, zoom, "buildings")}
        notes = [n for n in report.notes if n.startswith("buildings, of 400")]
        gone = sum(
            int(part.rsplit(" at zoom ", 1)[0].rsplit(" ", 1)[-1])
            for note in notes
            for part in note.split(": ", 1)[1].split(", ")
            if part.endswith(f"at zoom {zoom}")
        )
        # Some that their own tile lost are drawn by the buffer of its neighbour.
        assert 400 <= len(here) + gone <= 420
    assert len(here) < 400
    # At the last zoom nothing is too small: the cap alone decides, by size.
    smallest = {f"id-{i:03d}" for i in range(200)}
    assert {f"id-{i:03d}" for i in range(400)} - here <= smallest
    # The layers that are small keep all.
    assert {p["object_id"] for _, p in drawn(found, 14, "areas")} == {"id-park"}
    assert {p["object_id"] for _, p in drawn(found, 14, "points")} == {"id-lamp"}


def test_far_away_dots_stand_for_what_is_too_small(crowd: Any, tmp_path: Path) -> None:
    export(crowd, "pmtiles", tmp_path / "a.pmtiles", minzoom=9, maxzoom=14)
    found = tiles(tmp_path / "a.pmtiles")
    area = {
        zoom: sum(shape.area for shape, _ in drawn(found, zoom, "buildings")) for zoom in (9, 14)
    }
    # The built ground is as large as it is.
    assert area[9] == pytest.approx(area[14], rel=0.3)
    assert 0 < len(list(drawn(found, 9, "buildings"))) < 50


def test_neighbours_stay_neighbours(
    make_city: Callable[..., Any], make_thing: Callable[..., Any], tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    steps = np.column_stack([np.linspace(0, 0.05, 300), rng.normal(0, 4e-5, 300).cumsum()])
    coast = [(106.5 + x, 29.57 + y) for x, y in steps]
    north = shapely.Polygon([*coast, (106.55, 29.62), (106.5, 29.62)])
    south = shapely.Polygon([*coast[::-1], (106.5, 29.52), (106.55, 29.52)])
    catalog = make_city(make_thing("n", "gis", north), make_thing("s", "gis", south))
    export(catalog, "pmtiles", tmp_path / "a.pmtiles", minzoom=9, maxzoom=14)
    found = tiles(tmp_path / "a.pmtiles")
    counts = []
    for zoom in (9, 10, 11, 12):
        for at in (at for at in found if at[0] == zoom):
            a, b = (
                shapely.union_all(
                    [g for g, p in drawn({at: found[at]}, zoom, "areas") if p["object_id"] == key]
                )
                for key in ("id-n", "id-s")
            )
            counts.append(shapely.get_num_coordinates(a))
            assert a.is_valid
            assert b.is_valid
            assert a.intersection(b).area == 0
            assert a.union(b).area == pytest.approx(shapely.envelope(a.union(b)).area)
    assert counts[0] < 100 < shapely.get_num_coordinates(north)


def test_places_that_no_map_has(
    make_city: Callable[..., Any], make_thing: Callable[..., Any], tmp_path: Path
) -> None:
    catalog = make_city(
        make_thing("pole", "gis", shapely.Point(10, 89)),
        make_thing("city", "gis", shapely.Point(-180, 85)),
        make_thing("east", "gis", shapely.Point(180, -85)),
    )
    report = export(catalog, "pmtiles", tmp_path / "a.pmtiles", minzoom=0, maxzoom=3)
    assert report.left_out == {"place is not on the map (Web Mercator ends at 85.05°)": 1}
    found = tiles(tmp_path / "a.pmtiles")
    assert len({p["object_id"] for _, p in drawn(found, 3, "points")}) == 2
    with pytest.raises(ExportError, match="no object to draw"):
        export(catalog, "pmtiles", tmp_path / "b.pmtiles", where="source_key = 'pole'")


def test_a_country_among_houses_does_not_take_for_ever(
    make_city: Any, make_thing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "_TILES", 2_000)
    houses = [
        make_thing(f"h{i}", "gis", shapely.box(x, 29.57, x + 1e-4, 29.5701), height=9.0)
        for i, x in enumerate(np.arange(106.5, 106.51, 0.001))
    ]
    country = make_thing("country", "gis", shapely.box(73, 18, 135, 53))
    town = make_city(country, *houses)
    report = export(town, "pmtiles", tmp_path / "houses.pmtiles", where="height > 0")
    assert not any("narrow the selection" in note for note in report.notes)
    report = export(town, "pmtiles", tmp_path / "all.pmtiles")
    assert any("narrow the selection" in note for note in report.notes)
    assert header(tmp_path / "all.pmtiles")[0]["max_zoom"] < 14


@pytest.mark.parametrize(
    "wrong",
    [
        {"minzoom": 9, "maxzoom": 8},
        {"maxzoom": 30},
        {"minzoom": -1},
        {"cap": 3},
        {"layers": ("canals",)},
    ],
)
def test_zooms_and_caps_that_are_none(city: Any, tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        export(city, "pmtiles", tmp_path / "x.pmtiles", **wrong)
    assert not list(tmp_path.iterdir())


def test_a_secret_attribute_stays_so(
    make_city: Callable[..., Any], make_thing: Callable[..., Any], tmp_path: Path
) -> None:
    catalog = make_city(
        make_thing("a", "gis", shapely.Point(1, 1), properties={"owner": "a bank", "n": "3"}),
        attributes=[
            {"standard": "s@1", "class_code": "1", "name": "owner", "access": "secret"},
            {"standard": "s@1", "class_code": "1", "name": "n", "type": "integer"},
        ],
    )
    out = tmp_path / "a.pmtiles"
    report = export(catalog, "pmtiles", out, attributes=("owner", "n"))
    assert "attribute owner: withheld, access secret" in report.notes
    zoom = header(out)[0]["max_zoom"]
    (said,) = {json.dumps(p, sort_keys=True) for _, p in drawn(tiles(out), zoom, "points")}
    assert "owner" not in json.loads(said)
    assert json.loads(said)["n"] == 3
