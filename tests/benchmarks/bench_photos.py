"""Many small sources, from files to the catalogue, against hashing and opening each.

python tests/benchmarks/bench_photos.py [PHOTOS]
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from meter import measure, show
from PIL import Image

from cimkit.catalog import create, ingest


def _write(folder: Path, count: int) -> None:
    folder.mkdir()
    for i in range(count):
        seconds = 20 + i % 2000 / 100
        exif = Image.Exif()
        exif[0x0110] = "cimkit"
        exif[0x8825] = {1: "N", 2: (29.0, 34.0, seconds), 3: "E", 4: (106.0, 30.0, seconds),
                        16: "T", 17: float(i % 360)}  # fmt: skip
        image = Image.new("RGB", (64, 48), (i % 256, i // 256 % 256, 90))
        image.save(folder / f"{i:06d}.jpg", exif=exif)


def main(photos: int = 2_000) -> None:
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "photos"
        _write(folder, photos)

        def floor() -> None:
            for file in folder.iterdir():
                hashlib.sha256(file.read_bytes())
                with Image.open(file) as image:
                    image.load()
                    image.getexif().get_ifd(0x8825)

        catalog = create(Path(temp) / "catalog", standard="city.linjiang")
        steps = [measure("floor: hash, decode, EXIF with Pillow", floor)[0]]
        for what, met in (("ingest", "new"), ("ingest again: nothing to do", "unchanged")):
            step, report = measure(what, lambda: ingest(catalog, [folder]))
            assert report.objects[met] == photos, report.objects
            steps.append(step)
        show(f"Photographs: {photos:,} files", steps, count=photos, unit="photo")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
