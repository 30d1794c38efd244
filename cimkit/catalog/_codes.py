"""Identifier codes: given once, kept for good, never given again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.catalog._codes_kept import SHAPE, keep_delivered, numbered
from cimkit.catalog._lake import literal
from cimkit.errors import CatalogError, UsageError
from cimkit.standard.codes.columns import cells, check_digits, class_slices

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import CodeGrammar, Standard

__all__ = ["allocate", "none", "verify"]

_DATES = {"yy": "%y", "yyyy": "%Y", "yyyymm": "%Y%m", "yyyymmdd": "%Y%m%d"}


def allocate(con: duckdb.DuckDBPyConnection, standard: Standard, division: str | None) -> list[str]:
    """Make the temporary tables ``coded_`` (rowid_, asset_code) and ``new_codes_`` (as ``codes``).

    An object keeps the code it has for its class, wherever it is now. Else it keeps a valid
    delivered one: well formed, with the right check digit, of its own class, the catalogue's
    division and a cell it touches, and nobody else's. Else it gets the next number of its class
    (of what the grammar counts by). Must run under the writer's lock.

    Needs ``staged``, ``ids_`` and ``classed_`` (rowid_, class_code of the primary scheme).

    Returns
    -------
    list of str
        What a person should know.
    """
    none(con)
    grammar = standard.grammar
    if grammar is None:
        return []
    con.execute(
        """
        INSERT INTO coded_
        SELECT i.rowid_, arg_max(k.asset_code, (k.origin = 'delivered', k.sequence))
        FROM ids_ i JOIN classed_ c USING (rowid_)
        JOIN lake.codes k ON k.object_id = i.object_id AND k.class_code = c.class_code
        GROUP BY i.rowid_
        """
    )
    _taken(con, grammar)
    keep_delivered(con, grammar, division)
    if division is None and "division" in grammar.segment_names:
        return ["No division is set, so no identifier codes were allocated."]
    return _give(con, grammar, division or "")


def none(con: duckdb.DuckDBPyConnection) -> None:
    """Make the two tables empty."""
    con.execute(
        """
        CREATE TEMP TABLE coded_ (rowid_ BIGINT, asset_code VARCHAR);
        CREATE TEMP TABLE new_codes_ (scope VARCHAR, class_code VARCHAR, sequence BIGINT,
            asset_code VARCHAR, object_id VARCHAR, origin VARCHAR);
        """
    )


def _taken(con: duckdb.DuckDBPyConnection, grammar: CodeGrammar) -> None:
    """Make ``codes_taken_``: the numbers of all codes there ever were.

    They are read from the codes, not from the columns beside them: those are of the grammar in
    force when the code was given.
    """
    con.execute(
        f"""
        CREATE TEMP TABLE codes_taken_ AS
        SELECT {numbered(grammar, "asset_code")}, origin FROM lake.codes
        WHERE length(asset_code) BETWEEN {grammar.shortest} AND {grammar.length}
        """
    )


def _give(con: duckdb.DuckDBPyConnection, grammar: CodeGrammar, division: str) -> list[str]:
    today = datetime.now(UTC)
    fixed = {
        s.name: division if s.kind == "division" else s.default
        for s in grammar.segments
        if s.kind in ("division", "free") and s.name not in grammar.class_segments
    }
    fixed |= {s.name: today.strftime(_DATES[s.date]) for s in grammar.segments if s.date}
    for name, text in fixed.items():
        if grammar.segment(name).reasons(text):
            lacks = f"cannot be {text!r}, but {grammar.segment(name).says}"
            lacks = lacks if text else "has no default"
            mend = " Mend `division` in cimkit.toml." if text and text == division else ""
            return [f"No identifier codes were allocated: segment {name} {lacks}.{mend}"]
    notes = _wanting(con, grammar)
    parts = {**class_slices(grammar, "class_code"), "cell": "cell"}
    parts |= {s.name: literal(fixed[s.name]) for s in grammar.segments if s.name in fixed}
    scope = " || '/' || ".join(parts[n] for n in grammar.scope) or "''"
    by_class = "class_code" if grammar.counts_by_class else "''"
    # Numbers go on after the greatest ever allocated; delivered ones are stepped over, so that one
    # delivered 999999 does not use up a class.
    con.execute(
        f"""
        CREATE TEMP TABLE codes_numbered_ AS
        WITH wanting AS (
            SELECT *, {scope} AS scope, {by_class} AS by_class FROM codes_wanted_
        ), nth_wanting AS (
            SELECT *, row_number() OVER (PARTITION BY scope, by_class ORDER BY rowid_) AS nth
            FROM wanting
        ), start AS (
            SELECT scope, by_class, wanted, coalesce(last, 0) AS last
            FROM (SELECT scope, by_class, count(*) AS wanted FROM wanting GROUP BY ALL)
            LEFT JOIN (
                SELECT scope, by_class, max(sequence) AS last FROM codes_taken_
                WHERE origin = 'allocated' GROUP BY ALL) USING (scope, by_class)
        ), ahead AS (
            SELECT scope, by_class, count(*) AS n_taken
            FROM codes_taken_ t JOIN start s USING (scope, by_class)
            WHERE t.sequence > s.last GROUP BY ALL
        ), candidate AS (
            SELECT scope, by_class, wanted,
                unnest(range(last + 1, last + wanted + coalesce(n_taken, 0) + 1)) AS sequence
            FROM start LEFT JOIN ahead USING (scope, by_class)
        ), free AS (
            SELECT scope, by_class, sequence,
                row_number() OVER (PARTITION BY scope, by_class ORDER BY sequence) AS nth
            FROM candidate ANTI JOIN codes_taken_ USING (scope, by_class, sequence)
            WHERE sequence < {10**grammar.sequence_digits}
            QUALIFY nth <= wanted
        )
        SELECT w.rowid_, w.object_id, w.class_code, w.cell, w.scope, f.sequence
        FROM nth_wanting w LEFT JOIN free f USING (scope, by_class, nth)
        """
    )
    parts["sequence"] = f"lpad(sequence::VARCHAR, {grammar.sequence_digits}, '0')"
    _write_codes(con, grammar, parts)
    spent = con.execute(
        """
        SELECT class_code, count(*) FROM codes_numbered_ WHERE sequence IS NULL
        GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    notes += [f"The numbers of class {c} are spent: {n} objects got none." for c, n in spent]
    return notes


