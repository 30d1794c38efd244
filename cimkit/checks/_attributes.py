"""Which attributes a standard asks of which objects, and the values they have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._sql import any_of, quote, scope

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext, CheckSpec
    from cimkit.standard import Attribute, Rule

__all__ = ["ask", "pointer"]


def pointer(name: str) -> str:
    """Return the JSON pointer of a top-level member."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def ask(
    context: CheckContext, rule: Rule, spec: CheckSpec, wanted: Callable[[Attribute], bool]
) -> list[Attribute]:
    """Make the temporary view ``answers``: one row for each object and attribute asked of it.

    Its columns are ``item_id``, ``layer``, ``object_id``, ``class_code``, ``number`` (of the
    attribute in the list returned) and ``value`` (trimmed text, NULL if it has none). It is not
    kept, being several times as long as the delivery: each look at it reads the objects again.

    Parameters
    ----------
    wanted
        Whether to ask for an attribute that the standard describes.
    """
    standard = context.standard
    here = scope(rule, spec, standard)
    others = sorted({a.scheme for a in standard.attributes} - {"", standard.scheme})
    facts = "object_id, item_id, source_layer AS layer, kind, properties"
    classed = f"""
        SELECT {facts}, {quote(standard.scheme)} AS scheme, class_code
        FROM things WHERE class_code IS NOT NULL AND {here}"""
    if others:
        classed += f"""
        UNION ALL BY NAME
        SELECT t.*, k.scheme, k.class_code FROM (SELECT {facts} FROM things WHERE {here}) t
        JOIN classifications k USING (object_id)
        WHERE k.class_code IS NOT NULL AND {any_of("k.scheme", others)}"""
    groups = context.table(
        f"SELECT DISTINCT scheme, class_code, kind FROM ({classed}) ORDER BY ALL"
    ).to_pylist()
    attributes: list[Attribute] = []
    numbers: dict[int, int] = {}
    asked = []
    for group in groups:
        for a in standard.attributes_of(group["class_code"], group["kind"], group["scheme"]):
            if not wanted(a):
                continue
            if id(a) not in numbers:
                numbers[id(a)] = len(attributes)
                attributes.append(a)
            asked.append({**group, "number": numbers[id(a)]})
    keys = [(k, pa.string()) for k in ("scheme", "class_code", "kind")]
    schema = pa.schema([*keys, ("number", pa.int64())])
    context.con.register("asked_given", pa.Table.from_pylist(asked, schema=schema))
    context.con.execute("CREATE OR REPLACE TEMP TABLE asked AS FROM asked_given")
    context.con.unregister("asked_given")
    # One parse of each object's JSON gives all the values that anything is asked of. A city model
    # has its attributes in an object of their own; where none is asked for, found ends before them.
    names = [pointer(a.name) for a in attributes]
    flat = ", ".join(map(quote, names)) or "'/'"
    nested = ", ".join([flat, *(quote(f"/attributes{name}") for name in names)])
    here_or_there = f"nullif(trim(found[number + 1]), ''), found[number + 1 + {len(names)}]"
    context.con.execute(
        f"""CREATE OR REPLACE TEMP VIEW answers AS
        SELECT item_id, layer, object_id, class_code, number,
               nullif(trim(coalesce({here_or_there})), '') AS value
        FROM (SELECT * EXCLUDE (properties), CASE kind
                     WHEN 'citymodel' THEN json_extract_string(properties, [{nested}])
                     ELSE json_extract_string(properties, [{flat}]) END AS found
              FROM ({classed})) JOIN asked USING (scheme, class_code, kind)"""
    )
    return attributes
