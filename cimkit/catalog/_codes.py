"""Identifier codes: given once, kept for good, never given again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog._lake import literal
from cimkit.errors import CatalogError, UsageError

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import CodeGrammar, Standard

__all__ = ["allocate", "none", "verify"]


def allocate(con: duckdb.DuckDBPyConnection, standard: Standard, division: str | None) -> list[str]:
    """Make the temporary tables ``coded_`` (rowid_, asset_code) and ``new_codes_`` (as ``codes``).

    An object keeps the code it has for its class. Else it keeps a valid delivered one: well
    formed, of its own class and the catalogue's division, and nobody else's. Else, if the division
    is known, it gets the next number of its class. Must run under the writer's lock.

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
    _keep_delivered(con, grammar, division)
    if division is None:
        return ["No division is set, so no identifier codes were allocated."]
    return _give(con, grammar, division)


def none(con: duckdb.DuckDBPyConnection) -> None:
    """Make the two tables empty."""
    con.execute(
        """
        CREATE TEMP TABLE coded_ (rowid_ BIGINT, asset_code VARCHAR);
        CREATE TEMP TABLE new_codes_ (scope VARCHAR, class_code VARCHAR, sequence BIGINT,
            asset_code VARCHAR, object_id VARCHAR, origin VARCHAR);
        """
    )


def _delivered_code(grammar: CodeGrammar) -> str:
    """Return SQL for the code an object brings along: a field, or a property of its IFC sets."""
    parts = []
    for field in grammar.field_names:
        key = '"' + field.replace('"', '\\"') + '"'
        parts.append(f"json_extract_string(properties, {literal(f'$.{key}')})")
        parts.append(f"json_extract_string(properties, {literal(f'$.attributes.{key}')})")
        inner = literal(f"$.pset.*.{key}")
        parts.append(f"CASE WHEN kind = 'bim' THEN json_extract_string(properties, {inner})[1] END")
    return f"coalesce({', '.join(parts)})" if parts else "NULL"


def _keep_delivered(
    con: duckdb.DuckDBPyConnection, grammar: CodeGrammar, division: str | None
) -> None:
    names = grammar.segment_names
    pattern = literal(grammar.pattern)
    scope = "''"
    if "division" in names:
        scope = f"regexp_extract(code, {pattern}, {names.index('division') + 1})"
    sequence = f"regexp_extract(code, {pattern}, {names.index('sequence') + 1})"
    in_division = f"scope = {literal(division)}" if division and scope != "''" else "true"
    con.execute(
        f"""
        CREATE TEMP TABLE brought_ AS
        WITH said AS (
            SELECT t.rowid_, trim({_delivered_code(grammar)}) AS code
            FROM staged t ANTI JOIN coded_ USING (rowid_)
        ), split AS (
            SELECT rowid_, code, {scope} AS scope, {sequence}::BIGINT AS sequence,
                regexp_extract(code, {literal(grammar.class_pattern)}, 1) AS class_code
            FROM said WHERE regexp_full_match(code, {pattern})
        )
        SELECT s.rowid_, s.code, s.scope, s.sequence, s.class_code, i.object_id
        FROM split s JOIN classed_ c USING (rowid_, class_code) JOIN ids_ i USING (rowid_)
        ANTI JOIN lake.codes k ON k.asset_code = s.code
        WHERE {in_division}
        QUALIFY row_number() OVER (PARTITION BY s.code ORDER BY s.rowid_) = 1;
        INSERT INTO coded_ SELECT rowid_, code FROM brought_;
        INSERT INTO new_codes_
        SELECT scope, class_code, sequence, code, object_id, 'delivered' FROM brought_;
        """
    )


def _give(con: duckdb.DuckDBPyConnection, grammar: CodeGrammar, division: str) -> list[str]:
    import pyarrow as pa

    rows = con.execute(
        """
        SELECT class_code, count(*) FROM classed_ ANTI JOIN coded_ USING (rowid_)
        WHERE class_code IS NOT NULL GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    prefixes, notes = [], []
    for code, count in rows:
        try:
            prefixes.append((code, grammar.prefix(division, code), count))
        except UsageError as error:
            notes.append(f"{count} objects of class {code} got no identifier code: {error}")
    table = pa.table(
        {
            "class_code": pa.array([p[0] for p in prefixes], pa.string()),
            "prefix": pa.array([p[1] for p in prefixes], pa.string()),
            "wanted": pa.array([p[2] for p in prefixes], pa.int64()),
        }
    )
    con.register("prefixes_", table)
    scope = literal(division)
    # Numbers go on after the greatest ever allocated; delivered ones are stepped over, so that one
    # delivered 999999 does not use up a class.
    con.execute(
        f"""
        CREATE TEMP TABLE given_ AS
        WITH taken AS (
            SELECT class_code, sequence, origin FROM lake.codes WHERE scope = {scope}
            UNION ALL
            SELECT class_code, sequence, origin FROM new_codes_ WHERE scope = {scope}
        ), start AS (
            SELECT p.class_code, p.prefix, p.wanted,
                coalesce(max(t.sequence) FILTER (t.origin = 'allocated'), 0) AS last,
                count(t.sequence) AS n_taken
            FROM prefixes_ p LEFT JOIN taken t USING (class_code) GROUP BY ALL
        ), candidate AS (
            SELECT class_code, prefix, wanted, unnest(range(last + 1, last + wanted + n_taken + 1))
                AS sequence
            FROM start
        ), free AS (
            SELECT class_code, prefix, sequence,
                row_number() OVER (PARTITION BY class_code ORDER BY sequence) AS nth
            FROM candidate ANTI JOIN taken USING (class_code, sequence)
            WHERE sequence < {10**grammar.sequence_digits}
            QUALIFY nth <= wanted
        ), wanting AS (
            SELECT rowid_, class_code, i.object_id,
                row_number() OVER (PARTITION BY class_code ORDER BY rowid_) AS nth
            FROM classed_ ANTI JOIN coded_ USING (rowid_) JOIN ids_ i USING (rowid_)
        )
        SELECT w.rowid_, w.class_code, f.sequence, w.object_id,
            f.prefix || lpad(f.sequence::VARCHAR, {grammar.sequence_digits}, '0') AS asset_code
        FROM wanting w JOIN free f USING (class_code, nth);
        INSERT INTO coded_ SELECT rowid_, asset_code FROM given_;
        INSERT INTO new_codes_
        SELECT {scope}, class_code, sequence, asset_code, object_id, 'allocated' FROM given_;
        """
    )
    con.unregister("prefixes_")
    spent = con.execute(
        """
        SELECT class_code, count(*) FROM classed_ ANTI JOIN coded_ USING (rowid_)
        WHERE class_code IN (SELECT class_code FROM given_) GROUP BY ALL
        """
    ).fetchall()
    notes += [f"The numbers of class {c} are spent: {n} objects got none." for c, n in spent]
    return notes


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
