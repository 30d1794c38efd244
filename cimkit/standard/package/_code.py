"""The grammar of identifier codes as ``[code]`` of a package writes it.

::

    [code]
    class = ["major", "minor"]
    fields = ["ObjID"]
    segments = [
      { name = "division", length = 6 },
      { text = "-" },
      { name = "major", length = 2 },
      { name = "minor", length = 2 },
      { name = "cell", mesh = "jis-x-0410", level = 3 },
      { name = "year", date = "yyyy" },
      { name = "vendor", length = 3, alphabet = "alphanumeric", without = "IOZ", default = "000" },
      { name = "sequence", length = 6, scope = ["division", "class", "cell"] },
      { name = "check", check = "iso7064-mod11-2" },
    ]
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from cimkit.errors import StandardError, UsageError
from cimkit.standard import grammar as code
from cimkit.standard.codes._mesh import Mesh, MetricGrid
from cimkit.standard.package._toml import known, one_of, scalar, table, tables, texts

_PLAIN = ["name", "length", "shortest", "alphabet", "also", "without", "values", "default"]
_KEYS = {
    "text": ["text"],
    "mesh": ["name", "mesh", "level"],
    "grid": ["name", "grid", "crs", "size", "digits"],
    "check": ["name", "check"],
    "date": ["name", "date"],
}


def read_grammar(
    head: dict[str, Any], where: str, place: Callable[[int], str] | None = None
) -> code.CodeGrammar | None:
    """Return the code grammar of ``[code]``, or None.

    Parameters
    ----------
    head : dict
        What ``standard.toml`` says.
    where : str
        Place of ``[code]``.
    place : callable, optional
        Gives the place of the n-th segment; default: `where` and n.
    """
    if "code" not in head:
        return None
    said = table(head, "code", where)
    known(said, ["segments", "class", "fields"], where)
    segments = [
        _segment(entry, place(n) if place else f"{where}, segment {n}")
        for n, entry in enumerate(tables(said, "segments", where), 1)
    ]
    grammar = code.CodeGrammar(
        tuple(segments),
        texts(said, "class", where) or ("major", "minor"),
        texts(said, "fields", where),
    )
    wrong = code.problems(grammar.segments, grammar.class_segments)
    if wrong:
        raise StandardError(wrong, where=where)
    return grammar


def write_grammar(grammar: code.CodeGrammar) -> dict[str, Any]:
    """Return the table ``[code]`` that `read_grammar` reads as this grammar."""
    segments = [_entry(segment) for segment in grammar.segments]
    said: dict[str, Any] = {"segments": segments, "class": list(grammar.class_segments)}
    if grammar.field_names:
        said["fields"] = list(grammar.field_names)
    return said


def _entry(segment: code.Segment) -> dict[str, Any]:
    if segment.text:
        return {"text": segment.text}
    if isinstance(segment.cell, Mesh):
        return {"name": segment.name, "mesh": "jis-x-0410", "level": segment.cell.level}
    if segment.cell is not None:
        grid = {"crs": segment.cell.crs, "size": segment.cell.size}
        said = {"name": segment.name, "grid": "easting-northing", **grid}
        return {**said, "digits": list(segment.cell.digits)}
    for kind in ("check", "date"):
        if getattr(segment, kind):
            return {"name": segment.name, kind: getattr(segment, kind)}
    fields = {f.name: f for f in dataclasses.fields(segment)}
    plain = {name: getattr(segment, name) for name in [*_PLAIN, "scope"]}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in plain.items()
        if value != fields[name].default
    }


def _segment(entry: dict[str, Any], where: str) -> code.Segment:
    kind = next((k for k in _KEYS if k in entry), "")
    name = scalar(entry, "name", str, where, "")
    known(entry, _KEYS.get(kind, [*_PLAIN, *(["scope"] if name == "sequence" else [])]), where)
    if kind == "text":
        text = scalar(entry, "text", str, where)
        return code.Segment("", len(text), text=text)
    if kind in ("mesh", "grid"):
        cell = _mesh(entry, where) if kind == "mesh" else _grid(entry, where)
        return code.Segment(name or "cell", cell.length, cell=cell)
    if kind == "check":
        return code.Segment(name or "check", 1, check=scalar(entry, "check", str, where))
    if kind == "date":
        date = scalar(entry, "date", str, where)
        return code.Segment(name or "date", len(date), date=date)
    return code.Segment(
        name,
        scalar(entry, "length", int, where, 0),
        scalar(entry, "alphabet", str, where, "digits"),
        texts(entry, "values", where),
        scalar(entry, "shortest", int, where),
        scalar(entry, "also", str, where, ""),
        scalar(entry, "without", str, where, ""),
        default=scalar(entry, "default", str, where, ""),
        scope=texts(entry, "scope", where),
    )


def _mesh(entry: dict[str, Any], where: str) -> Mesh:
    one_of(entry["mesh"], ("jis-x-0410",), "mesh", where)
    try:
        return Mesh(scalar(entry, "level", int, where, 3))
    except UsageError as error:
        raise StandardError(error.what, where=where, got=error.got, expected=error.expected) from (
            error
        )


def _grid(entry: dict[str, Any], where: str) -> MetricGrid:
    from cimkit.geometry.crs import is_geographic, parse_crs

    one_of(entry["grid"], ("easting-northing",), "grid", where)
    name = scalar(entry, "crs", str, where, "")
    try:
        crs = parse_crs(name)
    except UsageError as error:
        raise StandardError(error.what, where=where, got=name, expected="EPSG:n") from error
    digits, size = entry.get("digits"), scalar(entry, "size", float, where, 0.0)
    if is_geographic(crs):
        raise StandardError("a grid in metres wants a projected system", where=where, got=name)
    counts = isinstance(digits, list) and all(type(d) is int and 0 < d < 10 for d in digits)
    if not counts or len(entry["digits"]) != 2 or size <= 0:
        raise StandardError(
            "a grid has the `size` of a cell and the `digits` of column and row",
            where=where,
            got=f"size {size:g}, digits {digits}",
            expected="e.g. size = 1000, digits = [3, 4]",
        )
    return MetricGrid(name, size, (entry["digits"][0], entry["digits"][1]))
