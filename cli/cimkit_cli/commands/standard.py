"""``cimkit standard``."""

from __future__ import annotations

import click

from cimkit_cli import options


@click.group("standard")
def command() -> None:
    """Look at the classification-and-coding standards that are there."""


@command.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the standard packages found."""
    from cimkit.standard import available
    from cimkit_cli.printing import document

    found = available()
    if as_json:
        document([dict(zip(("id", "edition", "title", "path"), x, strict=True)) for x in found])
        return
    for name, edition, title, _ in found:
        click.echo(f"{name}@{edition}  {title}")


@command.command("show")
@click.argument("name", metavar="ID")
@options.language
@options.as_json
def show(name: str, language: str, as_json: bool) -> None:
    """Show the classes, attributes and rules of one standard."""
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
                "classes": classes,
                "rules": [rule.id for rule in found.rules],
            }
        )
        return
    click.echo(f"{found.key}  {found.titles[language]}")
    for row in classes:
        indent = "  " if row["parent"] else ""
        sure = "" if row["verified"] else "  (not verified)"
        click.echo(f"  {indent}{row['code']}  {row[f'name_{language}'] or row['name_zh']}{sure}")
    click.echo(f"{len(classes)} classes, {len(found.rules)} rules")
