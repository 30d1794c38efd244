from __future__ import annotations

import dataclasses
import gzip
import itertools
import json
import shutil
import sqlite3
import subprocess
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mapbox_vector_tile
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader, all_tiles

from cimkit.errors import ExportError, QueryError, UsageError
from cimkit.exporters import export
from cimkit.exporters._styles.palette import RAMPS, category_colors, ramp_colors
from cimkit.exporters._styles.style import LANGUAGES
from cimkit.exporters._themes.breaks import class_breaks
from cimkit.exporters._themes.theme import Theme, read_theme
from cimkit.registry import data_folder

NPM = Path(__file__).parents[1] / "npm"
HEIGHTS = """
titles = { zh = "高度", ja = "高さ", en = "Height" }
geometry = "polygon"
kind = "graduated"
breaks = [0, 10, 20]
unit = "m"
sql = "SELECT object_id, geometry, height AS value, name FROM objects"
other = { zh = "未知", ja = "不明", en = "Not known" }
"""


def written(folder: Path, **themes: str) -> list[str]:
    names = []
    for name, text in themes.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        names.append(str(folder / f"{name}.toml"))
    return names


@pytest.fixture
def town(make_city: Callable[..., Any], make_thing: Callable[..., Any]) -> Any:
    def box(i: int) -> Any:
        return shapely.box(106.5 + i * 1e-3, 29.5, 106.5005 + i * 1e-3, 29.5005)

    tall = [make_thing(f"h{h}", "gis", box(i), height=float(h), class_code="5001")
            for i, h in enumerate((0, 5, 10, 15, 20, 25))]  # fmt: skip
    return make_city(
        *tall,
        make_thing("flat", "gis", box(7), class_code="0402"),
        make_thing("pipe", "gis", shapely.LineString([(106.5, 29.5), (106.6, 29.5)]), height=1.0),
        make_thing("hidden", "gis", box(8), height=12.0, access="secret"),
    )


def features(file: Path) -> dict[str, Any]:
    """Values at the highest zoom, by object."""
    with file.open("rb") as opened:
        last = Reader(MmapSource(opened)).header()["max_zoom"]
        found = {}
        for (z, _, _), data in all_tiles(MmapSource(opened)):
            if z == last:
                for layer in mapbox_vector_tile.decode(gzip.decompress(data)).values():
                    for feature in layer["features"]:
                        said = feature["properties"]
                        found[said["object_id"]] = said.get("value")
        return found


def test_a_theme_is_a_map_with_style_and_legends(town: Any, tmp_path: Path) -> None:
    names = written(tmp_path, heights=HEIGHTS)
    out = tmp_path / "out"
    report = export(town, "themes", out, themes=names)
    assert report.counts == {"heights": 7}
    assert report.withheld == {"secret": 1}
    assert report.left_out == {"heights: no polygon on the map": 1}
    assert features(out / "heights" / "map.pmtiles") == {
        "id-h0": 0, "id-h5": 5, "id-h10": 10, "id-h15": 15, "id-h20": 20, "id-h25": 25,
        "id-flat": None,
    }  # fmt: skip
    style = json.loads((out / "heights" / "style.json").read_text())
    legend = json.loads((out / "heights" / "legend.json").read_text())
    assert style["metadata"]["cimkit:legend"] == legend
    assert legend["title"] == {"zh": "高度", "ja": "高さ", "en": "Height"}
    # A break belongs to the class above it, the last one to the last class.
    assert [e["count"] for e in legend["entries"]] == [2, 3, 2]
    assert legend["entries"][-1]["label"]["ja"] == "不明"
    assert style["sources"]["heights"]["url"] == "pmtiles://map.pmtiles"
    for language in LANGUAGES:
        svg = ElementTree.parse(out / "heights" / f"legend.{language}.svg").getroot()
        texts = [t.text for t in svg.iter("{http://www.w3.org/2000/svg}text")]
        assert texts[0] == legend["title"][language] + " (m)"
        assert len(texts) == 4
    rows = pyogrio.read_dataframe(out / "heights" / "map.gpkg", layer="heights")
    assert len(rows) == 7
    assert set(rows.geometry.geom_type) == {"MultiPolygon"}
    with closing(sqlite3.connect(out / "heights" / "map.gpkg")) as con:
        ((qml,),) = con.execute(
            "SELECT styleQML FROM layer_styles WHERE useAsDefault AND f_table_name = 'heights'"
        ).fetchall()
    ranges = [
        (float(r.attrib["lower"]), float(r.attrib["upper"]))
        for r in ElementTree.fromstring(qml).iter("range")
    ]
    assert ranges == [(0, 10), (10, 20)]
    assert json.loads((out / "themes.json").read_text())[0]["id"] == "heights"


