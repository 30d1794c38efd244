"""Mapping rows as applicability of IDS specifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cimkit.standard.draft import Draft
from cimkit.standard.formats._ids_values import IDS, Value, add_value, as_value
from cimkit.standard.formats._ifc_names import proper
from cimkit.standard.formats._losses import Ledger
from cimkit.standard.formats._xml import storable
from cimkit.standard.model import Standard
from cimkit.standard.rows import NO_CLASS, MappingRow

__all__ = ["Group", "groups"]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that one specification stands for: alike but for the IFC class."""

    code: str
    entities: tuple[str, ...]
    predefined_type: str = ""
    field: str = ""
    op: str = ""
    value: str = ""
    rivals: tuple[str, ...] = ()
    """Codes that a row of higher rank may give such an object instead."""

    def add_facet(self, parent: Any) -> None:
        """Add the condition to an applicability."""
        from lxml import etree

        said = as_value(self.op, self.value) if self.op else None
        if said is None:
            return
        value, base = said
        kind = self.field.partition(".")[0]
        tag = {"name": "attribute", "attributes": "attribute", "pset": "property"}.get(kind, kind)
        facet = etree.SubElement(parent, f"{{{IDS}}}{tag}")
        if tag == "attribute":
            name = "Name" if kind == "name" else self.field.partition(".")[2]
            add_value(facet, "name", Value(simple=name))
        elif tag == "property":
            _, place, name = self.field.split(".", 2)
            add_value(facet, "propertySet", Value(simple=place))
            add_value(facet, "baseName", Value(simple=name))
        if value != Value():
            add_value(facet, "value", value, base)
        if tag == "classification":
            add_value(facet, "system", Value(patterns=(".*",)))


def groups(standard: Standard, draft: Draft, ledger: Ledger) -> list[Group]:
    """Return what to write, and note the rows that IDS cannot say."""
    fit: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
    for number, row in enumerate(standard.mapping):
        why = _why_not(standard, row)
        if why:
            for table in draft.mapping:
                ledger.row(f"mapping/{table}", number, why)
            continue
        several = "" if not row.predefined_type and not row.op else str(number)
        rivals = _rivals(standard, row)
        key: tuple[str, ...] = (
            *(row.class_code, row.predefined_type, row.field, row.op, row.value),
            *(several, "|".join(rivals)),
        )
        fit.setdefault(key, []).append((row.source_class, rivals))
    found = []
    for key, rows in fit.items():
        entities = tuple(dict.fromkeys(name for name, _ in rows if name))
        code, kind, field, op, value = key[:5]
        found.append(Group(code, entities, kind, field, op, value, rows[0][1]))
    return found


def _why_not(standard: Standard, row: MappingRow) -> str:
    """Return why a row cannot be applicability, "" if it can."""
    if row.kind != "bim" or row.scheme != standard.scheme:
        return "IDS asks BIM models for one classification."
    if row.class_code == NO_CLASS or row.layer or row.sql:
        return "IDS does not say that no class is due, nor knows layers and SQL."
    if not row.source_class and not row.op:
        return "It applies to everything."
    texts = (row.class_code, row.source_class, row.predefined_type, row.field, row.value)
    if any(storable(t) != t for t in texts):
        return "XML forbids control characters."
    if proper(row.source_class) != row.source_class:
        return "IDS writes IFC classes in capitals; that one is none of IFC's."
    if not row.op:
        return ""
    place = row.field.split(".", 2)
    known = row.field in ("name", "material", "classification")
    known = known or (place[0] == "attributes" and len(place) == 2)
    known = known or (place[0] == "pset" and len(place) == 3 and all(place))
    if not known or "|" in row.field or as_value(row.op, row.value) is None:
        return "IDS has no facet for that field and comparison."
    if row.field == "pset" or (place[0] == "pset" and place[1] == standard.id):
        return "IDS has no facet for that field and comparison."
    return ""


def _rivals(standard: Standard, row: MappingRow) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for other in standard.mapping:
        if other.class_code == row.class_code or other.scheme != row.scheme:
            continue
        if other.kind not in ("", "bim") or _rank(other) > _rank(row) or _apart(row, other):
            continue
        # A code that XML cannot hold cannot be allowed by name: nothing is demanded then.
        found[other.class_code if storable(other.class_code) == other.class_code else NO_CLASS] = (
            None
        )
    return tuple(sorted(found))


def _rank(row: MappingRow) -> tuple[float, int]:
    said = (row.kind, row.layer, row.source_class, row.predefined_type, row.op, row.sql)
    return -row.confidence, -sum(map(bool, said))


def _apart(a: MappingRow, b: MappingRow) -> bool:
    """Return whether no object can fit both."""
    for x, y in (
        (a.source_class, b.source_class),
        (a.predefined_type, b.predefined_type),
    ):
        if x and y and x.lower() != y.lower():
            return True
    if a.field == b.field and a.op in ("equals", "in") and b.op in ("equals", "in"):
        many = a.field in ("material", "classification")
        return not many and not set(a.value.lower().split("|")) & set(b.value.lower().split("|"))
    return False
