"""GeoTIFF keys in LAS: a CRS by its number, or one described key by key (by GDAL)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cimkit.errors import CimkitError
from cimkit.model import Problem

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["KeyedCrs", "read_geokeys"]

_USER_DEFINED = 32767
_UNITS = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937}
# Codes that GeoTIFF 1.0 had of its own for vertical systems (6.3.4.1), as EPSG has them now.
_OLD_VERTICAL = {5101: 5701, 5102: 5702, 5103: 5703, 5104: 5736, 5105: 5705, 5106: 5706}


@dataclass(slots=True)
class KeyedCrs:
    """What GeoTIFF keys say."""

    crs: CRS | None = None
    """The horizontal (or compound) CRS, if they name or describe one."""
    vertical: str | None = None
    """``EPSG:n`` or the citation of the vertical CRS."""
    z_unit_m: float | None = None
    """Metres in one unit of height."""
    citation: str = ""
    """What the keys call it."""
    keys: int = 0
    """How many there are."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong with them."""


def read_geokeys(directory: bytes, doubles: bytes, texts: bytes) -> KeyedCrs:
    """Read the three records of GeoTIFF keys.

    Parameters
    ----------
    directory, doubles, texts : bytes
        Payloads of the records 34735, 34736 and 34737.
    """
    found = KeyedCrs()
    shorts = struct.unpack(f"<{len(directory) // 2}H", directory[: len(directory) // 2 * 2])
    count = min(shorts[3], (len(shorts) - 4) // 4) if len(shorts) >= 4 else 0
    values: dict[int, Any] = {}
    entries: list[tuple[int, int, int, int]] = []
    for i in range(count):
        key, where, many, value = shorts[4 + 4 * i : 8 + 4 * i]
        if key == 0:
            continue
        entries.append((key, where, many, value))
        if where == 0:
            values[key] = value
        elif where == 34737:
            raw = texts[value : value + many].rstrip(b"|\0")
            values[key] = raw.decode("utf-8", "replace")
        elif where == 34736 and 8 * (value + many) <= len(doubles):
            values[key] = struct.unpack_from("<d", doubles, 8 * value)[0]
    found.keys = len(entries)
    found.citation = next((str(values[k]) for k in (3073, 1026, 2049) if values.get(k)), "")
    if len(shorts) >= 4 and shorts[3] > count:
        found.problems.append(
            Problem(
                "vlr-length-contradiction",
                "The directory of GeoTIFF keys counts more keys than it holds.",
                place="VLR 34735",
                got=str(count),
                expected=str(shorts[3]),
            )
        )
    _vertical(values, found)
    number = _number(values)
    if number is not None:
        found.crs = _by_number(number, values, found)
    elif values.get(3072) or values.get(2048) or values.get(3075):
        found.crs = _described(entries, doubles, texts)
    return found


def _number(values: dict[int, Any]) -> int | None:
    for key in (3072, 2048):
        value = values.get(key)
        if value == _USER_DEFINED or (key == 3072 and not value and values.get(3075)):
            return None
        if value:
            return int(value)
    return None


def _by_number(number: int, values: dict[int, Any], found: KeyedCrs) -> CRS | None:
    from cimkit.geometry.crs import metres_per_unit, parse_crs

    try:
        crs = parse_crs(f"EPSG:{number}")
    except CimkitError as error:
        found.problems.append(
            Problem(
                "crs-unknown",
                f"The CRS in the file is not understood: {error.what}.",
                place="VLR 34735",
                got=f"EPSG:{number}",
                expected="WKT or an EPSG code",
                hint='In the delivery sheet: crs = "EPSG:…".',
            )
        )
        return None
    unit = _UNITS.get(values.get(3076, 0))
    if crs.is_projected and unit is not None:
        own = metres_per_unit(crs)
        if abs(own - unit) > 1e-9:
            found.problems.append(
                Problem(
                    "crs-unit-contradiction",
                    f"The keys say EPSG:{number}, which is in units of {own:g} m, and another "
                    "unit of length.",
                    place="VLR 34735, key 3076",
                    got=f"{unit:g} m",
                    expected=f"{own:g} m",
                    hint="Say in the delivery sheet which CRS holds.",
                )
            )
    return crs


def _vertical(values: dict[int, Any], found: KeyedCrs) -> None:
    from cimkit.geometry.crs import parse_crs

    number = int(values.get(4096) or 0) if isinstance(values.get(4096), int) else 0
    number = _OLD_VERTICAL.get(number, number)
    if 1024 <= number < _USER_DEFINED:
        try:
            crs = parse_crs(f"EPSG:{number}")
        except CimkitError:
            crs = None
        if crs is not None and crs.is_vertical:
            found.vertical = f"EPSG:{number}"
            found.z_unit_m = float(crs.axis_info[0].unit_conversion_factor)
        elif 5001 <= number <= 5035:  # GeoTIFF 1.0: above an ellipsoid
            found.vertical = str(values.get(4097) or "ellipsoid")
        else:
            found.problems.append(
                Problem(
                    "vertical-crs-unknown",
                    "The key of the vertical CRS has a number that EPSG does not know as one.",
                    place="VLR 34735, key 4096",
                    got=f"EPSG:{number}",
                    expected="EPSG:n of a vertical CRS",
                    hint='In the delivery sheet: vertical_datum = "EPSG:…".',
                )
            )
    if found.vertical is None and values.get(4097):
        found.vertical = str(values[4097])
    unit = _UNITS.get(values.get(4099, 0))
    if unit is None:
        return
    if found.z_unit_m is not None and abs(found.z_unit_m - unit) > 1e-9:
        found.problems.append(
            Problem(
                "vertical-unit-contradiction",
                f"{found.vertical} is in units of {found.z_unit_m:g} m, but the keys name another "
                "unit of height, which was obeyed.",
                place="VLR 34735, key 4099",
                got=f"{unit:g} m",
                expected=f"{found.z_unit_m:g} m",
            )
        )
    found.z_unit_m = unit


def _described(
    entries: list[tuple[int, int, int, int]], doubles: bytes, texts: bytes
) -> CRS | None:
    """Let GDAL understand keys that describe a projection, in a TIFF of one pixel."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    from cimkit.geometry.crs import parse_crs

    with rasterio.Env(GTIFF_REPORT_COMPD_CS="YES"), MemoryFile(_tiff(entries, doubles, texts)) as f:
        try:
            with f.open() as opened:
                text = opened.crs.to_wkt() if opened.crs else ""
        except RasterioError:
            return None
    if not text or text.startswith(("LOCAL_CS", "ENGCRS")):
        return None
    try:
        return parse_crs(text)
    except CimkitError:
        return None


def _tiff(entries: list[tuple[int, int, int, int]], doubles: bytes, texts: bytes) -> bytes:
    flat = [1, 1, 0, len(entries), *(v for e in entries for v in e)]
    tags: list[tuple[int, int, int, bytes]] = [
        (tag, 3, 1, struct.pack("<HH", value, 0))
        for tag, value in ((256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (277, 1), (278, 1))
    ]
    tags += [(273, 4, 1, struct.pack("<I", 8)), (279, 4, 1, struct.pack("<I", 1))]
    tags.append((33550, 12, 3, struct.pack("<3d", 1, 1, 0)))
    tags.append((33922, 12, 6, struct.pack("<6d", 0, 0, 0, 0, 0, 0)))
    tags.append((34735, 3, len(flat), struct.pack(f"<{len(flat)}H", *flat)))
    if len(doubles) >= 8:
        tags.append((34736, 12, len(doubles) // 8, doubles[: len(doubles) // 8 * 8]))
    if texts:
        tags.append((34737, 2, len(texts), texts))
    tags.sort()
    at = 12 + 2 + 12 * len(tags) + 4
    body, rows = b"", b""
    for tag, kind, many, data in tags:
        if len(data) > 4:
            rows += struct.pack("<HHII", tag, kind, many, at + len(body))
            body += data + b"\0" * (len(data) % 2)
        else:
            rows += struct.pack("<HHI", tag, kind, many) + data.ljust(4, b"\0")
    return b"II*\0\x0c\0\0\0\0\0\0\0" + struct.pack("<H", len(tags)) + rows + b"\0" * 4 + body
