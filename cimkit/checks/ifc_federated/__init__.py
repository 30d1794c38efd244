"""Models of one project stand in one place, in one unit, on the same storeys.

What belongs together is told by ``group``: models of one folder with one project name (``auto``),
of one ``project`` wherever they lie, of one ``folder``, or of the whole ``delivery``. What most of
a group say is right; those that say otherwise are named, with how far they are off and who the
others are. The same deviation in many models is one mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks.ifc_federated.agreement import disagreements
from cimkit.checks.ifc_federated.copies import copies
from cimkit.checks.ifc_federated.groups import Group, groups_of
from cimkit.checks.ifc_federated.storeys import storey_faults
from cimkit.checks.ifc_federated.words import WORDS
from cimkit.errors import StandardError
from cimkit.model import Severity

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_SOFT = ("federated-storey-name", "single-several")
_GROUPS = ("auto", "project", "folder", "delivery")

SPEC = CheckSpec(
    name="ifc_federated",
    title="Models of one project fit together",
    counts="models",
    kinds=("bim",),
    parameters={
        "group": "auto",
        "facts": ["placed", "crs", "origin", "rotation", "scale", "true_north", "unit", "heights"],
        "degrees": 0.01,
        "storeys": True,
        "guids": True,
        "shared_classes": [
            *("IfcSite", "IfcBuilding", "IfcBuildingStorey", "IfcSpace", "IfcGrid"),
            *("IfcFacility", "IfcFacilityPart", "IfcRoad", "IfcRailway", "IfcBridge"),
        ],
        "single": ["IfcSite"],
        "disciplines": None,
    },
    words=WORDS,
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find models that stand apart from the others of their project.

    ``group`` says which models belong together, ``facts`` what they must agree on; the tolerance
    of the rule, in metres (0.01 if none is given), holds for origins and elevations, ``degrees``
    for rotations and true north. ``storeys`` compares names and elevations of storeys, ``guids``
    asks that no object is in two models, but for those of ``shared_classes``. Of ``single``
    classes all models name the same one; ``disciplines`` must each have a model, told by its path
    or its classes (``structure=*str*|*tragwerk*|class:IfcReinforc*``).
    """
    given = parameters(SPEC, rule)
    if given["group"] not in _GROUPS:
        raise StandardError(
            "no such way to group models",
            where=rule.origin or rule.id,
            got=given["group"],
            expected=", ".join(_GROUPS),
        )
    near = 0.01 if rule.tolerance is None else rule.tolerance
    items = scope(rule, SPEC, context.standard, items=True)
    groups = groups_of(context, items, given["group"])
    rows: list[dict[str, Any]] = []
    for group in groups:
        rows += disagreements(group, given["facts"] or (), near, float(given["degrees"]))
        rows += _absent(context, group, given["disciplines"] or ())
        rows += _several(context, group, given["single"] or ())
        if given["storeys"]:
            rows += storey_faults(context, group, near)
        if given["guids"]:
            rows += copies(context, group, given["shared_classes"] or ())
    seen: set[str] = set()
    for row in rows:
        if row["reason"] in _SOFT and rule.severity == Severity.ERROR:
            row["severity"] = str(Severity.WARNING)
        row["things"] = int(bool(row["path"]) and row["path"] not in seen)
        seen.add(row["path"])
    models = sum(len(group.models) for group in groups)
    columns = ("path", "place", "reason", "mistake", "severity", "measured", "expected", "count")
    numbers = ("count", "things")
    bad = pa.table(
        {
            name: pa.array(
                [row.get(name) for row in rows], pa.int64() if name in numbers else pa.string()
            )
            for name in (*columns, "other", "group", "things")
        }
    )
    return conclude(context, rule, bad, models)


def _absent(
    context: CheckContext, group: Group, disciplines: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the disciplines that no model of a group is of."""
    from fnmatch import fnmatchcase

    rows: list[dict[str, Any]] = []
    if not disciplines:
        return rows
    classes = {
        str(row["source_class"])
        for row in context.table(
            f"SELECT DISTINCT source_class FROM objects WHERE {group.where}"
        ).to_pylist()
    }
    for said in disciplines:
        name, _, globs = said.partition("=")
        found = any(
            any(fnmatchcase(c, glob.removeprefix("class:")) for c in classes)
            if glob.startswith("class:")
            else any(fnmatchcase(m.path.casefold(), f"*{glob.casefold()}*") for m in group.models)
            for glob in (globs or name).split("|")
        )
        if not found:
            row = {"path": group.models[0].path, "place": group.name, "measured": name.strip()}
            more = {"expected": globs or name, "mistake": f"{group.name} {name}", "count": 1}
            rows.append(row | more | {"reason": "discipline-absent", "group": group.name})
    return rows


def _several(context: CheckContext, group: Group, single: Sequence[str]) -> list[dict[str, Any]]:
    """Return the models whose site (or whatever there should be one of) is named otherwise."""
    from cimkit.checks._sql import any_of

    rows: list[dict[str, Any]] = []
    for name in single:
        said = context.table(
            f"""SELECT item_id, string_agg(DISTINCT trim(name), ', ' ORDER BY trim(name)) AS title
                FROM objects WHERE {any_of("source_class", [name])} AND {group.where}
                  AND nullif(trim(name), '') IS NOT NULL GROUP BY item_id"""
        ).to_pylist()
        titles = {row["item_id"]: row["title"] for row in said}
        rows += group.odd(
            {m.item_id: titles.get(m.item_id) for m in group.models},
            lambda a, b: str(a).casefold() == str(b).casefold(),
            "single-several",
            place=name,
        )
    return rows
