"""Drives as analysts see them: photographs in their order, and the line they follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cimkit import create, ingest, query


def shoot(file: Path, lon: float, second: int, heading: float | None = None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    gps: dict[int, object] = {
        1: "N",
        2: (29.0, 30.0, 0.0),
        3: "E",
        4: (106.0, 30.0, (lon - 106.5) * 3600),
    }
    if heading is not None:
        gps |= {16: "T", 17: heading}
    exif.get_ifd(0x8825).update(gps)
    stamp = {0x9003: f"2026:09:01 08:00:{second:02d}", 0x9011: "+08:00"}
    exif.get_ifd(0x8769).update(stamp)
    Image.new("RGB", (8, 8), (second, 0, 0)).save(file, exif=exif)


def test_a_drive_without_a_trajectory(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name, second, heading in (("c", 1, None), ("a", 2, 7.0), ("b", 3, None)):
        shoot(folder / "drive" / f"{name}.jpg", 106.5 + second * 1e-4, second, heading)
    shoot(folder / "lone" / "z.jpg", 107.0, 9)
    catalog = create(tmp_path / "catalog")
    ingest(catalog, [folder])
    told = query(
        catalog,
        "SELECT sequence, photographs, length_m, ST_AsText(geometry) AS line FROM sequences"
        " ORDER BY sequence",
    ).to_pylist()
    assert [(r["sequence"], r["photographs"]) for r in told] == [("drive", 3), ("lone", 1)]
    assert told[0]["length_m"] == pytest.approx(2e-4 * 96_900, rel=0.01)
    assert told[0]["line"].startswith("LINESTRING (106.5001 29.5, 106.5002 29.5, 106.5003")
    assert told[1]["line"] is None
    rows = query(
        catalog,
        "SELECT path, nth, heading, heading_origin FROM photographs WHERE sequence = 'drive'"
        " ORDER BY nth",
    ).to_pylist()
    assert [r["path"][-5:] for r in rows] == ["c.jpg", "a.jpg", "b.jpg"]
    assert [r["heading_origin"] for r in rows] == ["derived", "exif", "derived"]
    assert [r["heading"] for r in rows] == pytest.approx([90, 7, 90])
