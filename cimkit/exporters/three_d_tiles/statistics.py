"""What a tileset counts up of its objects, and styles that colour them by it."""

from __future__ import annotations

import colorsys
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from cimkit.exporters.three_d_tiles.sorting import hold_sorted
from cimkit.tiles.metadata import Enumeration

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters.three_d_tiles.schema import Described

__all__ = ["statistics", "write_styles"]

_DRAWN = "l.layer NOT LIKE 'left out%'"
_SORTED = f"FROM sorted_objects l WHERE {_DRAWN}"
_ASKED = f"""FROM selected s JOIN sorted_objects l ON l.object_id = s.object_id WHERE {_DRAWN}"""
_LEVEL = "l.level"
_OTHER = "#b8b8b8"
_GOLDEN = 0.618033988749895


def statistics(selection: Selection, described: Described) -> dict[str, Any] | None:
    """Return the ``statistics`` of the tileset; None if it has no object.

    Numbers have least, greatest, mean and sum, enumerations how often each value occurs; classes
    of the standard how many objects they have, at which levels.
    """
    hold_sorted(selection)
    numbers = {"z_min": "l.base", "height": "l.height"}
    lists: dict[str, tuple[str, Enumeration]] = {}
    for p in described.schema.feature:
        if p.name == "level" and p.enumeration is not None:
            lists["level"] = (_LEVEL, p.enumeration)
    for one in described.asked:
        if one.property.enumeration is not None:
            lists[one.property.name] = (one.sql, one.property.enumeration)
        elif one.property.kind != "STRING":
            numbers[one.property.name] = one.sql
    listed = ", ".join(f'({sql})::DOUBLE AS "{name}"' for name, sql in numbers.items())
    table = selection.fetch(f"SELECT {listed} {_ASKED if len(numbers) > 2 else _SORTED}")
    if table.num_rows == 0:
        return None
    found: dict[str, Any] = {}
    for name in numbers:
        values = table[name].drop_null().to_pylist()
        if values:
            # The sum does not depend on the order in which threads hand in their rows.
            total = math.fsum(values)
            found[name] = {
                "min": min(values),
                "max": max(values),
                "mean": total / len(values),
                "sum": total,
            }
    for name, (sql, enumeration) in lists.items():
        occurrences = _occurrences(selection, sql, enumeration)
        if occurrences:
            found[name] = {"occurrences": occurrences}
    classes: dict[str, Any] = {}
    if found:
        classes["feature"] = {"count": table.num_rows, "properties": found}
    return {"classes": classes | _classes(selection, described)} if found else None


def _occurrences(selection: Selection, sql: str, enumeration: Enumeration) -> dict[str, int]:
    rows = selection.fetch(
        f"SELECT {sql} AS value, count(*) AS n {_SORTED if sql == _LEVEL else _ASKED} "
        f"AND ({sql}) IS NOT NULL GROUP BY 1"
    ).to_pylist()
    counted = {row["value"]: row["n"] for row in rows}
    return {c.name: counted[c.name] for c in enumeration.choices if c.name in counted}


def _classes(selection: Selection, described: Described) -> dict[str, Any]:
    rows = selection.fetch(
        f"""SELECT l.class_code AS code, l.level, count(*) AS n {_SORTED}
        AND l.class_code IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST"""
    ).to_pylist()
    names = {row["code"]: name for name, row in described.classes.items()}
    out: dict[str, Any] = {}
    for row in rows:
        mine = out.setdefault(
            names[row["code"]], {"count": 0, "properties": {"level": {"occurrences": {}}}}
        )
        mine["count"] += row["n"]
        if row["level"]:
            mine["properties"]["level"]["occurrences"][row["level"]] = row["n"]
    # A level without an occurrence is nothing that statistics can say.
    for mine in out.values():
        if not mine["properties"]["level"]["occurrences"]:
            mine["properties"]["level"] = {}
    return out


def write_styles(folder: Path, described: Described) -> None:
    """Write 3D Tiles styles: colours by class (``by_class.json``) and by level."""
    codes = [row["code"] for row in described.classes.values()]
    levels = next(p.enumeration for p in described.schema.feature if p.name == "level")
    by = {"class_code": codes, "level": [c.name for c in levels.choices] if levels else []}
    folder.mkdir(exist_ok=True)
    for name, values in by.items():
        conditions = [
            [f"${{{name}}} === {orjson.dumps(value).decode()}", f"color('{_color(i)}')"]
            for i, value in enumerate(values)
        ]
        style = {"color": {"conditions": [*conditions, ["true", f"color('{_OTHER}')"]]}}
        file = folder / f"by_{name.removesuffix('_code')}.json"
        file.write_bytes(orjson.dumps(style, option=orjson.OPT_INDENT_2))


def _color(number: int) -> str:
    """Colours whose hues lie as far apart as any number of them can."""
    hue = (number * _GOLDEN) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, 0.45 + 0.12 * (number % 3), 0.55)
    return "#" + "".join(f"{round(255 * part):02x}" for part in (red, green, blue))
