"""Properties of all objects of an IFC model in bulk: one pass over each kind of relation."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import count
from typing import Any

from cimkit.loaders.ifc.associations import Associations
from cimkit.loaders.ifc.instances import attributes_of, each, get, members, number, position
from cimkit.loaders.ifc.values import Values, definition, overriding, quantity_measures
from cimkit.model import Problem

__all__ = ["Properties"]

Json = dict[str, Any]


class _Type:
    """What occurrences inherit from their type."""

    __slots__ = ("attributes", "name", "number", "predefined", "sets")

    def __init__(self, item: Any, schema: str, sets: list[Values]) -> None:
        self.number = number(item)
        self.attributes: Json = {"class": item.is_a(), **attributes_of(item, schema)}
        key = get(item, 0)
        if isinstance(key, str):
            self.attributes["GlobalId"] = key
        self.name = str(self.attributes.get("Name") or item.is_a())
        predefined = self.attributes.get("PredefinedType")
        if predefined == "USERDEFINED":
            predefined = self.attributes.get("ElementType") or predefined
        self.predefined = predefined
        self.sets = sets


class Properties:
    """What the relations of a model say of its objects, by instance number.

    Asking ifcopenshell for the sets of one element walks its inverse attributes; doing so for
    every element costs more than reading all relations once.

    Parameters
    ----------
    model : ifcopenshell.file
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._schema = model.schema_identifier
        self._sets: dict[int, Values] = {}
        self._rivals: Counter[str] = Counter()
        self._own = self._definitions()
        self._types: dict[int, _Type] = {}
        self._type_of = self._typed()
        self._used = {kind.number for kind in self._type_of.values()}
        self._associated = Associations(model)
        self._groups = self._assigned()
        self._layers = self._presentation_layers()

    def problems(self) -> list[Problem]:
        """Return what was wrong with the property sets of the objects told of so far."""
        twice = [s for s in self._sets.values() if s.twice]
        found = []
        if self._rivals:
            found.append(
                Problem(
                    "property-duplicate",
                    "Objects have several property sets of one name that say different things; "
                    "those after the first are called (2) and so on.",
                    "warning",
                    place=", ".join(list(self._rivals)[:5]),
                    got=f"{sum(self._rivals.values())} sets of {len(self._rivals)} names",
                    expected="each name once for an object",
                )
            )
        idle = [t for t in each(self._model, "IfcTypeObject") if number(t) not in self._used]
        if idle:
            found.append(
                Problem(
                    "type-unused",
                    f"{len(idle)} types have no occurrence; they are no objects and not kept.",
                    "info",
                    place=", ".join(f"#{number(t)}" for t in idle[:5]),
                    got=", ".join(str(get(t, 2) or t.is_a()) for t in idle[:5]),
                    expected="an occurrence of each",
                )
            )
        if not twice:
            return found
        return [
            *found,
            Problem(
                "property-duplicate",
                "Property sets hold several properties of one name; those after the first are "
                "called (2) and so on.",
                "warning",
                place=", ".join(dict.fromkeys(s.name for s in twice[:5])),
                got=f"{sum(s.twice for s in twice)} properties in {len(twice)} sets",
                expected="each name once in a set",
            ),
        ]

    def _set(self, item: Any) -> Values:
        known = self._sets.get(number(item))
        if known is None:
            known = self._sets[number(item)] = definition(item, self._schema)
        return known

    def _definitions(self) -> dict[int, list[Values]]:
        found: defaultdict[int, list[Values]] = defaultdict(list)
        late = []
        for relation in each(self._model, "IfcRelDefinesByProperties"):
            if relation.is_a() == "IfcRelOverridesProperties":
                late.append(relation)
            sets = [self._set(s) for s in members(get(relation, 5)) if _is_set(s)]
            if sets:
                for one in members(get(relation, 4)):
                    found[number(one)].extend(sets)
        for relation in late:  # what overrides comes last, so that it wins
            for item in members(get(relation, 5)):
                values = overriding(relation, self._set(item).name)
                for one in members(get(relation, 4)):
                    found[number(one)].append(values)
        return dict(found)

    def _typed(self) -> dict[int, _Type]:
        found: dict[int, _Type] = {}
        for relation in each(self._model, "IfcRelDefinesByType"):
            kind = get(relation, 5)
            if kind is None or not hasattr(kind, "is_a") or not kind.is_a("IfcTypeObject"):
                continue
            known = self._types.get(number(kind))
            if known is None:
                index = position(self._schema, kind.is_a(), "HasPropertySets")
                sets = [
                    self._set(s)
                    for s in members(get(kind, index) if index is not None else None)
                    if _is_set(s)
                ]
                known = self._types[number(kind)] = _Type(kind, self._schema, sets)
            for one in members(get(relation, 4)):
                found[number(one)] = known
        return found

    def _assigned(self) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        for relation in each(self._model, "IfcRelAssignsToGroup"):
            group = relation.RelatingGroup
            if group is not None and hasattr(group, "is_a"):
                label = get(group, 2) or group.is_a()
                for one in members(get(relation, 4)):
                    found[number(one)].append(str(label))
        return dict(found)

    def _presentation_layers(self) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        for layer in each(self._model, "IfcPresentationLayerAssignment"):
            for item in members(get(layer, 2)):
                found[number(item)].append(str(get(layer, 0) or ""))
        return dict(found)

    def of(self, one: Any) -> tuple[Json, Json]:
        """Return the properties of one object, and the area and length its quantities give.

        Returns
        -------
        properties : dict
            ``attributes, predefined_type, type, type_attributes, pset, quantities, datatype, unit,
            inherited, note, classification, material, composition, layer, system, document,
            approval, constraint, library``; empty ones are left out. Sets of the type are
            inherited, property by property; what the occurrence says wins. Values are as written,
            in the units of the project but for those that `unit` names.
        measures : dict
            ``area`` and ``length`` in the units of the project, as far as quantities give them.
        """
        n = number(one)
        attributes = attributes_of(one, self._schema)
        found: Json = {"attributes": attributes} if attributes else {}
        kind = self._type_of.get(n)
        own = self._own.get(n)
        measures: Json = {}
        if own or (kind is not None and kind.sets):
            self._rivals.update(_merge(found, kind.sets if kind is not None else [], own or []))
            if "quantities" in found:
                measures = quantity_measures(found["quantities"])
        predefined = _predefined(attributes, kind)
        if predefined:
            found["predefined_type"] = predefined
        if kind is not None:
            found["type"] = kind.name
            found["type_attributes"] = kind.attributes
        of_type = kind.number if kind is not None else None
        names, composition = self._associated.materials(n, of_type)
        if names:
            found["material"] = names
        if composition:
            found["composition"] = composition
        found |= self._associated.others(n, of_type)
        if self._layers and (layers := self._on_layers(one)):
            found["layer"] = layers
        if n in self._groups:
            found["system"] = self._groups[n]
        return found, measures

    def _on_layers(self, one: Any) -> list[str]:
        shown = getattr(one, "Representation", None)
        names: dict[str, None] = {}
        for shape in members(getattr(shown, "Representations", None)):
            for item in (shape, *members(get(shape, 3))):
                names.update(dict.fromkeys(self._layers.get(number(item), ())))
                if item.is_a("IfcMappedItem"):
                    mapped = getattr(get(item, 0), "MappedRepresentation", None)
                    for inner in (*members(mapped), *members(getattr(mapped, "Items", None))):
                        names.update(dict.fromkeys(self._layers.get(number(inner), ())))
        return list(names)


