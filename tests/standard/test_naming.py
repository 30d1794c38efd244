from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cimkit.errors import StandardError
from cimkit.standard import Naming, load

Make = Callable[..., Path]

GOOD = [
    "509912_bld_footprint_20260901.gpkg",
    "img/509912_img_street_20260901_000001.jpg",
    "a.zip/509912_pcl_strip_20260901_02.copc.laz",
]
BAD = {
    "bus stops NEW.gpkg": "parts between _",
    "509913_bld_footprint_20260901.gpkg": "division is '509913'",
    "509912_car_footprint_20260901.gpkg": "theme is 'car', expected bld | bim",
    "509912_bld_Footprint_20260901.gpkg": "product is 'Footprint'",
    "509912_bld_footprint_20261301.gpkg": "date is '20261301'",
    "509912_bld_footprint_20260901_01_x.gpkg": "parts between _",
    "509912_bld_footprint_20260901.GPKG": "ext is 'GPKG'",
    "509912_bld_footprint_20260901": "no suffix",
}


@pytest.fixture(scope="module")
def naming() -> Naming:
    said = load("city.linjiang").naming
    assert said is not None
    return said


@pytest.mark.parametrize("path", GOOD)
def test_good_names_have_parts(naming: Naming, path: str) -> None:
    parts = naming.parse(path)
    assert parts is not None
    assert (parts["division"], parts["date"]) == ("509912", "20260901")
    assert naming.explain(path) == []


@pytest.mark.parametrize(("path", "reason"), BAD.items())
def test_bad_names_are_explained(naming: Naming, path: str, reason: str) -> None:
    assert naming.parse(path) is None
    assert any(reason in r for r in naming.explain(path)), naming.explain(path)


def test_some_files_may_be_called_as_they_like(naming: Naming) -> None:
    assert naming.parse("docs/README.txt") is None
    assert naming.explain("docs/README.txt") == []


@settings(deadline=None)
@given(st.lists(st.text("059_.-bldtpx\n2", max_size=34), max_size=20))
@example([".txt"])
def test_sql_and_python_agree(naming: Naming, names: list[str]) -> None:
    names += [GOOD[0], *BAD]
    sql = "SELECT regexp_full_match(c, ?) FROM unnest(?) AS t(c)"
    with duckdb.connect() as con:
        got = [r[0] for r in con.execute(sql, [naming.pattern, names]).fetchall()]
    assert got == [naming.parse(n) is not None for n in names]
    # What does not fit has a reason; what fits, or need not, has none.
    fine = [fits or naming.is_exempt(n) for n, fits in zip(names, got, strict=True)]
    assert [not naming.explain(n) for n in names] == fine


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[file]]\ntemplate = "{a}_{b}.{ext}"\n[part.a]\n[part.ext]', "'b' is not described"),
        ('[[file]]\ntemplate = "{a}[_{a}].x"\n[part.a]', "stands twice"),
        ('[[file]]\ntemplate = "{a.x"\n[part.a]', "braces"),
        ('[[file]]\ntemplate = "[{a}.x"\n[part.a]', "square brackets"),
        ('[[file]]\ntemplate = "{a}.x"\n[part.a]\npattern = "(a)"', "capturing"),
        ('[[file]]\ntemplate = "{a}.x"\n[part.a]\npattern = "a("', "no valid expression"),
        ('[[file]]\ntemplate = "{a}.x"\n[part.a]\ntype = "time"', "no such type"),
        ('[[files]]\ntemplate = "x"', "no such key"),
    ],
)
def test_mistakes_in_naming_toml(make: Make, text: str, reason: str) -> None:
    with pytest.raises(StandardError, match=reason) as caught:
        load(make("p", {"naming.toml": text}))
    assert "p/naming.toml" in caught.value.where
