"""Probing and staging in workers: complete or absent, and used again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from cimkit import registry
from cimkit.loaders import Staged, probe, stage
from cimkit.loaders._delivery import stage as staging
from cimkit.loaders._delivery.job import content_sha256
from cimkit.model import STAGED, Asset, Declaration, Sheet, SheetRow

POINT = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"p1"},'
    '"geometry":{"type":"Point","coordinates":[106.5,29.5]}}]}'
)


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.geojson").write_text(POINT)
    (folder / "readme.txt").write_text("about")
    (folder / "broken.geojson").write_text(POINT[:60])
    return folder


def by_path(results: Iterator[Staged]) -> dict[str, Staged]:
    return {r.asset.path: r for r in results}


def test_probe_gives_one_asset_per_source(delivered: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in delivered.rglob("*")}
    assets = {a.path: a for a in probe([delivered], jobs=1)}
    assert {p: a.status for p, a in assets.items()} == {
        "a.geojson": "ok",
        "broken.geojson": "refused",
        "readme.txt": "ignored",
    }
    assert all(a.problems for p, a in assets.items() if p != "a.geojson")
    assert assets["a.geojson"].sha256 == content_sha256(delivered / "a.geojson")
    assert assets["broken.geojson"].kind == "gis"
    for asset in assets.values():
        assert Asset.from_json(json.loads(json.dumps(asset.to_json()))) == asset
    assert {p: p.stat().st_mtime_ns for p in delivered.rglob("*")} == before


def test_stage_writes_what_the_next_run_uses(delivered: Path, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    seen: list[tuple[int, int]] = []
    first = by_path(
        stage([delivered], staging, jobs=1, progress=lambda _, n, all_: seen.append((n, all_)))
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    folder = first["a.geojson"].folder
    assert folder is not None
    assert pq.read_schema(folder / "objects.parquet").equals(STAGED["objects"])
    assert pq.read_table(folder / "objects.parquet")["source_key"].to_pylist() == ["p1"]
    assert not (folder / "placements.parquet").exists()
    assert not first["a.geojson"].reused
    again = by_path(stage([delivered], staging, jobs=1))
    assert again["a.geojson"].reused
    assert again["a.geojson"].folder == folder
    assert again["a.geojson"].asset == first["a.geojson"].asset
    assert not list(staging.glob(".part-*"))


def test_other_bytes_or_another_declaration_is_another_reading(
    delivered: Path, tmp_path: Path
) -> None:
    staging = tmp_path / "staging"
    first = by_path(stage([delivered], staging, jobs=1))["a.geojson"]
    sheet = Sheet((SheetRow("*.geojson", Declaration(crs="EPSG:4490")),))
    second = by_path(stage([delivered], staging, sheet=sheet, jobs=1))["a.geojson"]
    assert second.folder != first.folder
    assert second.asset.crs_origin == "sheet"
    assert second.declared.crs == "EPSG:4490"
    (delivered / "a.geojson").write_text(POINT.replace("29.5", "29.6"))
    third = by_path(stage([delivered], staging, jobs=1))["a.geojson"]
    assert third.folder not in (first.folder, second.folder)


def test_the_sheet_dates_what_does_not_date_itself(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    model = {"type": "CityJSON", "version": "2.0", "CityObjects": {}, "vertices": []}
    (folder / "a.city.json").write_text(json.dumps(model))
    said = Declaration(observed="2026-09-01", epoch="2024.5", vertical_datum="EPSG:5737")
    sheet = Sheet((SheetRow("*", said),))
    (found,) = probe([folder], sheet=sheet, jobs=1)
    assert (found.observed_start, found.observed_end) == ("2026-09-01", "2026-09-01")
    assert (found.epoch, found.vertical_datum) == ("2024.5", "EPSG:5737")


def test_what_a_killed_run_left_is_swept_up(delivered: Path, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    dead = staging / ".part-2147483646-x"
    alive = staging / f".part-{os.getpid()}-x"
    for folder in (dead, alive):
        folder.mkdir(parents=True)
    list(stage([delivered], staging, jobs=1))
    assert not dead.exists()
    assert alive.exists()


def test_less_than_full_depth_stages_no_rows(delivered: Path, tmp_path: Path) -> None:
    result = by_path(stage([delivered], tmp_path / "s", depth="header", jobs=1))["a.geojson"]
    assert result.folder is not None
    assert sorted(f.name for f in result.folder.iterdir()) == ["asset.json"]


def test_a_full_disk_ends_the_run_and_is_no_finding(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    row = '{"type":"Feature","properties":{"a":"%s"},'
    row += '"geometry":{"type":"Point","coordinates":[%f,29]}}'
    rows = ",".join(row % (os.urandom(40).hex(), 106 + n / 1e4) for n in range(1000))
    (folder / "a.geojson").write_text(f'{{"type":"FeatureCollection","features":[{rows}]}}')
    script = f"""
        import resource, signal
        from pathlib import Path
        from cimkit.loaders import stage
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        list(stage([Path({str(folder)!r})], Path({str(tmp_path / "staging")!r}), jobs=1))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True)
    assert b"there is no room for what is read" in ran.stderr
    assert list((tmp_path / "staging").iterdir()) == []
    assert by_path(stage([folder], tmp_path / "staging", jobs=1))["a.geojson"].asset.status == "ok"


