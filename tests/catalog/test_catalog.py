from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cimkit.catalog import (
    Catalog,
    create,
    diff,
    doctor,
    find,
    ingest_staged,
    log,
    query,
    search,
    write_findings,
)
from cimkit.catalog._lock import writer
from cimkit.errors import (
    CatalogError,
    CatalogExists,
    CatalogLocked,
    CatalogNotFound,
    StandardNotFound,
    UsageError,
)
from cimkit.model import LAKE

from .conftest import Feature, Stage, rows


def lamps(count: int) -> list[Feature]:
    return [Feature(f"L{n}", 106.5 + n * 1e-3, 29.5, {"name": f"lamp {n}"}) for n in range(count)]


def put(catalog: Catalog, stage: Stage, path: str, features: list[Feature]) -> str | None:
    return ingest_staged(catalog, [stage(path, features)], root=Path("/delivered")).delivery_id


def test_the_tables_are_those_of_the_model(catalog: Catalog) -> None:
    with catalog.connect() as con:
        for table, schema in LAKE.items():
            found = con.execute(f"FROM {table}").description
            assert [c[0] for c in found] == schema.names
        kind = con.execute("SELECT typeof(geometry) FROM objects").description
        assert kind is not None


def test_there_is_one_catalogue_in_a_folder(catalog: Catalog) -> None:
    with pytest.raises(CatalogExists):
        create(catalog.folder)


def test_a_file_is_no_place_for_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    for folder in (tmp_path / "x", tmp_path / "x" / "deeper"):
        with pytest.raises(CatalogError):
            create(folder)
    assert (tmp_path / "x").read_text() == "mine"


def test_is_found_from_below(catalog: Catalog, tmp_path: Path) -> None:
    deep = catalog.folder / "a" / "b"
    deep.mkdir(parents=True)
    assert find(deep).folder == catalog.folder
    with pytest.raises(CatalogNotFound, match="cimkit init"):
        find(tmp_path)


def test_bad_beginnings_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="definition"):
        create(tmp_path / "x", definition="nowhere")
    with pytest.raises(StandardNotFound):
        create(tmp_path / "x", standard="no.such")
    assert not (tmp_path / "x").exists()


def test_damaged_settings_are_named(catalog: Catalog) -> None:
    (catalog.folder / "cimkit.toml").write_text("formt = 1\n")
    with pytest.raises(CatalogError, match="formt"):
        find(catalog.folder)


@pytest.mark.parametrize("how", ["move", "copy"])
def test_survives_being_moved(catalog: Catalog, stage: Stage, tmp_path: Path, how: str) -> None:
    put(catalog, stage, "a.shp", lamps(5))
    new = tmp_path / "it's a 新 place" / "catalog"
    if how == "move":
        new.parent.mkdir()
        catalog.folder.rename(new)
    else:
        shutil.copytree(catalog.folder, new)
        shutil.rmtree(catalog.folder)
    moved = find(new)
    put(moved, stage, "b.shp", [Feature("T", 1, 1)])
    assert rows(moved, "SELECT count(*) FROM objects") == [(6,)]
    assert query(moved, "SELECT count(*) AS n FROM objects")["n"].to_pylist() == [6]
    assert rows(moved, "SELECT count(*) FROM objects", version=2) == [(5,)]


