"""Who made the objects of an IFC model, with what, and when (IfcOwnerHistory)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cimkit.loaders.ifc.instances import each, get, members, number, plain

__all__ = ["Histories"]

Json = dict[str, Any]
_ROLES = {
    "by": 0,
    "with": 1,
    "state": 2,
    "change": 3,
    "modified": 4,
    "modified_by": 5,
    "modified_with": 6,
    "created": 7,
}
"""Key in what is told, and place of the attribute."""
_OF_ROOT = 1
"""Place of OwnerHistory among the attributes of every IfcRoot."""


class Histories:
    """The histories of a model, read once each: most models share one among all objects.

    Parameters
    ----------
    model : ifcopenshell.file
    things : iterable of IfcRoot
        Of whom most have the common history.
    """

    def __init__(self, model: Any, things: Iterable[Any]) -> None:
        self._told: dict[int, Json] = {}
        known = {number(h) for h in each(model, "IfcOwnerHistory")}
        held = Counter(_held_by(t) for t in things) if known else Counter[int]()
        first = next((n for n, _ in held.most_common() if n in known), 0)
        self._common = first
        self.common: Json = self._of(model.by_id(first)) if first else {}
        """What most objects have: ``by`` and ``modified_by`` (``person``, ``organization``),
        ``with`` and ``modified_with`` (the program), ``created`` and ``modified`` (ISO 8601, UTC),
        ``change``, ``state``; what is not said is left out."""

    def of(self, thing: Any) -> Json:
        """Return the history of an object, empty if it is the common one or there is none."""
        held = _held_by(thing)
        if held in (0, self._common):
            return {}
        told = self._of(get(thing, _OF_ROOT))
        return told if told != self.common else {}

    def _of(self, held: Any) -> Json:
        known = self._told.get(number(held))
        if known is None:
            known = self._told[number(held)] = _history(held)
        return known


def _held_by(thing: Any) -> int:
    held = get(thing, _OF_ROOT)
    return number(held) if hasattr(held, "is_a") else 0


def _history(held: Any) -> Json:
    if not held.is_a("IfcOwnerHistory"):
        return {}
    found: Json = {}
    for key, place in _ROLES.items():
        value = get(held, place)
        if key in ("created", "modified"):
            value = _moment(value)
        elif key in ("by", "modified_by"):
            value = _person(value)
        elif key in ("with", "modified_with"):
            value = _words(value, 2, 1) if value is not None else None
        else:
            value = plain(value)
        if value and value != "NOTDEFINED":
            found[key] = value
    return found


def _moment(seconds: Any) -> str | None:
    """Return ISO 8601 of an IfcTimeStamp; None of zero, which programs write that know no time."""
    if not isinstance(seconds, int) or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return None


def _person(both: Any) -> Json:
    """Return names of person and organization of an IfcPersonAndOrganization."""
    person, organization = (get(both, 0), get(both, 1)) if hasattr(both, "is_a") else (None, None)
    # Id, FamilyName, GivenName; Id, Name
    found = {
        "person": _words(person, 2, 1) or _words(person, 0),
        "organization": _words(organization, 1) or _words(organization, 0),
        "roles": [str(r) for role in members(get(person, 6)) if (r := get(role, 1) or get(role, 0))]
        if person is not None
        else [],
    }
    return {k: v for k, v in found.items() if v}


def _words(instance: Any, *places: int) -> str | None:
    """Return texts of an instance one after the other."""
    if not hasattr(instance, "is_a"):
        return None
    found = [get(instance, p) for p in places]
    return " ".join(w.strip() for w in found if isinstance(w, str) and w.strip()) or None
