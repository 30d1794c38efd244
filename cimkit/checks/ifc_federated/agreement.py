"""What models of one project say of their place, north and unit, held against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cimkit.checks.ifc_federated.groups import Group, Model

__all__ = ["disagreements"]


def disagreements(
    group: Group, facts: Sequence[str], near: float, degrees: float
) -> list[dict[str, Any]]:
    """Return the models of a group that say otherwise than most.

    Parameters
    ----------
    facts
        Which of placed, crs, origin, rotation, scale, true_north, unit, heights are compared.
    near
        Metres up to which origins are the same.
    degrees
        Up to which directions are.
    """

    def turned(one: float, other: float) -> bool:
        return abs((one - other + 180) % 360 - 180) <= degrees

    def equal(one: Any, other: Any) -> bool:
        return bool(one == other)

    def close(one: float, other: float) -> bool:
        return math.isclose(one, other, rel_tol=1e-6)

    def there(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return math.dist(one, other) <= near

    def apart(one: tuple[float, ...], other: tuple[float, ...]) -> str:
        return f"{math.dist(one, other):.3f} m"

    def angle(one: float, other: float) -> str:
        return f"{abs((one - other + 180) % 360 - 180):.4g}°"

    def point(value: tuple[float, ...]) -> str:
        return ", ".join(f"{v:.3f}" for v in value)

    def number(value: float) -> str:
        return f"{value:.9g}"

    rows: list[dict[str, Any]] = []
    for fact in facts:
        values = {m.item_id: _READ[fact](m) for m in group.models}
        reason = f"federated-{fact.replace('_', '-')}"
        if fact == "origin":
            # Origins in different systems cannot be compared: the CRS is named instead.
            systems = {m.crs for m in group.models if m.crs}
            if len(systems) == 1:
                rows += group.odd(values, there, reason, say=point, off=apart)
        elif fact in ("rotation", "true_north"):
            rows += group.odd(values, turned, reason, say=number, off=angle)
        elif fact in ("scale", "unit"):
            rows += group.odd(values, close, reason, say=number)
        elif fact == "placed" and not any(values.values()):
            continue  # that none of them is placed is another rule's finding
        else:
            rows += group.odd(values, equal, reason)
    return rows


def _stated(model: Model) -> dict[str, Any]:
    found = model.facts.get("georeference")
    return found if isinstance(found, dict) else {}


def _origin(model: Model) -> tuple[float, ...] | None:
    matrix = _stated(model).get("matrix")
    return (matrix[3], matrix[7], matrix[11]) if matrix and len(matrix) == 12 else None


def _number(model: Model, name: str) -> float | None:
    value = _stated(model).get(name)
    return float(value) if isinstance(value, int | float) else None


def _unit(model: Model) -> float | None:
    value = model.facts.get("length_unit_m")
    return float(value) if isinstance(value, int | float) else None


_READ: dict[str, Any] = {
    "placed": lambda m: bool(m.facts.get("placed")),
    "crs": lambda m: m.crs,
    "origin": _origin,
    "rotation": lambda m: _number(m, "rotation"),
    "scale": lambda m: _number(m, "scale"),
    "true_north": lambda m: _number(m, "true_north"),
    "unit": _unit,
    "heights": lambda m: m.vertical_datum,
}
