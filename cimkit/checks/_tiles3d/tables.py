"""Property tables: the metadata of features, tiles or contents in columns of binary values."""

from __future__ import annotations

from typing import Any

import numpy as np

from cimkit.checks._tiles3d.buffers import Buffers
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.schema import check_limits
from cimkit.checks._tiles3d.shapes import ANY, TEXT, Kind, fits, integer, record
from cimkit.checks._tiles3d.types import DTYPES, INTEGERS, is_numeric, width
from cimkit.checks._tiles3d.values import enum_values, transformed

__all__ = ["check_numbers", "check_table", "class_of", "enum_type"]

_OFFSETS = Kind("string", choices=("UINT8", "UINT16", "UINT32", "UINT64"))
_TABLE = record(name=TEXT, class_=TEXT, count_=integer(1), properties=Kind("object", fewest=1))


def class_of(said: dict[str, Any], schema: Any, issues: Issues, at: str) -> dict[str, Any] | None:
    """Return the properties of the class that a table, texture or attribute is of."""
    if schema is None:
        issues.tell("schema-missing", at, expected="schema | schemaUri")
        return None
    classes = schema.get("classes") or {}
    name = said["class"]
    if name not in classes:
        issues.tell("name-unknown", f"{at}/class", got=name, expected=", ".join(classes) or "–")
        return None
    known = classes[name].get("properties") or {}
    given = said.get("properties") or {}
    for key in given.keys() - known.keys():
        place = f"{at}/properties/{key}"
        issues.tell("name-unknown", place, got=key, expected=", ".join(known)[:200] or "–")
    for key, about in known.items():
        if about.get("required") is True and given.get(key) is None:
            issues.tell("value-required", f"{at}/properties/{key}", expected=key)
    return {k: known[k] for k in given if k in known}


def enum_type(schema: dict[str, Any], about: dict[str, Any]) -> str:
    """Return the component type that the values of an enum are stored as."""
    enum = (schema.get("enums") or {}).get(about.get("enumType")) or {}
    return str(enum.get("valueType") or "UINT16")


def check_table(said: Any, schema: Any, buffers: Buffers, issues: Issues, at: str) -> None:
    """Tell of what is wrong with one property table."""
    issues.count(issues.subject)
    if not fits(said, _TABLE, issues, at):
        return
    known = class_of(said, schema, issues, at)
    if known is None:
        return
    for key, about in known.items():
        _Column(said, key, about, schema, buffers, issues, f"{at}/properties/{key}").check()


