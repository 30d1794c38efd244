"""``cimkit standard suggest``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("suggest")
@click.argument("name", metavar="ID")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--csv", "as_csv", is_flag=True, help="Print rows of mapping/*.csv to be pasted.")
@click.option(
    "--limit", type=click.IntRange(1), default=3, show_default=True, help="Proposals a thing."
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Least score of a proposal.",
)
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    name: str,
    paths: tuple[Path, ...],
    as_csv: bool,
    limit: int,
    least: float,
    as_json: bool,
) -> None:
    """Propose what unmapped layers, classes and fields may be by the standard ID.

    They are looked for in PATHS, or else in the catalogue. Proposals come from names in Chinese,
    Japanese and English, each with its reason; nothing is changed.
    """
    from cimkit.catalog import find, suggest
    from cimkit.standard import load, mapping_csv
    from cimkit_cli.printing import document, rows

    found = suggest(load(name), list(paths) or find(folder), limit=limit, least=least)
    if as_json:
        document([p.to_json() for p in found])
    elif as_csv:
        click.echo(mapping_csv(found), nl=False)
    else:
        import pyarrow as pa

        told = [p.to_json() for p in found]
        columns = ["objects", "kind", "layer", "source_class", "field", "value"]
        columns += ["class_code", "name", "attribute", "score", "reason"]
        rows(
            pa.table({c: [str(t[c]) if t[c] is not None else None for t in told] for c in columns})
        )
        click.echo(f"{len(told)} proposals; none is applied", err=True)