def _is_set(item: Any) -> bool:
    return bool(item.is_a("IfcPropertySetDefinition"))


def _merge(found: Json, inherited: list[Values], own: list[Values]) -> list[str]:
    """Put the sets of type and occurrence into the properties of an object.

    Returns
    -------
    list of str
        Names of sets of which the object has another one that says something else.
    """
    told: dict[str, dict[str, Json]] = {}
    origin: dict[str, dict[str, bool]] = {}
    mine: dict[tuple[bool, str], Json] = {}
    rivals = []
    several = len({(one.is_quantity, one.name) for one in own}) < len(own)
    for index, one in enumerate((*inherited, *own)):
        of_type = index < len(inherited)
        name = one.name
        if several and not of_type:
            held = mine.get((one.is_quantity, name), {})
            if not one.wins and any(held.get(k, v) != v for k, v in one.values.items()):
                rivals.append(name)
                name = next(
                    n
                    for k in count(2)
                    if (n := f"{one.name} ({k})") and (one.is_quantity, n) not in mine
                )
            mine[one.is_quantity, name] = {**mine.get((one.is_quantity, name), {}), **one.values}
        parts = (
            ("quantities" if one.is_quantity else "pset", one.values),
            ("datatype", one.datatypes),
            ("unit", one.units),
            ("note", one.notes),
        )
        for key, said in parts:
            if not said and key not in ("pset", "quantities"):
                continue
            target = told.setdefault(key, {})
            known = target.get(name)
            target[name] = {**known, **said} if known else said
        if inherited:
            names = origin.setdefault(name, {})
            names.update(dict.fromkeys(one.values, of_type))
    if inherited:
        kept = {
            name: [p for p, of_type in said.items() if of_type] for name, said in origin.items()
        }
        kept = {name: said for name, said in kept.items() if said}
        if kept:
            told["inherited"] = kept  # type: ignore[assignment]
    found |= told
    return rivals


def _predefined(attributes: Json, kind: _Type | None) -> str | None:
    value = attributes.get("PredefinedType")
    if value in (None, "NOTDEFINED") and kind is not None:
        value = kind.predefined
    elif value == "USERDEFINED":
        value = attributes.get("ObjectType") or value
    return None if value in (None, "NOTDEFINED") else str(value)
