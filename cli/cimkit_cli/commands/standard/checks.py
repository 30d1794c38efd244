"""``cimkit standard checks``."""

from __future__ import annotations

import inspect

import click

from cimkit_cli import options


@click.command("checks")
@click.argument("name", required=False)
@options.as_json
def command(name: str | None, as_json: bool) -> None:
    """List the checks that rules may name; with NAME, what one does and its parameters."""
    from cimkit.registry import entries, entry
    from cimkit_cli.printing import document

    found = {name: entry("cimkit.checks", name)} if name else entries("cimkit.checks")
    told = [
        {
            "name": module.SPEC.name,
            "title": module.SPEC.title,
            "counts": module.SPEC.counts,
            "kinds": list(module.SPEC.kinds),
            "parameters": dict(module.SPEC.parameters),
            "looks_into_files": hasattr(module, "inspect"),
        }
        for module in found.values()
    ]
    if as_json:
        document(told[0] if name else told)
        return
    if name is None:
        width = max(len(str(row["name"])) for row in told)
        for row in told:
            click.echo(f"{row['name']:<{width}}  {row['title']}")
        return
    module = next(iter(found.values()))
    click.echo(f"{module.SPEC.name}: {module.SPEC.title}\n")
    click.echo(inspect.getdoc(module.run) or "")
    said = {
        "counts": module.SPEC.counts,
        "kinds": ", ".join(module.SPEC.kinds) or "all",
        "looks into the files": "yes" if hasattr(module, "inspect") else "no",
    }
    click.echo("")
    for key, value in said.items():
        click.echo(f"{key}: {value}")
    for key, value in module.SPEC.parameters.items():
        click.echo(f"parameter {key} = {value!r}")
