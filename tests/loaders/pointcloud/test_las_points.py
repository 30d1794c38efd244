"""Every field of every point format of LAS and LAZ, value for value."""

from __future__ import annotations

from pathlib import Path

import laspy
import numpy as np
import pytest

from cimkit.loaders import pointcloud
from cimkit.loaders.pointcloud.las_header import BASE_SIZES
from tests.loaders.pointcloud.made import E0, Loaded, las_file, points, source

N = 300


def _filled(form: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(form)
    new = form >= 6
    said = {
        "intensity": rng.integers(0, 65536, N).astype(np.uint16),
        "return_number": rng.integers(1, 6, N),
        "number_of_returns": np.full(N, 5),
        "classification": rng.integers(0, 256 if new else 32, N),
        "synthetic": rng.integers(0, 2, N),
        "key_point": rng.integers(0, 2, N),
        "withheld": rng.integers(0, 2, N),
        "user_data": rng.integers(0, 256, N),
        "point_source_id": rng.choice([0, 7, 255, 256, 65535], N),
        "edge_of_flight_line": rng.integers(0, 2, N),
        "scan_direction_flag": rng.integers(0, 2, N),
    }
    names = set(laspy.PointFormat(form).dimension_names)
    if "gps_time" in names:
        said["gps_time"] = rng.uniform(0, 604_800, N)
    if "red" in names:
        said |= {c: rng.integers(0, 65536, N) for c in ("red", "green", "blue")}
    if "nir" in names:
        said["nir"] = rng.integers(0, 65536, N)
    if new:
        said |= {"overlap": rng.integers(0, 2, N), "scanner_channel": rng.integers(0, 4, N)}
    return said


CASES = [("1.2", f) for f in range(4)] + [("1.1", 0), ("1.1", 1), ("1.3", 4), ("1.3", 5)]
CASES += [("1.4", f) for f in range(11)]


@pytest.mark.keeps("LAS", "geometry", "z", "attributes", "semantics", "appearance", "time")
@pytest.mark.keeps("LAZ", "geometry", "z", "attributes", "semantics", "appearance", "time")
@pytest.mark.parametrize("ending", ["las", "laz"])
@pytest.mark.parametrize(("version", "form"), CASES)
def test_every_field_of_every_format(tmp_path: Path, version: str, form: int, ending: str) -> None:
    said = _filled(form)
    if ending == "laz" and form in (4, 5, 9, 10):
        pytest.skip("lazrs packs no waveforms")
    file = las_file(tmp_path / f"a.{ending}", N, version=version, form=form, **said)
    chunk = points(file)
    expected = laspy.read(file)
    assert np.allclose(chunk.xyz, expected.xyz, rtol=0, atol=1e-9)
    assert chunk.xyz[:, 0].min() >= E0
    assert np.array_equal(chunk.intensity, said["intensity"])
    assert np.array_equal(chunk.classification, said["classification"])
    assert np.array_equal(chunk.return_number, said["return_number"])
    assert np.array_equal(chunk.return_count, said["number_of_returns"])
    assert np.array_equal(chunk.point_source, said["point_source_id"])
    assert np.array_equal(chunk.extra["user_data"], said["user_data"])
    assert np.array_equal(chunk.extra["edge"], said["edge_of_flight_line"])
    assert np.array_equal(chunk.extra["direction"], said["scan_direction_flag"])
    assert chunk.flags is not None
    for bit, name in ((1, "synthetic"), (2, "key_point"), (4, "withheld")):
        assert np.array_equal(chunk.flags & bit > 0, said[name])
    if "gps_time" in said:
        assert np.array_equal(chunk.gps_time, said["gps_time"])
    if "red" in said:
        assert chunk.rgb is not None
        assert np.array_equal(chunk.rgb[:, 1], said["green"] >> 8)
    if "nir" in said:
        assert np.array_equal(chunk.nir, said["nir"])
    if form >= 6:
        assert np.array_equal(chunk.flags & 8 > 0, said["overlap"])
        assert np.array_equal(chunk.channel, said["scanner_channel"])
    given = Loaded(file)
    assert given.said["point_format"] == form
    assert given.asset.format == f"{ending.upper()} {version}"
    assert given.asset.counts == {"points": N}
    assert set(given.codes) <= {"class-reserved"}
    told = given.said["content"]
    assert told["withheld"] == said["withheld"].sum()
    assert told["sources"][str(said["point_source_id"][0])] >= 1
    assert told["intensity"] == [said["intensity"].min(), said["intensity"].max()]


def test_sizes_are_those_of_the_standard() -> None:
    assert tuple(laspy.PointFormat(f).size for f in range(11)) == BASE_SIZES


def test_only_what_is_asked_for_comes(tmp_path: Path) -> None:
    file = las_file(tmp_path / "a.laz", 50, form=8, classification=np.full(50, 6))
    chunk = next(iter(pointcloud.stream(source(file), fields=frozenset({"classification"}))))
    assert chunk.classification is not None
    assert set(chunk.classification) == {6}
    assert (chunk.rgb, chunk.gps_time, chunk.flags, chunk.nir, chunk.extra) == (
        *[None] * 4,
        {},
    )
    usual = next(iter(pointcloud.stream(source(file))))
    assert usual.rgb is not None
    assert usual.gps_time is not None


@pytest.mark.keeps("LAS", "exact", "attributes")
@pytest.mark.keeps("LAZ", "exact")
@pytest.mark.parametrize("ending", ["las", "laz"])
def test_extra_bytes_scaled_without_data_and_of_several_values(tmp_path: Path, ending: str) -> None:
    def more(header: laspy.LasHeader) -> None:
        header.add_extra_dims(
            [
                laspy.ExtraBytesParams("height above", "i2", "m", [5.0], [0.01], no_data=[-1]),
                laspy.ExtraBytesParams("normal", "3f4", "unit"),
                laspy.ExtraBytesParams("反射率", "f8", ""),
            ]
        )

    file = las_file(tmp_path / f"x.{ending}", 3, form=6, change=more)
    las = laspy.read(file)
    las.points.array["height above"] = [100, -1, 250]
    las["normal"] = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    las["反射率"] = [0.5, 1e-9, -2]
    las.write(file)
    extra = points(file, frozenset({"extra"})).extra
    assert extra["height above"][[0, 2]] == pytest.approx([6.0, 7.5])
    assert np.isnan(extra["height above"][1])
    assert extra["normal"].tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert extra["反射率"].tolist() == [0.5, 1e-9, -2]
    given = Loaded(file)
    first, second, third = given.said["extra"]
    assert (first["no_data"], first["scale"], first["description"]) == ([-1], [0.01], "m")
    assert (second["type"], second["count"], third["name"]) == ("float32", 3, "反射率")
    assert given.measured["height above", "max"] == 7.5
    assert given.codes == []


def test_bytes_that_nothing_describes_are_kept_and_told(tmp_path: Path) -> None:
    def more(header: laspy.LasHeader) -> None:
        header.add_extra_dim(laspy.ExtraBytesParams("two", "u2"))

    file = las_file(tmp_path / "u.las", 5, form=6, change=more, two=np.arange(5))
    raw = file.read_bytes().replace(b"LASF_Spec\0", b"Nobody\0\0\0\0")
    file.write_bytes(raw)
    given = Loaded(file)
    assert given.codes == ["extra-bytes-undescribed"]
    kept = points(file).extra["ExtraBytes"]
    assert kept[:, 0].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("stored", "shown", "told"), [(200, 200, True), (51_200, 200, False)])
