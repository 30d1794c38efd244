"""PLY and PCD, by open3d: small clouds of scanners and laboratories, without a CRS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk

__all__ = ["chunks", "facts", "is_pcd", "is_ply"]

_PCD = re.compile(rb"^(VERSION|FIELDS|POINTS|DATA)\s+(.*?)\s*$", re.MULTILINE)
_ELEMENT = re.compile(rb"^element\s+(\w+)\s+(\d+)\s*$", re.MULTILINE)
_PROPERTY = re.compile(rb"^property\s+(.+?)\s*$", re.MULTILINE)
_HEADER_BYTES = 65_536


def is_ply(start: bytes) -> bool:
    """Tell whether the start of a file is that of a PLY file."""
    return start[:4] in (b"ply\n", b"ply\r") and b"element" in start


def is_pcd(start: bytes) -> bool:
    """Tell whether the start of a file is that of a PCD file."""
    words = {m[1] for m in _PCD.finditer(start[:4096])}
    return {b"FIELDS", b"DATA"} <= words


def facts(file: Path) -> CloudFacts:
    """Return what a PLY or PCD header says.

    Raises
    ------
    SourceUnreadable
        If the header is incomplete.
    """
    with file.open("rb") as opened:
        start = opened.read(_HEADER_BYTES)
    if is_ply(start):
        head = start.partition(b"end_header")[0].replace(b"\r", b"\n")
        elements = {m[1].decode(): int(m[2]) for m in _ELEMENT.finditer(head)}
        if "vertex" not in elements:
            raise SourceUnreadable("the PLY header counts no vertices", where=file.name)
        style = re.search(rb"^format\s+(\w+)", head, re.MULTILINE)
        return CloudFacts(
            format="PLY",
            points=elements["vertex"],
            media_type="model/ply",
            counts={"faces": elements["face"]} if elements.get("face") else {},
            properties={
                "encoding": style[1].decode() if style else None,
                "fields": [m[1].decode("ascii", "replace") for m in _PROPERTY.finditer(head)],
            },
        )
    words = {m[1].decode(): m[2].decode("ascii", "replace") for m in _PCD.finditer(start)}
    try:
        points = int(words["POINTS"])
    except (KeyError, ValueError) as error:
        raise SourceUnreadable("the PCD header counts no points", where=file.name) from error
    return CloudFacts(
        format=f"PCD {words.get('VERSION', '')}".strip(),
        points=points,
        media_type="application/vnd.pcd",
        properties={"encoding": words["DATA"], "fields": words["FIELDS"].split()},
    )


def chunks(file: Path, size: int) -> Iterator[PointChunk]:
    """Yield the points of a PLY or PCD file; open3d reads it as a whole.

    Raises
    ------
    SourceUnreadable
        If open3d gives up on it.
    """
    import open3d as o3d

    with file.open("rb") as opened:
        style = "ply" if is_ply(opened.read(_HEADER_BYTES)) else "pcd"
    promised = facts(file).points
    if not promised:
        return
    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        cloud = o3d.t.io.read_point_cloud(file, format=style)
    if "positions" not in cloud.point or not len(cloud.point.positions):
        raise SourceUnreadable(
            "open3d finds no points behind the header", where=file.name, expected=promised
        )
    xyz = cloud.point.positions.numpy().astype(np.float64)
    rgb = _colors(cloud)
    sound = np.isfinite(xyz).all(axis=1)
    for first in range(0, len(xyz), size):
        part = slice(first, first + size)
        keep = sound[part]
        yield PointChunk(xyz=xyz[part][keep], rgb=rgb[part][keep] if rgb is not None else None)


def _colors(cloud: Any) -> Any:
    if "colors" not in cloud.point:
        return None
    colors = cloud.point.colors.numpy()
    if colors.dtype == np.uint8:
        return colors
    return (np.clip(colors, 0, 1) * 255).round().astype(np.uint8)
