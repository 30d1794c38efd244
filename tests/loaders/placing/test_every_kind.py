"""Of every kind of source that has heights, it is said what they are measured from, or that nobody
says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.loaders import probe
from cimkit.model import Asset, Declaration, Sheet, SheetRow
from tests.loaders.seeds import write_seeds

# Their third dimension is no height until the sheet gives them a place.
SOLID = {
    "city.city.json", "city.gml", "h.las", "i.laz", "j.ply", "k.pcd", "l.e57", "p.ifc",
    "places.kml", "q.glb", "tileset.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


def stated(asset: Asset) -> bool:
    return asset.vertical_datum is not None or any(
        p.code.startswith("vertical-") for p in asset.problems
    )


def test_heights_are_stated_or_told(seeds: Path) -> None:
    found = {a.path: a for a in probe([seeds], jobs=2)}
    assert [p for p in sorted(SOLID) if not stated(found[p])] == []
    flat = [p for p, a in found.items() if len(a.bbox or ()) != 6 and p not in SOLID]
    assert flat  # and what has none is not asked for them
    assert [p for p in flat if any("vertical" in q.code for q in found[p].problems)] == []
    for asset in found.values():
        asked = [p for p in asset.problems if p.code == "vertical-datum-unknown"]
        assert len(asked) <= 1, asset.path


def test_what_the_sheet_says_of_heights_is_kept_for_every_kind(seeds: Path) -> None:
    said = Declaration(vertical_datum="1985国家高程基准")
    sheet = Sheet((SheetRow("*", said),))
    found = {a.path: a for a in probe([seeds], sheet=sheet, jobs=2)}
    for path in sorted(SOLID - {"tileset.json"}):
        asset = found[path]
        assert asset.vertical_datum in ("EPSG:5737", "1985国家高程基准"), path
        assert "vertical-datum-unknown" not in [p.code for p in asset.problems], path
