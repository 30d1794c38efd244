"""What stands in the first line of a sequence, and around the objects of a document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from cimkit.exporters._cityjson.extension import NAME

if TYPE_CHECKING:
    from cimkit.exporters._cityjson.making import Making
    from cimkit.exporters._select import Selection

__all__ = ["head", "sources"]

_METADATA = {
    *("identifier", "pointOfContact", "referenceDate", "title"),
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def sources(selection: Selection) -> list[dict[str, Any]]:
    """Return the city models that selected objects are of: their properties, path and root."""
    rows = selection.fetch(
        "SELECT i.item_id, i.path, i.root, i.members, i.sha256, i.properties FROM items i "
        "SEMI JOIN (SELECT DISTINCT item_id FROM selected WHERE kind = 'citymodel') s "
        "USING (item_id) ORDER BY i.path, i.item_id"
    ).to_pylist()
    return [row | {"properties": orjson.loads(row["properties"] or b"{}")} for row in rows]


def head(
    making: Making, models: list[dict[str, Any]], kinds: set[str], extension: str
) -> dict[str, Any]:
    """Return the members of the document beside its objects, vertices and appearance.

    Parameters
    ----------
    making : Making
        After all features.
    models : list of dict
        From `sources`.
    kinds : set of str
        Types of objects.
    extension : str
        Name of the file that says which types are not of CityJSON, beside the document.
    """
    made: dict[str, Any] = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": making.gathering.frame.transform(),
    }
    metadata = _metadata(making, models)
    if metadata:
        made["metadata"] = metadata
    declared: dict[str, Any] = {}
    for model in models:
        said = model["properties"].get("extension_declarations")
        for name, given in sorted((said if isinstance(said, dict) else {}).items()):
            declared.setdefault(name, given)
    unknown = {k for k in kinds | making.gathering.extra if k.startswith("+")}
    if unknown and not declared:
        declared[NAME] = {"url": extension, "version": "1.0"}
    if declared:
        made["extensions"] = declared
    if len(models) == 1:
        looks = models[0]["properties"].get("appearance_defaults")
        made["appearance"] = dict(looks) if isinstance(looks, dict) else {}
        extra = models[0]["properties"].get("extra")
        for name, value in sorted((extra if isinstance(extra, dict) else {}).items()):
            if name.startswith("+"):
                made[name] = value
    templates = making.gathering.templates.to_json()
    if templates:
        made["geometry-templates"] = templates
    return made


def _metadata(making: Making, models: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if len(models) == 1:
        said = models[0]["properties"].get("metadata")
        for name, value in (said if isinstance(said, dict) else {}).items():
            if name in _METADATA or name.startswith("+"):
                made[name] = value
        date = made.get("referenceDate")
        if date is not None and not (isinstance(date, str) and _DATE.fullmatch(date)):
            del made["referenceDate"]
    title = making.gathering.selection.catalog.config.title
    if title and title != "Catalogue":
        made.setdefault("title", title)
    if making.gathering.frame.url is not None:
        made["referenceSystem"] = making.gathering.frame.url
    if np.isfinite(making.low).all():
        made["geographicalExtent"] = making.gathering.frame.extent(making.low, making.high)
    return made
