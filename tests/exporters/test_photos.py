"""Photographs in tiles: where they look, what they show, and what may not be shown."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cimkit import create, ingest
from cimkit.exporters import export
from cimkit.model import Declaration, Sheet, SheetRow


def shoot(file: Path, color: str, lon: float = 106.5, heading: int | None = 90) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    size = (512, 256) if "pano" in file.name else (400, 300)
    exif = Image.Exif()
    place = {1: "N", 2: (29.0, 30.0, 0.0), 3: "E", 4: (106.0, (lon - 106) * 60, 0.0), 5: b"\0",
             6: 230.0}  # fmt: skip
    if heading is not None:
        place |= {16: "T", 17: float(heading)}
    exif.get_ifd(0x8825).update(place)
    Image.new("RGB", size, color).save(file, exif=exif.tobytes())


def images(out: Path, read_tiles: Any) -> list[Image.Image]:
    found = []
    for content in read_tiles(out / "tileset.json"):
        for image in content.json.get("images", ()):
            view = content.json["bufferViews"][image["bufferView"]]
            start = view.get("byteOffset", 0)
            data = content.binary[start : start + view["byteLength"]]
            found.append(Image.open(io.BytesIO(data)).convert("RGB"))
    return found


def shows(sheet: Image.Image, color: tuple[int, int, int]) -> bool:
    return bool((np.abs(np.asarray(sheet).astype(int) - color).max(axis=2) < 30).any())


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    shoot(folder / "a.jpg", "red")
    shoot(folder / "b.jpg", "lime", 106.5001, None)
    shoot(folder / "secret" / "c.jpg", "blue", 106.5002)
    return folder


def test_thumbnails_only_if_asked_for(
    drive: Path, tmp_path: Path, read_tiles: Any, gltf_judge: Any
) -> None:
    catalog = create(tmp_path / "catalog")
    ingest(catalog, [drive])
    out = tmp_path / "out"
    report = export(catalog, "3dtiles", out)
    assert report.counts == {"photos": 3}
    assert images(out, read_tiles) == []
    assert gltf_judge(out)["warnings"] == 0
    report = export(catalog, "3dtiles", out, thumbnails=True)
    assert report.counts == {"photos": 3}
    (sheet,) = images(out, read_tiles)
    assert shows(sheet, (255, 0, 0))
    assert shows(sheet, (0, 0, 255))
    assert not shows(sheet, (0, 255, 0))  # it has no direction: a ball
    said = gltf_judge(out)
    assert (said["errors"], said["warnings"]) == (0, 0), said["bad"]


def test_what_is_withheld_shows_nothing(drive: Path, tmp_path: Path, read_tiles: Any) -> None:
    catalog = create(tmp_path / "catalog")
    sheet = Sheet(rows=(SheetRow("secret/**", declared=Declaration(access="secret")),))
    ingest(catalog, [drive], sheet=sheet)
    report = export(catalog, "3dtiles", tmp_path / "out", thumbnails=True)
    assert report.withheld == {"secret": 1}
    assert report.counts == {"photos": 2}
    (found,) = images(tmp_path / "out", read_tiles)
    assert not shows(found, (0, 0, 255))


def test_lost_and_broken_sources_are_plain_and_counted(
    drive: Path, tmp_path: Path, read_tiles: Any
) -> None:
    catalog = create(tmp_path / "catalog")
    ingest(catalog, [drive])
    (drive / "secret" / "c.jpg").unlink()
    (drive / "a.jpg").write_bytes((drive / "a.jpg").read_bytes()[:-400])
    report = export(catalog, "3dtiles", tmp_path / "out", thumbnails=True)
    assert report.counts == {"photos": 3}
    assert any("1 photographs have no thumbnail: their sources" in n for n in report.notes)
    assert any("1 photographs have no thumbnail: they cannot be read" in n for n in report.notes)
    assert images(tmp_path / "out", read_tiles) == []


def test_photographs_in_an_archive_show_what_they_saw(
    drive: Path, tmp_path: Path, read_tiles: Any
) -> None:
    (tmp_path / "zipped").mkdir()
    shutil.make_archive(str(tmp_path / "zipped" / "drive"), "zip", drive)
    catalog = create(tmp_path / "catalog")
    ingest(catalog, [tmp_path / "zipped"])
    report = export(catalog, "3dtiles", tmp_path / "out", thumbnails=True)
    assert report.counts == {"photos": 3}
    (sheet,) = images(tmp_path / "out", read_tiles)
    assert shows(sheet, (255, 0, 0))


def test_the_same_photographs_make_no_tile_again(drive: Path, tmp_path: Path) -> None:
    catalog = create(tmp_path / "catalog")
    ingest(catalog, [drive])
    out = tmp_path / "out"

    def now() -> dict[str, tuple[int, bytes]]:
        return {f.name: (f.stat().st_ino, f.read_bytes()) for f in (out / "photos").glob("*.glb")}

    export(catalog, "3dtiles", out, thumbnails=True)
    first = now()
    export(catalog, "3dtiles", out, thumbnails=True)
    assert now() == first
    export(catalog, "3dtiles", out)
    plain = now()
    assert {k: v[1] for k, v in plain.items()} != {k: v[1] for k, v in first.items()}
    shoot(drive / "a.jpg", "yellow")
    export(catalog, "3dtiles", out, thumbnails=True)
    other = now()
    assert other.keys() == first.keys()


def test_a_panorama_is_a_sphere(tmp_path: Path, read_tiles: Any) -> None:
    folder = tmp_path / "in"
    file = folder / "pano.jpg"
    shoot(file, "red", heading=0)
    with Image.open(file) as small:
        exif = small.getexif().tobytes()
    Image.new("RGB", (2048, 1024), "red").save(file, exif=exif)
    catalog = create(tmp_path / "catalog")
    ingest(catalog, [folder])
    report = export(catalog, "3dtiles", tmp_path / "out", thumbnails=True)
    assert report.counts == {"photos": 1}
    (sheet,) = images(tmp_path / "out", read_tiles)
    assert sheet.size == (320, 160)
    (content,) = [c for c in read_tiles(tmp_path / "out" / "tileset.json") if c.json.get("images")]
    earth = content.earth()
    reach = np.linalg.norm(earth - (earth.max(axis=0) + earth.min(axis=0)) / 2, axis=1)
    assert reach == pytest.approx(0.6, abs=0.01)
