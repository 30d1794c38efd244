"""Entwine Point Tiles: one cloud in a folder of tiles, described by its ``ept.json`` (EPT 1)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.loaders.pointcloud import las
from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.loaders.pointcloud.roles import assemble, role
from cimkit.model import Problem

__all__ = ["chunks", "facts", "is_ept", "tiles"]

_LARGEST = 64_000_000  # bytes of a description
_MOST_NODES = 4_000_000
_SUFFIX = {"laszip": "laz", "binary": "bin", "zstandard": "zst"}
_LETTER = {"signed": "i", "unsigned": "u", "float": "f", "floating": "f"}
_KEY = re.compile(r"\d+-\d+-\d+-\d+")
_FIELDS = (b'"hierarchyType"', b'"dataType"', b'"schema"')
_LISTED = 5


def is_ept(start: bytes) -> bool:
    """Tell whether the start of a file is that of a description of EPT."""
    if start[:3] == b"\xef\xbb\xbf":
        start = start[3:]
    return start.lstrip()[:1] == b"{" and all(f in start for f in _FIELDS)


def tiles(path: str, listing: set[str]) -> set[str]:
    """Name the files that belong to a description: tiles, hierarchy, sources."""
    folder = str(PurePosixPath(path).parent)
    at = "" if folder == "." else f"{folder}/"
    parts = tuple(f"{at}ept-{part}/" for part in ("data", "hierarchy", "sources"))
    return {n for n in listing if n.startswith(parts) or n == f"{at}ept-build.json"}


@dataclass(frozen=True, slots=True)
class _Ept:
    said: dict[str, Any]
    suffix: str
    type: np.dtype[Any]
    """Of one record of an uncompressed tile."""
    moved: dict[str, tuple[float, float]]
    """Scale and offset by dimension."""


def _json(file: Path) -> Any:
    if file.stat().st_size > _LARGEST:
        raise ValueError(f"more than {_LARGEST} bytes")
    return json.loads(file.read_text("utf-8-sig"))


def _ept(file: Path) -> _Ept:
    try:
        said = _json(file)
        fields, moved = [], {}
        for one in said["schema"]:
            fields.append((str(one["name"]), f"<{_LETTER[one['type']]}{int(one['size'])}"))
            scale, offset = float(one.get("scale", 1)), float(one.get("offset", 0))
            if (scale, offset) != (1, 0):
                moved[str(one["name"])] = scale, offset
        int(said["points"])
        return _Ept(said, _SUFFIX[said["dataType"]], np.dtype(fields), moved)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceUnreadable(
            f"the description of the point tiles is broken: {type(error).__name__} {error}",
            where=file.name,
            expected="points, schema, and dataType laszip, binary or zstandard",
            mend="Deliver the whole folder of tiles again.",
        ) from error


def _nodes(file: Path) -> tuple[dict[str, int], list[str]]:
    """Return the points of each node as the hierarchy counts them, and what of it is missing."""
    folder = file.parent / "ept-hierarchy"
    nodes: dict[str, int] = {}
    missing: list[str] = []
    waiting, seen = ["0-0-0-0"], set[str]()
    while waiting and len(nodes) < _MOST_NODES:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            page = _json(folder / f"{name}.json")
            held = {k: int(v) for k, v in page.items() if _KEY.fullmatch(k)}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            missing.append(f"{name}.json")
            continue
        waiting += [k for k, v in held.items() if v == -1 and k not in seen]
        nodes |= {k: v for k, v in held.items() if v > 0}
    return nodes, missing


def facts(file: Path, *, quick: bool = False) -> CloudFacts:
    """Return what the description says.

    Raises
    ------
    SourceUnreadable
        If it is no JSON, or says nothing of points.
    """
    ept = _ept(file)
    said = ept.said
    found = CloudFacts(
        format=f"EPT {said.get('version', '')}".strip(),
        points=int(said["points"]),
        media_type="application/vnd.ept+json",
        bbox=_box(said.get("boundsConforming")) or _box(said.get("bounds")),
        rounded=1.0,  # Entwine writes whole units
        properties={
            "encoding": said["dataType"],
            "dimensions": list(ept.type.names or ()),
            "span": said.get("span"),
        },
    )
    if ept.moved:
        found.properties["scales"] = [ept.moved.get(a, (0.0, 0.0))[0] for a in "XYZ"]
    _crs(said.get("srs"), found)
    if not quick:
        nodes, missing = _nodes(file)
        levels = max((int(k.split("-", 1)[0]) for k in nodes), default=-1) + 1
        found.properties["levels"] = levels
        found.counts["nodes"] = len(nodes)
        if missing:
            found.problems.append(_lost("pages of its hierarchy are missing", missing))
        elif sum(nodes.values()) != found.points:
            found.counted = False
            found.problems.append(
                Problem(
                    "point-count-contradiction",
                    "The hierarchy counts other points than the description.",
                    place="ept-hierarchy",
                    got=f"{sum(nodes.values())} points",
                    expected=f"{found.points} points",
                    hint="Build the tiles again.",
                )
            )
    return found


def _box(held: Any) -> tuple[float, ...] | None:
    if not isinstance(held, list) or len(held) != 6:
        return None
    try:
        box = tuple(float(v) for v in held)
    except (TypeError, ValueError):
        return None
    return box if all(map(math.isfinite, box)) and box[:3] <= box[3:] else None


def _crs(srs: Any, found: CloudFacts) -> None:
    from cimkit.geometry.crs import crs_name, parse_crs

    held = srs if isinstance(srs, dict) else {}
    code = f"{held['authority']}:{held['horizontal']}" if held.get("horizontal") else ""
    if code and held.get("vertical"):
        code = f"{code}+{held['vertical']}"
    wrong = ""
    for text in (code, str(held.get("wkt") or "")):
        if not text:
            continue
        try:
            crs = parse_crs(text)
        except CimkitError as error:
            wrong = error.what
            continue
        found.crs = crs_name(crs)
        if crs.is_compound and len(crs.sub_crs_list) > 1:
            vertical = crs.sub_crs_list[1]
            found.vertical_datum = crs_name(vertical) if vertical.to_epsg() else vertical.name
            found.z_unit_m = float(vertical.axis_info[0].unit_conversion_factor)
        return
    if code or held.get("wkt"):
        found.problems.append(
            Problem(
                "crs-unknown",
                f"The CRS of the tiles is not understood: {wrong}.",
                place="srs",
                got=(code or str(held["wkt"]))[:120],
                expected="WKT or an EPSG code",
                hint='In the delivery sheet: crs = "EPSG:…".',
            )
        )


def chunks(
    file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
) -> Iterator[PointChunk]:
    """Yield the points of all tiles, the coarse ones first.

    Raises
    ------
    SourceUnreadable
        If the description is broken.
    """
    ept = _ept(file)
    nodes, missing = _nodes(file)
    bad: list[str] = []
    came = 0
    order = sorted(nodes, key=lambda k: [int(v) for v in k.split("-")])
    for key in order:
        tile = file.parent / "ept-data" / f"{key}.{ept.suffix}"
        got = 0
        try:
            if ept.suffix == "bin" and tile.stat().st_size > nodes[key] * ept.type.itemsize:
                raise OSError("more bytes than the schema says")
            for chunk in _tile(tile, ept, size, wanted):
                got += len(chunk.xyz)
                yield chunk
        except (OSError, CimkitError):
            bad.append(tile.name)
        else:
            bad += [tile.name] if got < nodes[key] else []
        came += got
    if bad or (missing and came < int(ept.said["points"])):
        promised = int(ept.said["points"])
        problems.append(
            Problem(
                "points-truncated",
                f"Only {came:,} of the {promised:,} points that the description counts are there: "
                f"{len(bad):,} tiles and {len(missing):,} pages are missing or broken.",
                "error",
                ", ".join([*bad, *missing][:_LISTED]),
                f"{came} points",
                f"{promised} points",
                "Deliver the whole folder of tiles again.",
            )
        )


def _tile(tile: Path, ept: _Ept, size: int, wanted: frozenset[str]) -> Iterator[PointChunk]:
    import pyarrow as pa

    if ept.suffix == "laz":
        yield from las.chunks(tile, size, wanted, [])
        return
    packing = "zstd" if ept.suffix == "zst" else None
    names = ept.type.names or ()
    roles = {n: r for n in names if (r := role(n))}
    width = ept.type.itemsize
    with pa.input_stream(str(tile), compression=packing) as opened:
        while raw := opened.read(size * width):
            held = np.frombuffer(raw, ept.type, len(raw) // width)
            columns = {
                n: held[n] * ept.moved[n][0] + ept.moved[n][1] if n in ept.moved else held[n]
                for n in names
            }
            yield assemble(columns, roles, wanted)[0]


def _lost(what: str, names: list[str]) -> Problem:
    return Problem(
        "hierarchy-incomplete",
        f"{len(names):,} {what}; the points below them are not known.",
        "error",
        ", ".join(names[:_LISTED]),
        f"{len(names)} pages",
        "none missing",
        "Deliver the whole folder of tiles again.",
    )
