"""City objects as CityJSON has them, without their geometries."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson

from cimkit.exporters._cityjson.streams import Heap

__all__ = ["bodies"]

_FACTS = ("class_code", "asset_code", "name", "level", "source", "object_id")
_OWN = ("type", "attributes", "geometry", "parents", "children", "geographicalExtent")


def bodies(heap: Heap) -> tuple[list[str], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the keys of the objects of a heap, their bodies, and what else is said of them.

    What is said beside the attributes: ``instances``, ``beside`` (names of attributes that are
    members of the object in the source) and ``row`` (the columns).
    """
    rows = heap.objects.to_pylist()
    first = rows[0]["pos"] if rows else 0
    children: dict[int, list[str]] = defaultdict(list)
    parents: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        if row["up"] >= 0:
            children[row["up"]].append(row["key"])
            parents[row["pos"]].append(rows[row["up"] - first]["key"])
    end = first + len(rows)
    members: dict[int, dict[str, str]] = defaultdict(dict)
    for link in heap.relations.to_pylist():
        if link["relation"] == "parent":
            if first <= link["other"] < end and link["key"] not in parents[link["pos"]]:
                parents[link["pos"]].append(link["key"])
                children[link["other"]].append(rows[link["pos"] - first]["key"])
        else:
            role = link["relation"].partition(":")[2]
            members[link["pos"]].setdefault(link["key"], role)
    keys, made, said = [], [], []
    for row in rows:
        properties = orjson.loads(row["properties"] or b"{}")
        plain = row["kind"] != "citymodel"
        attributes = properties if plain else properties.get("attributes") or {}
        body: dict[str, Any] = {"type": row["type"]}
        more: dict[str, Any] = {} if plain else properties
        for member, name in (more.get("beside") or {}).items():
            if name in attributes and member not in _OWN:
                body[member] = attributes.pop(name)
        _facts(attributes, row)
        body["attributes"] = attributes
        below = children[row["pos"]]
        if row["type"] == "CityObjectGroup":
            _group(body, below, members[row["pos"]])
        elif below:
            body["children"] = below
        if parents[row["pos"]]:
            body["parents"] = parents[row["pos"]]
        keys.append(row["key"])
        made.append(body)
        said.append(more | {"row": row})
    return keys, made, said


def _group(body: dict[str, Any], below: list[str], members: dict[str, str]) -> None:
    body["attributes"].pop("children_roles", None)
    roles = dict.fromkeys(below, "") | members
    body["children"] = list(roles)
    if any(roles.values()):
        body["children_roles"] = list(roles.values())


def _facts(attributes: dict[str, Any], row: dict[str, Any]) -> None:
    """Add what the catalogue knows; what the source says under the same name stays."""
    for name in _FACTS:
        value = row[name]
        if value is None or attributes.get(name) == value:
            continue
        own, count = name, 1
        while own in attributes:
            own = f"catalogue_{name}" if count == 1 else f"catalogue_{name}_{count}"
            count += 1
        attributes[own] = value
