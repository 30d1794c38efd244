"""What IFC objects are made of, how they are classified, and what documents speak of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cimkit.loaders.ifc.instances import each, get, members, number, plain, position, scalars

__all__ = ["Associations", "classification", "document"]

Json = dict[str, Any]
_INNER = (
    "ForLayerSet",
    "ForProfileSet",
    "MaterialLayers",
    "MaterialProfiles",
    "MaterialConstituents",
    "Materials",
    "Material",
)
_DEEP = 8
"""Sets of materials within each other; more are a ring."""
_KINDS = (  # relationship, attribute, key in the properties of an object
    ("IfcRelAssociatesClassification", "RelatingClassification", "classification"),
    ("IfcRelAssociatesDocument", "RelatingDocument", "document"),
    ("IfcRelAssociatesApproval", "RelatingApproval", "approval"),
    ("IfcRelAssociatesConstraint", "RelatingConstraint", "constraint"),
    ("IfcRelAssociatesLibrary", "RelatingLibrary", "library"),
)


class Associations:
    """What a model associates with its objects and types, by their instance number.

    Parameters
    ----------
    model : ifcopenshell.file
    """

    def __init__(self, model: Any) -> None:
        self._schema = model.schema_identifier
        self._told: dict[int, Any] = {}
        self._materials = _related(model, "IfcRelAssociatesMaterial", "RelatingMaterial")
        self._stuff = _material_sets(model)
        self._made: dict[int, tuple[list[str], list[Json]]] = {}
        # Every wall has a use of its own of a set of layers that many walls share.
        self._named: dict[int, list[str]] = {}
        self._compositions: dict[int, Json] = {}
        self._others = {
            key: (_related(model, relation, attribute), self._teller(key))
            for relation, attribute, key in _KINDS
        }

    def _teller(self, key: str) -> Callable[[Any], Json]:
        if key == "classification":
            return classification
        return lambda item: document(item, self._schema)

    def materials(self, one: int, kind: int | None) -> tuple[list[str], list[Json]]:
        """Return names of the materials of an object, else of its type, and how they are composed.

        Returns
        -------
        names : list of str
        composition : list of dict
            One for each association that says more than names: ``class``, ``name``, ``parts`` (with
            ``material``, ``thickness`` in the project's unit, ``category``, ``profile`` ...).
        """
        own = self._materials.get(one) or (self._materials.get(kind) if kind is not None else None)
        if not own:
            return [], []
        if len(own) == 1:
            return self._composed(own[0])
        several = [self._composed(m) for m in own]
        names = dict.fromkeys(n for found, _ in several for n in found)
        return list(names), [c for _, found in several for c in found]

    def _composed(self, item: Any) -> tuple[list[str], list[Json]]:
        known = self._made.get(number(item))
        if known is None:
            composition = self._composition(item)
            known = (
                list(dict.fromkeys(self._names(item))),
                [composition] if set(composition) - {"class", "name"} else [],
            )
            self._made[number(item)] = known
        return known

    def _names(self, item: Any, depth: int = 0) -> list[str]:
        """Return the names of the materials that a material select stands for, in order."""
        known = self._named.get(number(item))
        if known is not None:
            return known
        found: list[str] = []
        if item.is_a("IfcMaterial"):
            found = [str(name)] if (name := get(item, 0)) else []
        elif depth < _DEEP:
            _, inner = next(self._inner(item), ("", ()))
            found = [name for part in inner for name in self._names(part, depth + 1)]
        self._named[number(item)] = found
        return found

    def _inner(self, item: Any) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yield name and instances of each attribute that holds what a material is made of."""
        kind = item.is_a()
        for attribute in _INNER:
            index = position(self._schema, kind, attribute)
            value = get(item, index) if index is not None else None
            if value is not None:
                yield attribute, members(value)

    def _composition(self, item: Any, depth: int = 0) -> Json:
        """Return a material select with its thicknesses, profiles, shares and property sets."""
        known = self._compositions.get(number(item))
        if known is None:
            known = self._compositions[number(item)] = self._composed_of(item, depth)
        return known

    def _composed_of(self, item: Any, depth: int) -> Json:
        kind = item.is_a()
        found: Json = {"class": kind}
        found |= {k[0].lower() + k[1:]: v for k, v in scalars(item, self._schema).items()}
        if kind == "IfcMaterial":
            if number(item) in self._stuff:
                found["pset"] = self._stuff[number(item)]
            return found
        index = position(self._schema, kind, "Profile")
        profile = get(item, index) if index is not None else None
        if profile is not None and hasattr(profile, "is_a"):
            found["profile"] = {"class": profile.is_a(), **scalars(profile, self._schema)}
        for attribute, inner in self._inner(item) if depth <= _DEEP else ():
            parts = [self._composition(p, depth + 1) for p in inner]
            if attribute == "Material":
                named = parts[0] if parts else {}
                found["material"] = named.get("name")
                found |= {k: v for k, v in named.items() if k not in ("class", "name", *found)}
            elif attribute.startswith("For"):
                return {**parts[0], "usage": found} if parts else found
            else:
                found["parts"] = parts
        return found

    def others(self, one: int, kind: int | None) -> Json:
        """Return ``classification, document, approval, constraint, library`` of an object.

        Those of the type are inherited; a classification only where the occurrence is silent on
        the system.
        """
        found: Json = {}
        for key, (related, tell) in self._others.items():
            if not related:
                continue
            own = [self._tell(c, tell) for c in related.get(one, ())]
            if kind is not None and kind in related:
                systems = {c.get("system") for c in own}
                for item in related[kind]:
                    told = self._tell(item, tell)
                    if key != "classification" or told["system"] not in systems:
                        own.append(told)
            if own:
                found[key] = own
        return found

    def _tell(self, item: Any, tell: Callable[[Any], Json]) -> Json:
        known = self._told.get(number(item))
        if known is None:
            known = self._told[number(item)] = tell(item)
        return known


def _related(model: Any, name: str, attribute: str) -> dict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for relation in each(model, name):
        value = getattr(relation, attribute)
        if value is not None and hasattr(value, "is_a"):
            for one in members(get(relation, 4)):
                found[number(one)].append(value)
    return dict(found)


def _material_sets(model: Any) -> dict[int, Json]:
    """Return the property sets of materials, by the number of the material."""
    found: dict[int, Json] = {}
    schema = model.schema_identifier
    for item in each(model, "IfcMaterialProperties"):
        material = getattr(item, "Material", None)
        if material is None or not hasattr(material, "is_a"):
            continue
        if hasattr(item, "Properties") or hasattr(item, "ExtendedProperties"):
            held = getattr(item, "Properties", None) or getattr(item, "ExtendedProperties", ())
            values = _values(held)
        else:
            values = {k: v for k, v in scalars(item, schema).items() if k != "Name"}
        name = getattr(item, "Name", None) or item.is_a()
        found.setdefault(number(material), {}).setdefault(name, {}).update(values)
    return found


def _values(held: Any) -> Json:
    return {str(get(p, 0)): plain(getattr(p, "NominalValue", None)) for p in members(held)}


def classification(item: Any) -> Json:
    """Return system, code and name of a classification or a reference into one.

    Where they are stated also ``edition``, ``edition_date``, ``source``, ``location``,
    ``description``, and ``path``: the codes above, the widest first.
    """
    found: Json = {"system": None, "code": None, "name": None}
    path: list[str] = []
    system = None
    if item.is_a("IfcClassification"):
        system = item
    elif item.is_a("IfcExternalReference"):
        # ItemReference in IFC2X3, Identification since IFC4
        found |= {"code": plain(get(item, 1)), "name": plain(get(item, 2))}
        found["location"] = plain(get(item, 0))
        found["description"] = getattr(item, "Description", None)
        above, seen = getattr(item, "ReferencedSource", None), set[int]()
        while above is not None and number(above) not in seen:
            seen.add(number(above))
            system = above
            if above.is_a("IfcExternalReference"):
                path.insert(0, str(get(above, 1) or get(above, 2) or ""))
            above = getattr(above, "ReferencedSource", None)
    elif item.is_a("IfcClassificationNotation"):
        facets = members(getattr(item, "NotationFacets", None))
        found["code"] = ".".join(str(get(f, 0)) for f in facets)
    if system is not None and system.is_a("IfcClassification"):
        found["system"] = system.Name
        found["edition"] = plain(system.Edition)
        found["edition_date"] = _date(system.EditionDate)
        found["source"] = plain(system.Source)
    elif system is not None:
        found["system"] = plain(get(system, 2))
    found["path"] = path or None
    return {k: v for k, v in found.items() if v or k in ("system", "code", "name")}


def _date(value: Any) -> Any:
    """Return a date as it is written: a text, of IFC2X3 three numbers."""
    if not hasattr(value, "is_a"):
        return plain(value)
    day, month, year = (get(value, i) for i in range(3))
    known = all(isinstance(v, int) for v in (day, month, year))
    return f"{year:04d}-{month:02d}-{day:02d}" if known else None


def document(item: Any, schema: str) -> Json:
    """Return what a document, approval, constraint or library says of itself."""
    found = {"class": item.is_a(), **scalars(item, schema)}
    for name in ("ReferencedDocument", "ReferencedLibrary"):
        whole = getattr(item, name, None)
        if whole is not None and hasattr(whole, "is_a"):
            found[name] = scalars(whole, schema)
    references = [scalars(r, schema) for r in members(getattr(item, "DocumentReferences", None))]
    if references:
        found["DocumentReferences"] = references
    return found