def test_every_value_or_those_that_are_listed(town: Any, tmp_path: Path) -> None:
    unique = """
titles = { en = "Class" }
geometry = "polygon"
kind = "unique"
sql = '''SELECT object_id, geometry, class_code AS value, '建筑' AS value_zh,
    CASE class_code WHEN '5001' THEN 'Building' END AS value_en FROM objects'''
"""
    listed = """
titles = { en = "Class" }
geometry = "polygon"
kind = "categorical"
sql = "SELECT object_id, geometry, class_code AS value FROM objects"
categories = [{ value = "5001", color = "#ff0000", zh = "楼" }, { value = "9" }]
"""
    out = tmp_path / "out"
    export(town, "themes", out, themes=written(tmp_path, u=unique, l=listed))
    first = json.loads((out / "u" / "legend.json").read_text())["entries"]
    assert [(e["value"], e["count"]) for e in first] == [("0402", 1), ("5001", 6)]
    assert first[1]["label"] == {"zh": "建筑", "ja": "Building", "en": "Building"}
    second = json.loads((out / "l" / "legend.json").read_text())["entries"]
    assert next((e["value"], e["color"], e["count"]) for e in second) == ("5001", "#ff0000", 6)
    assert second[1]["count"] == 0
    # What no class takes is not drawn where the theme has no name for it.
    style = json.loads((out / "l" / "style.json").read_text())
    assert style["layers"][0]["filter"] == [
        "in", ["to-string", ["get", "value"]], ["literal", ["5001", "9"]],
    ]  # fmt: skip


def test_the_same_objects_are_the_same_bytes(town: Any, tmp_path: Path) -> None:
    names = written(tmp_path, heights=HEIGHTS)
    for name in "ab":
        export(town, "themes", tmp_path / name, themes=names)
    for file in (f for f in (tmp_path / "a").rglob("*") if f.is_file()):
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('geometry = "polygon"', 'geometry = "solid"'), "no such geometry"),
        (('kind = "graduated"', 'kind = "pretty"'), "no such kind"),
        (("[0, 10, 20]", "[0, 20, 10]"), "breaks rise"),
        (('unit = "m"', 'units = "m"'), "no such key"),
        (('unit = "m"', 'colors = "rainbow"'), "no such ramp"),
        (('unit = "m"', 'colors = ["red"]'), "no colour"),
        (('unit = "m"', "opacity = 2"), "opacity is"),
        (('unit = "m"', "zooms = [9, 3]"), "zooms are"),
        (("height AS value", "height"), "does not answer value"),
        (("height AS value", "name AS value"), "are numbers"),
        (("titles = {", "titles = ["), "cannot be read"),
    ],
)
def test_wrong_themes(town: Any, tmp_path: Path, change: tuple[str, str], message: str) -> None:
    names = written(tmp_path, wrong=HEIGHTS.replace(*change))
    with pytest.raises(UsageError, match=message):
        export(town, "themes", tmp_path / "out", themes=names)
    assert not (tmp_path / "out").exists()


def test_a_theme_reads_what_queries_read_and_nothing_else(town: Any, tmp_path: Path) -> None:
    file = written(tmp_path, x=HEIGHTS.replace("FROM objects", "FROM read_csv('/etc/passwd')"))
    with pytest.raises(QueryError):
        export(town, "themes", tmp_path / "out", themes=file)
    with pytest.raises(UsageError, match="no such theme"):
        export(town, "themes", tmp_path / "out", themes=("rainfall",))
    nothing = written(tmp_path, y=HEIGHTS.replace("FROM objects", "FROM objects WHERE false"))
    with pytest.raises(ExportError, match="no theme has anything"):
        export(town, "themes", tmp_path / "out", themes=nothing)


