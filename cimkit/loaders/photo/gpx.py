"""Tracks, routes and waypoints of GPX 1.0 and 1.1 as a track."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.loaders.photo.clock import exif_time
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["bare", "child", "gpx_track", "number", "seconds"]

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
            name = bare(element.tag)
            if name in rows:
                rows[name].append(_row(element))
                names[name].append(child(element, "name"))
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
    untimed = int((~np.isfinite(data[:, 3])).sum())
    if untimed:
        problems.append(
            Problem(
                "time-missing",
                f"{untimed} of {len(data)} points have no time: photographs cannot be found by it.",
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


def bare(tag: Any) -> str:
    """Return the name of an element without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Any, wanted: str) -> str:
    """Return the text of the first child of a name; "" if there is none."""
    return next((c.text or "" for c in element if bare(c.tag) == wanted), "")


def number(text: str | None) -> float:
    """Return the finite number that a text is, else NaN."""
    try:
        value = float(text or "")
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def seconds(element: Any, name: str) -> float:
    """Return the seconds since 1970 that a child says; the schemas say that times are in UTC."""
    text = child(element, name)
    said: datetime | None
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        said = exif_time(text)
    if said is None:
        return math.nan
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()


def _row(element: Any) -> list[float]:
    """Return longitude, latitude, elevation, seconds since 1970, direction of one point."""
    texts: dict[str, str] = {}
    for below in element.iter():  # GPX 1.1 has directions in extensions of its points
        if below is not element and below.text:
            texts.setdefault(bare(below.tag), below.text)
    heading = next((texts[name] for name in _DIRECTION if name in texts), None)
    lon, lat = number(element.get("lon")), number(element.get("lat"))
    height = number(texts.get("ele"))
    return [lon, lat, height, seconds(element, "time"), number(heading) % 360]
