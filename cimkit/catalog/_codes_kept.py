"""Identifier codes that a delivery brings along: those that are valid are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog._lake import literal
from cimkit.standard.codes.columns import TOUCHES, body, check_digits, outlines, slices

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import CodeGrammar

__all__ = ["SHAPE", "keep_delivered", "numbered"]

SHAPE = "TRY(ST_GeomFromWKB(t.geometry))"
"""SQL for the geometry of a row ``t`` of ``staged``."""


def numbered(grammar: CodeGrammar, code: str) -> str:
    """Return SQL for scope, by_class and sequence of a code that has the grammar's shape."""
    by_class = slices(grammar, grammar.class_segments, code) if grammar.counts_by_class else "''"
    return f"""{slices(grammar, grammar.scope, code, "/")} AS scope, {by_class} AS by_class,
        TRY_CAST({slices(grammar, ["sequence"], code)} AS BIGINT) AS sequence"""


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


def keep_delivered(
    con: duckdb.DuckDBPyConnection, grammar: CodeGrammar, division: str | None
) -> None:
    code_class = slices(grammar, grammar.class_segments, "code")
    in_division = "true"
    if division and "division" in grammar.segment_names:
        in_division = f"{slices(grammar, ['division'], 'code')} = {literal(division)}"
    con.execute(
        f"""
        CREATE TEMP TABLE codes_said_ AS
        WITH said AS (
            SELECT t.rowid_, trim({_delivered_code(grammar)}) AS code
            FROM staged t ANTI JOIN coded_ USING (rowid_)
        ), split AS (
            SELECT rowid_, code, {code_class} AS class_code, {numbered(grammar, "code")}
            FROM said WHERE regexp_full_match(code, {literal(grammar.pattern)}) AND {in_division}
        )
        SELECT s.*, i.object_id
        FROM split s JOIN classed_ c USING (rowid_, class_code) JOIN ids_ i USING (rowid_)
        ANTI JOIN lake.codes k ON k.asset_code = s.code
        """
    )
    _drop_wrong_checks(con, grammar)
    _drop_foreign_cells(con, grammar)
    con.execute(
        """
        CREATE TEMP TABLE codes_brought_ AS
        SELECT * FROM codes_said_ ANTI JOIN codes_taken_ USING (scope, by_class, sequence)
        QUALIFY row_number() OVER (PARTITION BY scope, by_class, sequence ORDER BY rowid_) = 1;
        INSERT INTO coded_ SELECT rowid_, code FROM codes_brought_;
        INSERT INTO codes_taken_ SELECT scope, by_class, sequence, 'delivered' FROM codes_brought_;
        INSERT INTO new_codes_
        SELECT scope, class_code, sequence, code, object_id, 'delivered' FROM codes_brought_;
        """
    )


def _drop_wrong_checks(con: duckdb.DuckDBPyConnection, grammar: CodeGrammar) -> None:
    if grammar.check is None:
        return
    given = slices(grammar, [grammar.check.name], "code")
    found = con.execute(
        f"SELECT rowid_, {body(grammar, 'code')} AS body, {given} AS given FROM codes_said_"
    ).to_arrow_table()
    due = check_digits(grammar.check.check, found["body"])
    con.register("due_", found.append_column("due", due))
    con.execute(
        "DELETE FROM codes_said_ WHERE rowid_ IN (SELECT rowid_ FROM due_ WHERE given <> due)"
    )
    con.unregister("due_")


def _drop_foreign_cells(con: duckdb.DuckDBPyConnection, grammar: CodeGrammar) -> None:
    """Drop delivered codes whose cell is not where the object is, or of one that has no place."""
    if grammar.cell is None:
        return
    cell = slices(grammar, [grammar.cell.name], "code")
    listed = con.execute(f"SELECT DISTINCT {cell} FROM codes_said_").fetchall()
    con.register("outlines_", outlines(grammar, [code for (code,) in listed]))
    con.execute(
        f"""
        DELETE FROM codes_said_ WHERE rowid_ NOT IN (
            SELECT s.rowid_ FROM codes_said_ s JOIN staged t USING (rowid_)
            JOIN outlines_ o ON o.cell = {cell}
            WHERE ST_DWithin({SHAPE}, ST_GeomFromWKB(o.outline), {TOUCHES}))
        """
    )
    con.unregister("outlines_")