@pytest.mark.parametrize(
    "file", sorted(data_folder("catalogs").glob("*/themes/*.toml")), ids=lambda f: f.stem
)
def test_shipped_themes_are_whole(file: Path) -> None:
    theme = read_theme(file)
    assert all(getattr(theme.titles, language) for language in LANGUAGES)
    for category in theme.categories:
        assert all(getattr(category.names, language) for language in LANGUAGES)


def test_styles_hold_against_the_specification_of_maplibre(town: Any, tmp_path: Path) -> None:
    if not (NPM / "node_modules" / "@maplibre" / "maplibre-gl-style-spec").is_dir():
        pytest.fail("the style judge is not installed: run 'npm ci --prefix tests/npm'")
    node = shutil.which("node")
    assert node is not None
    kinds = {
        "point": "SELECT object_id, ST_Centroid(geometry) AS geometry, height AS value, name",
        "line": "SELECT object_id, geometry, height AS value, name",
        "polygon": "SELECT object_id, geometry, height AS value, name",
    }
    themes = {}
    for geometry, sql in kinds.items():
        text = HEIGHTS.replace("SELECT object_id, geometry, height AS value, name", sql)
        themes[geometry] = text.replace('"polygon"', f'"{geometry}"') + 'label = "name"\n'
    themes["point"] += 'glyphs = "https://fonts.example/{fontstack}/{range}.pbf"\n'
    themes["unique"] = (
        HEIGHTS.replace('"graduated"', '"unique"').replace("breaks =", "zooms = [9, 20] #")
    )  # fmt: skip
    themes["bare"] = HEIGHTS.replace("other =", "# other =")
    export(town, "themes", tmp_path / "out", themes=written(tmp_path, **themes), maxzoom=9)
    files = sorted((tmp_path / "out").glob("*/style.json"))
    assert len(files) == 5
    # Nothing is fetched from a host that nobody named.
    assert [f.parent.name for f in files if "glyphs" in json.loads(f.read_text())] == ["point"]
    done = subprocess.run(
        [node, str(NPM / "validate_style.mjs"), *map(str, files)],
        capture_output=True, text=True, check=False, cwd=NPM,
    )  # fmt: skip
    assert json.loads(done.stdout) == {str(f): [] for f in files}, done.stderr


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    st.sampled_from(["equal", "quantile", "jenks"]),
    st.integers(1, 8),
)
def test_breaks_cover_all_values(values: list[float], method: str, classes: int) -> None:
    given_values = np.array(values)
    edges = class_breaks(given_values, method, classes)
    assert edges[0] == given_values.min()
    assert edges[-1] == given_values.max()
    assert len(edges) <= classes + 1 or len(edges) == 2
    assert all(a < b for a, b in itertools.pairwise(edges)) or len(set(edges)) == 1


def test_jenks_finds_what_the_eye_finds() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate([rng.normal(m, 0.5, 5_000) for m in (0, 10, 30)])
    _, first, second, _ = class_breaks(values, "jenks", 3)
    assert 7 < first < 10
    assert 26 < second < 30


def test_colours_are_told_apart() -> None:
    assert len(set(category_colors(40))) == 40
    for ramp in RAMPS:
        assert len(set(ramp_colors(ramp, 9))) == 9
        assert ramp_colors(f"{ramp}-r", 5) == ramp_colors(ramp, 5)[::-1]


def test_the_guide_names_every_key_of_a_theme() -> None:
    guide = (data_folder("catalogs") / "README.md").read_text(encoding="utf-8")
    told = guide.partition("## themes/")[2]
    named = {line.split("`")[1] for line in told.splitlines() if line.startswith("| `")}
    assert named == {f.name for f in dataclasses.fields(Theme)} - {"id"}
    example = told.partition("```toml\n")[2].partition("```")[0]
    assert set(tomllib.loads(example)) <= named
