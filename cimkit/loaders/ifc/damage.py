"""References to instances of a wrong class, taken out, so that nothing stumbles over them."""

from __future__ import annotations

from typing import Any

from cimkit.loaders.ifc.types import Kind, class_of
from cimkit.model import Problem

__all__ = ["mended"]

_SHOWN = 5


def mended(model: Any) -> list[Problem]:
    """Unset the attributes of a model that hold what their type does not allow.

    It looks at every attribute of every instance, which takes some times as long as the parsing:
    of use for models of which it is known that they are damaged.

    Parameters
    ----------
    model : ifcopenshell.file

    Returns
    -------
    list of Problem
        ``reference-mistyped`` if there were any.
    """
    schema = model.schema_identifier
    found: list[str] = []
    for number in model.entity_names():
        instance = model.by_id(number)
        declared = class_of(schema, instance.is_a())
        if declared is None:
            continue
        for index, attribute in enumerate(declared.attributes):
            if declared.derived[index]:
                continue
            if not _fits(attribute.kind, instance[index]):
                found.append(f"#{number}.{attribute.name}")
                if attribute.name != "GlobalId":  # its setter may end the process
                    instance[index] = None
    if not found:
        return []
    return [
        Problem(
            "reference-mistyped",
            f"{len(found)} attributes hold values or instances of another kind than they should; "
            "they were read as unset.",
            "error",
            ", ".join(found[:_SHOWN]) + (" …" if len(found) > _SHOWN else ""),
            hint="Deliver the file again; it was damaged on its way or by its exporter.",
        )
    ]


def _fits(kind: Kind, value: Any) -> bool:
    if value is None:
        return True
    if kind.form == "list":
        inner = kind.element
        return isinstance(value, tuple) and (
            inner is None or inner.form == "simple" or all(_fits(inner, v) for v in value)
        )
    if kind.form == "entity":
        return hasattr(value, "is_a") and bool(value.is_a(kind.name))
    if kind.form == "select":
        return hasattr(value, "is_a")
    if kind.form == "simple" and kind.name == "string":
        return isinstance(value, str)
    if kind.form == "simple" and kind.name in ("real", "number", "integer"):
        return isinstance(value, int | float)
    return not (hasattr(value, "is_a") or isinstance(value, tuple))
