"""What a raster says of itself: class, bands, dates, structure."""

from __future__ import annotations

import math
import re
from datetime import datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from cimkit.loaders.raster.formats import Format
from cimkit.loaders.raster.georeference import Georeference
from cimkit.loaders.raster.survey import Survey
from cimkit.loaders.raster.tiff import Tiff, cog_reasons
from cimkit.model import Problem, Source

__all__ = ["acquired", "band_facts", "date_problems", "describe", "kind_of", "survey_facts"]

_ELEVATION = re.compile(
    r"(?<![a-z])(n?dem|dtm|dsm|dgm|dom|mnt|mns|mdt|dhm|aster|srtm|elevation|height)(?![a-z])"
    r"|高程|標高|地形|数値標高|数字高程"
)
_COVER = re.compile(r"(?<![a-z])(land ?_?cover|lulc|landuse|worldcover|clc\d*)(?![a-z])|土地|地类")
_NAMED = ("long_name", "standard_name", "NETCDF_VARNAME", "GRIB_ELEMENT")
_METRES = ("m", "metre", "meter", "metres", "meters", "ft", "feet", "foot", "us-ft")
_ACQUIRED = ("ACQUISITIONDATETIME", "ACQUISITIONDATE", "ACQUISITION_DATE", "ACQUISITIONTIME")


def kind_of(dataset: Any, source: Source, form: Format) -> str:
    """Tell elevation from pictures: by format, unit and name, and never by the numbers alone.

    Returns
    -------
    str
        dem, orthophoto, land-cover, transformation-grid or raster.
    """
    if form.grid or str(dataset.tags().get("TYPE", "")).endswith(("_OFFSET", "_TO_VERTICAL")):
        return "transformation-grid"
    if not dataset.count:
        return "raster"
    colours = {c.name for c in dataset.colorinterp}
    if {"red", "green", "blue"} <= colours:
        return "orthophoto"
    if dataset.count > 2:
        return "raster"
    # "DEM/tile_01.tif" is named by its folder; a band may say it, too
    name = " ".join((*PurePosixPath(source.path).parts[-2:], dataset.descriptions[0] or "")).lower()
    unit = (dataset.units[0] or "").strip(" []").lower()
    number = dataset.dtypes[0] in ("int16", "uint16", "int32", "float32", "float64")
    # waves, snow and sea level are in metres, too
    weather = dataset.driver in ("GRIB", "netCDF", "HDF5", "HDF5Image", "Zarr")
    name += " " + " ".join(v for k, v in dataset.tags(1).items() if k in _NAMED).lower()
    if number and (
        (unit in _METRES and not weather)
        or (_ELEVATION.search(name) and colours != {"palette"})
        or dataset.driver in ("SRTMHGT", "DTED", "USGSDEM", "BT", "BAG")
    ):
        return "dem"
    whole = dataset.dtypes[0] in ("uint8", "int8", "uint16", "int16")
    if whole and (_COVER.search(name) or (dataset.tags(1).get("LAYER_TYPE") == "thematic")):
        return "land-cover"
    return "raster"


def describe(dataset: Any, lies: Georeference, tiff: Tiff | None, form: Format) -> dict[str, Any]:
    """Return the properties of a raster, as JSON values; none of them needs a pixel."""
    # `dataset.nodata` is None where bands differ only in type: the first band's is meant
    nodata = next((v for v in dataset.nodatavals if v is not None), None)
    matrix = lies.matrix
    said: dict[str, Any] = {
        "dtype": dataset.dtypes[0] if dataset.count else None,
        "nodata": None if nodata is None else repr(float(nodata)),
        "resolution": None if matrix is None else _steps(matrix),
        "compression": dataset.profile.get("compress"),
        "tiled": bool(dataset.profile.get("tiled")),
        "block": list(reversed(dataset.block_shapes[0])) if dataset.count else None,
        "overviews": dataset.overviews(1) if dataset.count else [],
        "colour": [c.name for c in dataset.colorinterp],
        "rotated": matrix is not None and bool(matrix[1] or matrix[3]),
        "transform": None if matrix is None else list(matrix),
        "placed_by": lies.by or None,
        "area_or_point": dataset.tags().get("AREA_OR_POINT"),
        "driver": dataset.driver,
    }
    if lies.residual is not None:
        said["control_points"] = {"count": len(dataset.gcps[0]), "residual": lies.residual}
    if tiff is not None and tiff.directories:
        outside = any(f.lower().endswith(".ovr") for f in dataset.files)
        reasons = cog_reasons(tiff, outside=outside)
        said |= {"cog": not reasons, "not_cog": reasons, "bigtiff": tiff.big}
        texts = tiff.directories[0].texts
        names = {270: "description", 305: "software", 306: "written", 315: "artist"}
        said |= {n: texts[t].strip() for t, n in names.items() if texts.get(t, "").strip()}
    if form.grid:
        said["grid"] = form.title
    tags = {k: v for k, v in dataset.tags().items() if not k.startswith("TIFFTAG_")}
    tags.pop("AREA_OR_POINT", None)
    if tags:
        said["tags"] = {k: str(v)[:1000] for k, v in list(tags.items())[:100]}
    return {k: v for k, v in said.items() if v not in (None, {})}


