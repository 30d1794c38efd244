"""Members of a city object that are neither attributes nor known: addresses, and extensions."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from cimkit.loaders.cityjson.parts import Json, Part

__all__ = ["set_beside"]


def set_beside(attributes: Json, body: Json, known: Set[str], part: Part) -> dict[str, str]:
    """Set what stands beside the attributes of an object among them.

    Parameters
    ----------
    attributes : dict
        Takes them; what is there stays.
    body : dict
        The object.
    known : set of str
        Members that are read elsewhere; addresses are read here all the same.
    part : Part
        Its vertices are those of the places of addresses, which have them from then on.

    Returns
    -------
    dict
        The name that each member gets.
    """
    beside = {}
    if body.get("address"):
        beside["address"] = _put(attributes, "address", _addresses(body["address"], part))
    for name in sorted(body.keys() - known):
        beside[name] = _put(attributes, name, body[name])
    return beside


def _put(attributes: Json, name: str, value: Any) -> str:
    """Set a member of an object beside its attributes; return the name that it gets there."""
    own = name
    while own in attributes:
        own = f"{own}_"
    attributes[own] = value
    return own


def _addresses(said: Any, part: Part) -> Any:
    """Return addresses whose places have their vertices with them: the document's have none."""
    if not isinstance(said, list):
        return said
    found = []
    for address in said:
        place = address.get("location") if isinstance(address, dict) else None
        numbers = place.get("boundaries") if isinstance(place, dict) else None
        if (
            isinstance(place, dict)
            and isinstance(numbers, list)
            and {*map(type, numbers)} <= {int}
            and all(0 <= n < len(part.vertices) for n in numbers)
        ):
            stood = part.vertices[numbers].tolist()
            own = {"boundaries": list(range(len(numbers))), "vertices": stood}
            address = address | {"location": place | own}
        found.append(address)
    return found
