"""One specification held against one model, in bulk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks.ids import _answer
from cimkit.checks.ids._answer import Answer
from cimkit.checks.ids._entities import entity, entity_rows, part_of
from cimkit.checks.ids._expected import anchored, expected, shortened, spelt, subject, summed
from cimkit.checks.ids._held import attribute, classification, material
from cimkit.checks.ids._properties import property_
from cimkit.loaders.ifc.columns import Columns

__all__ = ["SCHEMA", "held_against"]

Json = Mapping[str, Any]
Ints = npt.NDArray[np.int64]
SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("place", pa.string()),
        ("layer", pa.string()),
        ("reason", pa.string()),
        ("what", pa.string()),
        ("measured", pa.string()),
        ("expected", pa.string()),
        ("hint", pa.string()),
        ("mistake", pa.string()),
        ("count", pa.int64()),
        ("things", pa.int64()),
    ]
)
"""Rows of kind *fail*, and one of kind *applicable* that counts what was looked at: its layer is
the schema that the model names, its measured the same where the specification is not for it, its
hint what is wrong with the file."""
_FACETS: Mapping[str, Callable[[Columns, Json, Ints], Answer]] = {
    "entity": entity,
    "partOf": part_of,
    "attribute": attribute,
    "classification": classification,
    "material": material,
    "property": property_,
}
_REASONS = {
    "attribute": {
        _answer.MISSING: "attribute-missing",
        _answer.NULL: "attribute-unset",
        _answer.EMPTY: "attribute-empty",
        _answer.OTHER: "attribute-value",
    },
    "property": {
        _answer.NOSET: "set-missing",
        _answer.MISSING: "property-missing",
        _answer.NULL: "property-unset",
        _answer.EMPTY: "property-empty",
        _answer.TYPE: "property-type",
        _answer.OTHER: "property-value",
    },
    "material": {_answer.MISSING: "material-missing", _answer.OTHER: "material-value"},
    "classification": {
        _answer.MISSING: "classification-missing",
        _answer.OTHER: "classification-value",
    },
    "partOf": {_answer.MISSING: "whole-missing", _answer.OTHER: "whole-other"},
    "entity": {_answer.OTHER: "entity-class", _answer.TYPE: "entity-type"},
}


def held_against(columns: Columns, one: Json) -> pa.Table:
    """Hold a model against a specification.

    Parameters
    ----------
    columns : Columns
    one : mapping
        As `cimkit.standard.requirements` reads it.

    Returns
    -------
    pyarrow.Table
        Of `SCHEMA`.
    """
    rows = _applicable(columns, one["applicability"])
    found = [_head(columns, one, len(rows))]
    if one.get("most") == 0:
        if len(rows):
            everywhere = np.ones(len(rows), bool)
            said = summed(one["applicability"])
            found.append(_rows(columns, rows, everywhere, ("forbidden", said, "", "0"), []))
    elif not len(rows) and one["least"]:
        found.append(_alone("none-found", summed(one["applicability"])))
    else:
        failed = np.zeros(len(rows), bool)
        for number, facet in enumerate(one["requirements"]):
            found += _held(columns, rows, facet, number, failed)
    return pa.concat_tables(found)


def _applicable(columns: Columns, facets: list[Json]) -> Ints:
    """Return the rows of the instances that a specification speaks of."""
    rows = np.arange(len(columns), dtype=np.int64)
    for facet in sorted(facets, key=lambda f: f["facet"] != "entity"):
        if facet["facet"] == "entity" and len(rows) == len(columns):
            rows = np.flatnonzero(entity_rows(columns, facet["name"]))
            if "predefinedType" not in facet:
                continue
        answer = _FACETS[facet["facet"]](columns, facet, rows)
        rows = rows[answer.states == _answer.FITS]
    return rows


def _held(
    columns: Columns, rows: Ints, facet: Json, number: int, failed: npt.NDArray[np.bool_]
) -> list[pa.Table]:
    """Return the failures of one requirement; `failed` takes who has failed."""
    kind = facet["facet"]
    answer = _FACETS[kind](columns, facet, rows)
    bare = kind in ("attribute", "property") and not {"value", "dataType"} & facet.keys()
    fails = answer.fails(facet["cardinality"], bare)
    tables = []
    said = expected(facet)
    hint = str(facet.get("instructions", "")) or ("anchored" if anchored(facet) else "")
    states = np.where(fails, answer.states, -1)
    for state in np.unique(states[fails]).tolist():
        here = states == state
        reason = "prohibited"
        if facet["cardinality"] != "prohibited":
            reason = _REASONS[kind].get(state, f"{kind}-missing")
        first = here & ~failed
        wanted = said
        if reason == "property-type":
            wanted = str(facet["dataType"])
        elif reason == "property-value":
            wanted = spelt(facet["value"])
        tables.append(
            _rows(
                columns,
                rows[here],
                first[here],
                (reason, subject(facet), wanted, str(number + 1)),
                answer.measured(np.flatnonzero(here)),
                hint,
            )
        )
        failed |= here
    return tables


def _rows(
    columns: Columns,
    rows: Ints,
    first: npt.NDArray[np.bool_],
    said: tuple[str, str, str, str],
    measured: list[str],
    hint: str = "",
) -> pa.Table:
    reason, what, wanted, number = said
    count = len(rows)
    places = _places(columns, rows)
    classes = pa.array(columns.read.classes, pa.string())
    shown = measured or [""] * count
    # Who lacks the same thing makes the same mistake; values that differ are mistakes apart.
    texts = {
        "kind": "fail",
        "reason": reason,
        "what": what,
        "expected": wanted,
        "hint": hint,
        "mistake": f"{number} {reason}",
    }
    made: dict[str, Any] = {k: pa.repeat(pa.scalar(v), count) for k, v in texts.items()}
    made["place"] = pa.array(places, pa.string())
    made["layer"] = classes.take(pa.array(columns.read.codes[rows]))
    made["measured"] = pa.array([shortened(text) for text in shown], pa.string())
    made["count"] = pa.repeat(pa.scalar(1, pa.int64()), count)
    made["things"] = pa.array(first.astype(np.int64))
    return pa.table({name: made[name] for name in SCHEMA.names}, schema=SCHEMA)


def _places(columns: Columns, rows: Ints) -> list[str]:
    numbers = columns.read.numbers[rows].tolist()
    keys = columns.text(rows, "GlobalId")
    names = columns.text(rows, "Name")
    return [
        f"#{n}" + (f" ({k})" if k else "") + (f" {t}" if t else "")
        for n, k, t in zip(numbers, keys, names, strict=True)
    ]


def _head(columns: Columns, one: Json, count: int) -> pa.Table:
    values = dict.fromkeys(SCHEMA.names, "")
    row: dict[str, Any] = {**values, "kind": "applicable", "layer": columns.read.named}
    fits = columns.schema in one["versions"]
    row |= {"count": count, "things": 0, "measured": "" if fits else columns.read.named}
    row["hint"] = next(iter(columns.read.damage), "")
    return pa.Table.from_pylist([row], schema=SCHEMA)


def _alone(reason: str, what: str) -> pa.Table:
    row: dict[str, Any] = dict.fromkeys(SCHEMA.names, "")
    row |= {"kind": "fail", "reason": reason, "what": what, "count": 1, "things": 0}
    return pa.Table.from_pylist([row], schema=SCHEMA)
