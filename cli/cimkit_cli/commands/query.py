"""``cimkit query``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


def _named(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, Path]:
    tables = {}
    for value in values:
        name, sign, file = value.partition("=")
        if not sign or not name.isidentifier() or not Path(file).is_file():
            raise click.BadParameter(f"{value!r} is not name=FILE with a file that exists")
        tables[name] = Path(file)
    return tables


@click.command("query")
@click.argument("sql")
@options.as_of
@click.option(
    "--with",
    "tables",
    multiple=True,
    callback=_named,
    metavar="NAME=FILE",
    help="Your own table beside the catalogue's: CSV (also GBK), XLSX, Parquet.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "parquet", "geojson", "gpkg", "xlsx"]),
    help="Form of the answer (default: by the suffix of --output, else table).",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--timeout", default=60.0, show_default=True, help="Seconds before it is stopped.")
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    sql: str,
    as_of: str | None,
    tables: dict[str, Path],
    form: str | None,
    output: Path | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Answer one SELECT over the catalogue."""
    from cimkit import find, query
    from cimkit.errors import UsageError
    from cimkit_cli.printing import rows

    form = "json" if as_json else form or (output.suffix.lstrip(".") if output else "table")
    if form in ("parquet", "gpkg", "xlsx") and output is None:
        raise UsageError(f"{form} is no text", mend="Name a file with --output.")
    answer = query(find(folder), sql, as_of=as_of, tables=tables, timeout_s=timeout)
    if output is not None:
        from cimkit.exporters import write_table

        write_table(answer, output, form)
        click.echo(f"{answer.num_rows} rows written to {output}.", err=True)
    elif form == "table":
        rows(answer)
    else:
        from cimkit.exporters import table_text

        click.echo(table_text(answer, form), nl=False)
