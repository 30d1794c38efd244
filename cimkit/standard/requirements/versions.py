"""What the releases of IFC know: classes, attributes, types of values and how XML writes them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from cimkit.loaders.ifc.schemas import known_classes
from cimkit.loaders.ifc.types import Kind, class_of, type_named, words_of

__all__ = [
    "BASES",
    "MAPPED",
    "attribute_base",
    "base_of",
    "classes_named",
    "family",
    "parses",
    "predefined_words",
]

BASES = {
    "anyURI": r"\S+",
    "boolean": r"true|false|0|1",
    "date": r"-?\d{4,}-\d{2}-\d{2}(Z|[+-]\d{2}:\d{2})?",
    "dateTime": r"-?\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?",
    "double": r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|NaN|\+?INF|-INF",
    "duration": r"[-+]?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?",
    "integer": r"[+-]?\d+",
    "string": r"(?s:.*)",
    "time": r"\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?",
}
"""How texts of the base types look that values of IFC have (IDS 1.0, DataTypes, XML base types)."""
_FAMILIES = {
    **dict.fromkeys(("string", "normalizedString", "token", "anyURI", "anyUri"), "text"),
    **dict.fromkeys(("date", "dateTime", "time", "duration"), "date"),
    **dict.fromkeys(("double", "float", "decimal"), "number"),
    **dict.fromkeys(
        (
            *("integer", "int", "long", "short", "positiveInteger", "nonNegativeInteger"),
            *("negativeInteger", "nonPositiveInteger", "unsignedInt"),
        ),
        "number",
    ),
    "boolean": "boolean",
}
_NAMED = {
    "IFCDATE": "date",
    "IFCDATETIME": "dateTime",
    "IFCDURATION": "duration",
    "IFCTIME": "time",
    "IFCURIREFERENCE": "anyURI",
    "IFCCOUNTMEASURE": "integer",
    "IFCTIMESTAMP": "integer",
    "IFCLOGICAL": "string",
    "IFCSTRIPPEDOPTIONAL": "boolean",
}
_SIMPLE = {
    "string": "string",
    "real": "double",
    "number": "double",
    "integer": "integer",
    "boolean": "boolean",
    "logical": "string",
    "binary": "string",
}

_FLOW = {
    "IFCFURNISHINGELEMENT": "FURNITURE SYSTEMFURNITUREELEMENT",
    "IFCDISTRIBUTIONCONTROLELEMENT": "ACTUATOR ALARM CONTROLLER FLOWINSTRUMENT SENSOR",
    "IFCENERGYCONVERSIONDEVICE": (
        "AIRTOAIRHEATRECOVERY BOILER CHILLER COIL CONDENSER COOLEDBEAM COOLINGTOWER "
        "ELECTRICGENERATOR ELECTRICMOTOR EVAPORATIVECOOLER EVAPORATOR HEATEXCHANGER HUMIDIFIER "
        "MOTORCONNECTION SPACEHEATER TRANSFORMER TUBEBUNDLE UNITARYEQUIPMENT"
    ),
    "IFCFLOWCONTROLLER": (
        "AIRTERMINALBOX DAMPER ELECTRICTIMECONTROL FLOWMETER PROTECTIVEDEVICE SWITCHINGDEVICE VALVE"
    ),
    "IFCFLOWFITTING": "CABLECARRIERFITTING DUCTFITTING JUNCTIONBOX PIPEFITTING",
    "IFCFLOWMOVINGDEVICE": "COMPRESSOR FAN PUMP",
    "IFCFLOWSEGMENT": "CABLECARRIERSEGMENT CABLESEGMENT DUCTSEGMENT PIPESEGMENT",
    "IFCFLOWSTORAGEDEVICE": "ELECTRICFLOWSTORAGEDEVICE TANK",
    "IFCFLOWTERMINAL": (
        "AIRTERMINAL ELECTRICAPPLIANCE FIRESUPPRESSIONTERMINAL LAMP LIGHTFIXTURE OUTLET "
        "SANITARYTERMINAL STACKTERMINAL WASTETERMINAL"
    ),
    "IFCFLOWTREATMENTDEVICE": "DUCTSILENCER FILTER",
    "IFCEQUIPMENTELEMENT": "VIBRATIONISOLATOR",
}
MAPPED: dict[str, tuple[str, str]] = {
    f"IFC{name}": (occurrence, f"IFC{name}TYPE")
    for occurrence, names in _FLOW.items()
    for name in names.split()
}
"""Names that IFC2X3 has for types only: class of the occurrence and of its type (IDS 1.0, IFC2X3
entities mapping)."""


def family(base: str) -> str:
    """Return text, date, number or boolean; "" of a base type that IDS does not know."""
    return _FAMILIES.get(base, "")


def parses(base: str, text: str) -> bool:
    """Tell whether a text is a value of a base type of XML Schema.

    Examples
    --------
    >>> parses("double", "42."), parses("integer", "42."), parses("boolean", "FALSE")
    (True, False, False)
    """
    known = base if base in BASES else {"number": "double", "": "string"}.get(family(base), "")
    if family(base) == "number" and base not in ("double", "float", "decimal"):
        known = "integer"
    return re.fullmatch(BASES.get(known, BASES["string"]), text) is not None


@cache
def base_of(version: str, name: str) -> str | None:
    """Return how XML writes values of a type; None if a release has no such type of plain values.

    Parameters
    ----------
    version : str
        IFC2X3, IFC4 or IFC4X3_ADD2.
    name : str
        In capitals.
    """
    kind = type_named(version, name)
    if kind is None:
        return None
    if name in _NAMED:
        return _NAMED[name]
    return _base(kind)


def _base(kind: Kind) -> str | None:
    if kind.form == "enumeration":
        return "string"
    return _SIMPLE.get(kind.name) if kind.form == "simple" else None


@cache
def attribute_base(version: str, name: str, attribute: str) -> str | None:
    """Return how XML writes values of an attribute.

    Returns
    -------
    str or None
        "" if it may hold plain values of several types, "-" if it holds instances or lists, which
        have no value; None if the class has no such attribute that can be given a value.
    """
    of = class_of(version, name)
    at = of.index(attribute) if of is not None else None
    if of is None or at is None or of.derived[at] or of.attributes[at].name != attribute:
        return None
    kind = of.attributes[at].kind
    if kind.form == "select":
        return "" if _plain_only(version, kind.name) else "-"
    declared = of.types[at].upper()
    found = _NAMED.get(declared) or _base(kind)
    return found if found is not None else "-"


@cache
def _plain_only(version: str, name: str) -> bool:
    from ifcopenshell import ifcopenshell_wrapper

    declared: Any = ifcopenshell_wrapper.schema_by_name(version).declaration_by_name(name)
    return all(_is_plain(inner) for inner in declared.as_select_type().select_list())


def _is_plain(declared: Any) -> bool:
    if declared.as_select_type() is not None:
        return all(_is_plain(inner) for inner in declared.as_select_type().select_list())
    return declared.as_entity() is None


@cache
def classes_named(version: str) -> frozenset[str]:
    """Return the names that a release has for what a facet may ask for, in capitals."""
    found = known_classes(version)
    return found | frozenset(MAPPED) if version == "IFC2X3" else found


@cache
def predefined_words(version: str, name: str) -> tuple[str, ...] | None:
    """Return the predefined types of a class, or of its type; None if it has none."""
    for at in (name, f"{name}TYPE", f"{name}STYLE"):
        of = class_of(version, at)
        index = of.index("PredefinedType") if of is not None else None
        if of is not None and index is not None:
            return words_of(version, of.attributes[index].kind.name)
    return None
