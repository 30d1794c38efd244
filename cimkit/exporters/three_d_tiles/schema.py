"""The metadata schema of a tileset, made from the standard that the catalogue follows.

Class ``feature`` is what every object has: the usual properties and those asked for. Beside it
each class of the standard that is in use has a class with its attributes, so that a reader knows
what an object of it may be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cimkit.errors import StandardError
from cimkit.exporters._select import ACCESS
from cimkit.exporters.three_d_tiles.attributes import Attribute, Words, asked_for
from cimkit.tiles.metadata import (
    FEATURE,
    LAYER,
    POINT,
    TILESET,
    Choice,
    Enumeration,
    Property,
    Schema,
    identifier,
    schema_json,
)

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport
    from cimkit.standard.model import Standard

__all__ = ["SCHEMA_FILE", "Described", "describe"]

SCHEMA_FILE = "schema.json"
"""Name of the schema's file, in the folder of the root tileset."""

_NAMES = (
    Property("class_name_zh", "Class name (zh)", description="Name of the class in Chinese"),
    Property("class_name_ja", "Class name (ja)", description="Name of the class in Japanese"),
)
_ATTRIBUTES = """
WITH RECURSIVE up(code, above, depth) AS (
    SELECT DISTINCT class_code, class_code, 0 FROM selected WHERE class_code IS NOT NULL
    UNION
    SELECT u.code, c.parent, u.depth + 1 FROM up u
    JOIN classes c ON c.code = u.above
        AND c.scheme = coalesce((SELECT any_value(scheme) FROM standards), c.scheme)
    WHERE c.parent <> '' AND u.depth < 64),
whole AS (SELECT * FROM up UNION ALL SELECT DISTINCT code, '', 65 FROM up)
SELECT w.code, a.name, a.type, a.unit, a.domain, a.obligation, a.access
FROM whole w JOIN attributes a ON a.class_code = w.above
WHERE a.standard = coalesce((SELECT any_value(standard) FROM standards),
    (SELECT max(standard) FROM attributes))
QUALIFY row_number() OVER (PARTITION BY w.code, a.name
    ORDER BY w.depth, a.class_code, a.type, a.domain, a.access) = 1
ORDER BY w.code, a.name"""
_CLASSES = """
SELECT s.class_code AS code, any_value(n.name_en) AS name_en, any_value(n.name_zh) AS name_zh,
    any_value(n.name_ja) AS name_ja, count(*) AS count
FROM selected s LEFT JOIN class_names n ON n.code = s.class_code
WHERE s.class_code IS NOT NULL GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Described:
    """What the objects of an export can be asked for."""

    schema: Schema
    """For all contents and tilesets."""
    columns: str
    """SQL expressions over ``selected s``, with their names: what `features` adds to its own."""
    asked: tuple[Attribute, ...]
    """The attributes that were asked for."""
    classes: dict[str, dict[str, Any]]
    """Classes in use by the id that they have in the schema: code, names, count."""
    standard: str
    """The standard that they are of, id@edition; "" if there is none."""


def describe(selection: Selection, names: tuple[str, ...], report: ExportReport) -> Described:
    """Make the schema for what is exported.

    Parameters
    ----------
    selection : Selection
        What is exported.
    names : tuple of str
        Attributes asked for, as deliveries or the standard name them; of nested properties with
        dots, e.g. ``pset.Pset_WallCommon.FireRating``.
    report : ExportReport
        Gets notes of what is withheld and what is not as the standard says.
    """
    standard = _standard(selection, report)
    rows = selection.fetch(_ATTRIBUTES).to_pylist()
    words = Words(standard, rows)
    level = Property("level", "Level", "ENUM", "CIM level of detail", _levels(selection, standard))
    usual = tuple(level if p.name == "level" else p for p in FEATURE)
    taken = {p.name for p in (*usual, *_NAMES)}
    asked = asked_for(selection, names, words, taken, report)
    feature = (*usual, *_NAMES, *(one.property for one in asked))

    classes: dict[str, tuple[Property, ...]] = {
        "feature": feature,
        "point": POINT,
        "layer": LAYER,
        "tileset": TILESET,
    }
    found, ids = {}, set(classes)
    by_code: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_code.setdefault(row["code"], []).append(row)
    for row in selection.fetch(_CLASSES).to_pylist():
        name = _free(identifier("class_" + row["code"]), ids)
        ids.add(name)
        found[name] = row
        own = [r for r in by_code.get(row["code"], []) if _rank(r) <= selection.rank]
        inner: set[str] = {"level"}
        listed = [level]
        for r in own:
            p = words.property(r, _free(identifier(r["name"]), inner))
            inner.add(p.name)
            listed.append(p)
        classes[name] = tuple(listed)
    document = schema_json(
        classes, description=None if standard is None else f"Classes of {standard.key}"
    )
    if document["description"] is None:
        del document["description"]
    for name, row in found.items():
        document["classes"][name] |= _titles(row)
    columns = ", ".join(
        [
            "n.name_zh AS class_name_zh",
            "n.name_ja AS class_name_ja",
            *(f'{one.sql} AS "{one.property.name}"' for one in asked),
        ]
    )
    schema = Schema(f"../{SCHEMA_FILE}", document, feature)
    return Described(schema, columns, asked, found, "" if standard is None else standard.key)


def _standard(selection: Selection, report: ExportReport) -> Standard | None:
    try:
        return selection.catalog.standard()
    except StandardError as error:
        report.notes.append(f"code lists of the standard are not in the schema: {error}")
        return None


def _levels(selection: Selection, standard: Standard | None) -> Enumeration:
    known = [] if standard is None else list(standard.levels)
    choices = {
        level.code: Choice(level.code, level.name_en, level.name_zh, level.name_ja)
        for level in known
    }
    drawn = selection.fetch("SELECT DISTINCT level FROM selected WHERE level <> '' ORDER BY level")[
        "level"
    ].to_pylist()
    for code in drawn:
        choices.setdefault(code, Choice(code))
    return Enumeration("level", "Level of detail", tuple(choices.values()))


def _rank(row: dict[str, Any]) -> int:
    return ACCESS.index(row["access"]) if row["access"] in ACCESS else 0


def _titles(row: dict[str, Any]) -> dict[str, Any]:
    names = {key: row[key] for key in ("name_en", "name_zh", "name_ja") if row[key]}
    said: dict[str, Any] = {"name": " / ".join(dict.fromkeys([row["code"], *names.values()]))}
    return said | {"extras": {"code": row["code"], **names}}


def _free(name: str, taken: set[str]) -> str:
    number, out = 2, name
    while out in taken:
        out, number = f"{name}_{number}", number + 1
    return out
