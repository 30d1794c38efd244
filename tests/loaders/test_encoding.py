"""Encodings: by their bytes, and by the names found in the wild."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.loaders import ReadOptions
from cimkit.loaders._delivery.encoding import detect, fits, named, superset
from cimkit.loaders._layers.text import settle
from cimkit.model import Declaration, Source


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("서울특별시 강남구 테헤란로 가로등", "euc_kr", "cp949"),
        ("横浜市西区みなとみらい 街路灯", "euc_jp", "euc_jp"),
        ("横浜市西区みなとみらい 街路灯", "cp932", "cp932"),
        ("编号,经度,纬度", "utf-16-le", "utf-16-le"),
        ("编号,经度,纬度", "utf-16-be", "utf-16-be"),
        ("标识码,名称", "utf-16", "utf-16"),
        ("標識碼 名稱 臺北市", "big5", "big5"),
        ("道路名称", "gbk", "gb18030"),
        ("Straße in Köln", "latin-1", "cp1252"),
    ],
)
def test_bytes_tell_their_encoding(text: str, encoding: str, told: str) -> None:
    assert detect(text.encode(encoding)) == told


def test_fields_cut_within_a_character_do_not_mislead() -> None:
    lines = [t.encode("gbk")[:-1] for t in ("建设用地", "规划道路", "人民大街")]
    assert detect(b"\n".join(lines)) != "gb18030"
    assert detect(b"\n".join(lines), cut=True) == "gb18030"
    assert fits(b"\n".join(lines), "gbk")
    assert not fits(b"\n".join(lines), "utf-8")
    assert not fits(b"x", "no such thing")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("ANSI 936", "gbk"),
        ("ansi_936", "gbk"),
        ("54936", "gb18030"),
        ("UTF8", "utf-8"),
        ("SHIFT-JIS", "shift_jis"),
        ("dos932", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("Big-5", "big5"),
        ("8859_15", "iso8859-15"),
        ("WindowsSimpChinese", "gbk"),
        ("OEM", None),
        ("nonsense", None),
        ("\0", None),
    ],
)
def test_names_found_in_the_wild(said: str, name: str | None) -> None:
    assert named(said) == name


@given(st.text())
def test_any_name_is_known_or_not(said: str) -> None:
    name = named(said)
    assert name is None or b"".decode(superset(name)) == ""


def test_who_said_so() -> None:
    source, text = Source("a.shp", Path("a.shp")), "建国路人民大街".encode("gbk")
    assert settle(text, "ANSI 936", source, ReadOptions()).origin == "declared"
    told = settle(text, "1252", source, ReadOptions())
    assert (told.name, told.origin) == ("gb18030", "detected")
    assert told.problem is not None
    assert told.problem.proposal == (("encoding", "gb18030"),)
    wrong = settle(text, "utf-8", source, ReadOptions())
    assert wrong.problem is not None
    assert wrong.problem.code == "encoding-contradiction"
    sheet = settle(text, "utf-8", source, ReadOptions(Declaration(encoding="gbk")))
    assert (sheet.name, sheet.reads, sheet.origin, sheet.problem) == (
        "gbk",
        "gb18030",
        "sheet",
        None,
    )
