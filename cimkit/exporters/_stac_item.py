"""A row of ``items`` as a STAC item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from cimkit.exporters._stac_schemas import EXTENSION

__all__ = ["item_json"]

_FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
_PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_CLOUD = "https://stac-extensions.github.io/pointcloud/v1.0.0/schema.json"
_TABLE = "https://stac-extensions.github.io/table/v1.2.0/schema.json"
# What every cloud has; attributes beyond these differ by file.
_SCHEMAS = [{"name": axis, "size": 8, "type": "floating"} for axis in "XYZ"]


def item_json(row: dict[str, Any], href: str) -> dict[str, Any]:
    """Return a STAC 1.1 item.

    Parameters
    ----------
    row : dict
        Columns of the exporter's query.
    href : str
        Where the file lies, seen from the item.
    """
    counts = {k: v for k, v in _json(row["counts"]).items() if isinstance(v, int) and v >= 0}
    more = _json(row["properties"])
    extensions = [EXTENSION, _FILE]
    said = {**_times(row), "title": row["title"], **_cim(row, counts)}
    if row["crs"]:
        extensions.append(_PROJECTION)
        said |= _projection(row["crs"])
    if row["kind"] == "pointcloud" and "points" in counts:
        extensions.append(_CLOUD)
        said |= {
            "pc:count": counts["points"],
            "pc:type": "lidar",
            "pc:encoding": row["format"] or "unknown",
            "pc:schemas": _SCHEMAS,
        }
    elif row["kind"] == "gis" and "features" in counts:
        extensions.append(_TABLE)
        said["table:row_count"] = counts["features"]
        columns = _columns(more.get("layers"))
        if columns:
            said["table:columns"] = columns
    asset: dict[str, Any] = {
        "href": href,
        "type": row["media_type"] or "application/octet-stream",
        "roles": ["data"],
        "file:size": row["size"] or 0,
    }
    if row["sha256"] and not row["members"]:
        # A multihash: 0x12 for SHA-256, 0x20 for its 32 bytes. With members it is a hash of hashes.
        asset["file:checksum"] = f"1220{row['sha256']}"
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions,
        "id": row["item_id"],
        "geometry": None if row["shape"] is None else orjson.loads(row["shape"]),
        "properties": {k: v for k, v in said.items() if v is not None or k == "datetime"},
        "links": [
            {"rel": "root", "href": "../../catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "../collection.json", "type": "application/json"},
            {"rel": "collection", "href": "../collection.json", "type": "application/json"},
        ],
        "assets": {"data": asset},
        "collection": row["kind"] or "document",
    }
    if item["geometry"] is not None and row["bbox"] is not None:
        item["bbox"] = [row["bbox"][side] for side in ("xmin", "ymin", "xmax", "ymax")]
    else:
        item["geometry"] = None
    return item


def _cim(row: dict[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    problems: dict[str, int] = {}
    for problem in _json(row["problems"]) or ():
        severity = problem.get("severity", "warning")
        problems[severity] = problems.get(severity, 0) + 1
    heights = None
    if row["z_min"] is not None and row["z_max"] is not None:
        heights = [row["z_min"], row["z_max"]]
    found = {
        "kind": row["kind"] or "document",
        "status": row["status"],
        "path": row["path"],
        "access": row["access"] or "public",
        "format": row["format"] or None,
        "root": row["root"],
        "sha256": row["sha256"] or None,
        "dataset": row["dataset"],
        "owner": row["owner"],
        "delivery": row["delivery"],
        "class_code": row["class_code"],
        "level": row["level"],
        "objects": row["objects"] or 0,
        "classes": dict(row["classes"]) if row["classes"] else None,
        "counts": counts or None,
        "crs_origin": row["crs_origin"],
        "vertical_datum": row["vertical_datum"],
        "epoch": row["epoch"],
        "height_range": heights,
        "encoding": row["encoding"],
        "sequence": row["sequence"],
        "problems": problems or None,
    }
    return {f"cim:{name}": value for name, value in found.items()}


def _times(row: dict[str, Any]) -> dict[str, Any]:
    """``datetime``, which STAC demands; where the source says none the delivery's stands in."""
    start, end = _iso(row["observed_start"]), _iso(row["observed_end"])
    if start is None and end is None:
        received = _iso(row["received"]) or "1970-01-01T00:00:00Z"
        return {"datetime": received, "cim:datetime_origin": "received"}
    start, end = start or end, end or start
    if start == end:
        return {"datetime": start, "cim:datetime_origin": "observed"}
    return {
        "datetime": None,
        "start_datetime": start,
        "end_datetime": end,
        "cim:datetime_origin": "observed",
    }


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return utc.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _projection(crs: str) -> dict[str, str | None]:
    authority, _, code = crs.partition(":")
    if "[" not in crs and (authority == "local" or not code.isalnum()):
        return {"proj:code": None}  # it has a name of its own and no definition to be shown
    if authority.isalpha() and code.isalnum():
        return {"proj:code": crs}
    return {"proj:wkt2": crs}


def _columns(layers: Any) -> list[dict[str, str]]:
    """Columns of the first layer; a source with several says the rest in the catalogue."""
    for layer in layers or ():
        return [
            {"name": str(field[0]), "type": str(field[1])}
            for field in layer.get("fields", ())
            if field and field[0]
        ]
    return []


def _json(text: str | None) -> Any:
    return orjson.loads(text) if text else {}
