"""Looking into JSON of which nothing is certain."""

from __future__ import annotations

from typing import Any

__all__ = ["child", "item", "items"]


def items(said: Any, name: str) -> list[Any]:
    """Return the array of that name in an object; an empty one for anything else."""
    found = said.get(name) if isinstance(said, dict) else None
    return found if isinstance(found, list) else []


def child(said: Any, *names: str) -> dict[str, Any]:
    """Return the object at the end of a path of names; an empty one for anything else."""
    for name in names:
        said = said.get(name) if isinstance(said, dict) else None
    return said if isinstance(said, dict) else {}


def item(given: list[Any], index: Any) -> dict[str, Any]:
    """Return the object at an index; an empty one for anything else."""
    good = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(given)
    return given[index] if good and isinstance(given[index], dict) else {}
