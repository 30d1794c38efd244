"""How GDAL is to open a source: file, options, encoding; never writing beside a delivery."""

from __future__ import annotations

import codecs
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.dbf import LDID, read_dbf
from cimkit.loaders.vector.names import glob_escape, speaking, suffix_of
from cimkit.model import Problem, Source

__all__ = ["LATITUDE", "LONGITUDE", "Plan", "plan"]

_Origin = Literal["declared", "detected", "sheet", "none"]

LONGITUDE = "x,lon,lng,long,longitude,经度,経度,經度,x_coord,coord_x,easting"
"""Column names of x in tables of points, as GDAL's CSV driver wants them."""
LATITUDE = "y,lat,latitude,纬度,緯度,y_coord,coord_y,northing"
"""Column names of y."""


_DEGREES = ("lon", "lng", "经度", "経度", "經度")


@dataclass(slots=True)
class Plan:
    """How GDAL is to open a source."""

    file: Path
    options: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None  # to hand to GDAL; None: GDAL knows
    shown: str | None = "utf-8"
    origin: _Origin = "declared"
    crs: str | None = None  # to assume where GDAL finds none
    problems: list[Problem] = field(default_factory=list)


def plan(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    """Decide how to open a source; copies go to the folder ``scratch``."""
    way = _plan(source, options, scratch)
    way.file = speaking(way.file, scratch)
    return way


def _plan(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    file = source.file
    if file.is_dir():
        return Plan(file)
    with file.open("rb") as opened:
        start = opened.read(65_536)
    if start[:4] == b"\x00\x00\x27\x0a":
        return _shapefile(source, options, scratch)
    if start.startswith(b"SQLite format 3") and 2 in start[18:20]:  # WAL: GDAL would write beside
        copies = [shutil.copy(f, scratch) for f in _beside(file, ("", "-wal"))]
        return Plan(Path(copies[0]))
    if start.lstrip(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return _xml(source, start)
    if suffix_of(start) is not None:
        return Plan(file)
    if file.suffix.lower() == ".dbf":
        return _encoded(Plan(file), file, None, options, source)
    if file.suffix.lower() in (".csv", ".tsv", ".txt"):
        return _csv(source, options, scratch)
    return Plan(file)


def _xml(source: Source, start: bytes) -> Plan:
    if b"opengis.net/gml" in start:
        return Plan(source.file, {"WRITE_GFS": "NO"})
    return Plan(source.file)


def _beside(file: Path, endings: tuple[str, ...]) -> list[Path]:
    return [f for e in endings if (f := file.with_name(file.name + e)).exists()]


def _shapefile(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    """Find the parts; without an index a copy is mended, never the delivery itself."""
    file = source.file
    parts = {p.suffix.lower(): p for p in file.parent.glob(f"{glob_escape(file.stem)}.*")}
    parts[".shp"] = file  # whatever it is called
    way = Plan(file)
    if ".shx" not in parts or file.suffix.lower() != ".shp":
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            if suffix in parts:
                shutil.copy(parts[suffix], scratch / f"{file.stem}{suffix}")
        way.file = scratch / f"{file.stem}.shp"
    if ".shx" not in parts:
        import pyogrio

        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
        way.problems.append(
            Problem(
                "shx-missing",
                "The shapefile comes without its index (.shx); it was rebuilt on a copy.",
                hint=f"Deliver {file.stem}.shx with it.",
            )
        )
    if ".dbf" not in parts:
        way.problems.append(
            Problem(
                "dbf-missing",
                "The shapefile comes without its attributes (.dbf).",
                "error",
                hint=f"Deliver {file.stem}.dbf with it.",
            )
        )
        way.shown, way.origin = None, "none"
        return way
    return _encoded(way, parts[".dbf"], parts.get(".cpg"), options, source)


def _encoded(way: Plan, dbf: Path, cpg: Path | None, options: ReadOptions, source: Source) -> Plan:
    """Settle the encoding: the sheet's word, else .cpg, else the table's own, else its bytes."""
    try:
        table = read_dbf(dbf)
    except ValueError as error:
        raise SourceUnreadable(f"its attributes are {error}", where=source.path) from error
    said = _python_name(cpg.read_text("ascii", "replace").strip()) if cpg else LDID.get(table.ldid)
    weak = cpg is None and table.ldid in (0x57, 0x58, 0x59, 0x03)
    sheet = options.declared.encoding
    found = detect(table.text)
    if sheet is not None:
        way.shown, way.origin = sheet, "sheet"
    elif said is not None and decodes(table.text, said) and not (weak and found != "cp1252"):
        way.shown, way.origin = said, "declared"
    elif found == "ascii":
        way.shown, way.origin = said or "ascii", "declared" if said else "detected"
    else:
        way.shown, way.origin = found, "detected"
        if said is not None and not weak:
            way.problems.append(
                Problem(
                    "encoding-contradiction",
                    f"Its texts are not valid {said}, which it says they are; read as {found}.",
                    got=said,
                    expected=found,
                    hint=f'In the delivery sheet: glob = "{source.path}", encoding = "{found}".',
                )
            )
        else:
            way.problems.append(
                Problem(
                    "encoding-detected",
                    f"Nothing says how its texts are encoded; they look like {found}.",
                    got=found,
                    hint="Add a .cpg, or write in the delivery sheet: "
                    f'glob = "{source.path}", encoding = "{found}".',
                )
            )
    way.encoding = {"cp1252": "CP1252", "ascii": "UTF-8"}.get(way.shown, way.shown.upper())
    return way


def _python_name(said: str) -> str | None:
    digits = "".join(c for c in said if c.isdigit())
    for name in (said, said.replace("-", "").replace("_", ""), f"cp{digits}" if digits else said):
        name = {"cp936": "gb18030", "cp65001": "utf-8", "cp88591": "latin-1"}.get(name, name)
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    return None


def _csv(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    data = source.file.read_bytes()
    found = options.declared.encoding or detect(data)
    way = Plan(source.file, shown=found)
    way.origin = "sheet" if options.declared.encoding else "detected"
    if found not in ("ascii", "utf-8"):
        way.file = scratch / source.file.name
        way.file.write_text(data.decode(found, "replace"), encoding="utf-8")
    header = data.split(b"\n", 1)[0].decode(found, "replace").lower()
    if any(name in header for name in _DEGREES):
        way.crs = "OGC:CRS84"  # columns called longitude hold degrees
    way.options = {
        "X_POSSIBLE_NAMES": LONGITUDE,
        "Y_POSSIBLE_NAMES": LATITUDE,
        "GEOM_POSSIBLE_NAMES": "wkt,geom,geometry,the_geom",
        "KEEP_GEOM_COLUMNS": "NO",
        "AUTODETECT_TYPE": "YES",
    }
    return way
