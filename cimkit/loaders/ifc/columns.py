"""A model as columns: what each instance is, holds and belongs to, in bulk.

Made for rules that ask the same of a hundred thousand instances. Each part is read when it is
first asked for and then kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.loaders.ifc.cells import Cells, Pool
from cimkit.loaders.ifc.measures import Units
from cimkit.loaders.ifc.statements import Statements, statements
from cimkit.loaders.ifc.types import Class, Kind, below, class_of

if TYPE_CHECKING:
    from cimkit.loaders.ifc.assigned import Classifications, Materials
    from cimkit.loaders.ifc.propertysets import PropertySets

__all__ = ["Columns", "columns_of", "declared_type"]

Ints = npt.NDArray[np.int64]
Pairs = tuple[Ints, Ints]
"""Rows of instances: from, to."""

RELATIONS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "IFCRELAGGREGATES": (("IfcRelAggregates", "RelatedObjects", "RelatingObject"),),
    "IFCRELNESTS": (("IfcRelNests", "RelatedObjects", "RelatingObject"),),
    "IFCRELASSIGNSTOGROUP": (("IfcRelAssignsToGroup", "RelatedObjects", "RelatingGroup"),),
    "IFCRELCONTAINEDINSPATIALSTRUCTURE": (
        ("IfcRelContainedInSpatialStructure", "RelatedElements", "RelatingStructure"),
    ),
    "IFCRELVOIDSELEMENT IFCRELFILLSELEMENT": (
        ("IfcRelVoidsElement", "RelatedOpeningElement", "RelatingBuildingElement"),
        ("IfcRelFillsElement", "RelatedBuildingElement", "RelatingOpeningElement"),
    ),
}
"""What makes one thing a part of another: relation, attribute of the part, of the whole."""


class Columns:
    """One model as columns. All numbers of things are rows of `Statements`.

    Parameters
    ----------
    read : Statements
    """

    def __init__(self, read: Statements) -> None:
        self.read = read
        self.schema = read.schema
        self.units = Units(read)
        self._attributes: dict[tuple[str, str], tuple[npt.NDArray[np.int64], Cells]] = {}
        self._pairs: dict[str, Pairs] = {}

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.read)

    def classes_below(self, name: str) -> list[str]:
        """Return the classes of the model that are a class or below it, in capitals."""
        family = below(self.schema, name)
        return [c for c in self.read.classes if c in family]

    def rows_below(self, name: str) -> Ints:
        """Return the rows of all instances of a class and of those below it, sorted."""
        return self.read.rows(*self.classes_below(name))

    def refs(self, name: str, attribute: str) -> Pairs:
        """Return what an attribute of a class, and of those below it, refers to.

        Returns
        -------
        owners, targets : array of rows
            One pair for each reference that leads somewhere, in lists, too.
        """
        owners, targets = [], []
        for inner in self.classes_below(name):
            of = class_of(self.schema, inner)
            at = of.index(attribute) if of is not None else None
            if at is not None:
                found = self._refs(self.read.rows(inner), self.read.tokens(inner, at))
                owners.append(found[0])
                targets.append(found[1])
        if not owners:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(owners), np.concatenate(targets)

    def _refs(self, rows: Ints, tokens: pa.Array) -> Pairs:
        digits = pc.replace_substring_regex(tokens, "'[^']*'|[^0-9,]", "")
        parts = pc.split_pattern(digits, ",")
        parents = pc.list_parent_indices(parts).to_numpy(zero_copy_only=False)
        flat = pc.list_flatten(parts)
        there = pc.greater(pc.binary_length(flat), 0).to_numpy(zero_copy_only=False)
        numbers = pc.cast(flat.filter(pa.array(there)), pa.int64(), safe=False).to_numpy()
        targets = self.read.row_of(numbers)
        owners = rows[parents[there]]
        held = targets >= 0
        return owners[held], targets[held]

    def links(self, relation: str, part: str, whole: str) -> Pairs:
        """Return pairs (part, whole) that the instances of a relation make."""
        a, parts = self.refs(relation, part)
        b, wholes = self.refs(relation, whole)
        return joined(a, parts, b, wholes)

    def edges(self, relation: str) -> Pairs:
        """Return pairs (part, whole) of one of `RELATIONS`."""
        if relation not in self._pairs:
            found = [self.links(*said) for said in RELATIONS[relation]]
            self._pairs[relation] = (
                np.concatenate([f[0] for f in found]),
                np.concatenate([f[1] for f in found]),
            )
        return self._pairs[relation]

    @cached_property
    def type_of(self) -> Ints:
        """Row of the type object of each instance, -1 if it has none."""
        found = np.full(len(self), -1, np.int64)
        parts, types = self.links("IfcRelDefinesByType", "RelatedObjects", "RelatingType")
        found[parts] = types
        return found

    def attribute(self, name: str, attribute: str) -> tuple[npt.NDArray[np.int64], Cells] | None:
        """Return an attribute of all instances of a class, in SI units.

        Parameters
        ----------
        name : str
            Class in capitals.
        attribute : str
            As the schema spells it.

        Returns
        -------
        index, cells
            For each of `Statements.rows` the index into the values; None if the class has no such
            attribute.
        """
        of = class_of(self.schema, name)
        names = [a.name for a in of.attributes] if of is not None else []
        if of is None or attribute not in names:
            return None
        key = (name, attribute)
        if key not in self._attributes:
            at = names.index(attribute)
            factor, offset = self.units.of_type(declared_type(of, at))
            # A derived attribute stands as `*` and is none that can be given a value.
            self._attributes[key] = decoded_column(self.read.tokens(name, at), factor, offset)
        return self._attributes[key]

    def text(self, rows: Ints, attribute: str) -> list[str]:
        """Return an attribute of some instances as texts, "" where it has no value."""
        found = [""] * len(rows)
        for name, at in self.by_class(rows):
            column = self.attribute(name, attribute)
            if column is None:
                continue
            index, cells = column
            texts = cells.texts.to_pylist()
            here = index[np.searchsorted(self.read.rows(name), rows[at])]
            for n, k in zip(at.tolist(), here.tolist(), strict=True):
                found[n] = texts[k]
        return found

    def by_class(self, rows: Ints) -> Iterable[tuple[str, Ints]]:
        """Yield the classes of some instances, each with the positions at which it stands."""
        codes = self.read.codes[rows]
        for code in np.unique(codes).tolist():
            yield self.read.classes[code], np.flatnonzero(codes == code)

    @cached_property
    def sets(self) -> PropertySets:
        """Properties and quantities."""
        from cimkit.loaders.ifc.propertysets import property_sets

        return property_sets(self)

    @cached_property
    def materials(self) -> Materials:
        """Materials."""
        from cimkit.loaders.ifc.assigned import materials

        return materials(self)

    @cached_property
    def classifications(self) -> Classifications:
        """Classifications."""
        from cimkit.loaders.ifc.assigned import classifications

        return classifications(self)


def declared_type(of: Class, at: int) -> str:
    """Return the defined type of an attribute in capitals, "" if it has none of its own."""
    return (of.types[at] or "").upper()


def decoded_column(
    tokens: pa.Array, factor: float = 1.0, offset: float = 0.0
) -> tuple[npt.NDArray[np.int64], Cells]:
    """Return a column of values as they are written as indices into those that differ."""
    packed = tokens.dictionary_encode()
    pool = Pool()
    codes = np.array([pool.add(t, factor, offset) for t in packed.dictionary.to_pylist()], np.int64)
    index = packed.indices.to_numpy(zero_copy_only=False)
    return codes[index] if len(codes) else index.astype(np.int64), pool.cells()


def joined(a: Ints, left: Ints, b: Ints, right: Ints) -> Pairs:
    """Return pairs (left, right) of what has the same key."""
    order = np.argsort(b, kind="stable")
    b, right = b[order], right[order]
    begin = np.searchsorted(b, a, side="left")
    count = np.searchsorted(b, a, side="right") - begin
    at = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(count.sum())
    return np.repeat(left, count), right[at] if len(right) else right[:0]


def columns_of(file: Path, encoding: str | None = None) -> Columns:
    """Read a model as columns.

    Raises
    ------
    SourceUnreadable
        If the file holds no IFC that can be read.
    """
    return Columns(statements(file, encoding))


def is_simple(kind: Kind) -> bool:
    """Tell whether an attribute holds one plain value, no list, instance or choice of them."""
    return kind.form in ("simple", "enumeration")
