"""Values of metadata as JSON has them, held against the property of their class."""

from __future__ import annotations

from typing import Any

import numpy as np

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import (
    TEXT,
    TRUTH,
    Kind,
    array,
    fits,
    integer,
    number,
    record,
)
from cimkit.checks._tiles3d.types import COMPONENTS, INTEGERS, is_numeric, width

__all__ = ["check_entity", "enum_values", "transformed", "value_fits"]

_ENTITY = record(class_=TEXT, properties=Kind("object"))


def enum_values(schema: dict[str, Any], name: Any) -> dict[str, int]:
    """Return the values of an enum by their names."""
    enum = (schema.get("enums") or {}).get(name) or {}
    return {v["name"]: v["value"] for v in enum.get("values") or []}


def element(about: dict[str, Any], schema: dict[str, Any], *, ranged: bool = True) -> Kind:
    """Return of which kind one element of a property is."""
    kind = about["type"]
    if kind == "STRING":
        return TEXT
    if kind == "BOOLEAN":
        return TRUTH
    if kind == "ENUM":
        names = tuple(enum_values(schema, about.get("enumType")))
        return Kind("string", choices=names or ("–",))
    component = str(about.get("componentType"))
    limits = COMPONENTS.get(component)
    if not ranged or limits is None:
        one = number()
    elif component in INTEGERS:
        one = integer(*limits)
    else:
        one = number(*limits)
    wide = width(kind)
    return one if wide == 1 else array(one, wide, wide)


def value_fits(
    value: Any,
    about: dict[str, Any],
    schema: dict[str, Any],
    issues: Issues,
    pointer: str,
    *,
    ranged: bool = True,
) -> bool:
    """Tell of what is wrong with the structure of a value; return whether nothing is.

    Parameters
    ----------
    about
        Property of a class.
    ranged
        Numbers must be such as the component type can hold.
    """
    kind = element(about, schema, ranged=ranged)
    if about.get("array") is True:
        count = about.get("count")
        most = None if count is None else int(count)
        kind = array(kind, most or 0, most)
    return fits(value, kind, issues, pointer)


def transformed(values: Any, about: dict[str, Any], own: dict[str, Any] | None = None) -> Any:
    """Return values as they are meant: normalised, then scaled, then moved.

    Parameters
    ----------
    values : array_like
        Raw values; last axes are those of one value.
    own
        ``scale`` and ``offset`` of what uses the property, in place of its class's.
    """
    out = np.asarray(values)
    component = str(about.get("componentType"))
    if about.get("normalized") is True and component in INTEGERS:
        high = INTEGERS[component][1]
        out = np.maximum(out.astype(np.float64) / high, -1.0)
    scale, offset = ((own or {}).get(k, about.get(k)) for k in ("scale", "offset"))
    if scale is not None:
        out = out.astype(np.float64) * np.asarray(scale, np.float64)
    if offset is not None:
        out = out.astype(np.float64) + np.asarray(offset, np.float64)
    return out


def check_entity(said: Any, schema: Any, issues: Issues, pointer: str) -> None:
    """Hold the metadata of a tileset, tile, content, group or subtree against the schema."""
    if said is None:
        return
    issues.count(issues.subject)
    if schema is None:
        issues.tell("schema-missing", pointer, got=said, expected="schema | schemaUri")
        return
    if not fits(said, _ENTITY, issues, pointer):
        return
    name = said["class"]
    classes = schema.get("classes") or {}
    if name not in classes:
        known = ", ".join(classes)[:200] or "–"
        issues.tell("name-unknown", f"{pointer}/class", got=name, expected=known)
        return
    properties = classes[name].get("properties") or {}
    given = said.get("properties") or {}
    for key in given.keys() - properties.keys():
        known = ", ".join(properties)[:200]
        issues.tell("name-unknown", f"{pointer}/properties/{key}", got=key, expected=known)
    for key, about in properties.items():
        value, at = given.get(key), f"{pointer}/properties/{key}"
        if value is None:
            if about.get("required") is True:
                issues.tell("value-required", at, expected=key)
            continue
        if value == about.get("noData"):
            continue
        if value_fits(value, about, schema, issues, at):
            _limits(value, about, issues, at)


def _limits(value: Any, about: dict[str, Any], issues: Issues, at: str) -> None:
    if not is_numeric(about["type"]) or (about.get("min") is None and about.get("max") is None):
        return
    meant = transformed(value, about)
    for name, wrong in (("min", np.less), ("max", np.greater)):
        limit = about.get(name)
        if limit is not None and bool(np.any(wrong(meant, np.asarray(limit)))):
            sign = "≥" if name == "min" else "≤"
            issues.tell(
                "value-beyond", at, got=np.asarray(meant).tolist(), expected=f"{sign} {limit}"
            )
