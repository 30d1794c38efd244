"""The appearance of a document: materials, textures and places in these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cimkit.checks.citymodel_cityjson.notes import Notes

__all__ = ["Looks", "examine_appearance"]

_NAMES = {
    *("materials", "textures", "vertices-texture", "default-theme-texture"),
    "default-theme-material",
}
_CHOICES = {
    "type": ("PNG", "JPG"),
    "wrapMode": ("none", "wrap", "mirror", "clamp", "border"),
    "textureType": ("unknown", "specific", "typical"),
}
_SHARES = ("ambientIntensity", "shininess", "transparency")
_COLOURS = ("diffuseColor", "emissiveColor", "specularColor")


@dataclass(slots=True)
class Looks:
    """How many there are of each, for the indices of geometries."""

    materials: int = 0
    textures: int = 0
    places: int = 0


def examine_appearance(said: Any, notes: Notes) -> Looks:
    """Note what is wrong with an appearance; return how much there is in it."""
    if said is None:
        return Looks()
    if not isinstance(said, dict):
        notes.add("member-kind", "", "appearance", said, "object")
        return Looks()
    for name in said.keys() - _NAMES:
        notes.add("geometry-extra", "", f"appearance/{name}", expected=", ".join(sorted(_NAMES)))
    sizes = []
    for name in ("materials", "textures", "vertices-texture"):
        given = said.get(name)
        if given is not None and not isinstance(given, list):
            notes.add("member-kind", "", f"appearance/{name}", given, "array")
        sizes.append(len(given) if isinstance(given, list) else 0)
    for n, material in enumerate(_list(said, "materials")):
        _material(f"appearance/materials/{n}", material, notes)
    for n, texture in enumerate(_list(said, "textures")):
        _texture(f"appearance/textures/{n}", texture, notes)
    for n, place in enumerate(_list(said, "vertices-texture")):
        if not _numbers(place, 2):
            notes.add("member-kind", "", f"appearance/vertices-texture/{n}", place, "two numbers")
            break
    return Looks(*sizes)


def _list(said: dict[str, Any], name: str) -> list[Any]:
    given = said.get(name)
    return given if isinstance(given, list) else []


def _numbers(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(v) in (int, float) for v in value)
    )


def _material(where: str, given: Any, notes: Notes) -> None:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        notes.add("member-missing", "", f"{where}/name", expected="text")
        return
    for name in _SHARES:
        share = given.get(name)
        if share is not None and not (type(share) in (int, float) and 0 <= share <= 1):
            notes.add("member-kind", "", f"{where}/{name}", share, "a number from 0 to 1")
    for name in _COLOURS:
        colour = given.get(name)
        if colour is None:
            continue
        if not _numbers(colour, 3) or not all(0 <= v <= 1 for v in colour):
            notes.add("member-kind", "", f"{where}/{name}", colour, "three numbers from 0 to 1")


def _texture(where: str, given: Any, notes: Notes) -> None:
    if not isinstance(given, dict):
        notes.add("member-kind", "", where, given, "object")
        return
    if not isinstance(given.get("image"), str):
        notes.add("member-missing", "", f"{where}/image", expected="text")
    for name, choices in _CHOICES.items():
        value = given.get(name)
        if (value is None and name == "type") or (value is not None and value not in choices):
            notes.add("member-kind", "", f"{where}/{name}", value, " | ".join(choices))
