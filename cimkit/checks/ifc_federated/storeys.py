"""Storeys of one building in several models: one name, one elevation."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_federated.groups import Group

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext

__all__ = ["storey_faults"]


def storey_faults(context: CheckContext, group: Group, near: float) -> list[dict[str, Any]]:
    """Return storeys that lie elsewhere, or are named otherwise, than in most models of a group.

    Storeys that only some models have are no fault. Buildings of different names are different
    buildings; elevations are compared in metres.
    """
    unit = {m.item_id: float(m.facts.get("length_unit_m") or 1.0) for m in group.models}
    here = group.where.replace("item_id", "s.item_id", 1)
    said = context.table(
        f"""SELECT s.item_id, trim(s.name) AS title, coalesce(lower(trim(b.name)), '') AS house,
                   min(try_cast(json_extract_string(s.properties, '/attributes/Elevation')
                            AS DOUBLE)) AS elevation
            FROM objects s LEFT JOIN objects b
                 ON b.object_id = s.parent_id AND b.source_class = 'IfcBuilding'
            WHERE s.source_class = 'IfcBuildingStorey' AND {here}
              AND nullif(trim(s.name), '') IS NOT NULL
            GROUP BY ALL HAVING elevation IS NOT NULL ORDER BY title"""
    ).to_pylist()
    houses = {row["house"] for row in said}
    rows: list[dict[str, Any]] = []
    for house in sorted(houses):
        heights: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for row in said:
            if row["house"] == house:
                heights[row["title"]][row["item_id"]] = row["elevation"] * unit[row["item_id"]]
        rows += _elevations(group, heights, near)
        rows += _names(group, heights, near)
    return rows


def _elevations(
    group: Group, heights: dict[str, dict[str, float]], near: float
) -> list[dict[str, Any]]:
    rows = []
    for title, values in heights.items():
        rows += group.odd(
            values,
            lambda one, other: abs(one - other) <= near,
            "federated-elevation",
            say=lambda v: f"{v:.3f} m",
            off=lambda one, other: f"{one - other:+.3f} m",
            place=title,
        )
    return rows


def _names(group: Group, heights: dict[str, dict[str, float]], near: float) -> list[dict[str, Any]]:
    """Return storeys at the height of another that most models have, under a name of their own."""
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    at: dict[int, float] = {}
    for title, values in heights.items():
        for item, height in values.items():
            level = round(height / max(near, 1e-3))
            found[level][item] = title
            at[level] = height
    rows = []
    for level in sorted(found):
        rows += group.odd(
            found[level],
            lambda one, other: bool(one.casefold() == other.casefold()),
            "federated-storey-name",
            place=f"{at[level]:.3f} m",
        )
    return rows
