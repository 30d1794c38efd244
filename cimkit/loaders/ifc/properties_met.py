"""Properties as they are met, gathered into columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders.ifc.cells import Pool, items
from cimkit.loaders.ifc.columns import Columns
from cimkit.loaders.ifc.types import class_of

__all__ = [
    "BOUNDED",
    "LISTED",
    "LOWER",
    "PLAIN",
    "POINT",
    "QUANTITIES",
    "SEVERAL",
    "SINGLE",
    "UNSUPPORTED",
    "UPPER",
    "Builder",
]

Ints = npt.NDArray[np.int64]
SINGLE, LISTED, BOUNDED, UNSUPPORTED = range(4)
"""How a property holds its values: one, several (lists, enumerations, tables), bounds, or as
IDS does not look at (complex properties, references)."""
LOWER, UPPER, POINT, PLAIN = range(4)
"""What a value is in its property."""

QUANTITIES = {
    "IFCQUANTITYLENGTH": "IFCLENGTHMEASURE",
    "IFCQUANTITYAREA": "IFCAREAMEASURE",
    "IFCQUANTITYVOLUME": "IFCVOLUMEMEASURE",
    "IFCQUANTITYWEIGHT": "IFCMASSMEASURE",
    "IFCQUANTITYCOUNT": "IFCCOUNTMEASURE",
    "IFCQUANTITYTIME": "IFCTIMEMEASURE",
    "IFCQUANTITYNUMBER": "IFCNUMERICMEASURE",
}
SEVERAL = {
    "IFCPROPERTYENUMERATEDVALUE": (("EnumerationValues", ""),),
    "IFCPROPERTYLISTVALUE": (("ListValues", "Unit"),),
    "IFCPROPERTYTABLEVALUE": (
        ("DefiningValues", "DefiningUnit"),
        ("DefinedValues", "DefinedUnit"),
    ),
    "IFCPROPERTYBOUNDEDVALUE": (
        ("LowerBoundValue", "Unit"),
        ("UpperBoundValue", "Unit"),
        ("SetPointValue", "Unit"),
    ),
}


class Builder:
    """Takes properties and gives each an index.

    Parameters
    ----------
    columns : Columns
    """

    def __init__(self, columns: Columns) -> None:
        self.columns, self.read = columns, columns.read
        self.schema = columns.schema
        self.names: dict[str, int] = {}
        self.pool = Pool()
        self.property_names: list[Ints] = []
        self.forms: list[Ints] = []
        self.of: list[Ints] = []
        self.values: list[Ints] = []
        self.roles: list[Ints] = []
        self.types: list[npt.NDArray[np.object_]] = []
        self.count = 0

    def name_codes(self, tokens: pa.Array) -> Ints:
        """Return texts as indices into the names."""
        packed = tokens.dictionary_encode()
        pool = Pool()
        codes = []
        for token in packed.dictionary.to_pylist():
            pool.add(token)
            codes.append(token)
        texts = pool.cells().texts.to_pylist()
        known = [self.names.setdefault(t, len(self.names)) for t in texts]
        index = packed.indices.to_numpy(zero_copy_only=False)
        return np.asarray(np.array(known, np.int64)[index] if known else index, np.int64)

    def column(self, name: str, attribute: str) -> pa.Array:
        """Return an attribute of a class as it is written, ``$`` where it has no such one."""
        of = class_of(self.schema, name)
        at = of.index(attribute) if of is not None else None
        if at is None:
            return pa.array(["$"] * len(self.read.rows(name)), pa.string())
        return self.read.tokens(name, at)

    def add(
        self,
        names: Ints,
        form: int,
        of: Ints,
        values: Ints,
        roles: Ints,
        types: npt.NDArray[np.object_],
    ) -> Ints:
        """Add properties with their values; return their indices."""
        self.property_names.append(names)
        self.forms.append(np.full(len(names), form, np.int64))
        self.of.append(of + self.count)
        self.values.append(values)
        self.roles.append(roles)
        self.types.append(types)
        added = np.arange(len(names), dtype=np.int64) + self.count
        self.count += len(names)
        return added

    def plain(self, names: Ints, tokens: pa.Array, units: pa.Array, measure: str) -> Ints:
        """Add properties that hold one value each, of which many are alike."""
        packed, unit = tokens.dictionary_encode(), units.dictionary_encode()
        width = max(1, len(unit.dictionary))
        pair = packed.indices.to_numpy(zero_copy_only=False).astype(np.int64) * width
        pair += unit.indices.to_numpy(zero_copy_only=False)
        alike, inverse = np.unique(pair, return_inverse=True)
        words, said = packed.dictionary.to_pylist(), unit.dictionary.to_pylist()
        found = [self.value(words[p // width], said[p % width], measure) for p in alike.tolist()]
        values = np.array([f[0] for f in found], np.int64)[inverse] if found else pair
        types = np.array([f[1] for f in found], dtype=object)
        types = types[inverse] if len(found) else types
        at = np.arange(len(names), dtype=np.int64)
        return self.add(names, SINGLE, at, values, np.full(len(names), PLAIN, np.int64), types)

    def value(self, token: str, unit: str, measure: str) -> tuple[int, str]:
        """Return a value and its type; `measure` is the type of one that is written bare."""
        name = token.partition("(")[0].strip().upper() if token[:1].isalpha() else measure
        if not name.endswith("MEASURE"):
            return self.pool.add(token), name
        number = unit.strip().removeprefix("#")
        given = number.isdigit() and unit.strip().startswith("#")
        units = self.columns.units
        factor, offset = units.of(int(number), name) if given else units.of_type(name)
        return self.pool.add(token, factor, offset), name

    def several(self, name: str, names: Ints) -> Ints:
        """Add properties that hold several values each."""
        said = [
            (self.column(name, a).to_pylist(), self.column(name, u).to_pylist() if u else [])
            for a, u in SEVERAL[name]
        ]
        bounded = name == "IFCPROPERTYBOUNDEDVALUE"
        of: list[int] = []
        values: list[int] = []
        roles: list[int] = []
        types: list[str] = []
        for n in range(len(names)):
            for role, (tokens, units) in enumerate(said):
                unit = units[n] if units else "$"
                for token in [tokens[n]] if bounded else items(tokens[n]):
                    if token in ("$", "*", ""):
                        continue
                    value, kind = self.value(token, unit, "")
                    of.append(n)
                    values.append(value)
                    roles.append(role if bounded else PLAIN)
                    types.append(kind)
        return self.add(
            names,
            BOUNDED if bounded else LISTED,
            np.array(of, np.int64),
            np.array(values, np.int64),
            np.array(roles, np.int64),
            np.array(types, dtype=object),
        )
