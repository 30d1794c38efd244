"""What several sources show of one thing is joined, and what may be either of two is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.catalog import Catalog, explain, query
from cimkit.catalog._ingest import ingest_staged
from cimkit.geometry.local_plane import LocalPlane
from cimkit.geometry.same_things import same_things
from cimkit.geometry.standing import Outlines
from cimkit.loaders import Staged
from cimkit.model import STAGED, Asset, Declaration

from .conftest import rows

PLANE = LocalPlane(106.5, 29.57)
HOUSE = shapely.box(0, 0, 12, 10)
CLASS = {"gis": "building", "citymodel": "Building", "bim": "IfcBuilding"}


def thing(key: str, shape: Any, kind: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source_layer": "building" if kind == "gis" else None,
        "source_key": key,
        "key_origin": "field",
        "source_class": CLASS[kind],
        "kind": kind,
        "height": 9.0,
        "properties": json.dumps(more.pop("properties", {})),
        "place": key,
    }
    if shape is not None:
        placed = PLANE.shapes_from_plane(np.array([shape]))[0]
        row["geometry"] = shapely.to_wkb(placed)
        row["bbox"] = dict(zip(("xmin", "ymin", "xmax", "ymax"), placed.bounds, strict=True))
        row["area_m2"] = shape.area
    row |= more
    said = json.dumps({k: str(v) for k, v in row.items()}, sort_keys=True)
    return row | {"content_hash": hashlib.sha256(said.encode()).hexdigest()[:32]}


Give = Callable[..., int]


@pytest.fixture
def give(catalog: Catalog, tmp_path: Path) -> Give:
    """Ingest one delivery: sources by path, each a list of (key, shape) or rows."""

    def ingest(**sources: Any) -> int:
        staged = []
        for name, things in sources.items():
            kind = name.split("_")[0]
            declared = Declaration(dataset=name, action="replace")
            if isinstance(things, tuple):
                things, code = things
                declared = Declaration(dataset=name, action="replace", code=code)
            held = [t if isinstance(t, dict) else thing(t[0], t[1], kind) for t in things]
            table = pa.Table.from_pylist(held, schema=STAGED["objects"])
            sha = hashlib.sha256(f"{name}{[r['content_hash'] for r in held]}".encode()).hexdigest()
            folder = tmp_path / "staged" / sha[:16]
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, folder / "objects.parquet")
            asset = Asset(
                path=f"{name}.x",
                status="ok",
                kind=kind,  # type: ignore[arg-type]
                format="test",
                size=1,
                sha256=sha,
                vertical_datum="EPSG:5737",
            )
            staged.append(Staged(asset, folder, False, declared))
        report = ingest_staged(catalog, staged, root=tmp_path)
        return report.version or 0

    return ingest


_PAIRS = """
SELECT a.source_key, b.source_key, "by" FROM {0}same_as s
JOIN {0}objects a USING (object_id) JOIN {0}objects b ON b.object_id = s.other_id
"""
_DOUBTS = """
SELECT reason, a.source_key, b.source_key, c.source_key FROM {0}same_as_doubts d
JOIN {0}objects a USING (object_id) JOIN {0}objects b ON b.object_id = d.other_id
LEFT JOIN {0}objects c ON c.object_id = d.rival_id
"""


def pairs(catalog: Catalog, version: int | None = None) -> set[tuple[Any, ...]]:
    return set(rows(catalog, _PAIRS.format(""), version=version))


def doubts(catalog: Catalog) -> set[tuple[Any, ...]]:
    return set(rows(catalog, _DOUBTS.format("")))


def moved(shape: Any, east: float, north: float = 0.0) -> Any:
    return shapely.affinity.translate(shape, east, north)


def test_three_sources_of_one_building_have_one_name(catalog: Catalog, give: Give) -> None:
    give(
        gis_a=[("G", HOUSE)],
        citymodel_a=[("C", moved(HOUSE, 0.3))],
        bim_arc=[("B1", HOUSE)],
        bim_mep=[("B2", shapely.box(1, 1, 10, 8))],
    )
    assert pairs(catalog) == {(k, "G", "footprint") for k in ("C", "B1", "B2")}
    told = rows(catalog, "SELECT confidence FROM same_as ORDER BY 1")
    assert [r[0] for r in told] == pytest.approx([0.525, 11.7 / 12.3, 1.0], abs=1e-3)


def test_without_gis_the_city_model_stands_for_the_building(catalog: Catalog, give: Give) -> None:
    give(citymodel_a=[("C", HOUSE)], bim_a=[("B", moved(HOUSE, 1))])
    assert pairs(catalog) == {("B", "C", "footprint")}


@pytest.mark.parametrize(
    "change", [lambda s: moved(s, 2.0), lambda s: shapely.affinity.rotate(s, 15)]
)
def test_row_houses_are_not_their_neighbours(
    catalog: Catalog, give: Give, change: Callable[[Any], Any]
) -> None:
    row = {f"H{k}": shapely.box(6 * k, 0, 6 * k + 6, 11) for k in range(6)}
    give(
        gis_a=list(row.items()),
        citymodel_a=[(f"C{k}", change(shape)) for k, shape in row.items()],
    )
    assert pairs(catalog) == {(f"C{k}", k, "footprint") for k in row}
    assert doubts(catalog) == set()


def test_a_tower_and_its_podium_stay_two(catalog: Catalog, give: Give) -> None:
    podium, tower = shapely.box(0, 0, 60, 40), shapely.box(10, 10, 30, 30)
    give(
        gis_a=[("podium", podium), ("tower", tower)], bim_a=[("BP", podium)], bim_b=[("BT", tower)]
    )
    assert pairs(catalog) == {("BP", "podium", "footprint"), ("BT", "tower", "footprint")}


def test_a_tower_is_not_the_low_block_it_stands_in(catalog: Catalog, give: Give) -> None:
    tower = thing("BT", shapely.box(0, 0, 20, 20), "bim", height=90.0)
    give(gis_a=[("block", shapely.box(0, 0, 40, 30))], bim_a=[tower])
    assert (pairs(catalog), doubts(catalog)) == (set(), set())


def test_what_stands_above_another_is_not_it(catalog: Catalog, give: Give) -> None:
    low = thing("G", HOUSE, "gis", z_min=0.0, z_max=9.0)
    give(gis_a=[low], citymodel_a=[thing("C", HOUSE, "citymodel", z_min=30.0, z_max=39.0)])
    assert pairs(catalog) == set()


@pytest.mark.parametrize("model", [shapely.box(0, 0, 200, 100), shapely.box(0, 0, 3, 3)])
def test_tiny_overlaps_join_nothing(catalog: Catalog, give: Give, model: Any) -> None:
    give(gis_a=[("G", HOUSE)], citymodel_a=[("C", model)])
    assert (pairs(catalog), doubts(catalog)) == (set(), set())


def test_a_bridge_over_a_house_is_no_house(catalog: Catalog, give: Give) -> None:
    bridge = thing("BR", HOUSE, "citymodel", source_class="Bridge")
    span = thing("R", HOUSE, "gis", source_layer="bridges")
    give(gis_a=[("G", HOUSE)], gis_b=[span], citymodel_a=[bridge])
    assert pairs(catalog) == {("BR", "R", "footprint")}


def test_a_code_outranks_a_worse_place(catalog: Catalog, give: Give) -> None:
    said = {"pset": {"Pset_BuildingCommon": {"Reference": "LJ-2"}}}
    model = thing("B", shapely.box(0, 0, 12, 10), "bim", properties=said)
    give(gis_a=[("LJ-1", shapely.box(0, 0, 6, 10)), ("LJ-2", shapely.box(6, 0, 12, 10))],
         bim_a=[model])  # fmt: skip
    assert pairs(catalog) == {("B", "LJ-2", "code")}
    assert doubts(catalog) == set()


def test_a_model_over_two_houses_is_in_doubt(catalog: Catalog, give: Give) -> None:
    give(
        gis_a=[("G1", shapely.box(0, 0, 6, 10)), ("G2", shapely.box(6, 0, 12, 10))],
        bim_a=[("B", HOUSE)],
    )
    assert pairs(catalog) == set()
    ((reason, one, *others),) = doubts(catalog)
    assert (reason, one, set(others)) == ("several", "B", {"G1", "G2"})


def test_a_code_that_its_place_contradicts_is_in_doubt(catalog: Catalog, give: Give) -> None:
    said = {"pset": {"Pset_BuildingCommon": {"Reference": "LJ-1"}}}
    model = thing("B", moved(HOUSE, 40), "bim", properties=said)
    give(gis_a=[("LJ-1", HOUSE), ("LJ-2", moved(HOUSE, 40))], bim_a=[model])
    assert pairs(catalog) == set()
    assert doubts(catalog) == {("code-place", "B", "LJ-1", "LJ-2")}


def test_two_city_models_that_claim_one_place_are_in_doubt(catalog: Catalog, give: Give) -> None:
    give(gis_a=[("G", HOUSE)], citymodel_a=[("C1", HOUSE)])
    assert pairs(catalog) == {("C1", "G", "footprint")}
    give(citymodel_b=[("C2", moved(HOUSE, 0.5))])
    assert pairs(catalog) == set()
    ((reason, *ends),) = doubts(catalog)
    assert (reason, {ends[0], ends[2]}, ends[1]) == ("claimed", {"C1", "C2"}, ends[1])


def test_the_sheet_says_what_a_model_is_of(catalog: Catalog, give: Give) -> None:
    give(gis_a=[("LJ-7", HOUSE)], bim_a=([thing("B", None, "bim")], "LJ-7"))
    assert pairs(catalog) == {("B", "LJ-7", "code")}


def test_short_numbers_are_no_codes_far_apart(catalog: Catalog, give: Give) -> None:
    give(gis_a=[("1001", HOUSE)], citymodel_a=[("1001", moved(HOUSE, 400))])
    assert pairs(catalog) == set()
    give(citymodel_b=[("1001", moved(HOUSE, 11))])
    assert pairs(catalog) == set()  # two city models have the number


def test_of_two_layers_the_one_with_heights_stands_for_both(catalog: Catalog, give: Give) -> None:
    flat = thing("F", shapely.box(0, 0, 12.5, 10), "gis", height=None)
    give(gis_a=[("G", HOUSE)], gis_b=[flat], citymodel_a=[("C", HOUSE)])
    assert pairs(catalog) == {("F", "G", "footprint"), ("C", "G", "footprint")}


def test_pairs_follow_deliveries_and_stay_in_older_versions(catalog: Catalog, give: Give) -> None:
    far = moved(HOUSE, 500)
    first = give(gis_a=[("G", HOUSE), ("H", far)], citymodel_a=[("C", HOUSE), ("D", far)])
    before = pairs(catalog)
    assert before == {("C", "G", "footprint"), ("D", "H", "footprint")}
    give(bim_a=[("B", HOUSE)])
    assert pairs(catalog) == before | {("B", "G", "footprint")}
    give(gis_a=[("H", far)])  # G is retired: the model stands for it
    assert pairs(catalog) == {("B", "C", "footprint"), ("D", "H", "footprint")}
    give(citymodel_a=[("C", moved(HOUSE, 50)), ("D", far)])
    assert pairs(catalog) == {("D", "H", "footprint")}
    give(gis_a=[("G", HOUSE), ("H", far)])
    assert pairs(catalog) == {("B", "G", "footprint"), ("D", "H", "footprint")}
    assert pairs(catalog, first) == before
    assert rows(catalog, "SELECT object_id FROM same_as ANTI JOIN objects USING (object_id)") == []


def test_deliveries_one_by_one_come_to_what_all_at_once_do(catalog: Catalog, give: Give) -> None:
    from cimkit.catalog._same_as import relate
    from cimkit.catalog._transaction import transaction

    row = [(f"H{k}", shapely.box(6 * k, 0, 6 * k + 6, 11)) for k in range(8)]
    give(citymodel_a=[(f"C{k}", moved(s, 1)) for k, s in row], bim_a=[("B", row[3][1])])
    give(gis_a=row[:5])
    give(gis_b=row[4:], citymodel_b=[("X", row[6][1])])
    give(bim_b=[("Y", shapely.box(12, 0, 24, 11))])
    so_far = pairs(catalog), doubts(catalog)
    with transaction(catalog) as con:
        relate(con, None)
        anew = [set(con.execute(q.format("lake.")).fetchall()) for q in (_PAIRS, _DOUBTS)]
    assert tuple(anew) == so_far
    assert {(d[0], *sorted((d[1], d[3]))) for d in so_far[1]} == {
        ("claimed", "CH6", "X"),
        ("several", "H2", "Y"),
    }


def test_explain_names_what_else_shows_a_thing(catalog: Catalog, give: Give) -> None:
    give(gis_a=[("G", HOUSE)], citymodel_a=[("C", HOUSE)])
    for key in ("G", "C"):
        told = explain(catalog, key)
        assert [(r["source_key"], r["by"]) for r in told.representations] == [
            ("G", None),
            ("C", "footprint"),
        ]
    assert "Shown as gis" in told.to_text()
    listed = query(catalog, "SELECT kind, path, confidence FROM representations ORDER BY kind")
    assert listed.to_pylist() == [
        {"kind": "citymodel", "path": "citymodel_a.x", "confidence": 1.0},
        {"kind": "gis", "path": "gis_a.x", "confidence": None},
    ]


@st.composite
def towns(draw: st.DrawFn) -> list[tuple[int, int, float, float, float]]:
    size = st.floats(4, 14)
    place = st.tuples(
        st.integers(0, 2), st.integers(0, 1), st.integers(0, 5).map(lambda n: 6.0 * n), size, size
    )
    return draw(st.lists(place, min_size=2, max_size=12))


@given(towns(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_changes_nothing(town: list[Any], shuffle: Any) -> None:
    def joined(order: list[int]) -> tuple[set[Any], set[Any]]:
        # The catalogue puts rows of one rank in the order of their size and id.
        order = sorted(order, key=lambda k: (town[k][0], -town[k][3] * town[k][4], k))
        chosen = [town[k] for k in order]
        columns = np.array([c[:2] for c in chosen])
        shapes = np.array([shapely.box(x, 0, x + w, h) for _, _, x, w, h in chosen], object)
        none = np.full(len(chosen), np.nan)
        some = np.zeros(len(chosen), np.intp)
        outlines = Outlines(
            shapes, columns[:, 0].astype(np.intp), (columns @ [2, 1]).astype(np.intp),
            some, some, none, none, some - 1, none,
        )  # fmt: skip
        empty = np.empty(0, np.intp)
        found = same_things(outlines, (empty, empty))
        one = {(order[n], order[int(k)]) for n, k in enumerate(found.label)}
        return one, {(d.reason, order[d.thing], order[d.other]) for d in found.doubts}

    order = list(range(len(town)))
    first = joined(order)
    shuffle.shuffle(order)
    assert joined(order) == first
    # Nobody stands for a thing and is joined to another.
    assert all((b, b) in first[0] for _, b in first[0])
