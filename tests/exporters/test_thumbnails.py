"""Thumbnails: upright, without metadata, and no more of them than the access allows."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from cimkit import create, ingest
from cimkit.errors import ExportError
from cimkit.exporters import export
from cimkit.model import Declaration, Sheet, SheetRow


def shoot(file: Path, orientation: int = 1, mode: str = "RGB") -> None:
    """Write a photograph whose left half as stored is red."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = orientation, "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 30.0, 0.0), 3: "E", 4: (106.0, 30.0, 0.0)})
    image.convert(mode).save(file, exif=exif.tobytes())


def listed(out: Path) -> dict[str, Path]:
    with (out / "thumbnails.csv").open(encoding="utf-8") as table:
        return {row["path"]: out / row["file"] for row in csv.DictReader(table)}


def test_small_upright_and_silent(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    shoot(folder / "a.jpg")
    shoot(folder / "turned.jpg", 6)
    shoot(folder / "clear.png", mode="RGBA")
    (folder / "note.txt").write_text("no photograph")
    catalog = create(tmp_path / "catalog")
    ingest(catalog, [folder])
    report = export(catalog, "thumbnails", out, size=100)
    assert report.counts == {"thumbnails": 3}
    found = listed(out)
    assert set(found) == {"a.jpg", "turned.jpg", "clear.png"}
    for name, size in (("a.jpg", (100, 50)), ("turned.jpg", (50, 100)), ("clear.png", (100, 50))):
        with Image.open(found[name]) as image:
            assert (image.format, image.size) == ("JPEG", size)
            assert not image.getexif()
            assert "exif" not in image.info
            top = image.getpixel((image.width // 4, image.height // 4))
            assert isinstance(top, tuple)
            assert top[0] > 200  # red is on the left or, turned, on top
        assert b"Secret Camera" not in found[name].read_bytes()
    again = export(catalog, "thumbnails", out, where="name = 'a.jpg'", size=16)
    assert again.counts == {"thumbnails": 1}
    assert set(listed(out)) == {"a.jpg"}


def test_access_is_honoured_and_lost_sources_are_counted(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for k, name in enumerate(("open", "inside/inner", "lost", "torn")):
        shoot(folder / f"{name}.jpg", 1 + k)
    torn = folder / "torn.jpg"
    torn.write_bytes(torn.read_bytes()[:-600])
    catalog = create(tmp_path / "catalog")
    sheet = Sheet((SheetRow("inside/*", Declaration(access="internal")),))
    ingest(catalog, [folder], sheet=sheet)
    (folder / "lost.jpg").unlink()
    report = export(catalog, "thumbnails", tmp_path / "out")
    assert set(listed(tmp_path / "out")) == {"open.jpg"}
    assert report.withheld == {"internal": 1}
    assert report.left_out == {"the source cannot be read again": 2}
    wide = export(catalog, "thumbnails", tmp_path / "out", access="internal")
    assert wide.counts == {"thumbnails": 2}


def test_what_it_refuses(tmp_path: Path) -> None:
    catalog = create(tmp_path / "catalog")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("years of it")
    with pytest.raises(ExportError, match="something else"):
        export(catalog, "thumbnails", tmp_path / "mine")
    with pytest.raises(ExportError, match="size"):
        export(catalog, "thumbnails", tmp_path / "out", size=5)
