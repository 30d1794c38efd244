"""What is known of a raster: its place, its pixels, what is doubtful in them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from cimkit.errors import SourceUnreadable, UsageError
from cimkit.geometry.crs import is_geographic, metres_per_unit, parse_crs
from cimkit.loaders._placing import Box, place
from cimkit.loaders._placing.heights import heights
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.raster.asked import Asked, keep
from cimkit.loaders.raster.describe import (
    acquired,
    band_facts,
    date_problems,
    describe,
    kind_of,
    survey_facts,
)
from cimkit.loaders.raster.doubts import doubts, nodata_problems, too_short
from cimkit.loaders.raster.footprint import earthly, footprint, outline, valid_shape
from cimkit.loaders.raster.formats import Format
from cimkit.loaders.raster.georeference import Georeference
from cimkit.loaders.raster.survey import Survey, survey
from cimkit.loaders.raster.tiff import Tiff
from cimkit.model import Asset, Problem, Source

__all__ = ["ALWAYS", "asset_of"]

ALWAYS = 1_000_000_000
"""Bytes that are decoded at full depth whatever the size of the file."""
_RATIO = 300
"""Times its size that a file may decode to beyond that; more is a bomb, or nearly empty."""


def asset_of(
    dataset: Any,
    source: Source,
    options: ReadOptions,
    form: Format,
    lies: Georeference,
    tiff: Tiff | None,
    problems: list[Problem],
) -> Asset:
    """Return what is known of an opened raster, with as many of its pixels as the depth asks for.

    Raises
    ------
    SourceUnreadable
        If pixels were tried and not one block can be decoded.
    """
    declared = options.declared
    kind = kind_of(dataset, source, form)
    problems += nodata_problems(dataset, tiff) + too_short(dataset, source)
    properties = {"class": kind, **describe(dataset, lies, tiff, form)}
    size = dataset.width, dataset.height
    asked = _asked(dataset, options, lies, size, kind)
    found = _pixels(dataset, source, options, kind, properties, problems, asked)
    bounds = _bounds(lies, size)
    if bounds is None and not any(p.code == "pixel-size-zero" for p in problems):
        problems.append(_nowhere(said=bool(declared.crs or lies.crs)))
    origin = "sheet" if declared.crs else "declared"
    said = declared.crs or lies.crs
    turn = _degrees(said, dataset)
    placed = place("", said, origin, _on_earth(bounds, lies, turned=turn), source)
    # What lies nowhere has no use for a CRS before it has a place: one cause is told once.
    told = [p for p in placed.problems if bounds is not None or p.code != "crs-missing"]
    problems += [_in_pixels(p) if p.code == "null-island" else p for p in told]
    if asked is not None and found is not None:
        keep(source, asked.rows(found.mask, placed.crs))
    own = _shape(lies, size, found) if bounds else None
    if own is not None and turn:
        own = earthly(own, max(properties["resolution"]))
    shape = footprint(own, placed.crs) if own is not None and placed.crs else None
    if own is not None and placed.crs is not None and shape is None:
        problems.append(_off_the_map(bounds, placed.crs))
    box: tuple[float, ...] | None = bounds
    low_high = _range(found) if kind == "dem" else None
    datum = declared.vertical_datum
    if kind == "dem":
        high = heights("", placed.crs, datum, "sheet" if datum else "none", low_high, source)
        problems += high.problems
        datum = high.datum
    if bounds and low_high:
        box = (*bounds[:2], low_high[0], *bounds[2:], low_high[1])
    if own is not None:
        properties["outline"] = shapely.geometry.mapping(own)
    if shape is not None and placed.crs is not None:
        properties["resolution_m"] = _metres(properties["resolution"], placed.crs, shape)
    seen = acquired(dataset, problems)
    problems += date_problems(properties.get("written"), seen, source)
    title, media = form.title, form.media
    if properties.get("cog"):
        title, media = "COG", f"{media}; profile=cloud-optimized"
    return Asset(
        path=source.path,
        kind="raster",
        format=title,
        media_type=media,
        counts={"width": dataset.width, "height": dataset.height, "bands": dataset.count},
        crs=placed.name,
        crs_origin=cast("Any", placed.origin if placed.name else "none"),
        vertical_datum=datum,
        epoch=declared.epoch,
        bbox=box,
        bbox_wgs84=None if shape is None else shape.bounds,
        footprint=None if shape is None else shape.wkb,
        observed_start=seen or declared.observed,
        observed_end=seen or declared.observed,
        properties=properties,
        problems=tuple(problems),
    )


def _asked(
    dataset: Any, options: ReadOptions, lies: Georeference, size: tuple[int, int], kind: str
) -> Asked | None:
    if not options.measures or not dataset.count or kind not in ("dem", "orthophoto"):
        return None
    heights = kind == "dem"
    scale = float(dataset.scales[0]), float(dataset.offsets[0])
    unit = dataset.units[0] or ""
    return Asked(options.measures, lies, size, heights=heights, unit=unit, scale=scale)


def _pixels(
    dataset: Any,
    source: Source,
    options: ReadOptions,
    kind: str,
    properties: dict[str, Any],
    problems: list[Problem],
    asked: Asked | None,
) -> Survey | None:
    """Read pixels, write what they say into the properties, tell what is wrong with them."""
    bands = properties["bands"] = band_facts(dataset)
    if options.depth == "header" or not dataset.count:
        return None
    whole = options.depth == "full"
    limit = max(ALWAYS, _RATIO * source.size)
    found = survey(dataset, whole=whole, limit=limit, asked=asked)
    if found.broken and found.broken == found.tried:
        raise SourceUnreadable(
            "its pixels cannot be decoded",
            where=source.path,
            got=f"{found.broken} of {found.tried} blocks: {found.error}",
            mend="Write the raster again from its source.",
        )
    problems += doubts(found, source, kind)
    if found.refused:
        return None
    survey_facts(bands, found)
    properties |= {"sampled": found.sampled, "pixels_read": found.share}
    if kind == "dem":
        properties["voids"] = 1 - found.bands[0].valid
    return found


def _bounds(lies: Georeference, size: tuple[int, int]) -> Box | None:
    if lies.matrix is None:
        return None
    ring = outline(lies, size, 1)
    xmin, ymin = ring.min(axis=0)
    xmax, ymax = ring.max(axis=0)
    return float(xmin), float(ymin), float(xmax), float(ymax)


def _degrees(said: str | None, dataset: Any) -> bool:
    """Tell whether its coordinates are degrees of longitude and latitude from Greenwich."""
    if said is None:  # of a netCDF file without a datum the axes may say as much
        tags = dataset.tags()
        return any(k.endswith("#units") and v == "degrees_north" for k, v in tags.items())
    try:
        crs = parse_crs(said)
    except UsageError:
        return False  # the placing says so
    if not is_geographic(crs) or (crs.prime_meridian and crs.prime_meridian.longitude):
        return False
    return bool(abs(crs.axis_info[0].unit_conversion_factor - math.pi / 180) < 1e-9)


def _on_earth(bounds: Box | None, lies: Georeference, *, turned: bool) -> Box | None:
    if bounds is None or not turned or lies.matrix is None:
        return bounds
    a, b, _, d, e, _ = lies.matrix
    step = max(math.hypot(a, d), math.hypot(b, e))
    west, south, east, north = earthly(shapely.box(*bounds), step).bounds
    return float(west), float(south), float(east), float(north)


def _in_pixels(lost: Problem) -> Problem:
    """Say of a raster at 0, 0 what it means there: it has no rows that could be lost."""
    return replace(
        lost,
        message="It begins at 0, 0: it seems to be placed in pixels, and not in its CRS.",
        expected="coordinates of its CRS",
        hint="Deliver it with its world file, or with its transform.",
    )


def _nowhere(*, said: bool) -> Problem:
    return Problem(
        "georeference-missing",
        "It does not say where its pixels lie; it is not placed."
        if said
        else "It says neither where its pixels lie nor in which coordinate system; it is not "
        "placed.",
        "error",
        hint="Deliver it as GeoTIFF, or with its world file.",
    )


def _off_the_map(bounds: tuple[float, ...] | None, crs: CRS) -> Problem:
    return Problem(
        "coordinates-contradict-crs",
        f"{crs.name} has no place for its coordinates; it is not placed.",
        "error",
        got=", ".join(f"{v:g}" for v in bounds or ()),
    )


def _shape(lies: Georeference, size: tuple[int, int], found: Survey | None) -> BaseGeometry:
    """Return where it holds data in its own CRS; its outline where that is not known."""
    if found is not None and found.mask is not None:
        shape = valid_shape(found.mask, lies, size)
        if shape is not None and not shape.is_empty:
            return shape
    return shapely.Polygon(outline(lies, size, 1))


def _range(found: Survey | None) -> tuple[float, float] | None:
    if found is None or not math.isfinite(found.bands[0].minimum):
        return None
    return found.bands[0].minimum, found.bands[0].maximum


def _metres(steps: list[float], crs: CRS, shape: BaseGeometry) -> list[float]:
    """Return the lengths of a pixel along row and column in metres, in the middle of the raster."""
    unit = metres_per_unit(crs)
    if not is_geographic(crs):
        return [s * unit for s in steps]
    _, south, _, north = shape.bounds
    return [steps[0] * unit * float(np.cos(np.radians((south + north) / 2))), steps[1] * unit]
