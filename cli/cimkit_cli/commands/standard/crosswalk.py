"""``cimkit standard crosswalk``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Crosswalk

_FEW = 20


@click.command("crosswalk")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--relation",
    "relations",
    multiple=True,
    type=click.Choice(["exact", "close", "broad", "narrow", "related"]),
    help="Only these (may be repeated). broad: the class of B is the wider one.",
)
@click.option("--untranslated", is_flag=True, help="Only the classes without a counterpart, all.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of text.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .csv, .json, .parquet, .xlsx.",
)
@click.option("--save", is_flag=True, help="Keep it in the catalogue (-C), for its queries.")
@options.language
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    a: str,
    b: str,
    relations: tuple[str, ...],
    untranslated: bool,
    as_csv: bool,
    output: Path | None,
    save: bool,
    language: str,
    as_json: bool,
) -> None:
    """Translate the classes of standard A into those of B, and list what cannot be translated."""
    from cimkit.standard import crosswalk, load
    from cimkit_cli.printing import document

    found = crosswalk(load(a), load(b))
    table = found.untranslated if untranslated else _only(found.table, relations)
    if save:
        from cimkit.catalog import find, save_crosswalk

        version = save_crosswalk(find(folder), found)
        click.echo(f"{found.table.num_rows} rows saved in version {version}.", err=True)
    if output is not None:
        from cimkit.exporters import write_table

        write_table(table, output, output.suffix.lstrip("."))
        click.echo(f"{table.num_rows} rows written to {output}.", err=True)
    elif as_json:
        document(
            {
                "a": found.a,
                "b": found.b,
                "linked": found.linked,
                "counts": found.counts(),
                "table": [] if untranslated else table.to_pylist(),
                "untranslated": found.untranslated.to_pylist(),
            }
        )
    elif as_csv:
        from cimkit.exporters import table_text

        click.echo(table_text(table, "csv"), nl=False)
    else:
        _print(found, None if untranslated else table, language)


def _only(table: pa.Table, relations: tuple[str, ...]) -> pa.Table:
    if not relations:
        return table
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["relation"], pa.array(relations)))


def _print(found: Crosswalk, table: pa.Table | None, language: str) -> None:
    from cimkit_cli.printing import rows

    if not found.linked:
        click.echo(
            f"{found.a} and {found.b} have nothing in common: no table declares a class of one in "
            "terms of the other, they extend no common standard, and no source class is mapped by "
            "both."
        )
    elif table is not None:
        rows(_readable(table, language), limit=table.num_rows)
        said = ", ".join(f"{count} {relation}" for relation, count in found.counts().items())
        click.echo(f"\n{found.table.num_rows} rows: {said}")
    for side, here, there in (("a", found.a, found.b), ("b", found.b, found.a)):
        missing = [r for r in found.untranslated.to_pylist() if r["side"] == side]
        click.echo(f"\n{len(missing)} classes of {here} have nothing in {there}")
        shown = missing if table is None else missing[:_FEW]
        for row in shown:
            why = "" if row["reason"] == "nothing" else f"  ({row['reason']})"
            name = row[f"name_{language}"] or row["name_en"] or row["name_zh"] or row["name_ja"]
            click.echo(f"  {row['code']}  {name}{why}")
        if len(missing) > len(shown):
            click.echo(f"  and {len(missing) - len(shown)} more: --untranslated lists them all")


def _readable(table: pa.Table, language: str) -> pa.Table:
    """Return the columns that people compare, with names in their language."""
    import pyarrow as pa

    def named(end: str) -> list[str]:
        order = (language, "en", "zh", "ja")
        columns = [table[f"{end}_name_{x}"].to_pylist() for x in order]
        return [next((n for n in names if n), "") for names in zip(*columns, strict=True)]

    several = len(set(table["from_scheme"].to_pylist()) | set(table["to_scheme"].to_pylist())) > 2
    columns = {
        **({"from scheme": table["from_scheme"]} if several else {}),
        "from": table["from_code"],
        "name": named("from"),
        "relation": table["relation"],
        **({"to scheme": table["to_scheme"]} if several else {}),
        "to": table["to_code"],
        "name there": named("to"),
        "via": table["via"],
        "sure": table["confidence"],
    }
    return pa.table(columns)
