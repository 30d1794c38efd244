"""COPC: recognised, its octree walked and held against the header."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from cimkit.loaders.pointcloud import las
from tests.loaders.pointcloud.made import Loaded, points, source


@pytest.fixture
def copc(tmp_path: Path) -> Path:
    """A COPC file of one node, made of a LAZ file of one chunk."""
    import io

    import laspy
    import lazrs

    n = 500
    rng = np.random.default_rng(1)
    header = laspy.LasHeader(version="1.4", point_format=7)
    header.scales, header.offsets = np.full(3, 0.01), np.zeros(3)
    header.add_crs(__import__("pyproj").CRS("EPSG:4544+5737"))
    las = laspy.LasData(header)
    las.x, las.y, las.z = (
        500_000 + rng.uniform(0, 64, n),
        3_272_000 + rng.uniform(0, 64, n),
        rng.uniform(0, 30, n),
    )
    las.red = las.green = las.blue = rng.integers(0, 65536, n)
    las.classification = rng.integers(2, 7, n)
    las.return_number[:] = las.number_of_returns[:] = 1
    las.gps_time = 4e8 + np.arange(n) / 10
    header.global_encoding.gps_time_type = laspy.header.GpsTimeType.STANDARD
    las.write(tmp_path / "plain.las")
    raw = (tmp_path / "plain.las").read_bytes()
    at = struct.unpack_from("<I", raw, 96)[0]
    laz = lazrs.LazVlr.new_for_compression(7, 0, use_variable_size_chunks=True)
    body = io.BytesIO()
    packer = lazrs.LasZipCompressor(body, laz)
    packer.compress_many(np.frombuffer(raw[at:], np.uint8))
    packer.done()

    def vlr(user: str, number: int, data: bytes) -> bytes:
        return struct.pack("<H16sHH32s", 0, user.encode(), number, len(data), b"") + data

    crs = raw[375:at]
    made = 375 + 54 + 160 + 54 + len(laz.record_data()) + len(crs)
    packed = bytearray(body.getvalue())
    table = struct.unpack_from("<q", packed, 0)[0]
    struct.pack_into("<q", packed, 0, made + table)
    evlr = made + len(packed)
    entry = struct.pack("<4iQii", 0, 0, 0, 0, made + 8, table - 8, n)
    page = struct.pack("<H16sHQ32s", 0, b"copc", 1000, len(entry), b"") + entry
    middle = (500_032.0, 3_272_032.0, 32.0, 32.0, 0.5)
    info = struct.pack("<5d2Q2d", *middle, evlr + 60, len(entry), 0.0, 0.0).ljust(160, b"\0")
    head = bytearray(raw[:375])
    struct.pack_into("<IIB", head, 96, made, 3, 0x80 | 7)
    struct.pack_into("<QI", head, 235, evlr, 1)
    file = tmp_path / "tile.copc.laz"
    file.write_bytes(
        bytes(head)
        + vlr("copc", 1, info)
        + vlr("laszip encoded", 22204, laz.record_data())
        + crs
        + packed
        + page
    )
    return file


@pytest.mark.keeps("COPC", "geometry", "z", "levels", "crs", "vertical", "appearance")
@pytest.mark.keeps("COPC", "semantics", "statistics", "attributes", "exact", "identity", "time")
def test_the_octree_is_walked(copc: Path) -> None:
    given = Loaded(copc)
    assert given.asset.format == "COPC LAS 1.4"
    assert given.asset.counts == {"points": 500, "nodes": 1}
    assert given.codes == []
    assert given.said["copc"]["halfsize"] == 32
    assert given.said["copc"]["levels"] == 1
    assert (given.asset.crs, given.asset.vertical_datum) == ("EPSG:4544+5737", "EPSG:5737")
    assert given.measured["point_density", "all"] > 0
    assert given.row["source_key"] == "tile.copc.laz"
    start, end = (
        (datetime(1980, 1, 6, tzinfo=UTC) + timedelta(seconds=1.4e9 - 18 + late)).isoformat()
        for late in (0, 49.9)
    )
    assert (given.asset.observed_start, given.asset.observed_end) == (start, end)
    quick = Loaded(copc, depth="header")
    assert quick.asset.counts == {"points": 500}
    assert quick.said["copc"]["halfsize"] == 32
    import laspy

    plain = laspy.read(copc.with_name("plain.las"))
    chunk = points(copc)
    assert np.allclose(chunk.xyz, plain.xyz, rtol=0, atol=1e-9)
    assert np.array_equal(chunk.classification, plain.classification)
    assert chunk.rgb is not None
    assert np.array_equal(chunk.rgb[:, 0], plain.red >> 8)


@pytest.mark.keeps("COPC", "contradictions", "damage")
@pytest.mark.parametrize(
    ("back", "form", "value", "why"),
    [
        (4, "<i", 499, "counts other points"),
        (8, "<i", 2**30, "outside the file"),
        (32, "<i", 3, "no parent"),
        (4, "<i", -1, "outside the file"),
    ],
)
def test_an_octree_that_lies_is_told(
    copc: Path, back: int, form: str, value: int, why: str
) -> None:
    raw = bytearray(copc.read_bytes())
    struct.pack_into(form, raw, len(raw) - back, value)
    copc.write_bytes(raw)
    given = Loaded(copc)
    told = [p.message for p in given.problems if p.code == "copc-hierarchy-invalid"]
    assert any(why in text for text in told)
    assert given.said["content"]["points"] == 500


@pytest.mark.keeps("COPC", "damage")
@pytest.mark.keeps("LAZ", "damage")
def test_chunks_are_found_without_their_table(copc: Path) -> None:
    whole = points(copc)
    raw = bytearray(copc.read_bytes())
    at = struct.unpack_from("<I", raw, 96)[0]
    table = struct.unpack_from("<q", raw, at)[0]
    struct.pack_into("<q", raw, at, 0)
    copc.write_bytes(raw)
    given = Loaded(copc)
    assert given.codes == ["laz-chunk-table-missing"]
    assert given.said["content"]["points"] == 500
    assert np.array_equal(points(copc).xyz, whole.xyz)
    # A count that no table bears out costs no time.
    struct.pack_into("<q", raw, at, table)
    struct.pack_into("<Q", raw, 247, 2**55)
    copc.write_bytes(raw)
    assert Loaded(copc).problem("points-truncated").got == "500 points"
    assert np.array_equal(
        np.concatenate([c.xyz for c in las.chunks(copc, 10**6, frozenset(), [])]), whole.xyz
    )
    # The same chunk once more, half of it cut off: one of two is there.
    struct.pack_into("<I", raw, 107, 1000)
    struct.pack_into("<Q", raw, 247, 1000)
    body = bytes(raw[at + 8 : table])
    copc.write_bytes(bytes(raw[: at + 8]) + body + body[: len(body) // 2])
    given = Loaded(copc)
    assert given.problem("points-truncated").got == "500 points"
    assert given.said["content"]["points"] == 500


def test_cut_off_it_is_told(copc: Path) -> None:
    raw = copc.read_bytes()
    for tenth in (5, 8):
        copc.write_bytes(raw[: len(raw) * tenth // 10])
        assert "points-truncated" in Loaded(copc).codes


def test_real_ones(shared_data: Path) -> None:
    given = Loaded(source(shared_data / "pointcloud" / "laspy-laspy" / "simple.copc.laz"))
    assert given.asset.counts == {"points": 1065, "nodes": 65}
    assert given.said["copc"]["levels"] > 1
    assert "copc-hierarchy-invalid" not in given.codes
