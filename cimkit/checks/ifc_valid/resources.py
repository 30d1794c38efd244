"""Resource instances that no object of the model makes use of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ifc_valid.graphs import reached
from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

Int = npt.NDArray[np.int64]

_NARROW = (
    *("IfcStyledItem", "IfcCoordinateOperation", "IfcPresentationLayerAssignment"),
    *("IfcGeometricRepresentationSubContext", "IfcMaterialProperties", "IfcProfileProperties"),
    *("IfcExtendedMaterialProperties", "IfcMechanicalMaterialProperties"),
    *("IfcThermalMaterialProperties", "IfcHygroscopicMaterialProperties"),
    *("IfcGeneralMaterialProperties", "IfcOpticalMaterialProperties"),
    *("IfcMaterialDefinitionRepresentation", "IfcResourceLevelRelationship"),
    *(
        "IfcPropertyDependencyRelationship",
        "IfcWellKnownText",
        "IfcIndexedColourMap",
        "IfcTextureCoordinate",
    ),
)
"""Classes that belong to what they refer to: their inverses are followed."""
_WIDE = (*_NARROW, "IfcShapeAspect", "IfcTextureMap", "IfcMaterialClassificationRelationship")


def _unreferenced(model: Model, found: Found, given: Mapping[str, Any]) -> None:
    names = np.array(sorted(model.file.entity_names()), dtype=np.int64)
    if not len(names):
        return
    source, target = _edges(model)
    at = np.searchsorted(names, np.stack([source, target]))
    at = np.minimum(at, len(names) - 1)
    sound = (names[at[0]] == source) & (names[at[1]] == target)
    one, other = at[0][sound], at[1][sound]
    back = np.isin(one, np.searchsorted(names, _numbers(model, given["inverses"])))
    roots = np.searchsorted(names, np.array([t.id() for t in model.of("IfcRoot")], dtype=np.int64))
    # A dependency of two properties puts neither of them in a set.
    still = np.isin(one, np.searchsorted(names, _dependencies(model)))
    starts = np.concatenate([one[~still], other[back]])
    ends = np.concatenate([other[~still], one[back]])
    found.look(len(names) - len(roots))
    lost = ~reached(starts, ends, len(names), roots)
    # Of a tree that belongs to nothing its top is named.
    below = np.zeros(len(names), dtype=bool)
    below[other[lost[one]]] = True
    tops = np.flatnonzero(lost & ~below)
    rest = int(lost.sum()) - len(tops)
    for n in tops:
        found.fail(model.file.by_id(int(names[n])))
    if not len(tops):  # those in rings have no top
        found.failed += rest


def _numbers(model: Model, which: str) -> Int:
    classes = _NARROW if which == "narrow" else _WIDE
    return np.array(sorted({t.id() for c in classes for t in model.of(c)}), dtype=np.int64)


def _dependencies(model: Model) -> Int:
    return np.array([t.id() for t in model.of("IfcPropertyDependencyRelationship")], np.int64)


def _edges(model: Model) -> tuple[Int, Int]:
    """Return who refers to whom, over all instances."""
    sources: list[Int] = []
    targets: list[Int] = []
    statements = model.statements
    for name in statements.texts:
        one, other = statements.links(name)
        sources.append(one)
        targets.append(other)
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *sources]), np.concatenate([empty, *targets])


TESTS = {"unreferenced": _unreferenced}
