"""Appearances of CityGML 1 to 3 as CityJSON has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.looks import Looks
from cimkit.loaders.citygml.names import href, identifier, local
from cimkit.model import Problem

__all__ = ["read_appearance"]

_COLOURS = {"diffuseColor", "emissiveColor", "specularColor"}
_NUMBERS = {"ambientIntensity", "shininess", "transparency"}
_IMAGES = {"image/jpeg": "JPG", "image/jpg": "JPG", "image/png": "PNG"}
_IMAGES |= {"image/tiff": "TIFF", "image/bmp": "BMP", "image/gif": "GIF"}


def read_appearance(
    element: Any, looks: Looks, tally: Tally, find: Callable[[str], Any] | None = None
) -> None:
    """Add the surface data of an ``Appearance``.

    Parameters
    ----------
    element : lxml element
        ``Appearance``, or the property that holds it.
    looks : Looks
        Takes materials, textures and what they are for.
    tally : Tally
        Takes what is not kept as coordinates.
    find : callable, optional
        Returns the element that a reference means.
    """
    if local(element) != "Appearance":
        for inner in element.iterchildren("*"):
            if local(inner) == "Appearance":
                read_appearance(inner, looks, tally, find)
        return
    theme = next((_text(c) for c in element.iterchildren("*") if local(c) == "theme"), "")
    for member in element.iterchildren("*"):
        if local(member) not in ("surfaceDataMember", "surfaceData"):
            continue
        link = href(member)
        if link is not None and not len(member):
            target = find(link) if find else None
            if target is None:
                tally.add(
                    Problem(
                        "xlink-unresolved",
                        "An appearance refers to surface data that are not at hand.",
                        place=f"line {member.sourceline}",
                        got=link,
                    )
                )
            else:
                _surface_data(target, theme, looks, tally)
        for data in member.iterchildren("*"):
            _surface_data(data, theme, looks, tally)


def _text(element: Any) -> str:
    return (element.text or "").strip()


def _bare(target: str) -> str:
    return target.strip().rpartition("#")[2]


def _surface_data(element: Any, theme: str, looks: Looks, tally: Tally) -> None:
    name = local(element)
    if name == "X3DMaterial":
        _material(element, theme, looks)
    elif name in ("ParameterizedTexture", "GeoreferencedTexture"):
        _texture(element, theme, looks, tally)
    else:
        tally.add(
            Problem(
                "appearance-unknown",
                "An appearance has surface data of a kind that is not known; they are not kept.",
                place=f"line {element.sourceline}",
                got=name,
                expected="X3DMaterial, ParameterizedTexture or GeoreferencedTexture",
            )
        )


def _material(element: Any, theme: str, looks: Looks) -> None:
    material: dict[str, Any] = {"name": identifier(element) or f"material-{len(looks.materials)}"}
    targets: list[str] = []
    for child in element.iterchildren("*"):
        name, text = local(child), _text(child)
        if name in _COLOURS:
            material[name] = _reals(text)
        elif name in _NUMBERS:
            material[name] = next(iter(_reals(text)), None)
        elif name in ("isSmooth", "isFront"):
            material[name] = text in ("1", "true")
        elif name == "name" and text:
            material["name"] = text
        elif name == "target":
            targets.append(_bare(child.get("uri") or text))
    number = len(looks.materials)
    looks.materials.append(material)
    for target in targets:
        looks.add("material", target, _side(theme, material), number)


def _side(theme: str, data: dict[str, Any]) -> str:
    """CityJSON knows one side: what is for the back has a theme of its own."""
    return f"{theme} (back)" if data.get("isFront") is False else theme


def _reals(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return []


def _texture(element: Any, theme: str, looks: Looks, tally: Tally) -> None:
    texture: dict[str, Any] = {"type": "", "image": ""}
    for child in element.iterchildren("*"):
        name, text = local(child), _text(child)
        if name == "imageURI":
            texture["image"] = text
        elif name == "mimeType":
            texture["type"] = _IMAGES.get(text.lower(), text)
        elif name in ("wrapMode", "textureType"):
            texture[name] = text
        elif name == "borderColor":
            texture[name] = _reals(text)
        elif name == "isFront" or name == "preferWorldFile":
            texture[name] = text in ("1", "true")
        elif name == "orientation":
            texture[name] = _reals(text)
        elif name == "referencePoint":
            words = [t.strip() for t in child.itertext() if t.strip()]
            texture[name] = _reals(" ".join(words))
    if not texture["type"]:
        ending = texture["image"].rpartition(".")[2].upper()
        texture["type"] = "JPG" if ending in ("JPG", "JPEG") else ending
    number = len(looks.textures)
    looks.textures.append(texture)
    side = _side(theme, texture)
    for child in element.iterchildren("*"):
        name = local(child)
        if name == "target":
            _target(child, _bare(child.get("uri") or _text(child)), side, number, looks, tally)
        elif name == "textureParameterization":  # CityGML 3
            for inner in child.iterchildren("*"):
                _association(inner, side, number, looks, tally)


def _association(element: Any, side: str, number: int, looks: Looks, tally: Tally) -> None:
    parts = {local(c): c for c in element.iterchildren("*")}
    target = parts.get("target")
    name = _bare(href(target) or _text(target)) if target is not None else ""
    coordinates = parts.get("textureParameterization")
    if coordinates is not None:
        _target(coordinates, name, side, number, looks, tally)
    elif name:
        looks.add("texture", name, side, number)


def _target(element: Any, name: str, side: str, number: int, looks: Looks, tally: Tally) -> None:
    """Note the coordinates of the rings of one target, or the target alone if there are none."""
    inner = next(element.iterchildren("*"), None)
    if inner is None:
        if name:
            looks.add("texture", name, side, number)
        return
    if local(inner) == "TexCoordList":
        pending: list[str] = []
        for child in inner.iterchildren("*"):
            if local(child) == "textureCoordinates":
                ring = child.get("ring")
                if ring is not None:
                    looks.add("texture", _bare(ring), side, number, child.text or "")
                else:
                    pending.append(child.text or "")
            elif local(child) == "ring" and pending:
                looks.add("texture", _bare(_text(child)), side, number, pending.pop(0))
        return
    matrix = next((c for c in inner.iterchildren("*") if local(c) == "worldToTexture"), None)
    looks.textures[number].setdefault("worldToTexture", {})[name] = (
        _reals(_text(matrix)) if matrix is not None else None
    )
    looks.add("texture", name, side, number)
    tally.add(
        Problem(
            "texture-by-projection",
            "A texture is projected onto its surface by a matrix; the matrix is kept, no "
            "coordinates are made of it.",
            "info",
            f"line {element.sourceline}",
            got=local(inner),
        )
    )
