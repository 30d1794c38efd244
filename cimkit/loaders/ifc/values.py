"""Values of IFC property sets and quantities as plain JSON values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cimkit.loaders.ifc.instances import get, members, number, plain, scalars

__all__ = ["Values", "definition", "json_text", "overriding", "quantity_measures", "unit_text"]

Json = dict[str, Any]
_AREAS = ("NetFloorArea", "GrossFloorArea", "NetArea", "GrossArea", "NetSideArea", "GrossSideArea")
_DEEP = 20
"""Complex properties within each other; more are a ring."""


@dataclass(slots=True)
class Values:
    """One property set or set of quantities."""

    name: str
    """As written; the class of one without a name."""
    values: Json = field(default_factory=dict)
    """Value by name of the property."""
    datatypes: Json = field(default_factory=dict)
    """Class of the value by name of the property: IfcLabel, IfcQuantityArea ..."""
    units: Json = field(default_factory=dict)
    """Unit by name, of properties that do not use that of the project."""
    notes: Json = field(default_factory=dict)
    """Description by name, of properties that have one."""
    is_quantity: bool = False
    """Whether these are quantities."""
    twice: int = 0
    """Properties of one name beyond the first."""
    wins: bool = False
    """Whether these stand in place of what another set of this name says."""


def definition(item: Any, schema: str) -> Values:
    """Return what one property set definition holds."""
    kind = item.is_a()
    name = get(item, 2)
    if kind == "IfcPropertySet":
        found = Values(name if isinstance(name, str) and name else kind)
        _fill(found, members(get(item, 4)), 0)
    elif kind == "IfcElementQuantity":
        found = Values(name if isinstance(name, str) and name else kind, is_quantity=True)
        _fill(found, members(get(item, 5)), 0)
    else:
        found = Values(name if isinstance(name, str) and name else kind)
        told = scalars(item, schema)
        found.values = {k: v for k, v in told.items() if k not in ("Name", "Tag")}
    return found


def overriding(relation: Any, name: str) -> Values:
    """Return what an IfcRelOverridesProperties of IFC2X3 says in place of a set's own values."""
    found = Values(name, wins=True)
    _fill(found, members(get(relation, 6)), 0)
    return found


def _fill(found: Values, items: Iterable[Any], depth: int) -> None:
    values, datatypes = found.values, found.datatypes
    for item in items:
        kind = item.is_a()
        read = _READERS.get(kind)
        name = get(item, 0)
        if not isinstance(name, str) or not name:
            name = f"#{number(item)}" if name is None or name == "" else str(name)
        if name in values:
            found.twice += 1
            name = next(n for k in count(2) if (n := f"{name} ({k})") not in values)
        if read is not None:
            value, datatype, unit = read(item, depth)
        elif kind.startswith("IfcQuantity"):
            value, datatype, unit = plain(get(item, 3)), kind, get(item, 2)
        else:
            value, datatype, unit = plain(getattr(item, "NominalValue", None)), kind, None
        values[name] = value
        if datatype is not None:
            datatypes[name] = datatype
        if unit is not None:
            found.units[name] = unit if isinstance(unit, dict) else unit_text(unit)
        note = get(item, 1)
        if note and isinstance(note, str):
            found.notes[name] = note


def _single(item: Any, depth: int) -> tuple[Any, Any, Any]:
    del depth
    value = get(item, 2)
    if value is None:
        return None, None, get(item, 3)
    try:
        datatype, value = value.is_a(), get(value, 0)
    except (AttributeError, TypeError):
        datatype = None  # written without its type, against the format
    if type(value) is not str:
        value = plain(value)
    return value, datatype, get(item, 3)


def _type_of(values: Any) -> Any:
    for value in values if isinstance(values, tuple) else (values,):
        if value is not None and hasattr(value, "is_a"):
            return value.is_a()
    return None


def _enumerated(item: Any, depth: int) -> tuple[Any, Any, Any]:
    del depth
    values, reference = get(item, 2) or (), get(item, 3)
    unit = getattr(reference, "Unit", None) if reference is not None else None
    return plain(values), _type_of(values), unit


