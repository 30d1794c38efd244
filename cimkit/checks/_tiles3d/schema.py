"""Metadata schemas: classes, properties and enums (3D Metadata Specification, OGC 22-025r4)."""

from __future__ import annotations

import json
from typing import Any

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.semantics import check_semantics
from cimkit.checks._tiles3d.shapes import (
    ANY,
    IDENTIFIER,
    TEXT,
    TRUTH,
    Kind,
    array,
    fits,
    integer,
    record,
)
from cimkit.checks._tiles3d.types import COMPONENTS, INTEGERS, TYPES, is_numeric
from cimkit.checks._tiles3d.values import value_fits

__all__ = ["check_schema", "schema_of"]

_NAME = Kind("string", pattern=IDENTIFIER)
_SCHEMA = record(
    id_=_NAME, name=TEXT, description=TEXT, version=TEXT, classes=Kind("object"),
    enums=Kind("object"),
)  # fmt: skip
_CLASS = record(name=TEXT, description=TEXT, parent=TEXT, properties=Kind("object", fewest=1))
_ENUM = record(
    name=TEXT,
    description=TEXT,
    valueType=Kind("string", choices=tuple(INTEGERS)),
    values_=array(record(name_=TEXT, value_=integer(), description=TEXT), 1),
)
_PROPERTY = record(
    name=TEXT,
    description=TEXT,
    type_=Kind("string", choices=TYPES),
    componentType=Kind("string", choices=tuple(COMPONENTS)),
    enumType=TEXT,
    array=TRUTH,
    count=integer(2),
    normalized=TRUTH,
    required=TRUTH,
    semantic=Kind("string", fewest=1),
    noData=ANY,
    default=ANY,
)


def schema_of(holder: dict[str, Any], issues: Issues, read: Any, pointer: str = "") -> Any:
    """Return the schema of a tileset or model, whether inline or by address; None if none is sound.

    Parameters
    ----------
    holder
        Object with ``schema`` or ``schemaUri``.
    read
        Given an address, returns the JSON there; it tells of what it cannot read.
    """
    inline, uri = holder.get("schema"), holder.get("schemaUri")
    if inline is not None and uri is not None:
        issues.tell("both-given", pointer, got="schema, schemaUri", expected="schema | schemaUri")
        return None
    if uri is not None:
        if not isinstance(uri, str):
            issues.tell("type-wrong", f"{pointer}/schemaUri", got=uri, expected="string")
            return None
        said = read(uri, f"{pointer}/schemaUri")
        if said is None:
            return None
        return said if check_schema(said, issues.into(uri), "") else None
    if inline is None:
        return None
    return inline if check_schema(inline, issues, f"{pointer}/schema") else None


def check_schema(schema: Any, issues: Issues, pointer: str = "") -> bool:
    """Tell of what is wrong with a schema; return whether it can be used."""
    key = _key(schema)
    if key in issues.told.sound:
        return True  # the models of a tileset share one schema
    if not fits(schema, _SCHEMA, issues, pointer):
        return False
    before = len(issues.told.rows)
    right = True
    for name, enum in (schema.get("enums") or {}).items():
        right &= _enum(name, enum, issues, f"{pointer}/enums/{name}")
    if not right:
        return False
    for name, one in (schema.get("classes") or {}).items():
        right &= _class(name, one, schema, issues, f"{pointer}/classes/{name}")
    if right and len(issues.told.rows) == before:
        issues.told.sound.add(key)
    return right


