"""Identifier codes that a delivery states are well formed and agree with the object's class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import field_text, quote, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run", "stated_codes"]

SPEC = CheckSpec(
    name="code_grammar",
    title="Identifier is well formed",
    counts="codes",
    kinds=("gis", "citymodel"),
    parameters={"fields": None, "division": None},
)


def stated_codes(context: CheckContext, rule: Rule, spec: CheckSpec) -> str:
    """Return SQL for the ``things`` in scope that state a code, with it as ``code``."""
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
    pattern, of_class = quote(grammar.pattern), quote(grammar.class_pattern)
    names = ", ".join(quote(n) for n in grammar.segment_names)
    wanted = said["division"] or context.standard.jurisdiction.division or ""
    division = "parts.division" if "division" in grammar.segment_names else "''"
    bad = context.table(
        f"""
        WITH given AS (
            SELECT *, regexp_full_match(code, {pattern}) AS fits,
                   regexp_extract(code, {pattern}, [{names}]) AS parts,
                   regexp_extract(code, {of_class}, 1) AS coded
            FROM ({stated_codes(context, rule, SPEC)})),
        judged AS (
            SELECT *, CASE
                WHEN NOT fits THEN 'code-shape'
                WHEN {division} <> {quote(wanted)} AND {quote(wanted)} <> '' THEN 'code-division'
                WHEN coded NOT IN (SELECT code FROM known) THEN 'code-class-unknown'
                WHEN coded <> coalesce(class_code, coded) THEN 'code-class-other'
                WHEN ltrim(parts.sequence, '0') = '' THEN 'code-zero' END AS reason
            FROM given)
        SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, code AS measured,
               reason, class_code, {quote(wanted)} AS division,
               CASE reason WHEN 'code-division' THEN {division} ELSE coded END AS part
        FROM judged WHERE reason IS NOT NULL ORDER BY rank"""
    )
    rows = bad.to_pylist()
    for row in rows:
        row["expected"] = " + ".join(f"{s.name} {s.length}" for s in grammar.segments)
        row["why"] = "; ".join(grammar.validate(row["measured"]))
    stated = context.count(f"SELECT count(*) FROM ({stated_codes(context, rule, SPEC)})")
    return conclude(context, rule, pa.Table.from_pylist(rows), stated)
