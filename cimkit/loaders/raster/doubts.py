"""What is suspicious in a raster's values: told with the share of pixels, never acted upon."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cimkit.loaders.raster.bands import Band, End
from cimkit.loaders.raster.survey import Survey
from cimkit.loaders.raster.tiff import Tiff
from cimkit.model import Problem, Source

__all__ = ["doubts", "nodata_problems", "too_short"]

_PLAIN = ("EHdr", "ENVI", "GSBG", "GS7BG", "BT", "SAGA", "RST", "SRTMHGT", "GTX", "netCDF")
"""Drivers of formats whose pixels are not compressed (netCDF: in its classic form)."""

_USUAL = (-9999.0, -99999.0, -32768.0, -32767.0, -999.0, -9999999.0, 0.0, 9999.0, 32767.0)
"""Values by which makers of terrain models mean that there is none."""


def nodata_problems(dataset: Any, tiff: Tiff | None) -> list[Problem]:
    """Tell of a nodata value that no pixel can have, and of bands that disagree about it."""
    problems = []
    texts = tiff.directories[0].texts if tiff and tiff.directories else {}
    said = texts.get(42113, "").strip()
    if said and dataset.count:
        kind = np.dtype(dataset.dtypes[0].replace("complex_int16", "complex64"))
        if not _representable(said, kind):
            problems.append(
                Problem(
                    "nodata-not-representable",
                    f"Its value for no data cannot stand in a pixel of type {kind.name}: every "
                    "pixel counts as data.",
                    got=said,
                    expected=f"a value of {kind.name}",
                    hint="Write the value that its pixels really have (gdal_edit.py -a_nodata).",
                )
            )
    values = {"NaN" if v is not None and math.isnan(v) else v for v in dataset.nodatavals}
    if len(values) > 1:
        problems.append(
            Problem(
                "nodata-differs",
                "Its bands have different values for no data.",
                "info",
                got=", ".join(str(v) for v in dataset.nodatavals),
            )
        )
    return problems


def too_short(dataset: Any, source: Source) -> list[Problem]:
    """Tell of a file of uncompressed pixels that is too short to hold them: the rest reads as 0."""
    if dataset.driver not in _PLAIN or not source.file.is_file():
        return []
    with source.file.open("rb") as opened:
        if dataset.driver == "netCDF" and opened.read(3) != b"CDF":
            return []  # netCDF 4 may be compressed
    size = source.file.stat().st_size
    bits = sum(np.dtype(t.replace("complex_int16", "complex64")).itemsize for t in dataset.dtypes)
    need = dataset.width * dataset.height * bits
    if size >= need or "NBITS" in dataset.tags(1, ns="IMAGE_STRUCTURE"):
        return []
    return [
        Problem(
            "blocks-missing",
            "The file is too short for the pixels that it declares; the others are kept.",
            "error",
            got=f"{size} bytes",
            expected=f"at least {need} bytes",
            hint="Was it cut off on the way? Deliver it again.",
        )
    ]


def _representable(said: str, kind: np.dtype[Any]) -> bool:
    try:
        value = float(said)
    except ValueError:
        return False
    if kind.kind not in "iu":
        return True
    limits = np.iinfo(kind)
    return not math.isnan(value) and limits.min <= value <= limits.max and value == int(value)


def doubts(found: Survey, source: Source, kind: str) -> list[Problem]:
    """Tell of pixels that are broken, empty, or look like undeclared nodata.

    Parameters
    ----------
    found : Survey
        Of the raster.
    source : Source
        For the hints.
    kind : str
        dem, orthophoto or raster.
    """
    problems = _damage(found)
    if found.bands and all(b.valid == 0 for b in found.bands) and not found.refused:
        problems.append(
            Problem("no-valid-pixels", "Not one of its pixels holds data.", got="100 % no data")
        )
    for number, band in enumerate(found.bands, 1):
        problems += [p for e in band.ends if (p := _far_off(e, band, number, source, kind))]
    if kind == "orthophoto" and found.black > 0.02:
        problems.append(
            Problem(
                "nodata-suspected",
                "Part of it is wholly black, and nothing says that black is no data.",
                "info",
                got=f"{found.black:.1%} of the pixels",
                hint="If that is the margin: gdal_edit.py -a_nodata 0, or an alpha band.",
            )
        )
    return problems


def _damage(found: Survey) -> list[Problem]:
    problems = []
    if found.refused:
        problems.append(
            Problem(
                "blocks-too-large",
                "To decode its pixels would take more memory or time than its size is worth; they "
                "are not read.",
                got=found.refused,
                expected="tiles, or strips of few rows, that are in the file",
                hint="Write it as a tiled GeoTIFF.",
            )
        )
    if found.broken:
        problems.append(
            Problem(
                "pixels-unreadable",
                "Some of its blocks cannot be decoded; the others are kept.",
                "error",
                got=f"{found.broken} of {found.tried} blocks; {found.error[:200]}",
                hint="Was it cut off or changed on the way? Deliver it again.",
            )
        )
    if found.overviews:
        problems.append(
            Problem(
                "overviews-broken",
                "Its overviews cannot be decoded; blocks of the full picture stand for it.",
                got=found.overviews[:200],
                hint="Build them again (gdaladdo -clean, then gdaladdo).",
            )
        )
    return problems


def _far_off(end: End, band: Band, number: int, source: Source, kind: str) -> Problem | None:
    """Tell of one value at the end of a band that stands far off from all others."""
    if not end.count or math.isnan(end.following):
        return None
    gap = abs(end.value - end.following)
    usual = end.value in _USUAL or abs(end.value) >= 1e15
    if end.value == 0:  # a level sea is 0, too: only where all land lies well above or below
        suspicious = kind == "dem" and gap > 20 and end.share > 0.001
    else:
        suspicious = usual and gap > 100
    if not suspicious:
        return None
    return Problem(
        "nodata-suspected",
        f"{end.value:g} stands far off from all other values, and nothing says that it means "
        "no data; it is counted as data.",
        place=f"band {number}",
        got=f"{end.share:.2%} of the pixels; the next value is {end.following:g}",
        hint=f'Declare it in the file: gdal_edit.py -a_nodata {end.value:g} "{source.path}".',
    )
