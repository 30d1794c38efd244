"""The checks as rules: through the pipe, in three languages, one opening for all."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cimkit
from cimkit.checks import gltf_valid, tileset_valid
from cimkit.checks._tiles3d.issues import SUBJECTS
from cimkit.checks._tiles3d.words import WORDS
from cimkit.errors import StandardError
from cimkit.model import Source

from .conftest import tileset

REGION = {"region": [1.8587, 0.5161, 1.8588, 0.5162, 190, 260]}


def placed(**more: Any) -> dict[str, Any]:
    return tileset(boundingVolume=REGION, **more)


def inspected(file: Path, subject: str, **more: Any) -> list[dict[str, Any]]:
    item = {"item_id": "i", "sha256": file.read_bytes().hex()}
    said = {"subject": subject, "contents": 0, "least": "info", **more}
    rows: list[dict[str, Any]]
    rows = tileset_valid.inspect(Source(file.name, file), item, said).to_pylist()
    return rows


def test_a_tileset_goes_through_the_pipe(tmp_path: Path) -> None:
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    said = placed(content={"uri": "none.glb"}, transform=[0] * 15 + [2])
    (delivery / "tileset.json").write_text(json.dumps(said))
    verdict = cimkit.check(delivery, language="zh", jobs=1)
    assert verdict.verdict == "fail"
    failed = {
        f["rule"].removeprefix("int.quality/"): f
        for f in verdict.findings.to_pylist()
        if f["status"] == "fail" and "tileset" in f["rule"]
    }
    assert set(failed) == {"tileset-references", "tileset-volumes"}
    missing = failed["tileset-references"]
    assert (missing["place"], missing["measured"]) == ("/root/content/uri", "none.glb")
    assert missing["message"] == "瓦片集的文件：引用的文件 none.glb 未交付。"
    assert missing["hint"]
    others = {f["rule"] for f in verdict.findings.to_pylist() if f["status"] == "fail"}
    assert "cimkit/source-problem" not in others  # the loader met the same, and is not heard twice


def test_archives_hold_an_index(tmp_path: Path) -> None:
    file = tmp_path / "a.3tz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tileset.json", json.dumps(placed()))
    told = [r["reason"] for r in inspected(file, "structure")]
    assert told == ["index-missing", "looked"]


def test_what_was_not_opened_is_not_passed(tmp_path: Path) -> None:
    inner = json.dumps(placed())
    for name in ("b.json", "c.json"):
        (tmp_path / name).write_text(inner)
    file = tmp_path / "tileset.json"
    file.write_text(json.dumps(placed(contents=[{"uri": "b.json"}, {"uri": "c.json"}])))
    source = Source(file.name, file, ("b.json", "c.json"))
    item = {"item_id": "many", "sha256": ""}
    said = {"subject": "contents", "contents": 1, "least": "info"}
    told = tileset_valid.inspect(source, item, said).to_pylist()
    assert [(r["reason"], r["severity"]) for r in told] == [
        ("looked", None),
        ("contents-many", "unseen"),
    ]


def test_only_what_weighs_enough_is_told(tmp_path: Path) -> None:
    file = tmp_path / "tileset.json"
    file.write_text(json.dumps({**placed(), "extras": 1}))
    assert [r["reason"] for r in inspected(file, "structure")] == ["extras-unusual", "looked"]
    assert [r["reason"] for r in inspected(file, "structure", least="error")] == ["looked"]


def test_a_subject_that_there_is_not(tmp_path: Path) -> None:
    file = tmp_path / "tileset.json"
    file.write_text(json.dumps(placed()))
    with pytest.raises(StandardError, match="no such subject"):
        inspected(file, "colour")


def test_a_model_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.gltf"
    file.write_text(json.dumps({"asset": {"version": "2.0"}, "scene": 3}))
    item = {"item_id": "m", "sha256": ""}
    told = gltf_valid.inspect(Source(file.name, file), item, {"subject": "gltf", "least": "info"})
    assert told["reason"].to_pylist() == ["index-beyond", "looked"]
    other = tmp_path / "a.obj"
    other.write_text("v 0 0 0\n")
    told = gltf_valid.inspect(
        Source(other.name, other),
        {"item_id": "o", "sha256": ""},
        {"subject": "gltf", "least": "info"},
    )
    assert told["count"].to_pylist() == [0]


def test_all_words_are_said_in_three_languages() -> None:
    room = Path(tileset_valid.__file__).parent
    files = [*room.glob("_tiles3d/*.py"), room / "tileset_valid.py"]
    source = "".join(f.read_text(encoding="utf-8") for f in files if not f.name.startswith("words"))
    for word, said in WORDS.items():
        assert set(said) == {"en", "zh", "ja"}
        assert all(said.values())
        assert f'"{word}"' in source, f"nothing says {word}"
    assert len(SUBJECTS) == len(set(SUBJECTS))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"id": "s", "classes": {"c": {"properties": {"p": {"type": "SCALAR"}}}}}, "metadata"),
        ({"tileAvailability": {"constant": 2}, "childSubtreeAvailability": {"constant": 0}}, ""),
    ],
)
def test_a_schema_or_a_subtree_alone(tmp_path: Path, said: Any, told: str) -> None:
    file = tmp_path / "part.json"
    file.write_text(json.dumps(said))
    subject = told or "implicit"
    assert [r["reason"] for r in inspected(file, subject)] == [
        "member-missing" if told else "choice-wrong",
        "looked",
    ]
