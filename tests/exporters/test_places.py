"""Where an export goes: every format refuses what it may not write, and says so in one error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cimkit.catalog import Catalog
from cimkit.errors import ExportError, UsageError
from cimkit.exporters import export

FORMATS = (
    "3dtiles", "cityjson", "cityjsonseq", "gltf", "pmtiles", "themes", "gpkg", "flatgeobuf",
    "geoparquet", "cog", "copc", "stac", "thumbnails", "context",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_there_stays(city: Catalog, tmp_path: Path, form: str) -> None:
    letter, folder = tmp_path / "letter.txt", tmp_path / "letters"
    letter.write_text("dear", encoding="utf-8")
    folder.mkdir()
    (folder / "one.txt").write_text("dear", encoding="utf-8")
    for out in (letter, folder):
        with pytest.raises(ExportError, match=r"something else|is a folder") as caught:
            export(city, form, out)
        assert "Name a" in str(caught.value)
    assert letter.read_text("utf-8") == "dear"
    assert [f.name for f in folder.iterdir()] == ["one.txt"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_no_folder_to_write_in(city: Catalog, tmp_path: Path, form: str) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear", encoding="utf-8")
    with pytest.raises(ExportError, match="cannot write"):
        export(city, form, letter / "out")


@pytest.mark.parametrize(
    ("form", "asked"),
    [("cityjson", {"lod": "x"}), ("cityjsonseq", {"lod": "9"}), ("3dtiles", {"layers": ("no",)})],
)
def test_what_there_is_none_of_is_refused(
    city: Catalog, tmp_path: Path, form: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="no such"):
        export(city, form, tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()
