"""Files are called as the standard says; the finding names the part that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import quote, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="file_naming", title="File name follows the grammar", counts="sources", reads="items"
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose file name fits none of the grammars of ``naming.toml``.

    Files without geodata are left alone, and so are the other members of a source: they are named
    after it or the source could not be read.
    """
    parameters(SPEC, rule)
    naming = context.standard.naming
    if naming is None:
        return not_checked(
            context, rule, "no-naming", mender="office", standard=context.standard.key
        )
    here = scope(rule, SPEC, context.standard, items=True)
    # The expression decides about all of them at once; only what it refuses is explained in words.
    refused = context.table(
        f"""SELECT path FROM items WHERE status <> 'ignored' AND {here}
            AND NOT regexp_full_match(regexp_extract(path, '[^/]*$'), {quote(naming.pattern)})
            ORDER BY path"""
    )["path"].to_pylist()
    exempt = [p for p in refused if naming.is_exempt(p)]
    bad = [
        {
            "path": path,
            "measured": path.rpartition("/")[2],
            "expected": " | ".join(g.template for g in naming.grammars),
            "reason": "; ".join(naming.explain(path)),
        }
        for path in refused
        if path not in set(exempt)
    ]
    named = context.count(f"SELECT count(*) FROM items WHERE status <> 'ignored' AND {here}")
    return conclude(context, rule, pa.Table.from_pylist(bad), named - len(exempt))
