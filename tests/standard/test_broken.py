"""A package may contain anything: it loads, or a StandardError says where it does not."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.errors import StandardError
from cimkit.registry import data_folder
from cimkit.standard import load

CITY = data_folder("standards") / "city.linjiang"
FILES = {p.relative_to(CITY).as_posix(): p.read_bytes() for p in CITY.rglob("*") if p.is_file()}
PIECES = [b"", b"\xff", b"\x00", b'"', b",", b"\n", b"[", b"= 3\n", b"x = 1\n", b"'", b"{", b"0"]


def assert_loads_or_says_where(file: Path) -> None:
    error = None
    try:
        standard = load(file)
    except StandardError as caught:
        error = caught
    if error is None:
        assert len(standard.hash) == 32
    else:
        assert error.where or error.got


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from(sorted(FILES)),
    place=st.integers(0, 10**9),
    length=st.sampled_from([0, 1, 3, 40]),
    piece=st.sampled_from(PIECES),
)
def test_damage_anywhere_is_a_standard_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: int, length: int, piece: bytes
) -> None:
    at = place % (len(FILES[name]) + 1)
    damaged = FILES[name][:at] + piece + FILES[name][at + length :]
    file = tmp_path_factory.mktemp("z") / "city.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for other, content in FILES.items():
            archive.writestr(other, damaged if other == name else content)
    assert_loads_or_says_where(file)


@pytest.mark.parametrize(
    "line",
    [
        'class_fields = "class"',
        "status = 3",
        'extends = "cn.components@2007"',
        "titles = 5",
        "crs = 1",
        'crs.allowed = "EPSG:4490"',
        'acceptance.method = "scores"',
        'acceptance.veto = ["E"]',
        'acceptance.sample = ["20"]',
        'acceptance.sample = ["40:5", "20:3"]',
        'acceptance.weights."usability" = -1',
        "acceptance.deductions.F = 1",
        "acceptance.adjustment = 0",
        "acceptance.maximum = true",
        "jurisdiction.division = 509912",
        'jurisdiction.division = "5099"\n[code]\nsegments = [{ name = "division", length = 6 }, '
        '{ name = "major", length = 2 }, { name = "minor", length = 2 }, '
        '{ name = "sequence", length = 6 }]',
        'jurisdiction.polygon = "none.geojson"',
        'code.segments = [{ name = "a", length = "2" }]',
        "scheme = 3",
        "scheme = [{ id = 3 }]",
        'scheme = [{ id = "a", titles = { fr = "x" } }]',
        "unverified = []",
        'transition = "x"',
        "effective_from = 2026-01-01",
        'effective_to = "31.12.2026"',
        "code = []",
    ],
)
def test_keys_have_their_types(tmp_path: Path, line: str) -> None:
    titles = "" if line.startswith("titles") else 'titles.en = "p"\n'
    (tmp_path / "standard.toml").write_text(f'id = "p"\nedition = "1"\n{titles}{line}\n')
    with pytest.raises(StandardError) as caught:
        load(tmp_path)
    assert "standard.toml" in caught.value.where


def test_a_damaged_zip_is_a_standard_error(tmp_path: Path) -> None:
    file = tmp_path / "p.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    whole = file.read_bytes()
    luck = random.Random(7)
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(luck.randint(1, 40)):
            broken[luck.randrange(len(broken))] = luck.randrange(256)
        file.write_bytes(bytes(broken))
        assert_loads_or_says_where(file)
