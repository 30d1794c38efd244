"""What has no class and should have one, and what it might be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import orjson

from cimkit.catalog import _lake
from cimkit.catalog._classes import limited

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from cimkit.catalog._catalog import Catalog
    from cimkit.standard import Proposal, Seen, Standard

__all__ = ["suggest", "unclassed"]

_GROUPS = 500
_OBJECTS = 200
_VALUES = 50


def unclassed(catalog: Catalog) -> pa.Table:
    """Return what has no class and should have one, most objects first.

    Returns
    -------
    pa.Table
        kind, source_class, source_layer, objects, keys (some source keys), fields (of some
        objects). The same as the view ``unclassed`` of `query`.
    """
    with catalog.connect() as con:
        return con.execute("FROM unclassed").to_arrow_table()


def suggest(
    standard: Standard,
    given: Catalog | Sequence[Path],
    *,
    limit: int = 3,
    least: float = 0.5,
) -> list[Proposal]:
    """Propose mapping rows for what a standard leaves without class. Nothing is changed.

    Parameters
    ----------
    standard : Standard
        Whose mapping is wanting.
    given : Catalog or sequence of Path
        Where the objects are: in a catalogue (whatever standard is in force there), or in files.
    limit : int
        Proposals for each layer, class or field at most.
    least : float
        Least score of a proposal, 0 to 1.

    Returns
    -------
    list of Proposal
        Of what has most objects first, of each thing the best first.
    """
    from cimkit.standard import suggest as propose

    if isinstance(given, Sequence):
        return propose(standard, _delivered(standard, given), limit=limit, least=least)
    with given.connect() as con:
        con.execute(
            "CREATE TEMP VIEW things AS SELECT row_number() OVER () AS rowid_, "
            "o.* EXCLUDE (class_code, level) FROM objects o"
        )
        return propose(standard, _seen(con, standard), limit=limit, least=least)


def _delivered(standard: Standard, paths: Sequence[Path]) -> list[Seen]:
    from cimkit import loaders

    with TemporaryDirectory(prefix="cimkit-suggest-") as temp:
        staged = loaders.stage([Path(p).absolute() for p in paths], Path(temp))
        spans = (one.span("objects") for one in staged)
        files = sorted({str(span[0]) for span in spans if span is not None})
        if not files:
            return []
        con = _lake.open_database(spill=Path(temp) / "spill")
        try:
            listed = ", ".join(_lake.literal(f) for f in files)
            con.execute(
                "CREATE TEMP TABLE things AS SELECT row_number() OVER () AS rowid_, * "
                f"FROM read_parquet([{listed}])"
            )
            return _seen(con, standard)
        finally:
            con.close()


def _seen(con: duckdb.DuckDBPyConnection, standard: Standard) -> list[Seen]:
    """Return what the mapping does not know among ``things``, with the values of their fields."""
    from cimkit.standard import Seen, classify_sql

    with limited(con, standard, "things"):
        con.execute(
            "CREATE TEMP TABLE known_ AS SELECT rowid_ FROM "
            f"({classify_sql(standard, 'things')}) WHERE rule IS NOT NULL AND scheme = $1",
            [standard.scheme],
        )
    rows = con.execute(
        f"""
        SELECT kind, source_layer, source_class, count(*) AS objects,
            min_by(properties, rowid_, {_OBJECTS}) AS some
        FROM things ANTI JOIN known_ USING (rowid_) GROUP BY ALL
        ORDER BY objects DESC, kind, source_layer, source_class LIMIT {_GROUPS}
        """
    ).fetchall()
    return [
        Seen(kind or "", layer or "", source_class or "", objects, _fields(some))
        for kind, layer, source_class, objects, some in rows
    ]


def _fields(properties: list[str]) -> dict[str, list[str]]:
    """Return the fields of some objects by address, with their values, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for text in properties:
        try:
            plain = orjson.loads(text or "{}")
        except orjson.JSONDecodeError:
            continue  # what a source's own JSON breaks is a finding of the check, not of this
        for address, value in _flat(plain):
            met = counts.setdefault(address, {})
            met[value] = met.get(value, 0) + 1
    return {
        address: sorted(met, key=lambda v: (-met[v], v))[:_VALUES]
        for address, met in sorted(counts.items())
    }


def _flat(plain: object) -> list[tuple[str, str]]:
    if not isinstance(plain, dict):
        return []
    found = []
    for key, value in plain.items():
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append((key, str(value)))
        elif key in ("attributes", "pset", "quantities") and isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, dict):
                    found += [
                        (f"{key}.{name}.{k}", str(v))
                        for k, v in inner.items()
                        if isinstance(v, str | int | float)
                    ]
                elif isinstance(inner, str | int | float):
                    found.append((f"{key}.{name}", str(inner)))
    return found
