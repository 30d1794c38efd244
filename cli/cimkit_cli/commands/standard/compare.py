"""``cimkit standard compare``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("compare")
@click.argument("name", metavar="ID")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scheme", default="", help="Scheme that the table is (default: the primary one).")
@click.option("--all", "everything", is_flag=True, help="Rows that are the same, too.")
@click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    help="Write a package that declares the differences: a folder, .zip or .xlsx.",
)
@click.option("--id", "new_id", help="With --overlay: its id.")
@click.option("--edition", default="draft", show_default=True, help="With --overlay: its edition.")
@options.columns
@options.overwrite
@options.as_json
def command(
    name: str,
    file: Path,
    scheme: str,
    everything: bool,
    overlay: Path | None,
    new_id: str | None,
    edition: str,
    columns: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Compare the table FILE (CSV, XLSX) with the classes of the standard ID, verified or not."""
    from cimkit.standard import compare_table, corrections, load
    from cimkit.standard.draft import write_draft
    from cimkit_cli.exchange import pairs
    from cimkit_cli.printing import document

    standard = load(name.removesuffix("+unverified") + "+unverified")
    said = pairs(columns)
    rows = compare_table(standard, file, columns=said, scheme=scheme).to_pylist()
    if overlay is not None:
        draft = corrections(
            standard,
            file,
            id=new_id or f"{standard.id}.corrected",
            edition=edition,
            columns=said,
            scheme=scheme,
        )
        write_draft(draft, overlay, overwrite=overwrite)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["change"]] = counts.get(row["change"], 0) + 1
    shown = [row for row in rows if everything or row["change"] != "same"]
    if as_json:
        document({"standard": standard.key, "counts": counts, "rows": shown})
        return
    for row in shown:
        sure = "" if row["verified"] is not False else "  (not verified)"
        ours = f"{row['code']} {row['name']}".strip()
        theirs = f"{row['table_code']} {row['table_name']}".strip()
        click.echo(
            f"{row['change']}: {' | '.join(filter(None, (ours, theirs)))}{sure}  {row['place']}"
        )
    click.echo(", ".join(f"{count} {change}" for change, count in counts.items()))
    if overlay is not None:
        click.echo(f"{overlay} declares the differences.")
