"""Keys of rows: which attribute is one, and how what comes twice is told apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders._layers.fields import is_key, key_candidates, undistinguished
from cimkit.loaders._layers.sound import legible
from cimkit.loaders._layers.table import Table
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Problem

__all__ = ["Seen", "key_of"]


class Seen:
    """Keys given so far: what comes again gets ``#2``, ``#3``."""

    def __init__(self) -> None:
        self._hashes: npt.NDArray[np.uint64] = np.empty(0, np.uint64)  # sorted
        self._again: Counter[str] = Counter()

    def unique(self, keys: pa.Array) -> pa.Array:
        """Return keys that no row before has; equal rows may swap theirs, no harm."""
        from pandas.util import hash_array

        given = keys.to_pylist()
        hashes = hash_array(np.asarray(given, dtype=object), categorize=False)
        order = np.sort(hashes)
        there = self._contains(hashes)
        if not there.any() and not (order[1:] == order[:-1]).any():
            self._keep(order)
            return keys
        inside: set[str] = set()
        for i, key in enumerate(given):
            if there[i] or key in inside:
                self._again[key] += 1
                given[i] = f"{key}#{self._again[key] + 1}"
            inside.add(key)
        self._keep(order)
        return pa.array(given, pa.string())

    def _contains(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        if not len(self._hashes):
            return np.zeros(len(hashes), bool)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found: npt.NDArray[np.bool_] = self._hashes[at] == hashes
        return found

    def _keep(self, hashes: npt.NDArray[np.uint64]) -> None:
        self._hashes = np.sort(np.concatenate([self._hashes, hashes]), kind="stable")


def key_of(table: Table, options: ReadOptions) -> tuple[str | None, Problem | None]:
    """Find the attribute that identifies a row: the sheet's, the format's, else a likely one."""
    declared = options.declared.key_field
    there = [name for name, _ in table.fields]
    if declared in there:
        if options.depth == "header":
            return declared, None
        return declared, _doubled(table, declared, _undistinguished(table, [declared])[0])
    problem = None
    if declared is not None:
        problem = Problem(
            "key-field-missing",
            f"The layer has no field {declared!r}, which the sheet declares as its key.",
            place=table.name,
            got=", ".join(there[:20]),
            expected=declared,
        )
    if table.key_field is not None:
        return table.key_field, problem
    if options.depth == "header" or not table.features:
        return None, problem
    candidates = key_candidates(table.fields)[:5]
    for name, spare in zip(candidates, _undistinguished(table, candidates), strict=True):
        if is_key(table.features, spare):
            return name, problem or _doubled(table, name, spare)
    return None, problem


def _doubled(table: Table, name: str, spare: int) -> Problem | None:
    if not spare:
        return None
    return Problem(
        "key-not-unique",
        f"The key field {name!r} does not tell {spare} of {table.features} rows apart.",
        place=table.name,
        got=name,
        hint="Give each object a key of its own, or declare another key_field.",
    )


def _undistinguished(table: Table, names: list[str]) -> list[int]:
    """Return for each field how many rows it does not tell apart."""
    if not names:
        return []
    batches = [legible(batch)[0] for batch in table.batches(names)]
    if not batches:
        return [table.features] * len(names)
    columns = pa.Table.from_batches(batches)
    return [undistinguished(columns.column(name)) for name in names]
