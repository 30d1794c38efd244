"""Identifier codes that a delivery states are well formed and agree with the object's class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import field_text, quote, scope
from cimkit.checks._views import things_of
from cimkit.standard.codes.columns import TOUCHES, body, cells, check_digits, outlines, slices

if TYPE_CHECKING:
    from cimkit.standard import CodeGrammar, Rule

__all__ = ["SPEC", "run", "stated_codes"]

SPEC = CheckSpec(
    name="code_grammar",
    title="Identifier is well formed",
    counts="codes",
    kinds=("gis", "citymodel"),
    parameters={"fields": [], "division": ""},
)


def stated_codes(context: CheckContext, rule: Rule, spec: CheckSpec) -> str:
    """Return SQL for the ``things`` in scope that state a code, with it as ``code``.

    ``spot`` and ``rank`` are for those to ask for who have found the few that are wrong.
    """
    grammar = context.standard.grammar
    fields = parameters(spec, rule)["fields"] or (grammar.field_names if grammar else ())
    here = scope(rule, spec, context.standard)
    return f"""SELECT * FROM (SELECT *, {field_text(*fields)} AS code FROM things WHERE {here})
               WHERE code IS NOT NULL"""


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find codes that do not parse, or whose parts contradict the standard or the object.

    Parameters of the rule: ``fields`` (attributes that carry a code; default those of the code
    grammar), ``division`` (wanted division; default that of the jurisdiction).
    """
    grammar = context.standard.grammar
    said = parameters(SPEC, rule)
    if grammar is None:
        return conclude(context, rule, pa.table({"path": pa.array([], pa.string())}), 0)
    wanted = said["division"] or context.standard.jurisdiction.division or ""
    pattern = quote(grammar.pattern)
    parts = {
        "coded": slices(grammar, grammar.class_segments, "code"),
        "division": slices(grammar, [n for n in grammar.segment_names if n == "division"], "code"),
        "sequence": slices(grammar, ["sequence"], "code"),
        "digit": slices(grammar, [grammar.check.name] if grammar.check else [], "code"),
        "cell": slices(grammar, ["cell"] if grammar.cell else [], "code"),
    }
    shape = "geometry" if grammar.cell else "NULL AS geometry"
    # Read again by each question rather than kept: a whole city has a code each.
    context.con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW codes_given AS
        SELECT object_id, class_code, code, regexp_full_match(code, {pattern}) AS fits, {shape},
               {", ".join(f"{sql} AS {name}" for name, sql in parts.items())}
        FROM ({stated_codes(context, rule, SPEC)})"""
    )
    _due_digits(context, grammar)
    _stray_cells(context, grammar)
    no_division = "division" not in grammar.segment_names or not wanted
    # One look at the codes gives both their number and those that are wrong.
    context.con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE codes_held AS
        SELECT count(*) AS n, list(judged) FILTER (judged.reason IS NOT NULL) AS bad FROM (
            SELECT {{'object_id': object_id, 'code': code, 'class_code': class_code, 'due': due,
                     'own_cell': own_cell, 'division': division, 'digit': digit, 'cell': cell,
                     'coded': coded, 'reason': CASE
                WHEN NOT fits THEN 'code-shape'
                WHEN digit <> due THEN 'code-check'
                WHEN NOT {no_division} AND division <> {quote(wanted)} THEN 'code-division'
                WHEN coded NOT IN (SELECT code FROM known) THEN 'code-class-unknown'
                WHEN coded <> coalesce(class_code, coded) THEN 'code-class-other'
                WHEN astray THEN 'code-cell'
                WHEN ltrim(sequence, '0') = '' THEN 'code-zero' END}} AS judged
            FROM codes_given LEFT JOIN codes_due USING (code)
                 LEFT JOIN codes_astray USING (object_id));
        CREATE OR REPLACE TEMP TABLE codes_bad AS
        SELECT object_id, code AS measured, reason, class_code, due,
               own_cell, {quote(wanted)} AS division,
               CASE reason WHEN 'code-division' THEN division WHEN 'code-check' THEN digit
                    WHEN 'code-cell' THEN cell ELSE coded END AS part,
               CASE reason WHEN 'code-division' THEN {quote(wanted)} WHEN 'code-check' THEN due
                    WHEN 'code-cell' THEN own_cell WHEN 'code-class-other' THEN class_code
                    ELSE {quote(_says(grammar))} END AS expected
        FROM (SELECT unnest(bad, recursive := true) FROM codes_held)"""
    )
    bad = context.table(
        f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, t.x, t.y, t.z, b.*
            FROM codes_bad b JOIN {things_of("codes_bad")} t USING (object_id) ORDER BY t.rank"""
    )
    why = [
        "; ".join(grammar.validate(code)) if reason == "code-shape" else ""
        for code, reason in zip(bad["measured"].to_pylist(), bad["reason"].to_pylist(), strict=True)
    ]
    bad = bad.append_column("why", pa.array(why, pa.string()))
    return conclude(context, rule, bad, context.count("SELECT n FROM codes_held"))


def _says(grammar: CodeGrammar) -> str:
    return " + ".join(f"{s.name} {s.length}" if s.name else s.text for s in grammar.segments)


def _due_digits(context: CheckContext, grammar: CodeGrammar) -> None:
    """Make ``codes_due`` (code, due): the check digits of codes of the right shape."""
    codes = pa.table({"code": pa.array([], pa.string()), "due": pa.array([], pa.string())})
    if grammar.check is not None:
        codes = context.table(
            f"SELECT DISTINCT code, {body(grammar, 'code')} AS body FROM codes_given WHERE fits"
        )
        due = check_digits(grammar.check.check, codes["body"])
        codes = codes.drop_columns(["body"]).append_column("due", due)
    _keep(context, "codes_due", codes)


def _stray_cells(context: CheckContext, grammar: CodeGrammar) -> None:
    """Make ``codes_astray`` (object_id, own_cell, astray): objects away from their code's cell."""
    found = pa.table({n: pa.array([], pa.string()) for n in ("object_id", "own_cell")})
    if grammar.cell is not None:
        listed = context.table("SELECT DISTINCT cell FROM codes_given WHERE fits")
        _keep(context, "codes_cells", outlines(grammar, listed["cell"].to_pylist()))
        found = context.table(
            f"""
            SELECT object_id, ST_X(point) AS lon, ST_Y(point) AS lat
            FROM (SELECT object_id, ST_PointOnSurface(geometry) AS point
                  FROM codes_given JOIN codes_cells USING (cell)
                  WHERE fits AND geometry IS NOT NULL AND NOT ST_IsEmpty(geometry)
                  AND NOT ST_DWithin(geometry, ST_GeomFromWKB(outline), {TOUCHES}))"""
        )
        found = found.append_column("own_cell", cells(grammar, found["lon"], found["lat"]))
    found = found.select(["object_id", "own_cell"])
    flag = pa.array([True] * found.num_rows, pa.bool_())
    _keep(context, "codes_astray", found.append_column("astray", flag))


def _keep(context: CheckContext, name: str, rows: pa.Table) -> None:
    context.con.register("rows_given", rows)
    context.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM rows_given")
    context.con.unregister("rows_given")
