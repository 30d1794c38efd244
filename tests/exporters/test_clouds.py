"""Point clouds of a catalogue as tiles and as COPC."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import copclib
import laspy
import numpy as np
import pyproj
import pytest

from cimkit.catalog import Catalog, create, ingest
from cimkit.errors import ExportError
from cimkit.exporters import export
from cimkit.exporters._copc_file import CopcHead, write_copc
from cimkit.exporters._copc_records import batches, look
from cimkit.loaders.pointcloud import las
from cimkit.model import Source

EARTH = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
ZONE = pyproj.Transformer.from_crs("EPSG:4544", "OGC:CRS84", always_xy=True)


def write_strip(
    file: Path,
    east: float,
    count: int = 4_000,
    *,
    form: int = 7,
    extra: bool = True,
    crs: str = "EPSG:4544",
    scale: float = 0.001,
) -> laspy.LasData:
    header = laspy.LasHeader(point_format=form, version="1.4" if form >= 6 else "1.2")
    if extra:
        header.add_extra_dim(laspy.ExtraBytesParams("reflectance", "u2", "dB", scales=[0.01],
                                                    offsets=[-20.0]))  # fmt: skip
        header.add_extra_dim(laspy.ExtraBytesParams("ring", "u1"))
    header.add_crs(pyproj.CRS(crs))
    header.scales, header.offsets = [scale] * 3, [451_000, 3_272_000, 0]
    rng = np.random.default_rng(int(east))
    made = laspy.LasData(header)
    made.x = 451_000 + east + rng.random(count) * 60
    made.y = 3_272_000 + rng.random(count) * 40
    made.z = 230 + rng.random(count) * 5
    made.intensity = rng.integers(0, 65_536, count)
    made.classification = rng.integers(1, 7, count)
    made.return_number = rng.integers(1, 4, count)
    made.number_of_returns = np.full(count, 3)
    made.point_source_id = np.full(count, 7)
    made.user_data = rng.integers(0, 256, count)
    made.edge_of_flight_line = rng.integers(0, 2, count)
    if form in (1, 3) or form >= 6:
        made.gps_time = 4e8 + np.sort(rng.random(count))
    if form in (2, 3, 7, 8):
        for band in ("red", "green", "blue"):
            made[band] = rng.integers(0, 65_536, count)
    if form == 8:
        made.nir = rng.integers(0, 65_536, count)
    if form >= 6:
        made.overlap = rng.integers(0, 2, count)
        made.scan_angle = rng.integers(-5_000, 5_000, count)
    if extra:
        made.reflectance = rng.random(count) * 50 - 20
        made.ring = rng.integers(0, 16, count)
    made.write(str(file))
    return laspy.read(str(file))


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, list[laspy.LasData]]:
    folder = tmp_path_factory.mktemp("flight")
    files = folder / "strips"
    files.mkdir()
    strips = [write_strip(files / "a.laz", 0), write_strip(files / "b.las", 50, form=3)]
    catalog = create(folder / "city")
    ingest(catalog, [files], jobs=1)
    return catalog, strips


def queried(file: Path) -> Any:
    with laspy.CopcReader.open(str(file)) as opened:
        return opened.query()


def earth(strip: laspy.LasData) -> np.ndarray:
    lon, lat = ZONE.transform(np.array(strip.x), np.array(strip.y))
    return np.column_stack(EARTH.transform(lon, lat, np.array(strip.z)))


def test_clouds_are_drawn_with_all_their_points(
    flown: Any, tmp_path: Path, read_tiles: Any, gltf_judge: Any
) -> None:
    catalog, strips = flown
    report = export(catalog, "3dtiles", tmp_path / "out")
    assert report.counts["pointclouds"] == 2
    found = [c for c in read_tiles(tmp_path / "out" / "tileset.json") if c.file.suffix == ".glb"]
    got = np.concatenate([c.earth() for c in found])
    want = np.concatenate([earth(s) for s in strips])
    assert len(got) == len(want)
    intensity = np.concatenate([c.attribute("_INTENSITY")[:, 0] for c in found])
    given = np.concatenate([s.intensity for s in strips])
    assert np.array_equal(np.sort(intensity), np.sort(given))
    assert np.abs(got.mean(axis=0) - want.mean(axis=0)).max() < 1e-3
    reflectance = np.concatenate([c.attribute("_REFLECTANCE")[:, 0] for c in found])
    told = np.concatenate([np.array(s.reflectance) for s in strips])
    assert np.abs(np.sort(reflectance) - np.sort(told)).max() < 1e-4
    said = gltf_judge(tmp_path / "out")
    assert (said["errors"], said["warnings"]) == (0, 0), said["bad"]


def test_clouds_that_did_not_change_are_not_read_again(
    flown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, _ = flown
    out = tmp_path / "out"
    export(catalog, "3dtiles", out)
    before = {f.relative_to(out): f.read_bytes() for f in out.rglob("*.glb")}
    monkeypatch.setattr(
        "cimkit.exporters.three_d_tiles.clouds._opened", lambda *_: pytest.fail("read again")
    )
    report = export(catalog, "3dtiles", out)
    assert report.counts["pointclouds"] == 2
    assert {f.relative_to(out): f.read_bytes() for f in out.rglob("*.glb")} == before


def test_copc_of_a_catalogue_holds_every_point_with_all_it_carries(
    flown: Any, tmp_path: Path
) -> None:
    catalog, strips = flown
    out = tmp_path / "all.copc.laz"
    report = export(catalog, "copc", out)
    assert report.counts == {"pointclouds": 2, "points": 8_000}
    held = queried(out)
    assert held.array.dtype.names is not None
    given = {
        name: np.concatenate([np.array(s[name]) for s in strips])
        for name in ("X", "Y", "Z", "intensity", "classification", "return_number", "red",
                     "gps_time", "point_source_id", "user_data", "ring", "reflectance")
    }  # fmt: skip
    a = np.lexsort([given["Z"], given["Y"], given["X"]])
    b = np.lexsort([held.Z, held.Y, held.X])
    for name, values in given.items():
        assert np.array_equal(values[a], np.array(held[name])[b]), name
    facts = las.facts(out)
    assert (facts.crs, facts.problems) == ("EPSG:4544", [])


def test_copc_needs_a_cloud(tmp_path: Path) -> None:
    catalog = create(tmp_path / "city")
    with pytest.raises(ExportError, match="no point cloud"):
        export(catalog, "copc", tmp_path / "x.copc.laz")
    assert not (tmp_path / "x.copc.laz").exists()


def test_copc_replaces_no_foreign_file(flown: Any, tmp_path: Path) -> None:
    mine = tmp_path / "x.copc.laz"
    mine.write_bytes(b"a letter")
    with pytest.raises(ExportError, match="something else"):
        export(flown[0], "copc", mine)
    assert mine.read_bytes() == b"a letter"


@pytest.mark.parametrize("bucket", [10**9, 60_000])
@pytest.mark.parametrize("form", [6, 7, 8])
def test_copc_of_one_file_is_the_file_in_another_order(
    tmp_path: Path, form: int, bucket: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cimkit.exporters._copc_file._NODE", 700)
    monkeypatch.setattr("cimkit.exporters._copc_file._Nodes.cap", 700)
    given = write_strip(tmp_path / "s.laz", 0, form=form)
    source = Source("s.laz", tmp_path / "s.laz", (), 1, "pointcloud")
    layout, raw = look(source, "pointcloud")
    assert raw is not None
    wkt = raw.records.get("LASF_Projection", 2112)[0].data
    out = tmp_path / "o.copc.laz"
    head = CopcHead(wkt, layout)
    assert write_copc(batches(source, "pointcloud", raw, layout, 0), head, out,
                      bucket=bucket) == (4_000, 0)  # fmt: skip

    held = queried(out)
    assert held.array.dtype == given.points.array.dtype
    assert np.array_equal(
        np.sort(held.array.view(f"V{held.array.itemsize}").tolist()),
        np.sort(given.points.array.view(f"V{held.array.itemsize}").tolist()),
    )
    again = laspy.read(str(out)).header
    assert again.scales.tolist() == given.header.scales.tolist()
    assert again.offsets.tolist() == given.header.offsets.tolist()
    assert again.mins.tolist() == given.header.mins.tolist()
    assert again.number_of_points_by_return.tolist() == (
        given.header.number_of_points_by_return.tolist()
    )

    reader = copclib.FileReader(str(out))
    nodes = reader.GetAllNodes()
    assert sum(n.point_count for n in nodes) == 4_000
    assert len(nodes) > 5
    keys = {(n.key.d, n.key.x, n.key.y, n.key.z) for n in nodes}
    info = reader.copc_config.copc_info
    for node in nodes:
        d, x, y, z = node.key.d, node.key.x, node.key.y, node.key.z
        assert d == 0 or (d - 1, x >> 1, y >> 1, z >> 1) in keys
        side = 2 * info.halfsize / 2**d
        low = np.array([info.center_x, info.center_y, info.center_z]) - info.halfsize
        points = reader.GetPoints(node)
        assert len(points) == node.point_count <= 700
        at = np.column_stack([points.x, points.y, points.z]) - low - np.array([x, y, z]) * side
        assert at.min() > -1e-6
        assert at.max() < side + 1e-6
    assert las.facts(out).problems == []


def test_copc_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    write_strip(tmp_path / "s.laz", 0, 20_000)
    source = Source("s.laz", tmp_path / "s.laz", (), 1, "pointcloud")
    layout, raw = look(source, "pointcloud")
    made = []
    for name in "ab":
        out = tmp_path / f"{name}.laz"
        head = CopcHead(b"x\0", layout)
        write_copc(batches(source, "pointcloud", raw, layout, 0), head, out, bucket=100_000)
        made.append(out.read_bytes())
    assert made[0] == made[1]


def test_tiles_tell_the_clouds_apart(flown: Any, tmp_path: Path, read_tiles: Any) -> None:
    catalog, _ = flown
    export(catalog, "3dtiles", tmp_path / "out")
    whole = json.loads((tmp_path / "out" / "pointclouds" / "tileset.json").read_text())
    groups = [g["properties"] for g in whole["groups"]]
    listed = [s for g in groups for s in g.get("sources", [g.get("source")])]
    assert sorted(Path(s).name for s in listed) == ["a.laz", "b.las"]


def test_copc_of_real_files_holds_what_they_hold(shared_data: Path, tmp_path: Path) -> None:
    seen = 0
    for file in sorted((shared_data / "pointcloud").rglob("*.la[sz]")):
        source = Source(file.name, file, (), file.stat().st_size, "pointcloud")
        layout, raw = look(source, "pointcloud")
        assert raw is not None
        out = tmp_path / "o.laz"
        out.unlink(missing_ok=True)
        head = CopcHead(b"x\0", layout)
        count, dropped = write_copc(batches(source, "pointcloud", raw, layout, 0), head, out)
        given = laspy.read(str(file))
        assert (count, dropped) == (len(given.points), 0)
        held = queried(out)
        for name in ("X", "Y", "Z", "intensity", "classification", "return_number"):
            a, b = np.sort(np.array(given[name])), np.sort(np.array(held[name]))
            assert np.array_equal(a, b), (file.name, name)
        if given.header.point_format.id in (6, 7, 8):
            whole = f"V{held.array.itemsize}"
            assert sorted(held.array.view(whole).tolist()) == sorted(
                given.points.array.view(whole).tolist()
            )
        seen += 1
    assert seen >= 5
