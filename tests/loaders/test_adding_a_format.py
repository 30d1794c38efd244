"""The loader that the README writes is one: found, probed, staged, and clear about damage."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely

from cimkit import registry
from cimkit.loaders import stage
from cimkit.model import Declaration, Sheet, SheetRow

README = Path(__file__).resolve().parents[2] / "cimkit" / "loaders" / "README.md"
E, N = 36_500_000, 3_270_000
CORNERS = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
SQUARE = '5,1,"渝中区"\n' + "".join(f"{E + x},{N + y}\n" for x, y in CORNERS)
LINE = f"2,0\n{E + 10},{N + 10}\n{E + 20},{N + 25}\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The README's module in a package of somebody else."""
    code = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.S | re.M)[0]
    site, module = tmp_path / "site", f"bln_{os.getpid()}"
    info = site / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").write_text(code, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cimkit.loaders]\nbln = {module}\n")
    monkeypatch.syspath_prepend(str(site))
    registry._table.cache_clear()
    yield
    sys.modules.pop(module, None)
    registry._table.cache_clear()


def test_the_loader_of_the_readme_works(package: None, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "district.bln").write_text(SQUARE + LINE, encoding="utf-8")
    (folder / "cut.bln").write_text((SQUARE + LINE)[:-8], encoding="utf-8")
    sheet = Sheet((SheetRow("*", Declaration(crs="EPSG:4524", vertical_datum="EPSG:5737")),))
    found = {s.asset.path: s for s in stage([folder], tmp_path / "s", sheet=sheet, jobs=1)}
    whole = found["district.bln"]
    assert whole.asset.loader == "bln"
    assert (whole.asset.counts, whole.asset.crs) == ({"features": 2}, "EPSG:4524")
    assert whole.folder is not None
    rows = pq.read_table(whole.folder / "objects.parquet").to_pylist()
    assert [r["name"] for r in rows] == ["渝中区", None]
    assert [round(r["area_m2"] or 0) for r in rows] == [10_000, 0]
    kept = pq.read_table(whole.folder / "geometries.parquet")["wkb"].to_pylist()
    assert shapely.from_wkb(kept[1]).coords[:] == [(E + 10, N + 10), (E + 20, N + 25)]
    assert found["cut.bln"].asset.status == "refused"
    assert "line 7" in found["cut.bln"].asset.problems[0].message
