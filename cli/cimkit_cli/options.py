"""Every option that more than one command has, once: the same flag means the same everywhere.

``--json``        one JSON document on stdout (``probe``: one a line)
``--sheet``       the delivery sheet, .toml, .xlsx or .csv
``--standard``    id, id@edition, folder or zip of a standard package, or an .ids file
``--depth``       how far to read: header, sample or full
``--jobs``        worker processes
``--as-of``       a version number or a time of the catalogue
``--valid-at``    a time in the world: objects that stood then
``--access``      highest access level that may leave the catalogue
``--lang``        language of messages
``--column``      what a column of an office's table is: role=column
``--overwrite``   replace what is there
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "access",
    "as_json",
    "as_of",
    "columns",
    "depth",
    "file",
    "jobs",
    "language",
    "overwrite",
    "paths",
    "quiet",
    "sheet",
    "standard",
    "valid_at",
    "where",
]

F = TypeVar("F", bound=Callable[..., Any])

file = click.Path(exists=True, dir_okay=False, path_type=Path)

paths = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
sheet = click.option("--sheet", type=file, help="Delivery sheet to obey (.toml, .xlsx or .csv).")
standard = click.option(
    "--standard", metavar="ID", help="Standard package: id, id@edition, folder, zip or .ids."
)
jobs = click.option(
    "--jobs", type=click.IntRange(1), help="Worker processes (default: one a core)."
)
as_of = click.option("--as-of", metavar="VERSION|TIME", help="The catalogue as it was then.")
access = click.option(
    "--access",
    type=click.Choice(["public", "internal", "secret"]),
    default="public",
    show_default=True,
    help="Highest access level that may leave the catalogue.",
)
language = click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh", "ja"]),
    default="en",
    show_default=True,
    help="Language of messages.",
)
valid_at = click.option("--valid-at", metavar="TIME", help="What stood in the world then.")
where = click.option("--where", metavar="SQL", help="Condition on the table objects.")
overwrite = click.option(
    "--overwrite", is_flag=True, help="Replace what is at OUT, if it is a package or a file."
)
columns = click.option(
    "--column",
    "columns",
    metavar="ROLE=COLUMN",
    multiple=True,
    help="What a column of a table is: code=C, name=分类名称, parent=3 ...",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")


def depth(default: str) -> Callable[[F], F]:
    """Return the option ``--depth`` with the default of the command."""
    return click.option(
        "--depth",
        type=click.Choice(["header", "sample", "full"]),
        default=default,
        show_default=True,
        help="How far to read each source.",
    )
