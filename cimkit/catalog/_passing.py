"""The sources of a delivery as a table, without a lake: for rules that look into sources alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.catalog._identity import NAMESPACE
from cimkit.catalog._ingest import root_of
from cimkit.catalog._items import item_rows
from cimkit.catalog._lake import open_database
from cimkit.catalog._sources import Row
from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb

    from cimkit.loaders import Staged
    from cimkit.model import Sheet

__all__ = ["Passing", "passing"]


@dataclass(frozen=True, slots=True)
class Passing:
    """A delivery that is looked at and not kept."""

    con: duckdb.DuckDBPyConnection
    """Its default schema has the table ``items`` of the lake."""
    delivery_id: str
    """Of the rows."""
    roots: dict[str, str]
    """Folders by name of the root."""


@contextmanager
def passing(
    paths: Sequence[Path | str],
    *,
    staging: Path,
    sheet: Sheet | None = None,
    jobs: int | None = None,
    progress: Callable[[Staged, int, int], None] | None = None,
) -> Iterator[Passing]:
    """Take in what was delivered from the headers alone.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    staging : Path
        Folder for what is staged.
    sheet, jobs, progress
        As of `cimkit.catalog.ingest`.

    Raises
    ------
    UsageError
        If a path does not exist.
    """
    from cimkit import loaders

    places = [Path(p).absolute() for p in paths]
    staged = list(
        loaders.stage(places, staging, sheet=sheet, depth="header", jobs=jobs, progress=progress)
    )
    staged.sort(key=lambda s: s.asset.path)
    root = root_of(places, staged)
    said = [(s.asset.path, s.asset.sha256) for s in staged]
    delivery_id = str(uuid.uuid5(NAMESPACE, f"passing\n{said}"))
    rows = [
        Row(n, one, "", str(uuid.uuid5(NAMESPACE, f"item\n{delivery_id}\n{one.asset.path}")))
        for n, one in enumerate(staged)
    ]
    con = open_database(extensions=("spatial",))
    try:
        con.register("said_", item_rows(rows))
        con.register("none_", LAKE["items"].empty_table())
        con.execute("CREATE TABLE items AS FROM none_")
        con.execute(
            """
            INSERT INTO items BY NAME
            SELECT * EXCLUDE (n, west, south, east, north, footprint, observed_start,
                              observed_end),
                   ? AS delivery_id, ? AS root, footprint AS geometry,
                   CASE WHEN west IS NOT NULL THEN {'xmin': west, 'ymin': south, 'xmax': east,
                        'ymax': north} END AS bbox,
                   TRY_CAST(observed_start AS TIMESTAMPTZ) AS observed_start,
                   TRY_CAST(observed_end AS TIMESTAMPTZ) AS observed_end
            FROM said_ ORDER BY path
            """,
            [delivery_id, root.name or "root"],
        )
        con.unregister("said_")
        con.unregister("none_")
        yield Passing(con, delivery_id, {root.name or "root": str(root)})
    finally:
        con.close()
