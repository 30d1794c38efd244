"""``cimkit standard diff``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    from cimkit.standard import Change, Difference

_FEW = 30


@click.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--migration",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.csv",
    help="Write what becomes of each code, as a table for crosswalk/ of B.",
)
@click.option(
    "--catalog",
    type=click.Path(file_okay=False, path_type=Path),
    help="Catalogue to class anew by B, as a dry run (or -C before the command).",
)
@click.option("--all", "everything", is_flag=True, help="List all changes, however many.")
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    a: str,
    b: str,
    migration: Path | None,
    catalog: Path | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Say what is otherwise in standard B than in A, and what becomes of each code.

    With a catalogue it also says how many objects would change class; nothing is written there.
    """
    from cimkit.standard import difference, load
    from cimkit_cli.printing import document

    second = load(b)
    found = difference(load(a), second)
    place = catalog or folder
    dry_run = None
    if place is not None:
        from cimkit.catalog import adopt, find

        dry_run = adopt(find(place), second, dry_run=True)
    if migration is not None:
        from cimkit.exporters import write_table

        write_table(found.crosswalk_rows(), migration, "csv")
        click.echo(f"{found.migration.num_rows} rows written to {migration}.", err=True)
    if as_json:
        document(
            {
                "a": found.a,
                "b": found.b,
                "counts": found.counts(),
                "grave": len(found.grave),
                "changes": found.table.to_pylist(),
                "fates": found.fates(),
                "migration": found.migration.to_pylist(),
                "dry_run": dry_run.to_json() if dry_run else None,
            }
        )
        return
    _print(found, everything)
    if dry_run is not None:
        click.echo(f"\nThe catalogue {place}, classed by {found.b}:")
        click.echo(dry_run.to_text())


def _print(found: Difference, everything: bool) -> None:
    click.echo(f"{found.a} → {found.b}")
    if not found.changes:
        click.echo("No difference.")
    if found.grave:
        click.echo(f"\nATTENTION: {len(found.grave)} change the meaning of what is there already")
        for change in found.grave:
            click.echo(f"  {_line(change)}  ({change.where or change.where_was or change.part})")
    parts: dict[str, list[Change]] = {}
    for change in found.changes:
        parts.setdefault(change.part, []).append(change)
    counts = found.counts()
    for part, changes in parts.items():
        said = ", ".join(f"{count} {what}" for what, count in counts[part].items())
        click.echo(f"\n{part}: {said}")
        shown = changes if everything else changes[:_FEW]
        for change in shown:
            click.echo(f"  {_line(change)}")
        if len(changes) > len(shown):
            click.echo(f"  and {len(changes) - len(shown)} more: --all lists them")
    fates = ", ".join(f"{count} {kind}" for kind, count in found.fates().items())
    click.echo(f"\nmigration of codes: {fates or 'no scheme in common'}")
    moved = [r for r in found.migration.to_pylist() if r["kind"] not in ("same", "renamed")]
    for row in moved if everything else moved[:_FEW]:
        name = row["from_name_zh"] or row["from_name_en"] or row["from_name_ja"]
        heir = row["to_name_zh"] or row["to_name_en"] or row["to_name_ja"]
        to = "no heir" if row["to_code"] == "-" else f"{row['to_code']} {heir} ({row['relation']})"
        click.echo(f"  {row['kind']}: {row['from_code']} {name} → {to}  [{row['source']}]")
    if len(moved) > _FEW and not everything:
        click.echo(f"  and {len(moved) - _FEW} more: --all lists them, --migration writes them")


def _line(change: Change) -> str:
    text = f"{change.what} {change.key}"
    if change.name and change.what not in ("reused", "renamed"):
        text += f" {change.name}"
    if change.aspect:
        text += f", {change.aspect}"
    if change.was and change.now:
        return f"{text}: {change.was} → {change.now}"
    if change.was:
        return f"{text}: {change.was} → nothing" if change.aspect else f"{text}: {change.was}"
    return f"{text}: {change.now}" if change.now else text
