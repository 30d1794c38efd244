"""Tracks, routes and waypoints of GPX 1.0 and 1.1 as a track."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.loaders.photo.clock import exif_time
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["gpx_track"]

_POINTS = ("trkpt", "rtept", "wpt")
_DIRECTION = ("course", "heading", "bearing", "compass")


def gpx_track(file: Path) -> Track:
    """Read the points of a GPX: those of its tracks, else of its routes, else its waypoints.

    Parameters
    ----------
    file : Path
        XML; entities are refused. What is torn is read as far as it goes.

    Raises
    ------
    ValueError
        If it holds no points.
    """
    from lxml import etree

    rows: dict[str, list[list[float]]] = {name: [] for name in _POINTS}
    names: dict[str, list[str]] = {name: [] for name in _POINTS}
    problems: list[Problem] = []
    reader = etree.iterparse(
        str(file), events=("end",), resolve_entities=False, no_network=True, huge_tree=False
    )
    try:
        for _, element in reader:
            name = _bare(element.tag)
            if name in rows:
                rows[name].append(_row(element))
                names[name].append(_child(element, "name"))
                element.clear()
    except etree.XMLSyntaxError as error:
        problems.append(
            Problem(
                "gpx-damaged", "The GPX ends or breaks off early.", "error", got=str(error)[:200]
            )
        )
    kind = next((k for k in _POINTS if rows[k]), None)
    if kind is None:
        raise ValueError("the GPX has no points")
    data = np.array(rows[kind], dtype=float)
    bare = int((~np.isfinite(data[:, 3])).sum())
    if bare:
        problems.append(
            Problem(
                "time-missing",
                f"{bare} of {len(data)} points have no time: photographs cannot be found by it.",
                "info",
            )
        )
    hpr = np.full((len(data), 3), np.nan)
    hpr[:, 0] = data[:, 4]
    images = tuple(n.strip().lower() for n in names[kind]) if kind == "wpt" else ()
    return Track(
        what="GPX",
        xyz=data[:, :3],
        lonlat=data[:, :2].copy(),
        hpr=hpr,
        time=data[:, 3],
        names=images,
        crs="OGC:CRS84",
        crs_origin="declared",
        problems=tuple(problems),
    )


def _bare(tag: Any) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _child(element: Any, wanted: str) -> str:
    return next((c.text or "" for c in element if _bare(c.tag) == wanted), "")


def _number(text: str | None) -> float:
    try:
        value = float(text or "")
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _row(element: Any) -> list[float]:
    """Return longitude, latitude, elevation, seconds since 1970, direction of one point."""
    said = exif_time(_child(element, "time"))
    seconds = math.nan
    if said is not None:
        from datetime import UTC

        # The schema says: dates and times are in UTC.
        seconds = (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
    heading = next((c.text for c in element.iter() if _bare(c.tag) in _DIRECTION and c.text), None)
    lon, lat = _number(element.get("lon")), _number(element.get("lat"))
    direction = _number(heading) % 360
    return [lon, lat, _number(_child(element, "ele")), seconds, direction]