def _list(item: Any, depth: int) -> tuple[Any, Any, Any]:
    del depth
    values = get(item, 2) or ()
    return plain(values), _type_of(values), get(item, 3)


def _bounded(item: Any, depth: int) -> tuple[Any, Any, Any]:
    del depth
    upper, lower, unit = get(item, 2), get(item, 3), get(item, 4)
    point = getattr(item, "SetPointValue", None)  # since IFC4
    bounds = {"lower": plain(lower), "upper": plain(upper), "set": plain(point)}
    return {k: v for k, v in bounds.items() if v is not None}, _type_of((lower, upper, point)), unit


def _table(item: Any, depth: int) -> tuple[Any, Any, Any]:
    del depth
    defining, defined = get(item, 2) or (), get(item, 3) or ()
    table = {"defining": plain(defining), "defined": plain(defined)}
    for name, index in (("expression", 4), ("interpolation", 7)):
        said = get(item, index) if index < len(item) else None
        if said and said != "NOTDEFINED":
            table[name] = plain(said)
    types = {"defining": _type_of(defining), "defined": _type_of(defined)}
    units = {"defining": get(item, 5), "defined": get(item, 6)}
    named = {k: unit_text(v) for k, v in units.items() if v is not None}
    return table, {k: v for k, v in types.items() if v}, named or None


def _reference(item: Any, depth: int) -> tuple[Any, Any, Any]:
    del depth
    target = get(item, 3)
    if target is None or not hasattr(target, "is_a"):
        return plain(target), None, None
    told = scalars(target, target.is_a(True).split(".")[0])
    if set(told) <= {"Name"}:
        return plain(target), target.is_a(), None
    return told, target.is_a(), None


def _complex(item: Any, depth: int) -> tuple[Any, Any, Any]:
    inner = Values("")
    if depth < _DEEP:
        _fill(inner, members(get(item, 2 if item.is_a() != "IfcComplexProperty" else 3)), depth + 1)
    return inner.values, inner.datatypes, inner.units or None


_READERS: dict[str, Callable[[Any, int], tuple[Any, Any, Any]]] = {
    "IfcPropertySingleValue": _single,
    "IfcPropertyEnumeratedValue": _enumerated,
    "IfcPropertyListValue": _list,
    "IfcPropertyBoundedValue": _bounded,
    "IfcPropertyTableValue": _table,
    "IfcPropertyReferenceValue": _reference,
    "IfcComplexProperty": _complex,
    "IfcPhysicalComplexQuantity": _complex,
}


def unit_text(unit: Any) -> str:
    """Return a unit in words: ``MILLIMETRE``, ``FOOT``, ``KILOGRAM METRE^-3``, ``CNY``."""
    if not hasattr(unit, "is_a"):
        return str(unit)
    kind = unit.is_a()
    if kind == "IfcSIUnit":
        return f"{unit.Prefix or ''}{unit.Name or ''}"
    if kind == "IfcMonetaryUnit":
        return str(unit.Currency)
    if kind == "IfcDerivedUnit":
        parts = []
        for element in members(get(unit, 0)):
            exponent, name = get(element, 1), unit_text(get(element, 0))
            parts.append(name if exponent == 1 else f"{name}^{exponent}")
        return " ".join(parts)
    return str(getattr(unit, "Name", None) or getattr(unit, "UserDefinedType", None) or kind)


def quantity_measures(quantities: dict[str, Json]) -> Json:
    """Return ``area`` and ``length`` from sets of base quantities, in the project's units."""
    found: Json = {}
    for values in quantities.values():
        for name in _AREAS:
            value = values.get(name)
            if isinstance(value, int | float):
                rank = _AREAS.index(name)
                if "area" not in found or rank < found["rank"]:
                    found["area"], found["rank"] = float(value), rank
        length = values.get("Length")
        if isinstance(length, int | float):
            found["length"] = float(length)
    found.pop("rank", None)
    return found


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
