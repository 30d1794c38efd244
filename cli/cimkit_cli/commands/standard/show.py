"""``cimkit standard show``."""

from __future__ import annotations

import click

from cimkit_cli import options


@click.command("show")
@click.argument("name", metavar="ID")
@options.language
@options.as_json
def command(name: str, language: str, as_json: bool) -> None:
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
