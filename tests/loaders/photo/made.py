"""Photographs made for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from cimkit.loaders import photo
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Asset, Declaration, Source

GPS_IFD, EXIF_IFD = 0x8825, 0x8769

XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
    'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" '
    'xmlns:Camera="http://pix4d.com/camera/1.0" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    "{0}>{1}</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def dms(degrees: float) -> tuple[IFDRational, ...]:
    whole = int(abs(degrees))
    rest = (abs(degrees) - whole) * 60
    seconds = round((rest - int(rest)) * 60 * 100_000)
    return IFDRational(whole), IFDRational(int(rest)), IFDRational(seconds, 100_000)


def shoot(
    file: Path,
    position: tuple[float, float] | None = (106.5, 29.5),
    *,
    size: tuple[int, int] = (64, 48),
    gps: dict[int, Any] | None = None,
    tags: dict[int, Any] | None = None,
    head: dict[int, Any] | None = None,
    xmp: str | bytes | None = None,
    **options: Any,
) -> Source:
    """Write a photograph in the format of its name."""
    if file.suffix in (".heic", ".avif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
    file.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Maker One"
    exif.update(head or {})
    held: dict[int, Any] = dict(gps or {})
    if position:
        lon, lat = position
        said = {1: "N" if lat >= 0 else "S", 2: dms(lat), 3: "E" if lon >= 0 else "W", 4: dms(lon)}
        held = said | held
    if held:
        exif.get_ifd(GPS_IFD).update(held)
    exif.get_ifd(EXIF_IFD).update({0x9003: "2026:09:01 08:30:00", 0x9011: "+08:00"} | (tags or {}))
    packet = xmp.encode() if isinstance(xmp, str) else xmp
    if packet is not None and file.suffix == ".tif":
        exif[700] = packet
    elif packet is not None:
        options["xmp"] = packet
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.save(file, exif=exif.tobytes(), **options)
    return Source(path=file.name, file=file, size=file.stat().st_size, loader="photo")


def load(
    given: Source, declared: Declaration | None = None, root: Path = Path()
) -> tuple[Asset, dict[str, Any], list[str]]:
    """Probe and read one; return the asset, its row (measures by name), and codes of problems."""
    options = ReadOptions(declared or Declaration(), root=root)
    asset = photo.probe(given, options)
    tables = dict(photo.read(given, asset, options))
    (row,) = tables["objects"].to_pylist()
    measured = tables["measures"].to_pylist() if "measures" in tables else []
    row["measures"] = {m["name"]: m["value"] for m in measured}
    return asset, row, [p.code for p in (*asset.problems, *options.problems)]
