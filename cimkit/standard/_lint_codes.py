"""Identifier codes: every class that objects can have must fit the grammar of codes."""

from __future__ import annotations

from collections.abc import Iterator

from cimkit.errors import UsageError
from cimkit.standard._lint_seen import Examined, some
from cimkit.standard.lint import LintFinding

__all__ = ["codes"]


def codes(seen: Examined) -> Iterator[LintFinding]:
    """Yield one finding on the leaf classes of the package that the grammar cannot hold."""
    _, package, standard = seen.built()
    grammar = standard.grammar
    if grammar is None:
        return
    # A package that writes the grammar answers for all classes, an overlay for its own.
    every = "code" in package.head
    lost = []
    for row in standard.by_code.values():
        if not row.leaf or not (every or row.package == standard.key):
            continue
        try:
            grammar.split_class(row.code)
        except UsageError as error:
            lost.append((row, error.expected))
    if lost:
        row, wanted = lost[0]
        yield LintFinding(
            "class-not-codable",
            "warning",
            row.origin.cell("code"),
            f"{len(lost)} classes fit no identifier code, so their objects get none: "
            f"{some(r.code for r, _ in lost)} ({wanted} wanted)",
            "Give them codes of the grammar's form, or change [code] in standard.toml.",
        )
