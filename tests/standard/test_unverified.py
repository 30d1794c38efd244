"""Rows that are not verified stay behind a flag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.catalog import create, open_catalog
from cimkit.errors import StandardError
from cimkit.standard import load

Make = Callable[..., Path]

FILES = {
    "classes.csv": "code,parent,name_en,level,verified\n"
    "01,,Water,,no\n0101,01,River,L2,yes\n0102,01,Lake,L1,no\n"
    "02,,Houses,,no\n0201,02,Tower,,no\n",
    "attributes.csv": "class,name,verified\n0101 0102,depth,yes\n0102,area,yes\n0101,flow,no\n",
    "domains/kind.csv": "code,name_en,verified\n1,big,yes\n2,small,no\n",
    "mapping/m.csv": "layer,class,level\nriver,0101,L2\nlake,0102,L1\ntower,0201,\n",
    "levels.csv": "code,verified\nL1,yes\nL2,no\n",
    "level_rules.csv": "kind,class,level\ngis,,L1\ngis,,L2\nbim,0201,L1\n",
    "crosswalk/x.csv": "from_scheme,from_code,to_scheme,to_code\n"
    "feat,0101,other,R\nfeat,0102,other,L\nother,T,feat,0201\n",
}
OFF = 'unverified = "off"\n'


@pytest.fixture
def feat(make: Make) -> Path:
    return make("feat", FILES, more=OFF)


def test_what_is_not_verified_is_left_out_and_counted(feat: Path) -> None:
    standard = load(feat)
    # Water is not verified, but stands above a river that is.
    assert set(standard.by_code) == {"01", "0101"}
    assert not standard.by_code["01"].verified
    assert [(a.name, a.classes) for a in standard.attributes] == [("depth", ("0101",))]
    assert standard.domains["kind"]["code"].to_pylist() == ["1"]
    assert [(r.layer, r.level) for r in standard.mapping] == [("river", "")]
    assert [level.code for level in standard.levels] == ["L1"]
    assert [(r.kind, r.level) for r in standard.level_rules] == [("gis", "L1")]
    assert [c.to_code for c in standard.crosswalk] == ["R"]
    assert standard.by_code["0101"].level == ""
    assert standard.left_out == {
        "attributes": 2,
        "classes": 3,
        "crosswalk": 2,
        "domains": 1,
        "level_rules": 2,
        "levels": 1,
        "mapping": 2,
    }


def test_a_name_may_ask_for_all(feat: Path) -> None:
    standard = load(f"{feat}+unverified")
    assert set(standard.by_code) == {"01", "0101", "0102", "02", "0201"}
    assert standard.left_out == {}
    assert standard.key == "feat@1+unverified"
    assert standard.hash != load(feat).hash
    assert not standard.by_code["02"].leaf


def test_leaves_are_those_that_are_left(make: Make) -> None:
    rows = "code,parent,name_en,verified\n01,,Water,yes\n0101,01,River,no\n"
    assert load(make("p", {"classes.csv": rows}, more=OFF)).by_code["01"].leaf


def test_without_the_word_everything_counts(make: Make) -> None:
    assert len(load(make("feat", FILES)).by_code) == 5


@pytest.mark.parametrize(
    ("more", "extends", "asked", "codes"),
    [
        ("", "feat@1", "", {"01", "0101", "50"}),
        ('unverified = "on"\n', "feat@1", "", {"01", "0101", "0102", "02", "0201", "50"}),
        ("", "feat@1+unverified", "", {"01", "0101", "0102", "02", "0201", "50"}),
        ("", "feat@1", "+unverified", {"01", "0101", "0102", "02", "0201", "50"}),
        # Said of oneself it holds for oneself, too.
        (OFF, "feat@1", "", {"01", "0101"}),
        (OFF, "feat@1+unverified", "", {"01", "0101", "0102", "02", "0201"}),
    ],
)
def test_the_nearest_that_says_it_decides(
    make: Make, feat: Path, more: str, extends: str, asked: str, codes: set[str]
) -> None:
    city = make("city", {"classes.csv": "code,name_en\n50,New\n"}, (extends,), more)
    assert set(load(f"{city}{asked}").by_code) == codes


def test_what_an_overlay_writes_down_itself_is_in_use(make: Make, feat: Path) -> None:
    rows = "change,code,parent,name_en,verified\n,0102,,Lake,\nrename,0201,,House,\n,0103,01,Sea,\n"
    city = load(make("city", {"classes.csv": rows}, ("feat@1",)))
    assert set(city.by_code) == {"01", "0101", "0102", "0103", "02", "0201"}
    assert {r.layer for r in city.mapping} == {"river", "lake", "tower"}
    seen = "change,code,name_en,verified,source\n,0102,Lake,yes,bought table\n"
    own = load(make("own", {"classes.csv": seen}, ("feat@1",), OFF)).by_code["0102"]
    assert (own.verified, own.source) == (True, "bought table")


def test_a_catalogue_made_with_the_flag_opens_with_it(
    make: Make, feat: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CIMKIT_STANDARDS", str(feat))
    create(tmp_path / "lake", standard="feat+unverified")
    standard = open_catalog(tmp_path / "lake").standard()
    assert standard is not None
    assert (standard.key, len(standard.by_code)) == ("feat@1+unverified", 5)
    monkeypatch.delenv("CIMKIT_STANDARDS")
    create(tmp_path / "by path", standard=f"{feat}+unverified")
    standard = open_catalog(tmp_path / "by path").standard()
    assert standard is not None
    assert (standard.key, len(standard.by_code)) == ("feat@1+unverified", 5)


@pytest.mark.parametrize("line", ['unverified = "perhaps"', "unverified = true"])
def test_the_word_is_on_or_off(make: Make, line: str) -> None:
    with pytest.raises(StandardError, match="no such unverified"):
        load(make("p", more=line + "\n"))
