"""Formats that are met now and then: those that GDAL reads, and those that are refused."""

from __future__ import annotations

import re
from pathlib import Path

from cimkit.errors import SourceUnreadable
from cimkit.model import Source

__all__ = ["coverage", "is_rarer", "refuse"]

_READ = re.compile(
    rb"# @VGMT1\.0"  # GMT
    rb"|mod; *DD\.MM\.YYYY"  # VDV 451
    rb"|(PNT|ARC|POL) [ \d]\d?\.\d"  # MiraMon
    rb"|SXF\0"
    rb"|BOM[^\n]{0,60}\.THF"  # EDIGEO
    rb"|&HVERZE;"  # VFK
    rb"|\x00\x00\x00P.{80}\x00\x00\x00P",  # Selafin
    re.DOTALL,
)
_XML = re.compile(
    rb"<(JCSDataFile|mapml-|[\w-]+:bagStand)[\s>]|<(rss|feed)\s[^>]*(georss|w3\.org/2003/01/geo)"
)
_GEOPACKAGE = "Deliver it as GeoPackage."
_REFUSED = (
    (re.compile(rb"\x00\x01\x00\x00Standard (Jet|ACE) DB"), "a database of Access", _GEOPACKAGE),
    (re.compile(rb"SCNT\s"), "an INTERLIS 1 transfer", _GEOPACKAGE),
    (re.compile(rb"(<\?xml[^>]*>\s*)?<TRANSFER\s[^>]*interlis", re.I), "INTERLIS 2", _GEOPACKAGE),
    (
        re.compile(rb"(<\?xml[^>]*>\s*)?<OGRVRTDataSource"),
        "a description of layers in other files",
        "Deliver those files; what it joins or filters, as GeoPackage.",
    ),
    (
        re.compile(rb'\s*\{[^{}]*"type"\s*:\s*"gdal_streamed_alg"'),
        "a pipeline of GDAL, and no data",
        "Deliver what it makes.",
    ),
    (
        re.compile(rb'"[^"\n]*"\s*,\s*"[^"\n]*"\s*,\s*-?\d+\s*\n\s*-?[\d.]+\s*,\s*-?[\d.]+\s*\n'),
        "Atlas BNA",
        _GEOPACKAGE,
    ),
)
_TIN = "tnxy.adf"


def is_rarer(start: bytes) -> bool:
    """Return whether a file is in one of these formats, by its first bytes."""
    if _READ.match(start) or any(known.match(start) for known, _, _ in _REFUSED):
        return True
    return _XML.search(start[:4096]) is not None


def coverage(folder: Path) -> bool:
    """Return whether a folder is a coverage or a TIN of ArcInfo."""
    return any((folder / name).is_file() for name in ("arc.adf", "lab.adf", "pal.adf", _TIN))


def refuse(source: Source, start: bytes) -> None:
    """Say of what is known, and not read, what to do.

    Raises
    ------
    SourceUnreadable
        If it is such a source.
    """
    found = next((told for known, *told in _REFUSED if known.match(start)), None)
    if source.file.is_dir() and (source.file / _TIN).is_file():
        found = ["a TIN of ArcInfo", "Deliver it as an elevation model (GeoTIFF) or as DXF."]
    elif source.file.is_dir() and not any(
        (source.file.parent / name).is_dir() for name in ("info", "INFO", "Info")
    ):
        found = ["a coverage without its tables", "Deliver the folder 'info' beside it, too."]
    if found is not None:
        raise SourceUnreadable(f"{found[0]} is not read", where=source.path, mend=found[1])
