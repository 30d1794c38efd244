"""What an IFC model says of its project as a whole."""

from __future__ import annotations

from typing import Any

from cimkit.loaders.ifc.associations import classification, document
from cimkit.loaders.ifc.instances import attributes_of, each, get, members, number
from cimkit.loaders.ifc.values import definition

__all__ = ["project_facts"]

Json = dict[str, Any]


def project_facts(model: Any) -> Json:
    """Return ``project`` (its name) and ``project_facts``, for `Asset.properties`.

    Parameters
    ----------
    model : ifcopenshell.file
        Of several projects the first counts; a library without one speaks of itself.
    """
    projects = [*model.by_type("IfcProject"), *each(model, "IfcProjectLibrary")]
    if not projects:
        return {"project": None}
    project = projects[0]
    schema = model.schema_identifier
    attributes = attributes_of(project, schema)
    found: Json = {"attributes": attributes, "pset": {}, "quantities": {}}
    found |= {"classification": [], "document": []}
    for relation in sorted(model.get_inverse(project), key=number):
        if relation.is_a("IfcRelDefinesByProperties"):
            for one in members(get(relation, 5)):
                if one.is_a("IfcPropertySetDefinition"):
                    values = definition(one, schema)
                    told = found["quantities" if values.is_quantity else "pset"]
                    told.setdefault(values.name, {}).update(values.values)
        elif relation.is_a("IfcRelAssociatesClassification"):
            found["classification"] += map(classification, members(get(relation, 5)))
        elif relation.is_a("IfcRelAssociates"):  # documents, libraries, approvals, constraints
            found["document"] += [document(one, schema) for one in members(get(relation, 5))]
    return {
        "project": attributes.get("Name") or attributes.get("LongName"),
        "project_facts": {k: v for k, v in found.items() if v},
    }
