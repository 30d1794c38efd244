"""File names: a template fits its own example, and each part of it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import Examined
from cimkit.standard.package._toml import tables

__all__ = ["naming"]


def naming(seen: Examined) -> Iterator[LintFinding]:
    """Yield what is wrong with ``naming.toml``."""
    files, package, _ = seen.built()
    if package.naming is None or "naming.toml" not in files.files:
        return
    said = files.toml("naming.toml")
    where = files.where("naming.toml")
    used: set[str] = set()
    grammars = package.naming.grammars
    entries = tables(said, "file", where)
    for number, (grammar, entry) in enumerate(zip(grammars, entries, strict=True), 1):
        here = files.entry("naming.toml", "file", number)
        used |= set(re.findall(r"\{(\w+)\}", grammar.template))
        example = entry.get("example")
        if example is None:
            yield LintFinding(
                "naming-without-example",
                "info",
                here,
                f"the template {grammar.template} has no example",
                'Write example = "..." below it: lint tries it, and people read it.',
            )
        elif grammar.parse(example) is None:
            yield LintFinding(
                "naming-example",
                "error",
                here,
                f"the example {example!r} does not fit its template: "
                f"{'; '.join(grammar.explain(example))}",
                "Mend the template, a part or the example.",
            )
        shadow = next((g for g in grammars[: number - 1] if g.pattern == grammar.pattern), None)
        if shadow is not None:
            yield LintFinding(
                "naming-twice",
                "warning",
                here,
                f"the template {grammar.template} allows what {shadow.name!r} allows already",
                "Remove one of the two.",
            )
    for name in said.get("part", {}):
        if name not in used:
            yield LintFinding(
                "naming-part-unused",
                "warning",
                f"{where}, [part.{name}]",
                f"no template has the part {name!r}",
                "Use it in a template, or remove it.",
            )
