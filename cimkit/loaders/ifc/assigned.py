"""Materials and classifications of a model as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.cells import Pool
from cimkit.loaders.ifc.columns import Columns
from cimkit.loaders.ifc.types import class_of

__all__ = ["Classifications", "Materials", "classifications", "materials"]

Ints = npt.NDArray[np.int64]
_DEEP = 20

_MATERIAL_TEXTS = ("Name", "Category", "LayerSetName")
_MATERIAL_PARTS = (
    *("ForLayerSet", "ForProfileSet", "ForProfileEndSet"),
    *("MaterialLayers", "MaterialProfiles", "MaterialConstituents", "Materials", "Material"),
)


@dataclass(frozen=True)
class Materials:
    """Who is of which material. An occurrence has that of its type if it has none of its own."""

    owners: Ints
    """Rows, sorted, and ..."""
    owned: Ints
    """... the row of the material, set or list, an index into `texts`."""
    texts: dict[int, tuple[str, ...]]
    """By row: all names and categories in it."""


@dataclass(frozen=True)
class Classifications:
    """Who is classified as what. Of one system an occurrence's own classes count, else those of
    its type."""

    owners: Ints
    """Rows, sorted, and ..."""
    owned: Ints
    """... the row of the reference or of the system itself."""
    systems: dict[int, str | None]
    """By row: name of the system; None if it has none."""
    values: dict[int, tuple[str, ...]]
    """By row: the code, and those of the classes above it."""


class _Texts:
    """Attributes of a few instances, read one by one."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._held: dict[int, dict[str, str]] = {}

    def of(self, row: int) -> dict[str, str]:
        """Return the attributes of an instance, as they are written."""
        if row not in self._held:
            read = self.columns.read
            of = class_of(self.columns.schema, read.classes[read.codes[row]])
            names = [a.name for a in of.attributes] if of is not None else []
            self._held[row] = dict(zip(names, read.attributes(row), strict=False))
        return self._held[row]

    def text(self, row: int, name: str) -> str:
        token = self.of(row).get(name, "$")
        pool = Pool()
        pool.add(token)
        return str(pool.cells().texts[0]) if token.startswith("'") else ""

    def rows(self, row: int, name: str) -> list[int]:
        token = self.of(row).get(name, "$")
        numbers = [int(p) for p in "".join(c if c.isdigit() else " " for c in token).split()]
        if "#" not in token:
            return []
        found = self.columns.read.row_of(np.array(numbers, np.int64))
        return [int(r) for r in found if r >= 0]

    def kind(self, row: int) -> str:
        read = self.columns.read
        return str(read.classes[read.codes[row]])


def materials(columns: Columns) -> Materials:
    """Read the materials of a model."""
    texts = _Texts(columns)
    owners, owned = columns.links("IfcRelAssociatesMaterial", "RelatedObjects", "RelatingMaterial")
    owners, owned = _with_types(columns, owners, owned)
    found = {row: _names(texts, row) for row in np.unique(owned).tolist()}
    order = np.argsort(owners, kind="stable")
    return Materials(owners[order], owned[order], found)


def _with_types(columns: Columns, owners: Ints, owned: Ints) -> tuple[Ints, Ints]:
    """Give occurrences without any of their own those of their types."""
    has = np.zeros(len(columns), bool)
    has[owners] = True
    heirs = np.flatnonzero((columns.type_of >= 0) & ~has)
    order = np.argsort(owners, kind="stable")
    sorted_owners, sorted_owned = owners[order], owned[order]
    begin = np.searchsorted(sorted_owners, columns.type_of[heirs], side="left")
    count = np.searchsorted(sorted_owners, columns.type_of[heirs], side="right") - begin
    at = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(count.sum())
    more = sorted_owned[at]
    return np.concatenate([owners, np.repeat(heirs, count)]), np.concatenate([owned, more])


def _names(texts: _Texts, row: int, depth: int = 0) -> tuple[str, ...]:
    found = [t for n in _MATERIAL_TEXTS if (t := texts.text(row, n))]
    if depth < _DEEP:
        for name in _MATERIAL_PARTS:
            for inner in texts.rows(row, name):
                found += _names(texts, inner, depth + 1)
    return tuple(dict.fromkeys(found))


def classifications(columns: Columns) -> Classifications:
    """Read the classifications of a model."""
    texts = _Texts(columns)
    pairs = [
        columns.links("IfcRelAssociatesClassification", "RelatedObjects", "RelatingClassification"),
        columns.links(
            "IfcExternalReferenceRelationship", "RelatedResourceObjects", "RelatingReference"
        ),
        columns.links(
            "IfcMaterialClassificationRelationship",
            "ClassifiedMaterial",
            "MaterialClassifications",
        ),
    ]
    owners = np.concatenate([p[0] for p in pairs])
    owned = np.concatenate([p[1] for p in pairs])
    systems: dict[int, str | None] = {}
    values: dict[int, tuple[str, ...]] = {}
    for row in np.unique(owned).tolist():
        if texts.kind(row).startswith("IFCCLASSIFICATION"):
            values[row], systems[row] = _reference(texts, row)
    known = np.zeros(len(columns), bool)
    known[list(systems)] = True
    owners, owned = owners[known[owned]], owned[known[owned]]
    names = {s: k for k, s in enumerate(dict.fromkeys(systems.values()))}
    code = np.full(len(columns), -1, np.int64)
    for row, system in systems.items():
        code[row] = names[system]
    mine = np.unique(owners * (len(names) + 1) + code[owned])
    order = np.argsort(owners, kind="stable")
    typed = np.flatnonzero(columns.type_of >= 0)
    begin = np.searchsorted(owners[order], columns.type_of[typed], side="left")
    count = np.searchsorted(owners[order], columns.type_of[typed], side="right") - begin
    at = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(count.sum())
    heirs, more = np.repeat(typed, count), owned[order][at]
    fresh = ~np.isin(heirs * (len(names) + 1) + code[more], mine)
    owners, owned = (
        np.concatenate([owners, heirs[fresh]]),
        np.concatenate([owned, more[fresh]]),
    )
    order = np.argsort(owners, kind="stable")
    return Classifications(owners[order], owned[order], systems, values)


def _reference(texts: _Texts, row: int) -> tuple[tuple[str, ...], str | None]:
    """Return the codes of a reference and of those above it, and the name of the system."""
    values: list[str] = []
    seen: set[int] = set()
    while row not in seen:
        seen.add(row)
        kind = texts.kind(row)
        if kind == "IFCCLASSIFICATION":
            return tuple(values), texts.text(row, "Name")
        if kind == "IFCCLASSIFICATIONNOTATION":
            facets = texts.rows(row, "NotationFacets")
            values.append("".join(texts.text(f, "NotationValue") for f in facets))
            break
        code = texts.text(row, "Identification") or texts.text(row, "ItemReference")
        if code:
            values.append(code)
        row = next(iter(texts.rows(row, "ReferencedSource")), row)
    return tuple(values), None
