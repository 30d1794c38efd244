"""Recognising photographs by their first bytes, and what lies beside them."""

from __future__ import annotations

import struct
from pathlib import Path, PurePosixPath

from cimkit.loaders._spec import Head

__all__ = ["siblings", "sniff"]

_BRANDS = {
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    *(b"mif1", b"msf1", b"mif2", b"avif", b"avis", b"miaf"),
}
_NAMED = (".jpg", ".jpeg", ".mpo", ".heic", ".heif", ".insp")
_WORLD = (".tfw", ".tifw", ".tfwx", ".wld", ".tif.aux.xml", ".tiff.aux.xml")
_GEO = {33550, 33922, 34264, 34735}
"""Tags of a GeoTIFF: pixel scale, tie points, transformation, keys."""
_CAMERA = {271, 272}
"""Tags that name maker and model."""
_EXIF_IFD = 34665


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is a photograph, 0 to 100.

    A TIFF is one if its EXIF names a camera and nothing georeferences it. What only its name calls
    one is claimed faintly, so that it is refused with the reason and not passed over.
    """
    start = head.start
    if start[:3] == b"\xff\xd8\xff":
        return 70
    if start[:8] == b"\x89PNG\r\n\x1a\n":
        return 60
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return 70
    if start[:4] in (b"II*\0", b"MM\0*"):
        return 85 if not head.is_dir and _of_camera(head) else 0
    if start[4:8] == b"ftyp" and _is_heif(start):
        return 70
    return 4 if start and not head.is_dir and head.name.endswith(_NAMED) else 0


def _is_heif(start: bytes) -> bool:
    """Look at the major brand and the compatible ones (ISO/IEC 14496-12, 4.3)."""
    if start[8:12] in _BRANDS:
        return True
    size = min(int.from_bytes(start[:4], "big"), 256)
    brands = {start[n : n + 4] for n in range(16, size - 3, 4)}
    return bool(brands & _BRANDS) and start[8:12] not in (b"mp42", b"isom", b"qt  ")


def _of_camera(head: Head) -> bool:
    tags = _tags(head.file, head.start)
    if not tags or tags & _GEO or not (tags & _CAMERA and (_EXIF_IFD in tags or 306 in tags)):
        return False
    stem = head.file.with_suffix("")
    return not any(stem.with_name(stem.name + end).exists() for end in _WORLD)


def _tags(file: Path, start: bytes) -> set[int]:
    """Return the tags of the first directory of a TIFF."""
    order = "<" if start[:2] == b"II" else ">"
    (at,) = struct.unpack(order + "I", start[4:8]) if len(start) >= 8 else (0,)
    if not at:
        return set()
    raw = start[at : at + 2 + 12 * 512]
    if len(raw) < 2 + 12 * 512:
        with file.open("rb") as opened:
            opened.seek(at)
            raw = opened.read(2 + 12 * 512)
    if len(raw) < 2:
        return set()
    (count,) = struct.unpack(order + "H", raw[:2])
    whole = min(count, (len(raw) - 2) // 12)
    return {struct.unpack(order + "H", raw[2 + 12 * n : 4 + 12 * n])[0] for n in range(whole)}


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the XMP that lies beside a photograph: ``a.xmp`` or ``a.jpg.xmp``."""
    stem = str(PurePosixPath(path).with_suffix(""))
    names = (f"{base}{end}" for base in (stem, path) for end in (".xmp", ".XMP"))
    return {name for name in names if name in listing and name != path}
