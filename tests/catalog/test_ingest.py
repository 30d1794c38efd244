from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cimkit.catalog import Catalog, IngestReport, create, ingest_staged
from cimkit.loaders import Staged
from cimkit.model import Declaration

from .conftest import Feature, Stage, rows


def lamps(count: int = 1000, *, keyed: bool = True) -> list[Feature]:
    return [
        Feature(
            f"L{i}" if keyed else None,
            106.5 + (i % 40) * 1e-4,
            29.5 + (i // 40) * 1e-4,
            {"name": f"lamp {i}", "height": i % 7},
        )
        for i in range(count)
    ]


def put(catalog: Catalog, *staged: Staged, **options: Any) -> IngestReport:
    return ingest_staged(catalog, list(staged), root=Path("/delivered/one"), **options)


def test_a_delivery_is_one_version(catalog: Catalog, stage: Stage) -> None:
    before = catalog.version()
    report = put(catalog, stage("lamps.shp", lamps(50)), message="first", author="Li")
    assert report.objects == {"new": 50, "changed": 0, "unchanged": 0, "retired": 0}
    assert report.version == before + 1 == catalog.version()
    assert rows(catalog, "SELECT count(*), count(DISTINCT object_id) FROM objects") == [(50, 50)]
    assert rows(catalog, "SELECT name, author, message, status FROM deliveries") == [
        ("one", "Li", "first", "submitted")
    ]


def test_the_same_bytes_again_do_nothing(catalog: Catalog, stage: Stage) -> None:
    first = put(catalog, stage("a/lamps.shp", lamps(50)), stage("readme.txt", status="ignored"))
    again = put(catalog, stage("b/laternen.shp", lamps(50)), stage("readme.txt", status="ignored"))
    assert again.nothing_to_do
    assert again.known == 2
    assert again.objects["unchanged"] == 50
    assert catalog.version() == first.version


@pytest.mark.parametrize("keyed", [True, False])
def test_a_renamed_and_reordered_delivery_is_recognised(
    catalog: Catalog, stage: Stage, keyed: bool
) -> None:
    put(catalog, stage("lamps.shp", lamps(keyed=keyed)))
    before = set(rows(catalog, "SELECT object_id FROM objects"))
    again = lamps(keyed=keyed)
    del again[500]
    again[3].attributes["height"] = 99
    again[4].attributes["name"] = "renamed"
    again[5].x += 5e-5
    random.Random(1).shuffle(again)
    report = put(catalog, stage("2027/street_lights.shp", again))
    assert report.objects == {"new": 0, "changed": 3, "unchanged": 996, "retired": 1}
    assert [d.recognised_by for d in report.datasets] == ["source keys"]
    after = set(rows(catalog, "SELECT object_id FROM objects"))
    assert after < before
    assert len(after) == 999
    assert rows(catalog, "SELECT count(*) FROM datasets") == [(1,)]
    assert rows(catalog, "SELECT path FROM items") == [("2027/street_lights.shp",)]


def test_numbers_as_keys_are_no_proof(catalog: Catalog, stage: Stage) -> None:
    put(catalog, stage("lamps.shp", [Feature(str(i), 106.5, 29.5 + i, {"a": i}) for i in range(9)]))
    report = put(
        catalog, stage("trees.shp", [Feature(str(i), 90.0, i, {"b": i}) for i in range(9)])
    )
    assert report.objects["new"] == 9
    assert report.problems == {"dataset-doubtful": 1}
    assert rows(catalog, "SELECT count(*) FROM datasets") == [(2,)]


def test_layers_whose_numbers_repeat_stay_apart(catalog: Catalog, stage: Stage) -> None:
    def layers(shift: int) -> dict[str, list[Feature]]:
        return {
            f"lamp{shift}": [Feature(str(i), 106.5, 29.5 + i * 1e-3, {"a": i}) for i in range(20)],
            f"tree{shift}": [Feature(str(i), 106.6, 29.5 + i * 1e-3, {"b": i}) for i in range(20)],
        }

    put(catalog, stage("all.gpkg", layers=layers(1)))
    changed = layers(2)
    changed["tree2"][7].attributes["b"] = 70
    report = put(catalog, stage("new.gpkg", layers=changed))
    assert report.objects == {"new": 0, "changed": 1, "unchanged": 39, "retired": 0}
    assert rows(catalog, "SELECT count(DISTINCT object_id) FROM objects") == [(40,)]


@pytest.mark.parametrize(("action", "left"), [("replace", 5), ("extend", 15), ("patch", 15)])
def test_actions(catalog: Catalog, stage: Stage, action: str, left: int) -> None:
    said = Declaration(dataset="lamps", action=action)
    put(catalog, stage("a.shp", lamps(10), declared=said))
    report = put(catalog, stage("b.shp", lamps(15)[10:], declared=said))
    assert report.objects["new"] == 5
    assert rows(catalog, "SELECT count(*) FROM objects") == [(left,)]
    assert rows(catalog, "SELECT name, recognised_by FROM datasets") == [("lamps", "sheet")]


def test_a_broken_replacement_retires_nothing(catalog: Catalog, stage: Stage) -> None:
    said = Declaration(dataset="lamps")
    put(
        catalog,
        stage("a.shp", lamps(10), declared=said),
        stage("b.shp", lamps(20)[10:], declared=said),
    )
    report = put(
        catalog,
        stage("a.shp", lamps(9), declared=said),
        stage("b.shp", status="refused", declared=said),
    )
    assert report.objects["retired"] == 0
    assert report.problems == {"replacement-incomplete": 1}
    assert rows(catalog, "SELECT count(*) FROM objects") == [(20,)]


def test_photographs_of_a_drive_are_one_dataset(catalog: Catalog, stage: Stage) -> None:
    def photo(n: int) -> Staged:
        one = [Feature(f"img{n}", 106.5 + n * 1e-4, 29.5)]
        return stage(f"img/{n}.jpg", one, kind="imagery")

    put(catalog, *(photo(n) for n in range(10)))
    assert rows(catalog, "SELECT count(*) FROM datasets") == [(1,)]
    report = put(catalog, *(photo(n) for n in range(5, 12)))
    assert report.objects == {"new": 2, "changed": 0, "unchanged": 5, "retired": 0}
    assert rows(catalog, "SELECT count(*) FROM objects") == [(12,)]


def test_the_same_file_twice_counts_once(catalog: Catalog, stage: Stage) -> None:
    report = put(catalog, stage("a.shp", lamps(10)), stage("copy/b.shp", lamps(10)))
    assert report.objects["new"] == 10
    assert report.problems == {"source-twice": 1}
    assert rows(catalog, "SELECT count(*) FROM items") == [(2,)]
    again = put(catalog, stage("a.shp", lamps(10)), stage("copy/b.shp", lamps(10)))
    assert again.nothing_to_do


def test_a_dry_run_writes_nothing(catalog: Catalog, stage: Stage) -> None:
    before = catalog.version()
    report = put(catalog, stage("a.shp", lamps(10)), dry_run=True)
    assert report.objects["new"] == 10
    assert catalog.version() == before
    assert rows(catalog, "SELECT count(*) FROM items") == [(0,)]


def test_more_rows_than_one_row_group_after_steps_without_any(tmp_path: Path, stage: Stage) -> None:
    """DuckDB loses rows here if it keeps the order of insertion (see `commit`)."""
    catalog = create(tmp_path / "large", standard="city.linjiang")
    staged = stage("street_lamp.shp", [Feature("L", 106.5, 29.57, {"class": "0118"})])
    assert staged.folder is not None
    count = 250_000
    table = pq.read_table(staged.folder / "objects.parquet").take(pa.array([0] * count))
    for name, width in (("source_key", 1), ("content_hash", 32)):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pa.array([f"{i:0{width}}" for i in range(count)]))
    pq.write_table(table, staged.folder / "objects.parquet")
    report = put(catalog, staged)
    assert (report.objects["new"], report.classed, report.coded) == (count, count, count)
    assert rows(catalog, "SELECT count(DISTINCT asset_code) FROM objects") == [(count,)]
