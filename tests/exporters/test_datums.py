"""An export tells what its heights are measured from, where that is not one surface for all."""

from __future__ import annotations

import pyarrow as pa

from cimkit.exporters.three_d_tiles.datums import datum_notes
from cimkit.geometry.geoid import Geoid, read_geoid


class Sources:
    """Stands for a selection with so many items of each vertical datum."""

    def __init__(self, **counts: int) -> None:
        self.table = pa.Table.from_pylist(
            [{"datum": d if d != "none" else None, "n": n} for d, n in counts.items()],
            pa.schema([("datum", pa.string()), ("n", pa.int64())]),
        )

    def fetch(self, sql: str) -> pa.Table:
        assert "selected_items" in sql
        return self.table


def notes(model: Geoid | float | None = None, **counts: int) -> str:
    return " | ".join(datum_notes(Sources(**counts), model))  # type: ignore[arg-type]


def test_one_surface_for_all_needs_no_word() -> None:
    assert notes(**{"EPSG:5737": 9}) == ""
    assert notes() == ""


def test_ellipsoidal_heights_among_others_stand_apart_without_a_geoid() -> None:
    said = notes(None, **{"EPSG:4979": 2, "EPSG:5737": 3})
    assert "2 sources in EPSG:4979" in said
    assert "EPSG:5737" not in said
    assert "stand apart" in said
    assert notes(None, **{"EPSG:4979": 2}) == ""


def test_ellipsoidal_heights_stay_where_there_is_a_geoid() -> None:
    assert "stay as they are" in notes(-35.0, **{"EPSG:4979": 2, "EPSG:5737": 3})


def test_a_model_made_for_another_surface_is_told() -> None:
    model = read_geoid("gsigeo2011")
    assert notes(model, **{"EPSG:6695": 2}) == ""
    assert "2 sources in EPSG:5737 were shifted by a model made for EPSG:6695" in notes(
        model, **{"EPSG:5737": 2}
    )


def test_several_surfaces_and_unknown_ones_are_told() -> None:
    said = notes(**{"EPSG:5737": 3, "吴淞": 1, "none": 4})
    assert "3 sources in EPSG:5737, 1 sources in 吴淞" in said
    assert "4 sources with heights do not say" in said
    assert said.endswith("stay as they are")
    assert "9 sources with heights" in notes(none=9)
    assert notes(36.5, none=9).endswith("were taken to be above the geoid")
