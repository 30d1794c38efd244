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
    """Make the temporary table ``answers``: one row for each object and attribute asked of it.

    Its columns are those of ``things`` that findings need, ``number`` (of the attribute in the list
    returned) and ``value`` (trimmed text, NULL if it has none).

    Parameters
    ----------
    wanted
        Whether to ask for an attribute that the standard describes.
    """
    standard = context.standard
    others = sorted({a.scheme for a in standard.attributes} - {"", standard.scheme})
    context.con.execute(
        f"""CREATE OR REPLACE TEMP VIEW classed AS
        SELECT * EXCLUDE class_code, {quote(standard.scheme)} AS scheme, class_code
        FROM things WHERE class_code IS NOT NULL AND {scope(rule, spec, standard)}
        UNION ALL BY NAME
        SELECT t.* EXCLUDE class_code, k.scheme, k.class_code
        FROM (FROM things WHERE {scope(rule, spec, standard)}) t
        JOIN classifications k USING (object_id)
        WHERE k.class_code IS NOT NULL AND {any_of("k.scheme", others)}"""
    )
    groups = context.table("SELECT DISTINCT scheme, class_code, kind FROM classed").to_pylist()
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
    context.con.register("asked", pa.Table.from_pylist(asked, schema=schema))
    # One parse of each object's JSON gives all the values that anything is asked of. A city model
    # has its attributes in an object of their own.
    names = [pointer(a.name) for a in attributes]
    pointers = ", ".join(map(quote, [*names, *(f"/attributes{n}" for n in names)])) or "'/'"
    here_or_there = f"nullif(trim(found[number + 1]), ''), found[number + 1 + {len(names)}]"
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE answers AS
        SELECT * EXCLUDE (found, class_code, scheme), class_code,
               nullif(trim(coalesce({here_or_there})), '') AS value
        FROM (SELECT item_id, path, source_layer AS layer, spot AS place, object_id, x, y, z, rank,
                     scheme, class_code, kind,
                     json_extract_string(properties, [{pointers}]) AS found
              FROM classed) JOIN asked USING (scheme, class_code, kind)"""
    )
    context.con.execute("DROP VIEW temp.classed")
    context.con.unregister("asked")
    return attributes
