"""What is known of heights goes to the asset; what is not, or cannot be, is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.geometry.crs import parse_crs
from cimkit.loaders._placing.heights import Heights, heights
from cimkit.model import Source

SOURCE = Source("bim/tower.ifc", Path("tower.ifc"))
Z = (180.0, 420.0)


def of(
    crs: str | None, said: str | None = None, origin: str = "declared",
    z: tuple[float, float] | None = Z,
) -> Heights:  # fmt: skip
    return heights("", parse_crs(crs) if crs else None, said, origin, z, SOURCE)


def codes(found: Heights) -> list[str]:
    return [p.code for p in found.problems]


def test_what_is_certain_needs_no_word() -> None:
    assert of("EPSG:4544", "1985国家高程基准") == Heights("EPSG:5737", "orthometric", ())
    assert of("EPSG:4544+5737") == Heights("EPSG:5737", "orthometric", ())
    assert of("EPSG:4979") == Heights("EPSG:4979", "ellipsoidal", ())
    assert of("EPSG:4544", "大地高", "sheet") == Heights("EPSG:4480", "ellipsoidal", ())
    assert of("EPSG:4544", "吴淞") == Heights("吴淞", "orthometric", ())
    assert of("EPSG:4544", "±0.00") == Heights("±0.00", "local", ())


@pytest.mark.parametrize(
    ("crs", "proposed"),
    [("EPSG:4544", "EPSG:5737"), ("EPSG:6677", "EPSG:6695"), ("EPSG:28992", "EPSG:5709")],
)
def test_heights_without_a_datum_are_told_once_with_a_proposal(crs: str, proposed: str) -> None:
    found = of(crs)
    assert (found.datum, found.kind, codes(found)) == (None, "unknown", ["vertical-datum-unknown"])
    (problem,) = found.problems
    assert problem.severity == "info"
    assert problem.proposal == (("vertical_datum", proposed),)
    assert "180" in problem.got
    assert SOURCE.path in problem.hint


def test_no_proposal_where_nothing_speaks_for_one() -> None:
    assert of("EPSG:32648").problems[0].proposal == ()
    assert of(None).problems[0].proposal == ()


@pytest.mark.parametrize("z", [None, (0.0, 0.0)])
def test_what_has_no_heights_needs_no_datum(z: tuple[float, float] | None) -> None:
    assert of("EPSG:4544", z=z).problems == ()


def test_a_plane_in_feet_is_evidence_for_heights_in_feet() -> None:
    assert "foot" in of("EPSG:2263").problems[0].message
    assert "foot" not in of("EPSG:4544").problems[0].message


def test_the_sheet_outranks_the_file_and_the_file_its_names() -> None:
    found = of("EPSG:4544+5737", "EPSG:5736", "sheet")
    assert (found.datum, codes(found)) == ("EPSG:5736", ["vertical-datum-contradiction"])
    found = of("EPSG:4544+5737", "黄海56", "declared")
    assert (found.datum, codes(found)) == ("EPSG:5737", ["vertical-datum-contradiction"])
    assert found.problems[0].severity == "warning"
    assert {found.problems[0].got, found.problems[0].expected} == {"EPSG:5736", "EPSG:5737"}
    # Ellipsoidal and orthometric heights differ by tens of metres: that, too, is told.
    assert codes(of("EPSG:4979", "EPSG:5773", "sheet")) == ["vertical-datum-contradiction"]
    assert of("EPSG:4544+5737", "黄海高程") == Heights("EPSG:5737", "orthometric", ())


def test_names_that_fit_several_are_proposed() -> None:
    found = of("EPSG:4544", "黄海高程")
    assert (found.datum, codes(found)) == ("黄海高程", ["vertical-datum-ambiguous"])
    assert found.problems[0].proposal == (("vertical_datum", "EPSG:5737"),)
    found = of("EPSG:4544", "Stadtpegel 1912")
    assert (found.datum, codes(found)) == ("Stadtpegel 1912", ["vertical-datum-unrecognised"])


def test_a_plane_system_is_no_vertical_one() -> None:
    found = of("EPSG:25832", "EPSG:25832", "sheet")
    assert (found.datum, codes(found)) == (None, ["vertical-datum-unknown"])
    assert found.problems[0].severity == "warning"
    assert found.problems[0].got == "EPSG:25832"


@pytest.mark.parametrize("z", [(-5000.0, -4800.0), (30_000.0, 30_100.0)])
def test_chongqing_lies_neither_in_the_sea_nor_in_the_sky(z: tuple[float, float]) -> None:
    found = of("EPSG:4545", "EPSG:5737", z=z)
    assert (found.datum, codes(found)) == ("EPSG:5737", ["height-implausible"])


def test_millimetres_are_supposed_aloud() -> None:
    assert "millimetres" in of("EPSG:4545", "EPSG:5737", z=(180e3, 420e3)).problems[0].message
    assert "millimetres" not in of("EPSG:4545", "EPSG:5737", z=(-5e3, -4e3)).problems[0].message


@pytest.mark.parametrize("low", [-9999.0, -32768.0, -3.4e38])
def test_numbers_that_stand_for_no_height(low: float) -> None:
    assert codes(of("EPSG:4545", "EPSG:5737", z=(low, 300.0))) == ["height-no-data"]


def test_feet_depths_and_the_centre_of_the_earth() -> None:
    assert of("EPSG:2263+6360", z=(0.0, 28_000.0)).problems == ()  # 8,534 m
    assert codes(of("EPSG:2326", "EPSG:5739", z=(0.0, 30.0))) == ["vertical-axis-down"]
    assert of("EPSG:4978", z=(3e6, 3.1e6)) == Heights("EPSG:4978", "ellipsoidal", ())


def test_nothing_moves_a_height() -> None:
    """The interface gives no heights back: nobody can shift them by it."""
    assert Heights.__slots__ == ("datum", "kind", "problems")
