"""What a check is: the names its module has, and what it is handed.

A check is one public module of this folder::

    SPEC = CheckSpec(name="class_leaf", title="Class is a leaf", counts="objects")

    def run(context: CheckContext, rule: Rule) -> pa.Table: ...
    def inspect(                                                              # optional
        source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> pa.Table: ...
    def ask(context: CheckContext, rule: Rule) -> Mapping[str, pa.Table]: ...  # optional

`run` gives rows of the table ``findings``: one for each place that fails, one for all that passed,
and, where there is nothing to say, one that says why not (`cimkit.checks._findings.conclude`).

A check that must see the bytes of a source has `inspect`. It runs in a worker process, once for
each source that the rule speaks of; what it returns `run` finds in `CheckContext.inspected`. All
rules' `inspect` of one source run in one go, with the source opened (and its hash verified) once.

What is to be looked up in a source may depend on other sources: the terrain under the buildings. A
check with `ask` says by ``item_id`` which sources it wants opened, whatever the rule's own kinds
are, and its `inspect` finds the table meant for the source as ``parameters["asked"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from cimkit.errors import StandardError

if TYPE_CHECKING:
    import duckdb

    from cimkit.checks._context import City
    from cimkit.model import Sheet
    from cimkit.standard import Rule, Standard

__all__ = ["CheckContext", "CheckSpec", "Inspected", "parameters"]


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """What a check is called, what it speaks of, and what it can be told."""

    name: str
    """Same as the module."""
    title: str
    """For people."""
    counts: str = "objects"
    """What its counts count: objects, sources, values, codes, models, photographs, clouds."""
    kinds: tuple[str, ...] = ()
    """Kinds of source it speaks of where the rule does not say; empty: all."""
    reads: Literal["objects", "items"] = "objects"
    """Whether it needs the rows of sources, or only what a probe learns of them."""
    problems: tuple[str, ...] = ()
    """Globs over the codes of loader problems that this check reports as its own failures."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Names a rule may set under ``parameters``, with the value that holds if it does not."""
    needs: tuple[str, ...] = ()
    """What it cannot do without, beside what the rule says: source, context."""
    measures: tuple[str, ...] = ()
    """What it needs of `LoaderSpec.measures`: loaders measure it only where a rule asks for it."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Its own phrases by word, each in zh, ja and en: ``reason`` and ``hint`` of bad rows."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What the `inspect` of a check found in all the sources a rule speaks of."""

    rows: pa.Table
    """What it returned, one source after the other, with ``item_id`` and ``path`` in front."""
    seen: tuple[str, ...]
    """``item_id`` of the sources it has seen."""
    unchecked: tuple[Mapping[str, Any], ...]
    """Sources it could not see, as `cimkit.checks._findings.conclude` takes them."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a check sees: one delivery, as tables, and the standard it is held against."""

    con: duckdb.DuckDBPyConnection
    """Its default schema shows one delivery; `cimkit.checks._views` says which views there are."""
    standard: Standard
    """The standard."""
    delivery_id: str = ""
    """Id that the findings carry."""
    language: str = "en"
    """Of messages and hints: zh, ja or en."""
    provided: frozenset[str] = frozenset({"catalogue", "measures"})
    """What is at hand of catalogue, measures, source, context."""
    sheet: Sheet | None = None
    """The delivery sheet."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Phrases of the check that is running."""
    found: Mapping[str, Inspected] = field(default_factory=dict)
    """By rule id, what the `inspect` of its check found."""
    roots: Mapping[str, str] = field(default_factory=dict)
    """Folders by the name that `items.root` has for them; empty: no source is at hand."""
    city: City | None = None
    """The context package; its tables are in the schema ``city`` if the rule needs context."""

    def inspected(self, rule: Rule) -> Inspected:
        """Return what the check's `inspect` found for a rule."""
        return self.found[rule.id]

    def table(self, sql: str, values: Mapping[str, object] | None = None) -> pa.Table:
        """Return the rows of a query."""
        found = self.con.execute(sql, dict(values)) if values else self.con.execute(sql)
        return found.to_arrow_table()

    def count(self, sql: str) -> int:
        """Return the single number a query gives; NULL counts as 0."""
        row = self.con.execute(sql).fetchone()
        return int(row[0] or 0) if row else 0


def parameters(spec: CheckSpec, rule: Rule) -> dict[str, Any]:
    """Return the check's parameters as the rule sets them.

    Raises
    ------
    StandardError
        If the rule sets one that the check does not have, or gives it a value of another type.
    """
    for name, value in rule.parameters.items():
        if name not in spec.parameters:
            raise StandardError(
                f"the check {spec.name} has no such parameter",
                where=rule.origin or rule.id,
                got=name,
                expected=", ".join(sorted(spec.parameters)) or "none",
            )
        wanted = _type(spec.parameters[name])
        if _type(value) != wanted:
            raise StandardError(
                f"the parameter {name} of {spec.name} has the wrong type",
                where=rule.origin or rule.id,
                got=value,
                expected=wanted,
            )
    return {**spec.parameters, **rule.parameters}


def _type(value: Any) -> str:
    """Return what a value of TOML is; a default of None stands for a list."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, list):
        return "a list of texts" if all(isinstance(v, str) for v in value) else "a mixed list"
    return {str: "a text", type(None): "a list of texts"}.get(type(value), "a table")
