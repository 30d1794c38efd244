"""What a tileset declares, held against what it uses: extensions, properties, metadata."""

from __future__ import annotations

import re
from typing import Any

from cimkit.loaders._mesh.jsons import child, items
from cimkit.loaders.tiles3d.found import Found

__all__ = ["check_declared", "check_entity", "check_groups", "check_tiling"]


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
    version = child(said, "asset").get("tilesetVersion", "")
    if not isinstance(version, str):
        message = "The version of the tileset is no text."
        found.trouble(
            "tileset-invalid", message, f"{at}asset.tilesetVersion", got=str(version)[:100]
        )
    if not isinstance(said.get("properties", {}), dict):
        found.trouble("tileset-invalid", "Its properties are no object.", f"{at}properties")
    for name, about in child(said, "properties").items():
        low, high = child(about).get("minimum"), child(about).get("maximum")
        if not (_real(low) and _real(high) and float(low) <= float(high)):  # type: ignore[arg-type]
            message = "The range of a property is no minimum and maximum."
            found.trouble(
                "tileset-invalid", message, f"{at}properties.{name}", got=f"{low}, {high}"
            )


def check_tiling(tile: dict[str, Any], place: str, found: Found) -> None:
    """Tell of a tile whose implicit tiling cannot be as it is declared."""
    tiling = tile.get("implicitTiling", {})
    if not isinstance(tiling, dict):
        found.trouble("tileset-invalid", "An implicit tiling is no object.", place)
        return
    if not tiling:
        return
    place = f"{place}.implicitTiling"
    levels = tiling.get("availableLevels")
    if not isinstance(levels, int) or isinstance(levels, bool) or levels < 1:
        message = "An implicit tiling has not a number of levels."
        found.trouble("tileset-invalid", message, place, got=str(levels)[:100])
    volume = child(tile, "boundingVolume")
    if "sphere" in volume and not {"box", "region"} & volume.keys():
        message = "An implicit tiling cannot be cut out of a sphere."
        found.trouble("tileset-invalid", message, place)
    if items(tile, "children"):
        message = "A tile has children and an implicit tiling."
        found.trouble("tileset-invalid", message, place)
    contents = [child(tile, "content"), *items(tile, "contents")]
    templates = [child(tiling, "subtrees").get("uri"), *(child(c).get("uri") for c in contents)]
    wanted = {"level", "x", "y"} | ({"z"} if tiling.get("subdivisionScheme") == "OCTREE" else set())
    for template in templates:
        if isinstance(template, str) and set(_VARIABLE.findall(template)) != wanted:
            message = "The address of what an implicit tiling holds lacks variables, or has others."
            expected = " ".join(f"{{{name}}}" for name in sorted(wanted))
            found.trouble("tileset-invalid", message, place, got=template[:100], expected=expected)


_VARIABLE = re.compile(r"\{([^{}]*)\}")


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