def _key(schema: Any) -> str:
    try:
        return json.dumps(schema, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return ""


def _named(name: str, issues: Issues, pointer: str) -> bool:
    return fits(name, _NAME, issues, pointer)


def _enum(name: str, enum: Any, issues: Issues, pointer: str) -> bool:
    right = _named(name, issues, pointer)
    if not fits(enum, _ENUM, issues, pointer):
        return False
    low, high = INTEGERS[enum.get("valueType") or "UINT16"]
    for part in ("name", "value"):
        seen: set[Any] = set()
        for i, one in enumerate(enum["values"]):
            if one[part] in seen:
                issues.tell("element-twice", f"{pointer}/values/{i}/{part}", got=one[part])
                right = False
            seen.add(one[part])
    for i, one in enumerate(enum["values"]):
        right &= fits(one["value"], integer(low, high), issues, f"{pointer}/values/{i}/value")
    return right


def _class(name: str, one: Any, schema: dict[str, Any], issues: Issues, pointer: str) -> bool:
    right = _named(name, issues, pointer)
    if not fits(one, _CLASS, issues, pointer):
        return False
    properties = one.get("properties") or {}
    for key, about in properties.items():
        at = f"{pointer}/properties/{key}"
        right &= _named(key, issues, at)
        right &= _property(about, schema, issues, at)
    if right:
        right = check_semantics(properties, issues, f"{pointer}/properties")
    return right


def _property(about: Any, schema: dict[str, Any], issues: Issues, at: str) -> bool:
    if not fits(about, _PROPERTY, issues, at):
        return False
    before = issues.number
    kind, component = about["type"], about.get("componentType")
    numeric = is_numeric(kind)
    if numeric and component is None:
        issues.tell("member-missing", at, expected="componentType")
    if not numeric and component is not None:
        issues.tell("member-unfit", f"{at}/componentType", got=component, expected=f"– ({kind})")
    enum = about.get("enumType")
    if kind == "ENUM" and enum is None:
        issues.tell("member-missing", at, expected="enumType")
    elif kind != "ENUM" and enum is not None:
        issues.tell("member-unfit", f"{at}/enumType", got=enum, expected=f"– ({kind})")
    elif enum is not None and enum not in (schema.get("enums") or {}):
        known = ", ".join(schema.get("enums") or {}) or "–"
        issues.tell("name-unknown", f"{at}/enumType", got=enum, expected=known[:200])
    if about.get("count") is not None and about.get("array") is not True:
        issues.tell("member-unfit", f"{at}/count", got=about["count"], expected="array: true")
    if about.get("normalized") is True and component not in INTEGERS:
        wanted = "INT8 … UINT64"
        issues.tell("member-unfit", f"{at}/normalized", got=component or kind, expected=wanted)
    if about.get("required") is True:
        for name in ("noData", "default"):
            if about.get(name) is not None:
                got = {"required": True, name: about[name]}
                issues.tell("member-unfit", f"{at}/{name}", got=got, expected="required: false")
    if kind == "BOOLEAN" and about.get("noData") is not None:
        issues.tell("member-unfit", f"{at}/noData", got=about["noData"], expected="– (BOOLEAN)")
    if issues.number > before:
        return False
    right = check_limits(about, about, issues, at)
    for name in ("default", "noData"):
        if about.get(name) is not None:
            right &= value_fits(about[name], about, schema, issues, f"{at}/{name}")
    return right


def check_limits(given: Any, about: dict[str, Any], issues: Issues, at: str) -> bool:
    """Hold offset, scale, min and max, of a class or of what uses it, against the property."""
    right = True
    endless = about.get("array") is True and about.get("count") is None
    floating = about.get("componentType") in ("FLOAT32", "FLOAT64")
    real = is_numeric(about["type"]) and (floating or about.get("normalized") is True)
    for name in ("offset", "scale", "min", "max"):
        value = given.get(name)
        if value is None:
            continue
        place = f"{at}/{name}"
        if endless:
            issues.tell("member-unfit", place, got=value, expected="count")
            right = False
        elif not is_numeric(about["type"]) or (name in ("offset", "scale") and not real):
            got = " ".join(str(about.get(k)) for k in ("type", "componentType") if about.get(k))
            wanted = "SCALAR, VECn, MATn"
            if name in ("offset", "scale"):
                wanted = "FLOAT32, FLOAT64, normalized: true"
            issues.tell("member-unfit", place, got=got, expected=wanted)
            right = False
        else:
            right &= value_fits(value, about, {}, issues, place, ranged=False)
    return right
