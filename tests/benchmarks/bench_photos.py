"""Drives: many small photographs and their trajectories, from files to the catalogue.

python tests/benchmarks/bench_photos.py [PHOTOS] [bare]

Photographs lie in 30 drives (folders), their poses in three tables of ten drives each. The floor is
to hash, open and decode each and to read its EXIF with Pillow. `bare` leaves the tables out, so
that each photograph is placed by its own EXIF.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from meter import measure, show
from PIL import Image

from cimkit.catalog import create, ingest
from cimkit.loaders import probe
from cimkit.model import Declaration, Sheet, SheetRow, Trajectory

DRIVES, TABLES = 30, 3
_HEAD = "image,easting,northing,height,heading,pitch,roll,time"


def _write(folder: Path, count: int) -> None:
    folder.mkdir()
    tables = [[_HEAD] for _ in range(TABLES)]
    each = -(-count // DRIVES)
    for i in range(count):
        drive = i // each
        if i % each == 0:
            (folder / f"{drive:02d}").mkdir()
        seconds = 20 + i % 2000 / 100
        exif = Image.Exif()
        exif[0x0110] = "cimkit"
        clock = (i // 3600 % 24, i // 60 % 60, i % 60)
        exif[0x8825] = {1: "N", 2: (29.0, 34.0, seconds), 3: "E", 4: (106.0, 30.0, seconds),
                        5: b"\0", 6: 231.5, 7: tuple(map(float, clock)), 16: "T",
                        17: float(i % 360), 29: "2026:09:01"}  # fmt: skip
        exif[0x8769] = {0xA405: 26}
        image = Image.new("RGB", (64, 48), (i % 256, i // 256 % 256, 90))
        image.save(folder / f"{drive:02d}" / f"{i % each:06d}.jpg", exif=exif)
        moment = "2026-09-01T{:02d}:{:02d}:{:02d}Z".format(*clock)
        tables[drive * TABLES // DRIVES].append(
            f"{drive:02d}/{i % each:06d}.jpg,{500000 + i},{3272000 + i % 100},231.5,{i % 360},0,0,"
            f"{moment}"
        )
    for n, rows in enumerate(tables):
        (folder / f"poses{n}.csv").write_text("\n".join(rows) + "\n")


def main(photos: int = 2_000, bare: str = "") -> None:
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "photos"
        _write(folder, photos)

        def floor() -> None:
            for file in folder.rglob("*.jpg"):
                hashlib.sha256(file.read_bytes())
                with Image.open(file) as image:
                    image.load()
                    image.getexif().get_ifd(0x8825)

        rows = tuple(
            SheetRow(
                f"{drive:02d}/*.jpg",
                Declaration(
                    trajectory=Trajectory(f"poses{drive * TABLES // DRIVES}.csv", crs="EPSG:4544")
                ),
            )
            for drive in range(DRIVES)
        )
        sheet = Sheet(rows) if not bare else None
        catalog = create(Path(temp) / "catalog", standard="city.linjiang")
        steps = [measure("floor: hash, decode, EXIF with Pillow", floor)[0]]
        step, assets = measure("probe", lambda: list(probe([folder], sheet=sheet)))
        placed = sum(a.position is not None for a in assets)
        assert placed == photos, f"{placed} of {photos} have a place"
        steps.append(step)
        for what, met in (("ingest", "new"), ("ingest again: nothing to do", "unchanged")):
            step, report = measure(what, lambda: ingest(catalog, [folder], sheet=sheet))
            assert report.objects[met] == photos, report.objects
            steps.append(step)
        show(f"Photographs: {photos:,} files", steps, count=photos, unit="photo")


if __name__ == "__main__":
    main(*(int(a) if a.isdigit() else a for a in sys.argv[1:]))
