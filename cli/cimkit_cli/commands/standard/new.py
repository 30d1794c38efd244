"""``cimkit standard new``."""

from __future__ import annotations

import re
from pathlib import Path

import click

from cimkit_cli import options


@click.command("new")
@click.argument("name", metavar="ID")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--edition", default="draft", show_default=True, help="Edition of the package.")
@click.option("--extends", metavar="ID@EDITION", help="Standard that it builds on.")
@click.option("--template", metavar="NAME", help="Template to begin with: city.")
@click.option("--xlsx", is_flag=True, help="A workbook, also if OUT does not end in .xlsx.")
@click.option(
    "--title",
    "titles",
    metavar="[LANG=]TEXT",
    multiple=True,
    help="Title; zh=, ja= or en= says its language.",
)
@click.option("--division", metavar="CODE", help="Administrative division code.")
@options.overwrite
@options.as_json
def command(
    name: str,
    out: Path,
    edition: str,
    extends: str | None,
    template: str | None,
    xlsx: bool,
    titles: tuple[str, ...],
    division: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Begin the standard ID in OUT: a folder, or a workbook (.xlsx); it loads at once."""
    from cimkit.standard import load, new
    from cimkit_cli.printing import document

    if xlsx and out.suffix.lower() != ".xlsx":
        out = out.with_name(f"{out.name}.xlsx")
    new(
        name,
        out,
        edition=edition,
        extends=extends,
        template=template,
        titles=dict(map(_title, titles)),
        division=division,
        overwrite=overwrite,
    )
    made = load(out)
    if as_json:
        document({"path": str(out), "id": made.id, "edition": made.edition, "hash": made.hash})
        return
    click.echo(f"{made.key}  {out}  ({len(made.by_code)} classes, {len(made.rules)} rules)")
    where = "the sheet notes" if out.suffix.lower() == ".xlsx" else "NOTES.md"
    click.echo(f"What to fill in stands in {where}.")


def _title(text: str) -> tuple[str, str]:
    language, equals, title = text.partition("=")
    if equals and language in ("zh", "ja", "en"):
        return language, title
    if re.search("[\u3041-\u30fa]", text):
        return "ja", text
    return ("zh" if re.search("[\u4e00-\u9fff]", text) else "en"), text
