"""Properties and quantities of a model as columns: of occurrences, types, materials, profiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders.ifc.cells import Cells
from cimkit.loaders.ifc.columns import Columns, declared_type
from cimkit.loaders.ifc.properties_met import (
    QUANTITIES,
    SEVERAL,
    UNSUPPORTED,
    Builder,
)
from cimkit.loaders.ifc.types import below, class_of

__all__ = ["PropertySets", "property_sets"]

Ints = npt.NDArray[np.int64]

_NAMED_SETS = (
    ("IfcPropertySet", "Name", "HasProperties"),
    ("IfcElementQuantity", "Name", "Quantities"),
    ("IfcMaterialProperties", "Name", "Properties"),
    ("IfcProfileProperties", "Name", "Properties"),
    ("IfcExtendedMaterialProperties", "Name", "ExtendedProperties"),
)


@dataclass(frozen=True)
class PropertySets:
    """Property sets, their properties and who has them."""

    owners: Ints
    """Row of who has a set, sorted; occurrences have those of their type, too, and ..."""
    owned: Ints
    """... the set, as an index into `set_names`, and ..."""
    inherited: npt.NDArray[np.bool_]
    """... whether it is that of the type."""
    set_names: npt.NDArray[np.int64]
    """Name of each set, as an index into `names`."""
    members: Ints
    """Sets, sorted, and ..."""
    properties: Ints
    """... the property in each, an index into `property_names`."""
    property_names: npt.NDArray[np.int64]
    """Name of each property, as an index into `names`."""
    forms: npt.NDArray[np.int64]
    """How each property holds its values."""
    of: Ints
    """Property of each value, sorted, and ..."""
    values: Ints
    """... the value, an index into `cells`, and ..."""
    roles: npt.NDArray[np.int64]
    """... what it is there."""
    types: npt.NDArray[np.object_]
    """Type of each value of `values`, in capitals."""
    names: list[str]
    """Names of sets and properties."""
    cells: Cells
    """Values that differ."""


def property_sets(columns: Columns) -> PropertySets:
    """Read the properties of a model."""
    build = Builder(columns)
    of_row = _properties(build)
    sets: list[Ints] = []
    named: list[Ints] = []
    members: list[Ints] = []
    inside: list[Ints] = []
    for root, title, holds in _NAMED_SETS:
        for name in columns.classes_below(root):
            rows = columns.read.rows(name)
            sets.append(rows)
            named.append(build.name_codes(build.column(name, title)))
        a, b = columns.refs(root, holds)
        held = of_row[b] >= 0
        members.append(a[held])
        inside.append(of_row[b[held]])
    for rows, names, owners, added in _predefined(build):
        sets.append(rows)
        named.append(names)
        members.append(owners)
        inside.append(added)
    set_rows = _concat(sets)
    set_of = np.full(len(columns), -1, np.int64)
    set_of[set_rows] = np.arange(len(set_rows))
    member = set_of[_concat(members)]
    order = np.argsort(member, kind="stable")
    member, inner = member[order], _concat(inside)[order]
    owners, owned, inherited = _owners(columns, set_of)
    return PropertySets(
        owners=owners,
        owned=owned,
        inherited=inherited,
        set_names=_concat(named),
        members=member,
        properties=inner,
        property_names=_concat(build.property_names),
        forms=_concat(build.forms),
        of=_concat(build.of),
        values=_concat(build.values),
        roles=_concat(build.roles),
        types=np.concatenate([np.array([], dtype=object), *build.types]),
        names=list(build.names),
        cells=build.pool.cells(),
    )


def _concat(parts: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _properties(build: Builder) -> Ints:
    """Add all properties; return for each row its property, -1 of what is none."""
    columns, read = build.columns, build.read
    of_row = np.full(len(columns), -1, np.int64)
    families = [
        *columns.classes_below("IfcProperty"),
        *columns.classes_below("IfcPhysicalQuantity"),
    ]
    for name in families:
        rows = read.rows(name)
        names = build.name_codes(build.column(name, "Name"))
        if name == "IFCPROPERTYSINGLEVALUE":
            unit = build.column(name, "Unit")
            added = build.plain(names, build.column(name, "NominalValue"), unit, "")
        elif name in QUANTITIES:
            unit = build.column(name, "Unit")
            added = build.plain(names, read.tokens(name, 3), unit, QUANTITIES[name])
        elif name in SEVERAL:
            added = build.several(name, names)
        else:
            none = np.zeros(0, np.int64)
            added = build.add(names, UNSUPPORTED, none, none, none, np.array([], dtype=object))
        of_row[rows] = added
    return of_row


def _predefined(build: Builder) -> list[tuple[Ints, Ints, Ints, Ints]]:
    """Add sets that are classes of their own, whose attributes are the properties."""
    columns = build.columns
    root = "IfcPropertySetDefinition"
    plain = below(columns.schema, "IfcPropertySet") | below(columns.schema, "IfcElementQuantity")
    common = class_of(columns.schema, root)
    skipped = len(common.attributes) if common is not None else 0
    found = []
    for name in columns.classes_below(root):
        of = class_of(columns.schema, name)
        if name in plain or of is None:
            continue
        rows = columns.read.rows(name)
        names = build.name_codes(build.column(name, "Name"))
        owners, added = [], []
        for at in range(skipped, len(of.attributes)):
            if of.attributes[at].kind.form in ("entity", "list"):
                continue
            code = build.names.setdefault(of.attributes[at].name, len(build.names))
            tokens = columns.read.tokens(name, at)
            codes = np.full(len(rows), code, np.int64)
            unit = pa.array(["$"] * len(rows), pa.string())
            added.append(build.plain(codes, tokens, unit, declared_type(of, at)))
            owners.append(rows)
        found.append((rows, names, _concat(owners), _concat(added)))
    return found


def _owners(columns: Columns, set_of: Ints) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Return who has which set, and whether through its type."""
    own: list[tuple[Ints, Ints]] = [
        columns.links("IfcRelDefinesByProperties", "RelatedObjects", "RelatingPropertyDefinition"),
        columns.refs("IfcTypeObject", "HasPropertySets"),
    ]
    for name, attribute in (
        ("IfcMaterialProperties", "Material"),
        ("IfcProfileProperties", "ProfileDefinition"),
    ):
        a, b = columns.refs(name, attribute)
        own.append((b, a))
    owners, sets = _concat([o[0] for o in own]), set_of[_concat([o[1] for o in own])]
    owners, sets = owners[sets >= 0], sets[sets >= 0]
    typed = np.flatnonzero(columns.type_of >= 0)
    order = np.argsort(owners, kind="stable")
    of_type = owners[order]
    begin = np.searchsorted(of_type, columns.type_of[typed], side="left")
    count = np.searchsorted(of_type, columns.type_of[typed], side="right") - begin
    at = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(count.sum())
    through = np.repeat(typed, count)
    owners, owned = np.concatenate([owners, through]), np.concatenate([sets, sets[order][at]])
    inherited = np.zeros(len(owners), bool)
    inherited[len(owners) - len(through) :] = True
    order = np.lexsort((owned, owners))
    return owners[order], owned[order], inherited[order]
