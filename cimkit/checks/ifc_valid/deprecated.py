"""What a version of IFC has given up, and versions that were never official."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

_OFFICIAL = frozenset({"IFC2X3", "IFC4", "IFC4X3_ADD2"})


@cache
def _lists() -> Mapping[str, Mapping[str, Any]]:
    path = Path(__file__).with_name("deprecated.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _schema(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    found.look()
    if model.header.schema not in _OFFICIAL:
        found.fail(None, model.header.schema, ", ".join(sorted(_OFFICIAL)))


def _deprecated(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    """Copies of one mistake are told once, with the first instance and their number."""
    lists = _lists().get(model.family, {})
    found.look(len(model.of("IfcRoot")) or 1)
    for name in (*lists.get("entities", ()), *lists.get("abstract", ())):
        things = model.of(name, exactly=True)
        if things:
            found.fail(things[0], name, "", count=len(things))
    for name, attributes in lists.get("attributes", {}).items():
        for attribute in attributes:
            things = [t for t in model.of(name) if getattr(t, attribute, None) is not None]
            if things:
                found.fail(things[0], f"{name}.{attribute}", "", count=len(things))
    for key, values in lists.get("values", {}).items():
        name, _dot, attribute = key.partition(".")
        met: defaultdict[str, list[Any]] = defaultdict(list)
        for thing in model.of(name):
            value = str(getattr(thing, attribute, None))
            if value in values:
                met[value].append(thing)
        for value, things in met.items():
            found.fail(things[0], f"{key} {value}", "", count=len(things))


TESTS = {"official-schema": _schema, "deprecated": _deprecated}
