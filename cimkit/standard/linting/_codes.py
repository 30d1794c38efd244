"""Identifier codes: every class that objects can have must fit the grammar of codes."""

from __future__ import annotations

from collections.abc import Iterator

from cimkit.errors import UsageError
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import Examined, package_key, some

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
        if not row.leaf or not (every or row.package == package_key(standard)):
            continue
        try:
            grammar.split_class(row.code)
        except UsageError as error:
            lost.append((row, error.expected))
    if lost:
        row, wanted = lost[0]
        mapped = {r.class_code for r in standard.mapping} & {r.code for r, _ in lost}
        yield LintFinding(
            "class-not-codable",
            "warning" if mapped else "info",
            row.origin.cell("code"),
            f"objects of {some(r.code for r, _ in lost)} get no identifier code: these classes "
            f"do not fit the grammar ({wanted} wanted)"
            + (f"; the mapping gives {some(sorted(mapped))}" if mapped else ""),
            "Give them codes of the grammar's form, or change [code] in standard.toml.",
        )