def _wanting(con: duckdb.DuckDBPyConnection, grammar: CodeGrammar) -> list[str]:
    """Make ``codes_wanted_`` (rowid_, object_id, class_code, cell): what shall get a code."""
    rows = con.execute(
        """
        SELECT class_code, count(*) FROM classed_ ANTI JOIN coded_ USING (rowid_)
        WHERE class_code IS NOT NULL GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    notes, coded = [], []
    for code, count in rows:
        try:
            grammar.split_class(code)
            coded.append(code)
        except UsageError as error:
            notes.append(f"{count} objects of class {code} got no identifier code: {error}")
    con.register("leaves_", pa.table({"class_code": pa.array(coded, pa.string())}))
    con.execute(
        """
        CREATE TEMP TABLE codes_wanted_ AS
        SELECT rowid_, i.object_id, class_code, NULL::VARCHAR AS cell
        FROM classed_ SEMI JOIN leaves_ USING (class_code) ANTI JOIN coded_ USING (rowid_)
        JOIN ids_ i USING (rowid_)
        """
    )
    con.unregister("leaves_")
    if grammar.cell is not None:
        notes += _place(con, grammar)
    return notes


def _place(con: duckdb.DuckDBPyConnection, grammar: CodeGrammar) -> list[str]:
    """Say in ``codes_wanted_`` the cell of each object, and drop those that are in none."""
    points = con.execute(
        f"""
        SELECT rowid_, ST_X(point) AS lon, ST_Y(point) AS lat
        FROM (SELECT rowid_, TRY(ST_PointOnSurface({SHAPE})) AS point
              FROM codes_wanted_ JOIN staged t USING (rowid_))
        """
    ).to_arrow_table()
    placed = cells(grammar, points["lon"], points["lat"])
    con.register("cells_", points.append_column("cell", placed))
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE codes_wanted_ AS
        SELECT w.rowid_, w.object_id, w.class_code, c.cell
        FROM codes_wanted_ w JOIN cells_ c USING (rowid_) WHERE c.cell IS NOT NULL
        """
    )
    con.unregister("cells_")
    nowhere = points["lon"].null_count
    outside = placed.null_count - nowhere
    notes = []
    if nowhere:
        notes.append(f"{nowhere} objects have no place, so they got no identifier code.")
    if outside:
        notes.append(f"{outside} objects lie outside of the grid of the identifier codes.")
    return notes


def _write_codes(
    con: duckdb.DuckDBPyConnection, grammar: CodeGrammar, parts: Mapping[str, str]
) -> None:
    """Put the codes of ``codes_numbered_`` together."""
    texts = [literal(s.text) if s.text else parts.get(s.name, "due") for s in grammar.segments]
    source = "codes_numbered_"
    if grammar.check is not None:
        before = grammar.segments[: grammar.segments.index(grammar.check)]
        body_of = " || ".join(parts[s.name] for s in before if s.name)
        found = con.execute(
            f"SELECT rowid_, {body_of} AS body FROM codes_numbered_ WHERE sequence IS NOT NULL"
        ).to_arrow_table()
        due = check_digits(grammar.check.check, found["body"])
        con.register("due_", found.append_column("due", due))
        source = "codes_numbered_ JOIN due_ USING (rowid_)"
    con.execute(
        f"""
        CREATE TEMP TABLE codes_given_ AS
        SELECT rowid_, object_id, class_code, scope, sequence, {" || ".join(texts)} AS asset_code
        FROM {source} WHERE sequence IS NOT NULL;
        INSERT INTO coded_ SELECT rowid_, asset_code FROM codes_given_;
        INSERT INTO new_codes_
        SELECT scope, class_code, sequence, asset_code, object_id, 'allocated' FROM codes_given_;
        """
    )
    if grammar.check is not None:
        con.unregister("due_")


def verify(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse to commit codes or object ids that are not unique: the lake has no constraints.

    Raises
    ------
    CatalogError
        If the coordinator has erred. Nothing is written then.
    """
    for table, columns in (
        ("codes", "asset_code"),
        ("codes", "scope, class_code, sequence"),
        ("objects", "object_id"),
    ):
        row = con.execute(
            f"SELECT {columns} FROM lake.{table} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
        ).fetchone()
        if row is not None:
            raise CatalogError(
                f"{table} would not be unique; nothing was written",
                got=row,
                mend="This is a fault of cimkit: please report it.",
            )
