"""What stood in the world at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely

from cimkit.errors import UsageError
from cimkit.exporters import export


@pytest.fixture
def street(make_city: Any, make_thing: Any) -> Any:
    def lamp(key: str, since: int | None, until: int | None) -> dict[str, Any]:
        years = {"valid_from": since, "valid_to": until}
        times = {k: datetime(v, 1, 1, tzinfo=UTC) for k, v in years.items() if v is not None}
        return make_thing(key, "gis", shapely.Point(106.5, 29.57), **times)

    return make_city(
        lamp("always", None, None), lamp("old", None, 2000), lamp("new", 2000, None),
        lamp("short", 2001, 2002),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        ("1999-12-31", {"always", "old"}),
        ("2000-01-01", {"always", "new"}),
        ("2000-01-01T07:59:59+08:00", {"always", "old"}),
        (datetime(2001, 6, 1), {"always", "new", "short"}),
        ("2002-01-01T00:00:00Z", {"always", "new"}),
    ],
)
def test_only_what_stood_then_is_written(
    street: Any, tmp_path: Path, at: Any, standing: set[str]
) -> None:
    export(street, "gpkg", tmp_path / "out.gpkg", valid_at=at)
    found = pyogrio.read_dataframe(tmp_path / "out.gpkg", layer="points", columns=["source_key"])
    assert set(found["source_key"]) == standing


def test_it_narrows_a_condition_of_ones_own(street: Any, tmp_path: Path) -> None:
    export(
        street, "gpkg", tmp_path / "out.gpkg", valid_at="2001-06-01",
        where="source_key = 'old' OR source_key = 'new' -- one of two",
    )  # fmt: skip
    found = pyogrio.read_dataframe(tmp_path / "out.gpkg", layer="points", columns=["source_key"])
    assert set(found["source_key"]) == {"new"}


def test_what_is_no_time_is_refused(street: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a time"):
        export(street, "gpkg", tmp_path / "out.gpkg", valid_at="last summer")