def _steps(matrix: tuple[float, ...]) -> list[float]:
    """Return the length of a pixel along a row and along a column, in units of the CRS."""
    a, b, _, d, e, _ = matrix
    return [math.hypot(a, d), math.hypot(b, e)]


def band_facts(dataset: Any) -> list[dict[str, Any]]:
    """Return what each band says of itself: unit, description, scale, palette."""
    facts = []
    # each of these asks all bands; of a hyperspectral picture the first 200 stand for all
    each = zip(
        *(dataset.dtypes, dataset.nodatavals, dataset.units, dataset.descriptions),
        *(dataset.colorinterp, dataset.mask_flag_enums, dataset.scales, dataset.offsets),
        strict=True,
    )
    for i, (dtype, nodata, unit, text, colour, flags, scale, offset) in enumerate(
        islice(each, 200), 1
    ):
        said: dict[str, Any] = {
            "dtype": dtype,
            "nodata": None if nodata is None else repr(float(nodata)),
            "unit": unit,
            "description": text,
            "colour": colour.name,
            "mask": ",".join(f.name for f in flags),
        }
        if (scale, offset) != (1.0, 0.0):
            said |= {"scale": scale, "offset": offset}
        if said["colour"] == "palette":
            said["palette"] = len(dataset.colormap(i))
        tags = {k: str(v)[:200] for k, v in dataset.tags(i).items()}
        kept = {k: v for k, v in list(tags.items())[:50] if not k.startswith("STATISTICS_")}
        facts.append({k: v for k, v in (said | {"tags": kept}).items() if v not in (None, {}, "")})
    return facts


def survey_facts(facts: list[dict[str, Any]], found: Survey) -> None:
    """Add the statistics of the pixels to what the bands say of themselves."""
    for fact, band in zip(facts, found.bands, strict=False):
        values = {
            "minimum": band.minimum,
            "maximum": band.maximum,
            "mean": band.mean,
            "deviation": band.deviation,
        }
        fact |= {k: v for k, v in values.items() if math.isfinite(v)}
        fact["valid_share"] = band.valid


def acquired(dataset: Any, problems: list[Problem]) -> str | None:
    """Return when the ground was seen, ISO 8601, if the file says so; not when it was written."""
    tags = {k.upper(): v for k, v in (*dataset.tags().items(), *dataset.tags(ns="IMAGERY").items())}
    for name in _ACQUIRED:
        text = tags.get(name, "").strip()
        if not text:
            continue
        plain = re.sub(r"^(\d{4})[:/.](\d\d)[:/.](\d\d)", r"\1-\2-\3", text).replace(" ", "T", 1)
        try:
            moment = datetime.fromisoformat(plain)
        except ValueError:
            problems.append(
                Problem("date-unreadable", "Its date is none that is known.", place=name, got=text)
            )
            return None
        return moment.isoformat() if "T" in plain else moment.date().isoformat()
    return None


def date_problems(written: str | None, seen: str | None, source: Source) -> list[Problem]:
    """Tell of a file that says when it was written, and not when the ground was seen."""
    if not written or seen is not None:
        return []
    day = re.match(r"(\d{4})[:-](\d\d)[:-](\d\d)", written)
    if day is None or not 1900 < int(day[1]) < 2200:
        return []
    line = "-".join(day.groups())
    return [
        Problem(
            "date-of-writing",
            "It says when it was written, and not when the ground was seen.",
            "info",
            "TIFFTAG_DATETIME",
            got=written,
            hint=f'If that is the day: glob = "{source.path}", observed = "{line}".',
            proposal=(("observed", line),),
        )
    ]
