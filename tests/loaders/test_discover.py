"""Every delivered file is found, recognised or accounted for."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cimkit.errors import SourceUnreadable, UsageError
from cimkit.loaders import Discovery, discover, open_source
from cimkit.loaders._delivery import unpack as unpacking
from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.loaders._delivery.job import content_sha256
from cimkit.loaders._delivery.unpack import unpack

POINT = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},'
POINT += b'"geometry":{"type":"Point","coordinates":[106.5,29.5]}}]}'


def find(tmp_path: Path, *paths: Path) -> Discovery:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return discover(paths or [tmp_path / "in"], scratch)


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def everything(found: Discovery) -> list[str]:
    return sorted(p for s in found.sources for p in (s.path, *s.members))


def test_every_file_belongs_to_exactly_one_source(tmp_path: Path, delivered: Path) -> None:
    names = ["a.geojson", "b/readme.txt", "b/unknown.xyz1", "b/.DS_Store", "c/empty.shp"]
    for name, data in zip(
        names, [POINT, b"text", b"\x00\x01\x02\xff" * 9, b"\0\0\0\1Bud1", b""], strict=True
    ):
        (delivered / name).parent.mkdir(exist_ok=True)
        (delivered / name).write_bytes(data)
    found = find(tmp_path)
    assert everything(found) == sorted(names)
    loaders = {s.path: s.loader for s in found.sources}
    assert loaders["a.geojson"] == "vector"
    assert loaders["b/readme.txt"] == "document"
    assert loaders["b/unknown.xyz1"] is None
    assert found.reasons["b/.DS_Store"].severity == "info"
    assert found.reasons["c/empty.shp"].severity == "error"


def test_content_decides_and_not_the_suffix(tmp_path: Path, delivered: Path) -> None:
    (delivered / "model.ifc").write_bytes(POINT)
    assert find(tmp_path).sources[0].loader == "vector"


def test_a_shapefile_is_one_source_whatever_the_case(tmp_path: Path, delivered: Path) -> None:
    head = b"\x00\x00\x27\x0a" + bytes(96)
    for name in ("A.SHP", "A.DBF", "A.SHX", "A.PRJ", "a.qml"):
        (delivered / name).write_bytes(head)
    found = find(tmp_path)
    shape = next(s for s in found.sources if s.path == "A.SHP")
    assert set(shape.members) == {"A.DBF", "A.PRJ", "A.SHX"}
    assert everything(found) == sorted(["A.SHP", "A.DBF", "A.SHX", "A.PRJ", "a.qml"])


def test_archives_are_opened_and_archives_in_them(tmp_path: Path, delivered: Path) -> None:
    inner = zipped(**{"deep/p.geojson": POINT})
    (delivered / "outer.zip").write_bytes(zipped(**{"inner.zip": inner, "r.txt": b"hello"}))
    (delivered / "q.geojson.gz").write_bytes(gzip.compress(POINT))
    with tarfile.open(delivered / "t.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("x/p.geojson")
        member.size = len(POINT)
        tar.addfile(member, io.BytesIO(POINT))
    found = find(tmp_path)
    assert everything(found) == [
        "outer.zip/inner.zip/deep/p.geojson",
        "outer.zip/r.txt",
        "q.geojson.gz/q.geojson",
        "t.tar.gz/x/p.geojson",
    ]
    assert all(s.file.is_file() for s in found.sources)


def test_members_never_leave_their_folder(tmp_path: Path, delivered: Path) -> None:
    (delivered / "evil.zip").write_bytes(
        zipped(
            **{"../../escaped.txt": b"x", "/abs.txt": b"x", "C:/win.txt": b"x", "ok.txt": b"fine"}
        )
    )
    found = find(tmp_path)
    assert not list(tmp_path.rglob("escaped.txt"))
    lost = [s.path for s in found.sources if found.reasons.get(s.path)]
    assert len(lost) == 3
    assert {found.reasons[p].code for p in lost} == {"unsafe-name"}
    assert "evil.zip/ok.txt" in everything(found)


def test_other_packers(tmp_path: Path, delivered: Path) -> None:
    import bz2
    import lzma

    import py7zr

    (tmp_path / "p.geojson").write_bytes(POINT)
    with py7zr.SevenZipFile(delivered / "a.7z", "w") as archive:
        archive.writestr(POINT, "deep/路灯.geojson")
        archive.writestr(b"", "deep/empty.txt")
        archive.writestr(POINT, "q.geojson")
    (delivered / "b.geojson.xz").write_bytes(lzma.compress(POINT))
    (delivered / "c.geojson.bz2").write_bytes(bz2.compress(POINT))
    with tarfile.open(delivered / "d.tar.xz", "w:xz") as tar:
        tar.add(tmp_path / "p.geojson", "x/p.geojson")
    found = find(tmp_path)
    assert everything(found) == [
        "a.7z/deep/empty.txt",
        "a.7z/deep/路灯.geojson",
        "a.7z/q.geojson",
        "b.geojson.xz/b.geojson",
        "c.geojson.bz2/c.geojson",
        "d.tar.xz/x/p.geojson",
    ]
    read = {s.path: s.file.read_bytes() for s in found.sources}
    assert {p for p, data in read.items() if data == POINT} == set(read) - {"a.7z/deep/empty.txt"}
    with open_source(delivered, "a.7z/deep/路灯.geojson") as source:
        assert source.file.read_bytes() == POINT


def test_7z_that_is_encrypted_or_damaged(tmp_path: Path, delivered: Path) -> None:
    import py7zr

    with py7zr.SevenZipFile(delivered / "locked.7z", "w", password="x") as archive:
        archive.writestr(POINT, "p.geojson")
    packed = tmp_path / "whole.7z"
    with py7zr.SevenZipFile(packed, "w") as archive:
        archive.writestr(bytes(range(256)) * 400, "p.bin")
    whole = packed.read_bytes()
    for tenth in range(1, 10):
        (delivered / f"cut{tenth}.7z").write_bytes(whole[: len(whole) * tenth // 10])
    found = find(tmp_path)
    assert found.reasons["locked.7z"].severity == "error"
    assert "encrypted" in found.reasons["locked.7z"].message
    cut = [s.path for s in found.sources if s.path.startswith("cut")]
    assert len(cut) == 9
    assert {found.reasons[p].code for p in cut} == {"archive-unreadable"}


def test_a_7z_bomb_is_refused(
    tmp_path: Path, delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import py7zr

    monkeypatch.setattr(unpacking, "FREE_BYTES", 2**20)
    with py7zr.SevenZipFile(delivered / "bomb.7z", "w") as archive:
        archive.writestr(bytes(20 * 2**20), "zeros.bin")
    found = find(tmp_path)
    assert [s.path for s in found.sources] == ["bomb.7z"]
    assert "beyond all measure" in found.reasons["bomb.7z"].message
    assert not list((tmp_path / "scratch").rglob("zeros.bin"))


def test_folders_deeper_than_functions_may_be(tmp_path: Path, delivered: Path) -> None:
    deepest = os.open(delivered, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=deepest)
        inner = os.open("d", os.O_RDONLY, dir_fd=deepest)
        os.close(deepest)
        deepest = inner
    with os.fdopen(os.open("a.txt", os.O_WRONLY | os.O_CREAT, dir_fd=deepest), "w") as out:
        out.write("text")
    os.close(deepest)
    try:
        found = find(tmp_path)
    finally:  # which cleaning up after a test may not manage
        subprocess.run(["rm", "-r", delivered], check=True)
    assert [s.path for s in found.sources] == ["d/" * 1_500 + "a.txt"]


def test_a_folder_with_the_name_of_a_file(tmp_path: Path, delivered: Path) -> None:
    (delivered / "empty.tif").mkdir()
    (delivered / "full.shp").mkdir()
    (delivered / "full.shp" / "p.geojson").write_bytes(POINT)
    (delivered / "lost.gdb").mkdir()
    found = find(tmp_path)
    assert {p: found.reasons[p].severity for p in found.reasons} == {
        "empty.tif": "error",
        "full.shp": "info",
        "lost.gdb": "error",
    }
    assert {r.code for r in found.reasons.values()} == {"folder-not-file"}
    assert "full.shp/p.geojson" in everything(found)


def test_a_folder_that_may_not_be_opened(
    tmp_path: Path, delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (delivered / "closed").mkdir()
    (delivered / "p.geojson").write_bytes(POINT)
    scan = os.scandir

    def refuse(path: Path) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find(tmp_path)
    assert everything(found) == ["closed", "p.geojson"]
    assert found.reasons["closed"].code == "unreadable"
    assert found.reasons["closed"].severity == "error"


def test_a_bomb_is_refused_and_leaves_nothing(
    tmp_path: Path, delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 2**20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.bin", bytes(20 * 2**20))
    (delivered / "bomb.zip").write_bytes(out.getvalue())
    found = find(tmp_path)
    assert [s.path for s in found.sources] == ["bomb.zip"]
    assert found.reasons["bomb.zip"].severity == "error"
    assert not list((tmp_path / "scratch").rglob("zeros.bin"))


def test_bombs_in_an_archive_share_what_it_may_give(
    tmp_path: Path, delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each by itself is within measure; all of them together are not."""
    monkeypatch.setattr(unpacking, "FREE_BYTES", 2**20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.bin", bytes(900_000))
    zeros = out.getvalue()
    (delivered / "bombs.zip").write_bytes(zipped(**{f"{n}.zip": zeros for n in range(9)}))
    (delivered / "good.zip").write_bytes(zipped(**{"a.geojson": POINT}))
    found = find(tmp_path)
    refused = [p for p in found.reasons if found.reasons[p].severity == "error"]
    assert len(refused) >= 6
    assert all(p.startswith("bombs.zip/") for p in refused)
    held = sum(f.stat().st_size for f in (tmp_path / "scratch").rglob("zeros.bin"))
    assert held < 3 * 900_000
    assert "good.zip/a.geojson" in [s.path for s in found.sources if s.loader]


def test_archives_are_not_opened_without_end(tmp_path: Path, delivered: Path) -> None:
    data = POINT
    for _ in range(7):
        data = zipped(**{"n.zip" if data[:2] == b"PK" else "p.geojson": data})
    (delivered / "n.zip").write_bytes(data)
    found = find(tmp_path)
    assert len(found.sources) == 1
    assert found.reasons[found.sources[0].path].code == "archive-not-opened"


@pytest.mark.parametrize("encoding", ["gbk", "cp932", "utf-8"])
def test_member_names_come_out_as_they_were_meant(
    tmp_path: Path, delivered: Path, encoding: str
) -> None:
    name = {"gbk": "渝中区/路灯表.txt", "cp932": "東京都/建物ソ表.txt", "utf-8": "路灯.txt"}[
        encoding
    ]
    raw = name.encode(encoding)
    archive = bytearray(zipped(**{"x" * len(raw): b"text"}))
    at = -1
    while (at := archive.find(b"x" * len(raw), at + 1)) >= 0:
        archive[at : at + len(raw)] = raw
    (delivered / "a.zip").write_bytes(bytes(archive))
    assert everything(find(tmp_path)) == [f"a.zip/{name}"]


def test_broken_archives_lose_only_themselves(tmp_path: Path, delivered: Path) -> None:
    good = zipped(**{"a.txt": b"aaaa" * 50, "b.txt": b"bbbb"})
    broken = bytearray(good)
    broken[40:44] = b"ZZZZ"  # inside the first member's data: its checksum fails
    (delivered / "member.zip").write_bytes(bytes(broken))
    (delivered / "cut.zip").write_bytes(good[: len(good) // 2])
    (delivered / "cut.gz").write_bytes(gzip.compress(os.urandom(999))[:200])
    found = find(tmp_path)
    assert found.reasons["member.zip/a.txt"].code == "member-unreadable"
    assert "member.zip/b.txt" in everything(found)
    assert found.reasons["cut.zip"].code == "archive-unreadable"
    assert any(p.startswith("cut.gz") for p in found.reasons)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_to_a_zip_raises_nothing_but_our_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    raw = bytearray(zipped(**{"路灯.geojson": POINT, "b/c.txt": b"x" * 40}))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=8)):
        raw[at] = data.draw(st.integers(0, 255))
    (folder / "a.zip").write_bytes(raw)
    with contextlib.suppress(SourceUnreadable):
        list(unpack(folder / "a.zip", "zip", folder / "out"))


def test_one_bad_member_does_not_cost_the_others(tmp_path: Path, delivered: Path) -> None:
    raw = zipped(**{"a.geojson": POINT, "b" * 300 + ".geojson": POINT, "c.geojson": POINT})
    torn = raw.replace(b"PK\x03\x04", b"PK\x03\x05", 1)
    (delivered / "x.zip").write_bytes(b"PK\x03\x04" + bytes(30) + torn)
    found = find(tmp_path)
    loaders = {s.path: s.loader for s in found.sources}
    assert loaders["x.zip/c.geojson"] == "vector"
    assert loaders["x.zip/a.geojson"] is None
    assert loaders["x.zip/" + "b" * 300 + ".geojson"] is None
    assert {p.severity for p in found.reasons.values()} == {"error"}


def test_a_catalogue_is_no_delivery(tmp_path: Path, delivered: Path) -> None:
    (delivered / "a.geojson").write_bytes(POINT)
    (delivered / "city" / "lake").mkdir(parents=True)
    (delivered / "city" / "cimkit.toml").write_text("")
    (delivered / "city" / "lake" / "metadata.sqlite").write_bytes(b"")
    (delivered / "city" / "b.geojson").write_bytes(POINT)
    found = find(tmp_path)
    assert [(s.path, s.loader) for s in found.sources] == [("a.geojson", "vector"), ("city", None)]
    assert found.reasons["city"].severity == "info"
    with pytest.raises(UsageError, match="catalogue"):
        find(tmp_path, delivered / "city")


def test_links_and_odd_things_are_accounted_for(tmp_path: Path, delivered: Path) -> None:
    (delivered / "gone").symlink_to(tmp_path / "nowhere")
    (delivered / "loop").symlink_to(delivered)
    (delivered / "zeros").symlink_to("/dev/zero")
    os.mkfifo(delivered / "pipe")
    found = find(tmp_path)
    assert everything(found) == ["gone", "loop", "pipe", "zeros"]
    assert all(s.loader is None for s in found.sources)
    assert {content_sha256(s.file) for s in found.sources} == {""}  # or it would never end


def test_names_on_disk_that_are_not_utf8(tmp_path: Path, delivered: Path) -> None:
    raw = os.fsencode(str(delivered)) + b"/" + "路灯建筑表.geojson".encode("gbk")
    Path(os.fsdecode(raw)).write_bytes(POINT)
    found = find(tmp_path)
    assert everything(found) == ["路灯建筑表.geojson"]
    with open_source(delivered, "路灯建筑表.geojson") as source:
        assert source.file.read_bytes() == POINT


def test_line_breaks_and_escapes_in_names(tmp_path: Path, delivered: Path) -> None:
    for name in ("a\nb.geojson", "c\x1b[31m.geojson"):
        (delivered / name).write_bytes(POINT)
    (delivered / "last.zip").write_bytes(bytes(range(256)))
    found = find(tmp_path)
    assert everything(found) == ["a\ufffdb.geojson", "c\ufffd[31m.geojson", "last.zip"]
    assert [s.file.read_bytes() == POINT for s in found.sources] == [True, True, False]
    assert not any(c in str(s.file) for s in found.sources for c in "\n\x1b")
    assert found.reasons["last.zip"].severity == "error"


def test_a_file_alone_and_several_folders(tmp_path: Path) -> None:
    for name in ("one/a.geojson", "two/b.geojson"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(POINT)
    assert everything(find(tmp_path, tmp_path / "one" / "a.geojson")) == ["a.geojson"]
    found = find(tmp_path, tmp_path / "one", tmp_path / "two", tmp_path / "one" / "a.geojson")
    assert everything(found) == ["one/a.geojson", "two/b.geojson"]
    with pytest.raises(UsageError):
        find(tmp_path, tmp_path / "three")


def test_a_source_in_an_archive_is_opened_again(tmp_path: Path, delivered: Path) -> None:
    inner = zipped(**{"p.geojson": POINT})
    (delivered / "outer.zip").write_bytes(zipped(**{"d/inner.zip": inner}))
    path = "outer.zip/d/inner.zip/p.geojson"
    with open_source(delivered, path) as source:
        assert source.file.read_bytes() == POINT
    with (
        pytest.raises(SourceUnreadable, match="no longer those"),
        open_source(delivered, path, sha256="0" * 64),
    ):
        pass
    with (
        pytest.raises(SourceUnreadable, match="no longer there"),
        open_source(delivered, "outer.zip/other.geojson"),
    ):
        pass


HANZI = "市区路号楼建筑大小学校医院公园河江山东西南北中新城国家名称编码高度"


@settings(deadline=None)
@given(st.text(alphabet=HANZI, min_size=4))
def test_common_chinese_is_told_from_its_bytes(text: str) -> None:
    raw = text.encode("gbk")
    assume(not decodes(raw, "utf-8"))  # 小校 is also СУ: no one could tell
    assert detect(raw) == "gb18030"
    assert detect(text.encode()) == "utf-8"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("國立故宮博物院臺北市士林區至善路", "big5"),
        ("神奈川県横浜市西区みなとみらい", "cp932"),
        ("東京都千代田区丸の内一丁目", "cp932"),
        ("建国路与人民大街交叉口路灯", "gb18030"),
        ("Münchner Straße, Orléans, São Paulo", "cp1252"),
        ("plain", "ascii"),
    ],
)
def test_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert detect(text.encode(encoding)) == encoding


@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding_that_decodes_them(data: bytes) -> None:
    data.decode(detect(data))


@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=400), tail=st.sampled_from([b"", b"PK\x05\x06" + bytes(18)]))
def test_garbage_archives_raise_nothing_but_our_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, tail: bytes
) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    (folder / "a").write_bytes(struct.pack("<I", 0x04034B50) + data + tail)
    with contextlib.suppress(SourceUnreadable):
        list(unpack(folder / "a", "zip", folder / "out"))
