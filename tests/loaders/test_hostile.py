"""Damaged and hostile files of every format, read as a delivery is read."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cimkit.loaders import Staged, probe, stage
from tests.loaders.seeds import BUILDING, CITYGML, GPX, KML, PLACEMARK, TRKPT, write_seeds

SAID_BY_ITSELF = {"drive.gpx"}  # what is left of it may be whole in itself


def fingerprint(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        p.relative_to(folder).as_posix(): (
            hashlib.sha256(p.read_bytes()).hexdigest(),
            p.stat().st_mtime_ns,
        )
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[Staged]]]:
    """Each format whole, cut at every tenth, with flipped bits, and empty; read at once."""
    base = tmp_path_factory.mktemp("hostile")
    names = write_seeds(base / "seeds")
    delivered = base / "in"
    chance = random.Random(7)
    for name in names:
        data = (base / "seeds" / name).read_bytes()
        for folder, content in {
            "whole": data,
            "empty": b"",
            **{f"cut{tenth}": data[: len(data) * tenth // 10] for tenth in range(1, 10)},
            **{f"flip{n}": _flipped(data, chance, n) for n in range(4)},
        }.items():
            (delivered / folder).mkdir(parents=True, exist_ok=True)
            (delivered / folder / name).write_bytes(content)
    before = fingerprint(delivered)
    found: dict[str, list[Staged]] = {}
    for one in stage([delivered], base / "staging", jobs=2):
        found.setdefault(one.asset.path.split("/")[0], []).append(one)
    assert fingerprint(delivered) == before
    return delivered, found


def _flipped(data: bytes, chance: random.Random, n: int) -> bytes:
    out = bytearray(data)
    for _ in range(10**n):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def test_sound_files_are_read(damaged: tuple[Path, dict[str, list[Staged]]]) -> None:
    delivered, found = damaged
    assert {s.asset.status for s in found["whole"] if s.asset.kind != "document"} == {"ok"}
    assert len(found["whole"]) >= len(list((delivered / "whole").iterdir()))


def test_every_damaged_file_has_a_status_and_a_reason(
    damaged: tuple[Path, dict[str, list[Staged]]],
) -> None:
    for folder, staged in damaged[1].items():
        for one in staged:
            asset = one.asset
            codes = [p.code for p in asset.problems]
            assert "loader-failed" not in codes, (asset.path, asset.problems)
            if asset.status == "refused":
                assert [p for p in asset.problems if p.severity == "error" and p.message]
            if folder == "empty":
                assert asset.status != "ok", asset.path


def test_what_was_cut_is_told(damaged: tuple[Path, dict[str, list[Staged]]]) -> None:
    silent = [
        one.asset.path
        for folder, staged in damaged[1].items()
        if folder.startswith("cut")
        for one in staged
        if one.asset.status == "ok"
        and not one.asset.problems
        and not one.asset.path.endswith(tuple(SAID_BY_ITSELF))
    ]
    assert silent == []


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha ha ha ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


def test_entities_of_xml_neither_grow_nor_read(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    outside = f'<!DOCTYPE l [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    forms = {
        "a.gml": CITYGML % (BUILDING % 1).replace(">10<", ">%s<"),
        "b.kml": KML % (PLACEMARK % 1).replace("p1", "%s"),
        "c.gpx": GPX % (TRKPT % 1).replace(">200<", ">%s<"),
    }
    for name, form in forms.items():
        first, _, rest = form.partition("?>")
        (folder / f"laughs-{name}").write_text(f"{first}?>{LAUGHS}]>{rest % '&j;'}")
        (folder / f"outside-{name}").write_text(f"{first}?>{outside}{rest % '&x;'}")
    staging = tmp_path / "staging"
    for one in stage([folder], staging, jobs=1):
        assert "xml-entities" in {p.code for p in one.asset.problems}, one.asset.path
        assert "TOPSECRET" not in json.dumps(one.asset.to_json())
        for file in one.folder.glob("*.parquet") if one.folder else ():
            assert "TOPSECRET" not in str(pq.read_table(file).to_pylist())
    assert sum(p.stat().st_size for p in staging.rglob("*") if p.is_file()) < 2**20


def test_json_nested_without_end(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    deep = "[" * 100_000
    for name, start in {
        "a.geojson": '{"type":"FeatureCollection","features":',
        "b.city.json": '{"type":"CityJSON","version":"2.0","CityObjects":',
        "tileset.json": '{"asset":{"version":"1.1"},"geometricError":1,"root":',
        "d.gltf": '{"asset":{"version":"2.0"},"nodes":',
        "e.json": '{"stac_version":"1.0.0","type":"Feature","properties":',
        "f.jsonl": '{"type":"CityJSON","version":"2.0","CityObjects":',
        "g.json": "",
    }.items():
        (folder / name).write_text(start + deep)
        (folder / f"closed-{name}").write_text(f"{start}{deep}{']' * 100_000}{'}' * bool(start)}")
    for asset in probe([folder], depth="full", jobs=2):
        assert asset.status != "ok" or asset.problems, asset.path
        assert not {"loader-failed", "worker-crashed", "worker-timeout"} & {
            p.code for p in asset.problems
        }, (asset.path, asset.problems)
