"""The other rasters of a container: each is described as the first is, and is an object."""

from __future__ import annotations

import dataclasses
from typing import Any

import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.raster.asset import ALWAYS, asset_of
from cimkit.loaders.raster.formats import Format
from cimkit.loaders.raster.georeference import georeference
from cimkit.loaders.raster.open import MOST, Container, raster_name
from cimkit.model import Asset, Problem, Source

__all__ = ["with_others"]


def with_others(
    first: Asset, held: Container, source: Source, options: ReadOptions, form: Format
) -> Asset:
    """Return the asset of a container: that of its first raster, and what the others are.

    Parameters
    ----------
    first : Asset
        Of the raster that was opened.
    held : Container
        What else there is.
    source, options, form
        As they were given for the first; what a sample holds is enough of a raster behind
        those that are `ALWAYS` read.
    """
    plain = dataclasses.replace(options, measures=frozenset())
    read: dict[str, Asset] = {}
    shut = list(held.shut)
    spent = 0
    for name in [n for n in held.others if n not in shut][: MOST - 1]:
        given = plain if spent < ALWAYS or plain.depth != "full" else _sampled(plain)
        one = _described(name, first, source, given, form)
        if one is None:
            shut.append(name)
            continue
        read[raster_name(name)] = one
        spent += one.counts["width"] * one.counts["height"] * one.counts["bands"] * 8
    known = {(p.code, p.message) for p in first.problems}
    problems = [*first.problems, *_told(read, known, placed=first.bbox is not None)]
    problems += _left([raster_name(n) for n in shut], [*map(raster_name, held.others)][MOST - 1 :])
    shapes = [shapely.from_wkb(a.footprint) for a in (first, *read.values()) if a.footprint]
    whole = shapely.union_all(shapes) if shapes else None
    return dataclasses.replace(
        first,
        counts={**first.counts, "rasters": 1 + len(read)},
        bbox=_box([first, *read.values()]),
        bbox_wgs84=None if whole is None else whole.bounds,
        footprint=None if whole is None else whole.wkb,
        properties=first.properties
        | {"raster": held.name, "rasters": [_facts(n, a) for n, a in read.items()]},
        problems=tuple(problems),
    )


def _sampled(options: ReadOptions) -> ReadOptions:
    return dataclasses.replace(options, depth="sample")


def _described(
    name: str, first: Asset, source: Source, options: ReadOptions, form: Format
) -> Asset | None:
    """Return what is known of one of them; None if it cannot be read."""
    import rasterio
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(name) as dataset:
            lies = georeference(dataset, None, {})
            same = lies.matrix and list(lies.matrix) == first.properties.get("transform")
            if lies.crs is None and same:  # on one grid one of them says it for all
                lies.crs = first.crs
            return asset_of(dataset, source, options, form, lies, None, list(lies.problems))
    except (RasterioError, CPLE_BaseError, SourceUnreadable):
        return None


def _facts(name: str, one: Asset) -> dict[str, Any]:
    said = {"name": name, "crs": one.crs, "bbox": one.bbox, "placed": one.footprint is not None}
    return {k: v for k, v in said.items() if v is not None} | one.counts | one.properties


def _box(assets: list[Asset]) -> tuple[float, ...] | None:
    """Return the box around those that are in the CRS of the first, with its heights."""
    first = assets[0].bbox
    if first is None:
        return None
    same = [a.bbox for a in assets if a.bbox and a.crs == assets[0].crs]
    west, south = (min(b[n] for b in same) for n in (0, 1))
    east, north = (max(b[len(b) // 2 + n] for b in same) for n in (0, 1))
    if len(first) == 6:
        return west, south, first[2], east, north, first[5]
    return west, south, east, north


def _told(read: dict[str, Asset], known: set[tuple[str, str]], *, placed: bool) -> list[Problem]:
    """Return the problems of the others; what is true of several of them is told once."""
    met: dict[tuple[str, str], list[tuple[str, Problem]]] = {}
    for name, one in read.items():
        for problem in one.problems:
            met.setdefault((problem.code, problem.message), []).append((name, problem))
    told = []
    for key, cases in met.items():
        if key in known:
            continue
        said = cases[0][1]
        if said.code == "georeference-missing" and placed:
            message = "Rasters beside those that lie somewhere do not say where: axes, or indexes."
            said = Problem("rasters-without-place", message, "info")
        names = list(dict.fromkeys(name for name, _ in cases))
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        told.append(dataclasses.replace(said, place=", ".join(names[:5]) + more))
    return told


def _left(shut: list[str], many: list[str]) -> list[Problem]:
    problems = []
    if shut:
        problems.append(
            Problem(
                "raster-unreadable",
                f"{len(shut)} of its rasters cannot be read; the others are kept.",
                place=", ".join(shut[:20]),
            )
        )
    if many:
        problems.append(
            Problem(
                "rasters-left",
                f"It holds more than {MOST} rasters; those behind them were not read.",
                got=f"{len(many)} not read: {', '.join(many[:20])}",
                hint="Deliver one file for each.",
            )
        )
    return problems
