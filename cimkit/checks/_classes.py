"""Which class the objects have that findings speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext

__all__ = ["classed"]

_SQL = """
SELECT coalesce(class, '') AS class
FROM met_objects LEFT JOIN (
    SELECT object_id, any_value(coalesce(nullif(class_code, ''), source_class)) AS class
    FROM objects WHERE object_id IN (SELECT object_id FROM met_objects WHERE object_id <> '')
    GROUP BY object_id
) USING (object_id)
ORDER BY n
"""


def classed(context: CheckContext, findings: pa.Table) -> pa.Table:
    """Return findings with the class of their object: its code, else its class in the source."""
    if not findings.num_rows:
        return findings
    named = pa.table({"object_id": findings["object_id"], "n": np.arange(findings.num_rows)})
    context.con.register("met_objects", named)
    classes = context.table(_SQL)["class"]
    context.con.unregister("met_objects")
    at = findings.schema.get_field_index("object_class")
    return findings.set_column(at, findings.schema.field(at), classes)
