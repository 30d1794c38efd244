"""The grammar of identifier codes as ``[code]`` of a package writes it."""

from __future__ import annotations

from typing import Any

from cimkit.errors import StandardError
from cimkit.standard import grammar as code
from cimkit.standard._toml import known, scalar, table, tables, texts


def read_grammar(head: dict[str, Any], where: str) -> code.CodeGrammar | None:
    """Return the code grammar of ``[code]``, or None."""
    if "code" not in head:
        return None
    where = f"{where}, [code]"
    said = table(head, "code", where)
    known(said, ["segments", "class", "fields"], where)
    segments = []
    for entry in tables(said, "segments", where):
        known(entry, ["name", "length", "alphabet", "values"], where)
        segments.append(
            code.Segment(
                scalar(entry, "name", str, where, ""),
                scalar(entry, "length", int, where, 0),
                scalar(entry, "alphabet", str, where, "digits"),
                texts(entry, "values", where),
            )
        )
    grammar = code.CodeGrammar(
        tuple(segments),
        texts(said, "class", where) or ("major", "minor"),
        texts(said, "fields", where),
    )
    wrong = code.problems(grammar.segments, grammar.class_segments)
    if wrong:
        raise StandardError(wrong, where=where)
    return grammar
