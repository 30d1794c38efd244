"""What is filed with the delivery: its manifest, and what should not have been filed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cimkit.demo.defects import Planted, shorten

__all__ = ["LEFTOVER", "MANIFEST", "file_delivery"]

MANIFEST = "manifest-sha256.txt"
"""Hashes of all files, as ``sha256sum`` writes them."""
LEFTOVER = "gis/509912_bld_footprint_20260901_01.gpkg.bak"
"""A backup that was handed over by mistake."""


def file_delivery(folder: Path, broken: str) -> list[Planted]:
    """List all files with their hashes, then cut one off as a broken upload does.

    Parameters
    ----------
    folder : Path
        The delivery.
    broken : str
        Path in it of what loses its end.
    """
    whole = (folder / LEFTOVER).with_suffix("")
    (folder / LEFTOVER).write_bytes(whole.read_bytes()[:4096])
    paths = sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
    lines = [f"{hashlib.sha256((folder / p).read_bytes()).hexdigest()}  {p}\n" for p in paths]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8", newline="")
    shorten(folder / broken, 0.6)
    return [
        Planted("left-behind", LEFTOVER, "a backup that nobody meant to deliver"),
        Planted("as-listed", broken, f"it is not the file that {MANIFEST} lists"),
        Planted("source-readable", broken, "the last 40 % of the file are missing"),
    ]