def test_the_hash_is_of_content_and_not_of_names(tmp_path: Path) -> None:
    for name, data in (("a.shp", b"1"), ("a.dbf", b"2"), ("z.shp", b"1"), ("b.dbf", b"2")):
        (tmp_path / name).write_bytes(data)
    one = content_sha256(tmp_path / "a.shp", [tmp_path / "a.dbf"])
    assert one == content_sha256(tmp_path / "z.shp", [tmp_path / "b.dbf"])
    assert one != content_sha256(tmp_path / "a.dbf", [tmp_path / "a.shp"])
    assert one != content_sha256(tmp_path / "a.shp")


LOADER = """
    import ctypes, os, time
    from cimkit.errors import SourceUnreadable
    from cimkit.loaders import LoaderSpec
    from cimkit.model import Asset

    SPEC = LoaderSpec(name="{name}", kind="mesh", title="Hostile", version=1, lighter=True,
                      together=True)

    def sniff(head):
        if head.start == b"HOSTILE sniff":
            raise IndexError("the sniffer stumbles")
        return 99 if head.start.startswith(b"HOSTILE") else 0

    def probe(source, options):
        what = source.file.read_text().split()[1]
        if what == "crash" or what == "heavy" and not options.lighter:
            ctypes.string_at(0)
        if what == "hanging" and not options.lighter:
            time.sleep(600)
        if what == "bug":
            raise AssertionError("a mistake of the loader")
        if what == "unreadable":
            raise SourceUnreadable("cannot", mend="Deliver it again.")
        return Asset(path=source.path, kind="mesh")

    def siblings(path, listing, file):
        if "careless" in path:
            raise KeyError("no such sibling")
        return set()

    def read(source, asset, options):
        if "late" in source.path:
            raise ValueError("half way")
        yield from ()
"""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A loader as a foreign package would bring it, seen by the workers too."""
    name = f"hostile_{os.getpid()}"
    site = tmp_path / "site"
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{name}.py").write_text(textwrap.dedent(LOADER.replace("{name}", name)))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cimkit.loaders]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(str(site))
    registry._table.cache_clear()
    yield
    sys.modules.pop(name, None)
    registry._table.cache_clear()


def test_a_loader_that_fails_costs_its_source_alone(
    hostile: None, delivered: Path, tmp_path: Path
) -> None:
    for what in ("crash", "bug", "unreadable", "late", "sniff"):
        (delivered / f"{what}.bin").write_text(f"HOSTILE {what}")
    found = {p: r.asset for p, r in by_path(stage([delivered], tmp_path / "s", jobs=2)).items()}
    assert found["a.geojson"].status == "ok"
    codes = {p: a.problems[-1].code for p, a in found.items() if p.endswith(".bin")}
    assert codes.pop("sniff.bin") == "sniff-failed"  # and it is a text, for all others
    assert found.pop("sniff.bin").status == "ignored"
    assert codes == {
        "crash.bin": "worker-crashed",
        "bug.bin": "loader-failed",
        "unreadable.bin": "source-unreadable",
        "late.bin": "read-failed",
    }
    assert found["unreadable.bin"].problems[0].hint == "Deliver it again."
    assert {found[p].status for p in codes} == {"refused"}
    assert found["crash.bin"].sha256 == content_sha256(delivered / "crash.bin")
    assert found["crash.bin"].kind == "mesh"


def test_one_that_crashes_among_many_costs_itself_alone(
    hostile: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for n, what in enumerate(("fine", "crash", "unreadable", "fine", "fine", "fine", "bug", "x")):
        (folder / f"{n}.bin").write_text(f"HOSTILE {what} {n}")
    runs = []
    run = staging.run
    monkeypatch.setattr(
        staging, "run", lambda do, work, **how: runs.append(work) or run(do, work, **how)
    )
    found = by_path(stage([folder], tmp_path / "s", jobs=1))
    codes = {p: [x.code for x in one.asset.problems] for p, one in found.items()}
    assert {p: said for p, said in codes.items() if said} == {
        "1.bin": ["worker-crashed", "worker-crashed"],
        "2.bin": ["source-unreadable"],
        "6.bin": ["loader-failed"],
    }
    assert [max(map(len, work)) for work in runs] == [2, 1, 1]
    again = by_path(stage([folder], tmp_path / "s", jobs=1))
    assert {p for p, one in again.items() if not one.reused} == {"1.bin", "6.bin"}


def test_many_small_sources_share_a_folder(tmp_path: Path) -> None:
    folder, kept = tmp_path / "in", tmp_path / "s"
    folder.mkdir()
    for n in range(9):
        Image.new("RGB", (8, 8), (n, n, n)).save(folder / f"{n}.png")
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:30])

    def keys(found: dict[str, Staged]) -> dict[str, str]:
        return {p: key_of(one) for p, one in found.items()}

    def key_of(one: Staged) -> str:
        span = one.span("objects")
        if span is None:
            return ""
        file, first, end = span
        assert one.span("geometries") is None
        (key,) = pq.read_table(file)["source_key"][first:end].to_pylist()
        return str(key)

    first = by_path(stage([folder], kept, jobs=1))
    want = {f.name: content_sha256(f) for f in folder.iterdir()} | {"3.png": ""}
    assert keys(first) == want
    assert len({one.folder for one in first.values()}) == 5  # twos
    Image.new("RGB", (8, 8), (3, 9, 9)).save(folder / "3.png")
    (folder / "0.png").unlink()
    again = by_path(stage([folder], kept, jobs=1))
    want = {f.name: content_sha256(f) for f in folder.iterdir()}
    assert keys(again) == want
    assert {p for p, one in again.items() if not one.reused} == {"3.png"}
    assert {p: a.asset for p, a in again.items() if p != "3.png"} == {
        p: a.asset for p, a in first.items() if p not in ("0.png", "3.png")
    }
    assert not list(kept.glob(".part-*"))


@pytest.mark.parametrize(("what", "code"), [("heavy", "crashed"), ("hanging", "timeout")])
def test_what_kills_a_worker_is_read_once_more_without_what_may_have_done_it(
    hostile: None,
    delivered: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    code: str,
) -> None:
    monkeypatch.setattr(
        staging, "_timeout_s", lambda job: 5.0 if "heavy" in job.source.path else 99
    )
    (delivered / "heavy.bin").write_text(f"HOSTILE {what}")
    found = by_path(stage([delivered], tmp_path / "s", jobs=2))
    asset = found["heavy.bin"].asset
    assert asset.status == "ok"
    assert [p.code for p in asset.problems] == [f"worker-{code}"]
    assert asset.problems[0].severity == "error"
    assert "once more" in asset.problems[0].message
    assert len(found) == 4


def test_a_loader_that_stumbles_while_files_are_told_apart_is_named(
    hostile: None, delivered: Path, tmp_path: Path
) -> None:
    (delivered / "sniff.bin").write_text("HOSTILE sniff")
    (delivered / "careless.bin").write_text("HOSTILE fine")
    found = by_path(stage([delivered], tmp_path / "s", jobs=2))
    for name, said in (("sniff.bin", "IndexError"), ("careless.bin", "KeyError")):
        noted = [p for p in found[name].asset.problems if p.code == "sniff-failed"]
        assert [said in p.got for p in noted] == [True], name
    assert found["careless.bin"].asset.status == "ok"


def test_headers_of_large_files_are_had_without_reading_them(delivered: Path) -> None:
    with (delivered / "large.geojson").open("w") as out:
        out.write(POINT)
        out.truncate(40 * 2**20)
    found = {a.path: a for a in probe([delivered], depth="header", jobs=1)}
    assert found["large.geojson"].sha256 == ""
    assert len(found["a.geojson"].sha256) == 64
