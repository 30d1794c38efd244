"""``cimkit standard show``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    from cimkit.standard import Standard


@click.command("show")
@click.argument("name", metavar="ID")
@options.language
@options.as_json
def command(name: str, language: str, as_json: bool) -> None:
    """Show the schemes, classes and rules of one standard.

    ID may end in +unverified, to see the rows that are not verified, too.
    """
    from cimkit import load
    from cimkit_cli.printing import document

    found = load(name)
    classes = found.classes.to_pylist()
    if as_json:
        document(
            {
                "id": found.id,
                "edition": found.edition,
                "hash": found.hash,
                "titles": found.titles,
                "parents": found.parents,
                "facts": found.facts,
                "schemes": [
                    {"id": s.id, "titles": s.titles, "primary": s.primary, "note": s.note}
                    for s in found.schemes
                ],
                "left_out": found.left_out,
                "classes": classes,
                "rules": [rule.id for rule in found.rules],
            }
        )
        return
    click.echo(f"{found.key}  {found.titles.get(language) or found.titles['en']}")
    for scheme in found.schemes:
        if len(found.schemes) > 1:
            said = scheme.titles.get(language) or scheme.titles.get("en", "")
            click.echo(f"\n{scheme.id}  {said}{'  (primary)' if scheme.primary else ''}")
        for line in _tree(found, scheme.id, language):
            click.echo(line)
    for rule in found.rules:
        said = rule.title.get(language) or rule.title.get("en") or rule.clause
        click.echo(f"{rule.id}  {said}".rstrip())
    click.echo(f"{len(classes)} classes, {len(found.rules)} rules")
    if found.left_out:
        rows = ", ".join(f"{what} {count}" for what, count in found.left_out.items())
        click.echo(f"not verified and left out: {rows} ({found.key}+unverified shows them)")


def _tree(standard: Standard, scheme: str, language: str) -> Iterator[str]:
    """Yield a line for each class of a scheme, every class after the one above it."""
    below: dict[str, list[str]] = {}
    there = standard.by_scheme.get(scheme, {})
    for code, row in sorted(there.items(), reverse=True):
        below.setdefault(row.parent, []).append(code)
    left = [(code, 1) for code in below.get("", [])]
    while left:
        code, depth = left.pop()
        row = there[code]
        sure = "" if row.verified else "  (not verified)"
        yield f"{'  ' * depth}{code}  {row.name(language)}{sure}"
        left += [(c, depth + 1) for c in below.get(code, [])]
