"""Which class the objects have that findings speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext

__all__ = ["classed"]

_SQL = """
SELECT coalesce(any_value(coalesce(nullif(o.class_code, ''), o.source_class)), '') AS class
FROM named f LEFT JOIN objects o ON o.object_id = f.object_id AND f.object_id <> ''
GROUP BY f.n ORDER BY f.n
"""


def classed(context: CheckContext, findings: pa.Table) -> pa.Table:
    """Return findings with the class of their object: its code, else its class in the source."""
    if not findings.num_rows:
        return findings
    named = pa.table({"object_id": findings["object_id"], "n": range(findings.num_rows)})
    context.con.register("named", named)
    classes = context.table(_SQL)["class"]
    context.con.unregister("named")
    at = findings.schema.get_field_index("object_class")
    return findings.set_column(at, findings.schema.field(at), classes)
