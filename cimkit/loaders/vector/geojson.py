"""What GDAL leaves out of GeoJSON: identifiers that are numbers, and members of no standard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cimkit.model import Problem

__all__ = ["foreign_members", "numbered"]

_MOST_BYTES = 32 * 2**20
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


def foreign_members(file: Path) -> tuple[dict[str, Any], Problem | None]:
    """Return the collection's members beyond the standard; those of features are told.

    Larger files than 32 MB are not looked at.
    """
    import orjson

    if not file.is_file() or file.stat().st_size > _MOST_BYTES:
        return {}, None
    try:
        whole = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except ValueError:  # a sequence, or what GDAL reads all the same
        return {}, None
    if not isinstance(whole, dict):
        return {}, None
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