class _Column:
    def __init__(
        self,
        table: dict[str, Any],
        key: str,
        about: dict[str, Any],
        schema: dict[str, Any],
        buffers: Buffers,
        issues: Issues,
        at: str,
    ) -> None:
        self.said = table["properties"][key]
        self.rows = int(table["count"])
        self.about, self.schema, self.buffers = about, schema, buffers
        self.issues, self.at = issues, at
        self.listed = about.get("array") is True
        self.endless = self.listed and about.get("count") is None
        self.text = about["type"] == "STRING"

    def check(self) -> None:
        view = integer(0, len(self.buffers.views) - 1)
        members = {
            "values!": view,
            "arrayOffsets!" if self.endless else "arrayOffsets": view,
            "stringOffsets!" if self.text else "stringOffsets": view,
            "arrayOffsetType": _OFFSETS,
            "stringOffsetType": _OFFSETS,
            **dict.fromkeys(("offset", "scale", "min", "max"), ANY),
        }
        kind = Kind("object", members=members, extensible=True)
        if not fits(self.said, kind, self.issues, self.at):
            return
        for name, fit in (("arrayOffsets", self.endless), ("stringOffsets", self.text)):
            if not fit and self.said.get(name) is not None:
                got = " ".join(str(self.about.get(k)) for k in ("type", "array", "count"))
                self.issues.tell("member-unfit", f"{self.at}/{name}", got=got, expected="–")
        sound = check_limits(self.said, self.about, self.issues, self.at)
        elements = self.rows * int(self.about.get("count") or 1)
        if self.endless:
            ends = self._offsets("arrayOffsets", self.rows)
            if ends is None:
                return
            elements = int(ends[-1])
        if self.text:
            ends = self._offsets("stringOffsets", elements)
            if ends is not None:
                self._values("UINT8", int(ends[-1]))
            return
        component = self.about.get("componentType")
        if self.about["type"] == "ENUM":
            component = enum_type(self.schema, self.about)
        if self.about["type"] == "BOOLEAN":
            self._values("UINT8", (elements + 7) // 8)
            return
        wide = width(self.about["type"])
        values = self._values(str(component), elements * wide)
        if values is None or not sound:
            return
        if self.about["type"] == "ENUM":
            self._enums(values)
        elif not self.endless:
            shaped = values.reshape(self.rows, -1)
            check_numbers(shaped, self.about, self.said, self.issues, self.at)

    def _values(self, component: str, number: int) -> Any:
        return self._read("values", component, number)

    def _offsets(self, name: str, number: int) -> Any:
        kind = self.said.get(name.removesuffix("s") + "Type") or "UINT32"
        ends = self._read(name, kind, number + 1, exactly=True)
        if ends is None:
            return None
        wide = ends.astype(np.uint64)
        if bool(np.any(wide[1:] < wide[:-1])):
            at = int(np.flatnonzero(wide[1:] < wide[:-1])[0])
            got = f"[{at}] {wide[at]}, [{at + 1}] {wide[at + 1]}"
            self.issues.tell("offsets-descend", f"{self.at}/{name}", got=got, expected="≤")
            return None
        return wide

    def _read(self, name: str, component: str, number: int, *, exactly: bool = False) -> Any:
        index, at = int(self.said[name]), f"{self.at}/{name}"
        dtype = np.dtype(DTYPES[component])
        if self.buffers.offset(index) % dtype.itemsize:
            got = self.buffers.offset(index)
            self.issues.tell("bytes-misaligned", at, got=got, expected=f"n × {dtype.itemsize}")
            return None
        length, wanted = int(self.buffers.views[index]["byteLength"]), number * dtype.itemsize
        if length < wanted or (exactly and length != wanted):
            self.issues.tell("bytes-number", at, got=length, expected=str(wanted))
            return None
        data = self.buffers.view(index)
        if data is None:
            return None
        return np.frombuffer(data[:wanted], dtype)

    def _enums(self, values: Any) -> None:
        known = np.array(list(enum_values(self.schema, self.about["enumType"]).values()))
        stray = np.setdiff1d(values.astype(np.int64), known)
        if stray.size:
            wanted = ", ".join(map(str, known[:20]))
            got = stray[:5].tolist()
            self.issues.tell("enum-unknown", f"{self.at}/values", got=got, expected=wanted)


def check_numbers(
    values: Any, about: dict[str, Any], own: dict[str, Any], issues: Issues, at: str
) -> None:
    """Hold numbers against min and max of their class, and of the table or texture they are in.

    Parameters
    ----------
    values : array of shape (n, components of one value)
        Raw, as stored.
    own
        What uses the property: ``min`` and ``max`` there must be those of the values.
    """
    if not is_numeric(about["type"]) or not values.size:
        return
    holders = ((about, False), (own, True))
    if all(h.get(k) is None for h, _ in holders for k in ("min", "max")):
        return
    width_ = values.shape[1]

    def flat(given: Any) -> Any:
        return None if given is None else np.broadcast_to(np.asarray(given).ravel(), (width_,))

    merged = {k: flat(own.get(k, about.get(k))) for k in ("scale", "offset")}
    kept = values
    no_data = about.get("noData")
    if no_data is not None:
        kept = values[~np.all(values == flat(no_data), axis=1)]
    if not kept.size:
        return
    meant = transformed(kept, about, merged)
    # Limits are written in decimal, values computed in binary.
    near = 1e-6 if about.get("componentType") not in INTEGERS or meant.dtype.kind == "f" else 0
    for name, best, wrong in (("min", np.min, np.less), ("max", np.max, np.greater)):
        seen = best(meant, axis=0)
        for holder, exact in holders:
            limit = flat(holder.get(name))
            if limit is None:
                continue
            slack = near * np.maximum(1.0, np.abs(limit.astype(np.float64)))
            beyond = wrong(seen, limit - slack if name == "min" else limit + slack)
            sign = "≥" if name == "min" else "≤"
            if bool(np.any(beyond)):
                wanted = f"{sign} {holder[name]}"
                issues.tell("value-beyond", f"{at}/{name}", got=seen.tolist(), expected=wanted)
            elif exact and bool(np.any(np.abs(seen - limit) > slack)):
                issues.tell(
                    "limit-wrong", f"{at}/{name}", got=holder[name], expected=str(seen.tolist())
                )
