"""Fingerprints: what a failure is called in this delivery and in the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext

__all__ = ["fingerprinted"]

_SQL = """
WITH own AS MATERIALIZED (
    SELECT f.*, CASE WHEN regexp_full_match(key, '[0-9a-f]{32,64}(#[0-9]+)?') THEN place
                     ELSE coalesce(key, place) END AS identity,
           hash(rule, reason, path, layer, identity, status) AS same
    FROM met_findings f LEFT JOIN (
        SELECT object_id, any_value(source_key) AS key FROM objects
        WHERE object_id IN (SELECT object_id FROM met_findings) GROUP BY object_id
    ) USING (object_id)),
copies AS (
    SELECT n, row_number() OVER (PARTITION BY same
                                 ORDER BY coalesce(mistake, ''), measured, expected, x, y, n) AS nth
    FROM own WHERE same IN (SELECT same FROM own GROUP BY same HAVING count(*) > 1))
SELECT n, CASE WHEN status <> 'fail' THEN '' ELSE md5(concat_ws(chr(31),
    rule, reason, path, layer, identity, coalesce(nth, 1))) END AS mark
FROM own LEFT JOIN copies USING (n) ORDER BY n
"""


def fingerprinted(context: CheckContext, findings: pa.Table) -> pa.Table:
    """Return findings with the fingerprints of their failures.

    A fingerprint is made of the rule, its reason, the file, the layer, and the object's own key or
    else the place: of neither what was measured nor the order, so that it stays the same while the
    mistake does. Copies that nothing tells apart are numbered.
    """
    if not findings.num_rows:
        return findings
    named = ("rule", "status", "reason", "mistake", "path", "layer", "place", "object_id")
    given = findings.select([*named, "measured", "expected", "x", "y"])
    context.con.register(
        "met_findings", given.append_column("n", pa.array(range(len(given)), pa.int64()))
    )
    marks = context.table(_SQL)["mark"]
    context.con.unregister("met_findings")
    at = findings.schema.get_field_index("fingerprint")
    return findings.set_column(at, findings.schema.field(at), marks)
