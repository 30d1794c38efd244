"""Values of IFC property sets, quantities and materials as plain JSON values."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

__all__ = ["definition", "json_text", "material_names", "quantity_measures", "scalars"]

Json = dict[str, Any]
_PLAIN = (str, int, float, bool)
_AREAS = ("NetFloorArea", "GrossFloorArea", "NetArea", "GrossArea", "NetSideArea", "GrossSideArea")


def _plain(value: Any) -> Any:
    """Return a JSON value for what an attribute holds; an instance gives its name or number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "wrappedValue"):
        return _plain(value.wrappedValue)
    return getattr(value, "Name", None) or f"#{value.id()}"


@cache
def _attribute_names(schema: str, name: str) -> tuple[str, ...]:
    from ifcopenshell import ifcopenshell_wrapper

    entity = ifcopenshell_wrapper.schema_by_name(schema).declaration_by_name(name).as_entity()
    return tuple(a.name() for a in entity.all_attributes()) if entity is not None else ()


def scalars(instance: Any) -> Json:
    """Return the attributes of an instance that are plain values; unset ones are left out."""
    names = _attribute_names(instance.file.schema_identifier, instance.is_a())
    found = {}
    for index, name in enumerate(names):
        if name == "GlobalId":
            continue
        value = instance[index]
        if value is not None and isinstance(value, _PLAIN):
            found[name] = _plain(value)
    return found


def definition(item: Any) -> tuple[str, Json, bool]:
    """Return name, values and "is it quantities" of one property set definition."""
    name = item.Name or item.is_a()
    if item.is_a("IfcPropertySet"):
        return name, {p.Name: _property(p) for p in item.HasProperties or () if p.Name}, False
    if item.is_a("IfcElementQuantity"):
        return name, {q.Name: _quantity(q) for q in item.Quantities or () if q.Name}, True
    return name, {k: v for k, v in scalars(item).items() if k not in ("Name", "Tag")}, False


def _property(item: Any) -> Any:
    kind = item.is_a()
    if kind == "IfcPropertySingleValue":
        return _plain(item.NominalValue)
    if kind == "IfcPropertyEnumeratedValue":
        return _plain(item.EnumerationValues or ())
    if kind == "IfcPropertyListValue":
        return _plain(item.ListValues or ())
    if kind == "IfcPropertyBoundedValue":
        bounds = {
            "lower": _plain(item.LowerBoundValue),
            "upper": _plain(item.UpperBoundValue),
            "set": _plain(getattr(item, "SetPointValue", None)),
        }
        return {k: v for k, v in bounds.items() if v is not None}
    if kind == "IfcPropertyTableValue":
        return {
            "defining": _plain(item.DefiningValues or ()),
            "defined": _plain(item.DefinedValues or ()),
        }
    if kind == "IfcComplexProperty":
        return {p.Name: _property(p) for p in item.HasProperties or () if p.Name}
    return _plain(getattr(item, "PropertyReference", None))


def _quantity(item: Any) -> Any:
    if item.is_a("IfcPhysicalComplexQuantity"):
        return {q.Name: _quantity(q) for q in item.HasQuantities or () if q.Name}
    return _plain(item[3])  # LengthValue, AreaValue, ...: the fourth attribute of each kind


def quantity_measures(quantities: dict[str, Json]) -> Json:
    """Return ``area`` and ``length`` from sets of base quantities, in the project's units."""
    flat = {k: v for values in quantities.values() for k, v in values.items()}
    found: Json = {}
    for name in _AREAS:
        if isinstance(flat.get(name), int | float):
            found["area"] = float(flat[name])
            break
    if isinstance(flat.get("Length"), int | float):
        found["length"] = float(flat["Length"])
    return found


def material_names(item: Any) -> list[str]:
    """Return the names of the materials that a material select stands for, in order."""
    kind = item.is_a()
    if kind == "IfcMaterial":
        return [item.Name] if item.Name else []
    for attribute in (
        "ForLayerSet",
        "ForProfileSet",
        "MaterialLayers",
        "MaterialProfiles",
        "MaterialConstituents",
        "Materials",
        "Material",
    ):
        inner = getattr(item, attribute, None)
        if inner is not None:
            parts = inner if isinstance(inner, tuple) else (inner,)
            return [name for part in parts for name in material_names(part)]
    return []


def json_text(value: Any) -> str:
    """Return compact JSON with sorted keys; what UTF-8 cannot hold is replaced.

    Examples
    --------
    >>> json_text({"b": 1, "a": "墙"})
    '{"a":"墙","b":1}'
    """
    import orjson

    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode("utf-8")
    except TypeError:  # half a surrogate pair from a mistaken \\X2\\ escape, or a 65-bit integer
        import json

        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode("utf-8", "replace").decode("utf-8")
