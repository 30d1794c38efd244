"""What a tileset declares, held against what it uses: extensions, properties, metadata."""

from __future__ import annotations

from typing import Any

from cimkit.loaders._mesh.jsons import child, items
from cimkit.loaders.tiles3d.found import Found

__all__ = ["check_declared", "check_entity", "check_groups"]


def check_declared(said: dict[str, Any], at: str, found: Found) -> None:
    """Tell of extensions, properties and statistics that cannot be as they are declared."""
    for name in ("extensionsUsed", "extensionsRequired"):
        given = said.get(name)
        texts = isinstance(given, list) and all(isinstance(e, str) for e in given)
        if given is not None and not texts:
            message = f"Its {name} are no list of names."
            found.trouble("tileset-invalid", message, f"{at}{name}", got=str(given)[:100])
        elif given is not None and len(set(given)) < len(given):
            message = f"Its {name} name an extension twice."
            found.trouble("tileset-invalid", message, f"{at}{name}")
    needed = {e for e in items(said, "extensionsRequired") if isinstance(e, str)}
    missing = needed - {e for e in items(said, "extensionsUsed") if isinstance(e, str)}
    if missing:
        message = "It requires extensions that it does not declare."
        found.trouble("extension-undeclared", message, at, got=", ".join(sorted(missing)))
    if not isinstance(said.get("properties", {}), dict):
        found.trouble("tileset-invalid", "Its properties are no object.", f"{at}properties")
    for name, about in child(said, "properties").items():
        low, high = child(about).get("minimum"), child(about).get("maximum")
        if not (_real(low) and _real(high) and float(low) <= float(high)):  # type: ignore[arg-type]
            message = "The range of a property is no minimum and maximum."
            found.trouble(
                "tileset-invalid", message, f"{at}properties.{name}", got=f"{low}, {high}"
            )


def check_groups(said: dict[str, Any], classes: dict[str, Any] | None, found: Found) -> None:
    """Hold groups and statistics against the schema."""
    for i, group in enumerate(items(said, "groups")):
        check_entity(group, classes, f"groups[{i}]", found)
    unknown = set(child(said, "statistics", "classes")) - set(classes or ())
    if unknown:
        message = "Its statistics are of classes that the schema does not have."
        got = ", ".join(sorted(unknown))[:200]
        found.trouble("metadata-contradiction", message, "statistics", got=got)


def check_entity(said: Any, classes: dict[str, Any] | None, at: str, found: Found) -> None:
    """Hold the metadata of a tile, content, group or tileset against the schema.

    Parameters
    ----------
    said : object
        ``class`` and ``properties``.
    classes : dict or None
        Those of the schema; None if there is none.
    """
    if not isinstance(said, dict) or not said:
        return
    name = said.get("class")
    if classes is None or not isinstance(name, str) or name not in classes:
        message = "Metadata are of a class that the schema does not have."
        found.trouble("metadata-contradiction", message, at, got=str(name))
        return
    given, known = child(said, "properties"), child(classes, name, "properties")
    unknown = set(given) - set(known)
    if unknown:
        message = "Metadata have properties that their class does not have."
        got = ", ".join(sorted(map(str, unknown)))
        found.trouble("metadata-contradiction", message, at, got=got)
    for key in known:
        about = child(known, key)
        value = given.get(key)
        if value is None:
            if about.get("required") is True and about.get("noData") is None:
                message = "Metadata lack a property that their class requires."
                found.trouble("metadata-contradiction", message, at, got=key)
            continue
        wrong = _wrong(value, about)
        if wrong:
            message = f"A value of the metadata {wrong}."
            found.trouble("metadata-contradiction", message, f"{at}.{key}", got=str(value)[:100])


def _wrong(value: Any, about: dict[str, Any]) -> str:
    """Return what is wrong with a value, "" if nothing that is looked at."""
    kind = about.get("type")
    if about.get("array") is True:
        return "" if isinstance(value, list) else "is no list"
    if kind == "STRING":
        return "" if isinstance(value, str) else "is no text"
    if kind == "BOOLEAN":
        return "" if isinstance(value, bool) else "is neither true nor false"
    numbers = [value] if kind == "SCALAR" else value
    if kind == "SCALAR" or (isinstance(kind, str) and kind.startswith("VEC")):
        wide = 1 if kind == "SCALAR" else int(kind[3:] or 0) if kind[3:].isdigit() else 0
        if not isinstance(numbers, list) or len(numbers) != wide or not all(map(_real, numbers)):
            return "is not the number, or the numbers, that its class says"
        return "" if about.get("normalized") is True else _outside(numbers, about)
    return ""


def _outside(numbers: list[float], about: dict[str, Any]) -> str:
    def own(name: str, otherwise: float) -> list[float]:
        given = about.get(name, otherwise)
        listed = given if isinstance(given, list) else [given] * len(numbers)
        fits = len(listed) == len(numbers) and all(map(_real, listed))
        return listed if fits else [otherwise] * len(numbers)

    scales, offsets = own("scale", 1.0), own("offset", 0.0)
    lows, highs = own("min", float("-inf")), own("max", float("inf"))
    for number, scale, offset, low, high in zip(numbers, scales, offsets, lows, highs, strict=True):
        if not low <= number * scale + offset <= high:
            return "lies outside of what its class allows"
    return ""


def _real(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)