def test_one_writer_and_who_it_is(catalog: Catalog, tmp_path: Path) -> None:
    held = tmp_path / "held"
    hold = f"""
import time, sys
from pathlib import Path
from cimkit.catalog._lock import writer
with writer(Path({str(catalog.folder)!r}), "ingest of the north"):
    Path({str(held)!r}).touch()
    time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", hold])
    try:
        while not held.exists():
            assert child.poll() is None
        with (
            pytest.raises(CatalogLocked, match="ingest of the north") as caught,
            writer(catalog.folder, "me too"),
        ):
            pass
        assert str(child.pid) in str(caught.value)
        assert "since" in str(caught.value)
        assert rows(catalog, "SELECT count(*) FROM objects") == [(0,)]
    finally:
        child.kill()
        child.wait()
    with writer(catalog.folder, "after a death"):
        pass


def test_a_reader_does_not_hinder_the_writer(catalog: Catalog, stage: Stage) -> None:
    with catalog.connect() as con:
        put(catalog, stage, "a.shp", lamps(5))
        assert con.execute("SELECT count(*) FROM objects").fetchone() == (0,)
    assert rows(catalog, "SELECT count(*) FROM objects") == [(5,)]


def test_history(catalog: Catalog, stage: Stage) -> None:
    delivery = put(catalog, stage, "a.shp", lamps(5))
    changed = lamps(4)
    changed[0].attributes["name"] = "new name"
    changed[1].x += 1e-4
    changed[2].x += 1e-4
    changed[2].attributes["name"] = "both"
    put(catalog, stage, "b.shp", [*changed, Feature("N", 106.6, 29.5)])
    assert log(catalog)["version"].to_pylist() == [3, 2, 1]
    assert log(catalog)["delivery_id"].to_pylist()[1] == delivery
    table = diff(catalog, 2, 3).select(["source_key", "change", "what", "path"]).to_pylist()
    assert [tuple(r.values()) for r in table] == [
        ("N", "added", None, "b.shp"),
        ("L0", "changed", "attributes", "b.shp"),
        ("L1", "changed", "geometry", "b.shp"),
        ("L2", "changed", "both", "b.shp"),
        ("L4", "removed", None, "a.shp"),
    ]
    assert diff(catalog, 3, 3).num_rows == 0
    assert rows(catalog, "SELECT relation FROM lineage") == [("replaces",)]


def test_search(catalog: Catalog, stage: Stage) -> None:
    put(catalog, stage, "a.shp", lamps(5))
    near = search(catalog, objects=True, bbox=(106.4995, 29, 106.5015, 30))
    assert sorted(near["source_key"].to_pylist()) == ["L0", "L1"]
    assert '"coordinates"' in near["geometry"][0].as_py()
    assert search(catalog, kind="gis")["path"].to_pylist() == ["a.shp"]
    assert search(catalog, kind="bim").num_rows == 0
    assert search(catalog, where="title = 'a'").num_rows == 1
    assert search(catalog, datetime="../2030-01-01").num_rows == 0
    with pytest.raises(UsageError, match="time"):
        search(catalog, datetime="yesterday")


def test_findings_take_the_place_of_former_ones(catalog: Catalog, stage: Stage) -> None:
    delivery = put(catalog, stage, "a.shp", lamps(2))
    assert delivery is not None
    finding = {"delivery_id": delivery, "rule": "x/y", "status": "fail", "count": 1}
    table = pa.Table.from_pylist([finding], schema=LAKE["findings"])
    write_findings(catalog, delivery, pa.concat_tables([table, table]))
    write_findings(catalog, delivery, table, status="rejected", verdict="1 error")
    assert rows(catalog, "SELECT rule FROM findings") == [("x/y",)]
    assert rows(catalog, "SELECT status, verdict FROM deliveries") == [("rejected", "1 error")]
    with pytest.raises(UsageError, match="no such delivery"):
        write_findings(catalog, "nobody", table)


def test_the_doctor_sees_what_is_lost_and_what_is_left(catalog: Catalog, stage: Stage) -> None:
    put(catalog, stage, "a.shp", lamps(5))
    (catalog.lake / "data" / "main" / "objects" / "orphan.parquet").write_bytes(b"x")
    found = {d.name: d for d in doctor(catalog)}
    assert found["lake orphans"].state.startswith("1,")
    assert found["lake files"].ok
    assert not found["root delivered"].ok
    for victim in (catalog.lake / "data").rglob("ducklake-*.parquet"):
        gone = victim.rename(victim.with_suffix(".gone"))
        found = {d.name: d for d in doctor(catalog)}
        assert not found["lake files"].ok
        gone.rename(victim)
    assert all(d.ok for d in doctor() if d.name.startswith("duckdb"))


@pytest.mark.parametrize(
    ("settings", "ok", "state"),
    [
        ({}, True, "do not shift"),
        ({"undulation_m": -35.0, "heights": "a bureau"}, True, "-35.0 m (a bureau)"),
        ({"geoid": "gsigeo2011"}, True, "GSIGEO2011"),
        ({"geoid": "nothing"}, False, "no such geoid"),
    ],
)
def test_the_doctor_tells_how_heights_are_taken(
    catalog: Catalog, settings: dict[str, Any], ok: bool, state: str
) -> None:
    config = dataclasses.replace(catalog.config, **settings)
    (told,) = [
        d for d in doctor(dataclasses.replace(catalog, config=config)) if d.name == "heights"
    ]
    assert told.ok == ok
    assert state in told.state
    assert bool(told.mend) == (not ok)


def test_damaged_metadata_are_told(catalog: Catalog) -> None:
    (catalog.lake / "metadata.sqlite").write_bytes(b"garbage" * 100)
    for ask in (catalog.version, lambda: log(catalog), lambda: query(catalog, "SELECT 1")):
        with pytest.raises(CatalogError, match="backup"):
            ask()
    (told,) = [d for d in doctor(catalog) if d.name == "catalogue"]
    assert not told.ok
    assert "backup" in told.mend
    (catalog.lake / "metadata.sqlite").unlink()
    with pytest.raises(CatalogError, match="backup"):
        find(catalog.folder)
