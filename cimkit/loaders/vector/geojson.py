"""What GDAL leaves out of GeoJSON: identifiers that are numbers, and members of no standard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, parse_crs
from cimkit.loaders.vector.rescue import FEATURES, members
from cimkit.model import Problem

__all__ = ["foreign_members", "numbered", "other_crs"]

_WGS84 = ("EPSG:4326", "EPSG:4979", "OGC:CRS84", "OGC:CRS84h")
_CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*"properties"\s*:\s*\{[^{}]*"name"\s*:\s*"([^"\\]+)"')
_LOOKED = 2 * 2**20
_TAIL = 65_536
_BRACKETS = 50
_COLLECTION = {"type", "features", "crs", "bbox", "name", "xy_coordinate_resolution"}
_FEATURE = {
    *("type", "id", "geometry", "properties", "bbox"),
    *("place", "time", "featureType", "coordRefSys", "conformsTo"),
}


def numbered(file: Path, fields: list[str]) -> bool:
    """Return whether features have an ``id`` that is a number, beside their properties."""
    if "id" in fields or not file.is_file():
        return False
    with file.open("rb") as opened:
        return re.search(rb'"id"\s*:\s*\d+\s*[,}]', opened.read(65_536)) is not None


def other_crs(file: Path) -> str | None:
    """Return the name of the CRS that a file states, if it names another than WGS 84."""
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        said = _CRS.search(opened.read(65_536))
    if said is None:
        return None
    name = said[1].decode("utf-8", "replace")
    try:
        return None if crs_name(parse_crs(name)) in _WGS84 else name
    except UsageError:
        return name


def foreign_members(file: Path) -> tuple[dict[str, Any], Problem | None]:
    """Return the collection's members beyond the standard; those of features are told.

    Of a large file, they are looked for before and behind the features and in the first of these.
    """
    if not file.is_file():
        return {}, None
    whole = _collection(file)
    said = {k: v for k, v in whole.items() if k not in _COLLECTION | _FEATURE}
    features = whole.get("features")
    names: dict[str, int] = {}
    for feature in features if isinstance(features, list) else []:
        if isinstance(feature, dict):
            for name in feature.keys() - _FEATURE:
                names[name] = names.get(name, 0) + 1
    left_out = None
    if names:
        left_out = Problem(
            "members-left-out",
            "Features have members that GeoJSON does not lay down; they are not read.",
            place="features",
            got=", ".join(f"{name} ({n})" for name, n in sorted(names.items()))[:200],
            hint="Put them into the properties.",
        )
    return ({"foreign_members": said} if said else {}), left_out


def _collection(file: Path) -> dict[str, Any]:
    """Return the document; of a large one, without the features behind the first thousands."""
    with file.open("rb") as opened:
        head = opened.read(_LOOKED).removeprefix(b"\xef\xbb\xbf")
        if len(head) >= _LOOKED - 3:
            opened.seek(-_TAIL, 2)
            head = _shortened(head, opened.read())
    return _loaded(head)


def _shortened(head: bytes, tail: bytes) -> bytes:
    """Return a document of the first features, and what stands behind the last."""
    found = FEATURES.search(head)
    if found is None:
        return b""
    end = max((end for _, end in members(head, found.end(), [])), default=found.end())
    behind = b"}"
    for bracket in list(re.finditer(rb"\]\s*(?=,)", tail))[-_BRACKETS:]:
        if _loaded(b'{"":[' + tail[bracket.start() :]):
            behind = tail[bracket.end() :]
            break
    return head[:end] + b"]" + behind


def _loaded(text: bytes) -> dict[str, Any]:
    import orjson

    try:
        said = orjson.loads(text)
    except ValueError:  # a sequence, or what GDAL reads all the same
        return {}
    return said if isinstance(said, dict) else {}
