"""Properties of all products of an IFC model in bulk: one pass over each kind of relation."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from cimkit.loaders.ifc.values import definition, material_names, quantity_measures, scalars

__all__ = ["Relations"]

Json = dict[str, Any]


class Relations:
    """What the relations of a model say of its objects, by instance number.

    Asking ifcopenshell for the sets of one element walks its inverse attributes; doing so for
    every element costs more than reading all relations once.

    Parameters
    ----------
    model : ifcopenshell.file
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._sets: dict[int, tuple[str, Json, bool]] = {}
        self._defined = self._definitions()
        self.type_of = self._types()
        self._materials = self._associated("IfcRelAssociatesMaterial", "RelatingMaterial")
        self._classes = self._associated("IfcRelAssociatesClassification", "RelatingClassification")
        self._groups = self._assigned()
        self.parent = self._parents()
        self._layers = self._presentation_layers()

    def _each(self, name: str) -> Any:
        try:
            return self._model.by_type(name)
        except RuntimeError:
            return ()  # the schema does not have the class

    def _definitions(self) -> dict[int, list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for relation in self._each("IfcRelDefinesByProperties"):
            related = relation.RelatedObjects or ()
            for item in _as_sets(relation.RelatingPropertyDefinition):
                for one in related:
                    found[one.id()].append(item.id())
                self._remember(item)
        return found

    def _remember(self, item: Any) -> None:
        if item.id() not in self._sets:
            self._sets[item.id()] = definition(item)

    def _types(self) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for relation in self._each("IfcRelDefinesByType"):
            kind = relation.RelatingType
            if kind is None:
                continue
            for item in kind.HasPropertySets or ():
                self._remember(item)
            for one in relation.RelatedObjects or ():
                found[one.id()] = kind
        return found

    def _associated(self, name: str, attribute: str) -> dict[int, list[Any]]:
        found: defaultdict[int, list[Any]] = defaultdict(list)
        for relation in self._each(name):
            value = getattr(relation, attribute)
            if value is not None:
                for one in relation.RelatedObjects or ():
                    found[one.id()].append(value)
        return found

    def _assigned(self) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        for relation in self._each("IfcRelAssignsToGroup"):
            group = relation.RelatingGroup
            if group is not None:
                label = group.Name or group.is_a()
                for one in relation.RelatedObjects or ():
                    found[one.id()].append(label)
        return found

    def _parents(self) -> dict[int, Any]:
        """Return the whole that each product is part of; containment outranks aggregation."""
        found: dict[int, Any] = {}
        for name, whole, parts in (
            ("IfcRelVoidsElement", "RelatingBuildingElement", "RelatedOpeningElement"),
            ("IfcRelProjectsElement", "RelatingElement", "RelatedFeatureElement"),
            ("IfcRelNests", "RelatingObject", "RelatedObjects"),
            ("IfcRelAggregates", "RelatingObject", "RelatedObjects"),
            ("IfcRelContainedInSpatialStructure", "RelatingStructure", "RelatedElements"),
        ):
            for relation in self._each(name):
                above, below = getattr(relation, whole), getattr(relation, parts)
                if above is None or below is None or not above.is_a("IfcProduct"):
                    continue
                for one in below if isinstance(below, tuple) else (below,):
                    if one.id() != above.id():
                        found[one.id()] = above
        return found

    def _presentation_layers(self) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        for layer in self._each("IfcPresentationLayerAssignment"):
            for item in layer.AssignedItems or ():
                found[item.id()].append(layer.Name or "")
        return found

    def storey(self, product: Any) -> str | None:
        """Return the name of the storey that a product is part of, None if of none."""
        seen: set[int] = set()
        above = product
        while above is not None and above.id() not in seen:
            if above.is_a("IfcBuildingStorey"):
                return above.Name or above.LongName or above.GlobalId or f"#{above.id()}"
            seen.add(above.id())
            above = self.parent.get(above.id())
        return None

    def properties(self, product: Any) -> tuple[Json, Json]:
        """Return the properties of one product, and the area and length its quantities give.

        Returns
        -------
        properties : dict
            ``attributes, predefined_type, type, pset, quantities, classification, material,
            layer, storey, system``; empty ones are left out. Sets of the type are inherited,
            property by property; what the occurrence says wins. Values are as written, in the
            units of the project.
        measures : dict
            ``area`` and ``length`` in the units of the project, as far as quantities give them.
        """
        number = product.id()
        kind = self.type_of.get(number)
        psets: dict[str, Json] = {}
        quantities: dict[str, Json] = {}
        inherited = [s.id() for s in (kind.HasPropertySets or ())] if kind is not None else []
        for key in (*inherited, *self._defined.get(number, ())):
            name, values, is_quantity = self._sets[key]
            target = quantities if is_quantity else psets
            target[name] = {**target.get(name, {}), **values}
        attributes = scalars(product)
        found: Json = {
            "attributes": attributes,
            "predefined_type": _predefined(attributes, kind),
            "type": (kind.Name or kind.is_a()) if kind is not None else None,
            "pset": psets,
            "quantities": quantities,
            "classification": self._classified(number, kind),
            "material": self._made_of(number, kind),
            "layer": self._on_layers(product),
            "storey": self.storey(product),
            "system": self._groups.get(number),
        }
        return {k: v for k, v in found.items() if v}, quantity_measures(quantities)

    def _made_of(self, number: int, kind: Any) -> list[str]:
        own = self._materials.get(number)
        if not own and kind is not None:
            own = self._materials.get(kind.id())
        return list(dict.fromkeys(n for m in own or () for n in material_names(m)))

    def _classified(self, number: int, kind: Any) -> list[Json]:
        """Return references; those of the type count for systems the occurrence is silent on."""
        own = [_reference(c) for c in self._classes.get(number, ())]
        systems = {c["system"] for c in own}
        if kind is not None:
            inherited = (_reference(c) for c in self._classes.get(kind.id(), ()))
            own += [c for c in inherited if c["system"] not in systems]
        return own

    def _on_layers(self, product: Any) -> list[str]:
        if not self._layers or product.Representation is None:
            return []
        names: dict[str, None] = {}
        for shape in product.Representation.Representations or ():
            for item in (shape, *(shape.Items or ())):
                names.update(dict.fromkeys(self._layers.get(item.id(), ())))
                if item.is_a("IfcMappedItem") and item.MappingSource is not None:
                    mapped = item.MappingSource.MappedRepresentation
                    for inner in (mapped, *(mapped.Items or ())):
                        names.update(dict.fromkeys(self._layers.get(inner.id(), ())))
        return list(names)


def _as_sets(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value
    if value.id() == 0:  # IfcPropertySetDefinitionSet, a typed value that wraps a tuple
        return tuple(value.wrappedValue)
    return (value,)


def _predefined(attributes: Json, kind: Any) -> str | None:
    value = attributes.get("PredefinedType")
    if value in (None, "NOTDEFINED") and kind is not None:
        value = getattr(kind, "PredefinedType", None)
        if value == "USERDEFINED":
            return getattr(kind, "ElementType", None) or str(value)
    if value == "USERDEFINED":
        return attributes.get("ObjectType") or str(value)
    return None if value in (None, "NOTDEFINED") else str(value)


def _reference(item: Any) -> Json:
    """Return system, code and name of a classification or a reference into one."""
    system, code, name = None, None, None
    if item.is_a("IfcClassification"):
        return {"system": item.Name, "code": None, "name": None}
    if item.is_a("IfcExternalReference"):
        code, name = item[1], item[2]  # ItemReference in IFC2X3, Identification since IFC4
        source, seen = getattr(item, "ReferencedSource", None), set[int]()
        while source is not None and source.id() not in seen:
            seen.add(source.id())
            system = source.Name
            source = getattr(source, "ReferencedSource", None)
    elif item.is_a("IfcClassificationNotation"):
        facets = item.NotationFacets or ()
        code = ".".join(str(f.NotationValue) for f in facets)
    return {"system": system, "code": code, "name": name}