@pytest.mark.keeps("LAS", "appearance", "contradictions")
def test_colours_of_8_bits_in_16(tmp_path: Path, stored: int, shown: int, told: bool) -> None:
    bands = {c: np.full(500, stored) for c in ("red", "green", "blue")}
    file = las_file(tmp_path / "c.las", 500, form=7, **bands)
    chunk = points(file)
    assert chunk.rgb is not None
    assert set(chunk.rgb.ravel()) == {shown}
    assert ("rgb-8-bit" in Loaded(file).codes) == told


def test_dark_points_first_do_not_make_bright_ones_dark(tmp_path: Path) -> None:
    bands = {c: np.r_[np.zeros(500), np.full(500, 51_200)] for c in ("red", "green", "blue")}
    file = las_file(tmp_path / "d.las", 1000, form=7, **bands)
    held = list(pointcloud.stream(source(file), chunk=500))
    assert held[1].rgb is not None
    assert set(held[1].rgb.ravel()) == {200}


@pytest.mark.keeps("LAS", "relations")
def test_waveforms_are_described_and_counted(tmp_path: Path) -> None:
    import struct

    def more(header: laspy.LasHeader) -> None:
        data = struct.pack("<BBIIdd", 8, 0, 256, 1000, 0.5, -3.0)
        header.vlrs.append(laspy.VLR("LASF_Spec", 100, "wave 1", data))
        header.global_encoding.waveform_data_packets_external = True

    packets = np.array([0, 1, 1, 0, 1])
    file = las_file(
        tmp_path / "w.las", 5, version="1.4", form=9, change=more, wavepacket_index=packets
    )
    given = Loaded(file)
    assert given.said["waves"] == [
        {
            "index": 1,
            "bits": 8,
            "compression": 0,
            "samples": 256,
            "spacing_ps": 1000,
            "gain": 0.5,
            "offset": -3.0,
        }
    ]
    assert given.said["content"]["wave_packets"] == 3
    assert given.codes == ["waveforms-missing"]
    beside = tmp_path / "w.wdp"
    beside.write_bytes(b"\0" * 60)
    listing = {"w.las", "w.wdp", "other.las"}
    assert pointcloud.siblings("w.las", listing, file) == {"w.wdp"}
    assert Loaded(source(file, ("w.wdp",))).codes == []
