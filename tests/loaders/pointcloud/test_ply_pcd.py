"""PLY and PCD: in text, in binary of both byte orders, compressed; fields of any name."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.lzf import unpack
from tests.loaders.pointcloud.made import Loaded, points, sure

FIELDS = [
    ("x", "double", "f8"),
    ("y", "double", "f8"),
    ("z", "float", "f4"),
    ("nx", "float", "f4"),
    ("red", "uchar", "u1"),
    ("green", "uint8", "u1"),
    ("blue", "uchar", "u1"),
    ("scalar_Intensity", "ushort", "u2"),
    ("scalar_Classification", "char", "i1"),
    ("温度", "int", "i4"),
]
ROWS = [
    (500_000.123456, 3_272_000.5, 10.5, 1.0, 1, 2, 3, 40_000, 6, -7),
    (500_001.0, 3_272_001.0, 11.5, 0.0, 255, 128, 0, 1, 2, 70_000),
]


def ply(style: str, rows: list[tuple[float, ...]], *, faces: bool = False) -> bytes:
    order = ">" if "big" in style else "<"
    head = f"ply\nformat {style} 1.0\ncomment made here\nelement camera 1\nproperty float f\n"
    head += "property list uchar int ids\n"
    head += f"element vertex {len(rows)}\n" + "".join(f"property {t} {n}\n" for n, t, _ in FIELDS)
    head += "element face 1\nproperty list uchar int vertex_indices\n" if faces else ""
    head += "end_header\n"
    if style == "ascii":
        body = "0.5 2 7 8\n" + "".join(" ".join(map(str, r)) + "\n" for r in rows)
        return (head + body + ("3 0 1 0\n" if faces else "")).encode()
    kind = np.dtype([(n, order + k) for n, _, k in FIELDS])
    raw = struct.pack(f"{order}fB2i", 0.5, 2, 7, 8) + np.array(rows, kind).tobytes()
    return head.encode() + raw + (struct.pack(f"{order}B3i", 3, 0, 1, 0) if faces else b"")


@pytest.mark.keeps("PLY", "geometry", "z", "attributes", "appearance", "exact", "text", "semantics")
@pytest.mark.parametrize("style", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_of_all_styles(tmp_path: Path, style: str) -> None:
    file = tmp_path / "a.ply"
    file.write_bytes(ply(style, ROWS))
    assert sure(file) > 80
    chunk = points(file)
    assert chunk.xyz.tolist() == [[r[0], r[1], r[2]] for r in ROWS]
    assert chunk.rgb is not None
    assert chunk.rgb.tolist() == [[1, 2, 3], [255, 128, 0]]
    assert chunk.intensity is not None
    assert chunk.intensity.tolist() == [40_000, 1]
    assert chunk.classification is not None
    assert chunk.classification.tolist() == [6, 2]
    assert chunk.extra["温度"].tolist() == [-7, 70_000]
    assert chunk.extra["nx"].tolist() == [1, 0]
    given = Loaded(file)
    assert given.asset.kind == "pointcloud"
    assert given.asset.counts == {"points": 2, "camera": 1}
    assert given.said["encoding"] == style
    assert given.said["comments"] == ["made here"]
    assert given.codes == []


@pytest.mark.keeps("PLY", "relations", "statistics")
@pytest.mark.parametrize("style", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_with_faces_it_is_a_mesh(tmp_path: Path, style: str) -> None:
    file = tmp_path / "m.ply"
    file.write_bytes(ply(style, ROWS, faces=True))
    given = Loaded(file)
    assert (given.asset.kind, given.asset.counts["faces"]) == ("mesh", 1)
    assert given.row["kind"] == "mesh"
    assert given.measured["point_count", "all"] == 2


def test_line_ends_of_windows_and_old_macs(tmp_path: Path) -> None:
    text = ply("ascii", ROWS)
    for end in (b"\r\n", b"\r"):
        file = tmp_path / "e.ply"
        file.write_bytes(text.replace(b"\n", end))
        if end == b"\r":
            assert sure(file) > 80
        else:
            assert len(points(file).xyz) == 2


def test_vertices_with_lists(tmp_path: Path) -> None:
    head = "ply\nformat {} 1.0\nelement vertex 2\nproperty float x\nproperty list uchar float w\n"
    head += "property float y\nproperty float z\nend_header\n"
    file = tmp_path / "l.ply"
    file.write_text(head.format("ascii") + "1 2 9 9 2 3\n4 0 5 6\n")
    assert points(file).xyz.tolist() == [[1, 2, 3], [4, 5, 6]]
    raw = struct.pack("<fB4f", 1, 2, 9, 9, 2, 3) + struct.pack("<fB2f", 4, 0, 5, 6)
    file.write_bytes(head.format("binary_little_endian").encode() + raw)
    assert points(file).xyz.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.keeps("PLY", "damage", "contradictions")
@pytest.mark.parametrize("style", ["ascii", "binary_little_endian"])
def test_ply_cut_off(tmp_path: Path, style: str) -> None:
    file = tmp_path / "c.ply"
    whole = ply(style, ROWS * 50)
    for tenth in range(10):
        file.write_bytes(whole[: len(whole) * tenth // 10])
        if b"end_header\n" not in file.read_bytes():
            with pytest.raises(SourceUnreadable):
                Loaded(file)
        else:
            assert {"points-truncated", "lines-unreadable"} & set(Loaded(file).codes)


@pytest.mark.parametrize(
    "line", ["property double", "property quad x", "element vertex many", "format xml 1.0"]
)
def test_ply_headers_that_are_none(tmp_path: Path, line: str) -> None:
    file = tmp_path / "b.ply"
    file.write_text(
        f"ply\nformat ascii 1.0\n{line}\nelement point 1\n{line}\nproperty float u\nend_header\n1\n"
    )
    with pytest.raises(SourceUnreadable):
        Loaded(file)


PCD = [
    ("x", 4, "F", 1),
    ("y", 8, "F", 1),
    ("z", 4, "F", 1),
    ("_", 1, "U", 3),
    ("rgb", 4, "F", 1),
    ("intensity", 4, "F", 1),
    ("label", 2, "U", 1),
    ("histogram", 4, "F", 2),
]


def _packed(plain: bytes) -> bytes:
    """LZF of literals only, and one repetition in front where there can be one."""
    out = b""
    for first in range(0, len(plain), 32):
        piece = plain[first : first + 32]
        out += bytes([len(piece) - 1]) + piece
    return out


def pcd(style: str, version: str = "0.7", *, extra: str = "") -> bytes:
    kind = np.dtype(
        [
            (f"{n}{i}", f"<{t.lower()}{s}", (c,)) if c > 1 else (f"{n}{i}", f"<{t.lower()}{s}")
            for i, (n, s, t, c) in enumerate(PCD)
        ]
    )
    color = np.array([0x00FF8001, 0x00010203], np.uint32).view(np.float32)
    rows = np.zeros(2, kind)
    for i, row in enumerate(
        [(1.5, 3_272_000.25, 3, 0, color[0], 0.5, 6, (1, 2)), (4, 5, 6, 0, color[1], 0.25, 2, 3)]
    ):
        rows[i] = row
    head = f"# .PCD v{version}\nVERSION {version}\n"
    head += "FIELDS " + " ".join(p[0] for p in PCD) + "\n"
    for word, i in (("SIZE", 1), ("TYPE", 2), ("COUNT", 3)):
        head += f"{word} " + " ".join(str(p[i]) for p in PCD) + "\n"
    head += "WIDTH 2\nHEIGHT 1\n" + extra + f"POINTS 2\nDATA {style}\n"
    if style == "ascii":
        lines = [
            "1.5 3272000.25 3 0 0 0 " + repr(float(color[0])) + " 0.5 6 1 2",
            "4 5 6 0 0 0 " + repr(float(color[1])) + " 0.25 2 3 3",
        ]
        return (head + "\n".join(lines) + "\n").encode()
    if style == "binary":
        return head.encode() + rows.tobytes()
    plain = b"".join(np.ascontiguousarray(rows[n]).tobytes() for n in kind.names or ())
    packed = _packed(plain)
    return head.encode() + struct.pack("<II", len(packed), len(plain)) + packed


@pytest.mark.keeps("PCD", "geometry", "z", "attributes", "appearance", "exact", "semantics")
@pytest.mark.parametrize("style", ["ascii", "binary", "binary_compressed"])
@pytest.mark.parametrize("version", ["0.5", ".6", "0.7"])
def test_pcd_of_all_styles(tmp_path: Path, style: str, version: str) -> None:
    file = tmp_path / "a.pcd"
    file.write_bytes(pcd(style, version, extra="VIEWPOINT 1 2 3 0 0 1 0\n"))
    assert sure(file) > 80
    chunk = points(file)
    assert chunk.xyz.tolist() == [[1.5, 3_272_000.25, 3], [4, 5, 6]]
    assert chunk.rgb is not None
    assert chunk.rgb.tolist() == [[255, 128, 1], [1, 2, 3]]
    assert chunk.classification is not None
    assert chunk.classification.tolist() == [6, 2]
    assert chunk.extra["histogram"].tolist() == [[1, 2], [3, 3]]
    given = Loaded(file)
    assert given.asset.format == f"PCD {'0.6' if version == '.6' else version}"
    assert given.said["viewpoint"]["translation"] == [1, 2, 3]
    assert given.codes == []


@pytest.mark.keeps("PCD", "relations", "contradictions", "statistics")
def test_an_organised_cloud_with_holes(tmp_path: Path) -> None:
    file = tmp_path / "o.pcd"
    head = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 2\nHEIGHT 2\n"
    file.write_text(head + "POINTS 4\nDATA ascii\n1 2 3\nnan nan nan\n4 5 6\n7 8 9\n")
    given = Loaded(file)
    assert given.said["organised"] == [2, 2]
    assert given.codes == ["points-without-place"]
    assert given.measured["point_count", "all"] == 3
    file.write_text(head + "POINTS 5\nDATA ascii\n" + "1 2 3\n" * 5)
    assert Loaded(file).codes == ["point-count-contradiction"]


@pytest.mark.keeps("PCD", "damage")
@pytest.mark.parametrize("style", ["ascii", "binary", "binary_compressed"])
def test_pcd_cut_off(tmp_path: Path, style: str) -> None:
    file = tmp_path / "c.pcd"
    whole = pcd(style)
    start = whole.index(b"DATA") + 24
    for at in range(start, len(whole) - 3, 5):
        file.write_bytes(whole[:at])
        assert {"points-truncated", "lines-unreadable"} & set(Loaded(file).codes)


@pytest.mark.parametrize("field", ["SIZE 4 4", "TYPE Q F F", "SIZE 3 4 4", "COUNT -1 1 1"])
def test_pcd_headers_that_are_none(tmp_path: Path, field: str) -> None:
    file = tmp_path / "b.pcd"
    file.write_text(f"VERSION 0.7\nFIELDS x y z\n{field}\nWIDTH 1\nHEIGHT 1\nDATA ascii\n1 2 3\n")
    with pytest.raises(SourceUnreadable):
        Loaded(file)


@for_all(st.binary(max_size=200), st.integers(0, 300))
def test_lzf_never_breaks(data: bytes, size: int) -> None:
    assert len(unpack(data, size)) <= size


@for_all(st.binary(min_size=1, max_size=300))
def test_lzf_literals_come_back(data: bytes) -> None:
    assert unpack(_packed(data), len(data)) == data


def test_lzf_repeats_what_overlaps() -> None:
    assert unpack(bytes([0]) + b"a" + bytes([0x60, 0]), 6) == b"aaaaaa"
    assert unpack(bytes([0]) + b"a" + bytes([0xE0, 3, 0]), 13) == b"a" * 13
