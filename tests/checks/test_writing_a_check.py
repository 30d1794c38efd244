"""The check that the README writes is one: found, run, and clear about what it could not see."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cimkit import registry
from cimkit.checks import check_tables
from cimkit.standard import Rule

from .conftest import Lake

README = Path(__file__).resolve().parents[2] / "cimkit" / "checks" / "README.md"


@pytest.fixture
def tree_height(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The README's module in a package of somebody else."""
    code = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.S | re.M)[0]
    name = f"tree_height_{os.getpid()}"
    site = tmp_path / "site"
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{name}.py").write_text(code, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cimkit.checks]\ntree_height = {name}\n")
    monkeypatch.syspath_prepend(str(site))
    registry._table.cache_clear()
    yield "tree_height"
    sys.modules.pop(name, None)
    registry._table.cache_clear()


def test_the_check_of_the_readme_works(tree_height: str, lake: Lake, standard: Any) -> None:
    lake.item("trees.gpkg")
    for height in (12.0, 75.5, 0.0, None):
        lake.object("trees.gpkg", class_code="0402", height=height)
    rule = Rule(
        "t/trees", check=tree_height, parameters={"tallest": 40.0}, message={"en": "{reason}"}
    )
    used = dataclasses.replace(standard, rules=(rule,))
    with lake.open() as con:
        verdict = check_tables(con, used, delivery_id="d1", language="en")
    told = [(f["status"], f["reason"], f["count"]) for f in verdict.findings.to_pylist()]
    assert told[:4] == [
        ("fail", "tall", 1),
        ("fail", "low", 1),
        ("not checked", "", 1),
        ("pass", "passed", 1),
    ]
    first = verdict.findings.to_pylist()[0]
    assert first["message"] == "no tree is 75.5 m tall"
    assert first["expected"] == "0 to 40.0 m"
    assert verdict.rules[0].title == "Trees have a height that trees have"
