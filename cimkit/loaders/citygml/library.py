"""Library objects: templates that lie in files of other formats beside the model."""

from __future__ import annotations

from typing import Any

from cimkit.loaders._city.beside import delivered
from cimkit.loaders._mesh.faces import faces_of
from cimkit.loaders.citygml.reading import Reading

__all__ = ["library_shape"]

_GML = "{http://www.opengis.net/gml}"
_MOST_FACES = 50_000
"""Of one library object: each object made of it has them all."""


def library_shape(name: str, reading: Reading) -> tuple[Any, str]:
    """Return a library object as an element of GML, or None and why it cannot be had.

    Parameters
    ----------
    name : str
        As the model writes it.
    reading : Reading
        Keeps it for the next object that asks for it.
    """
    if name not in reading.library:
        reading.library[name] = _read(name, reading)
    return reading.library[name]


def _read(name: str, reading: Reading) -> tuple[Any, str]:
    file = delivered(reading.source, name)
    if file is None:
        return None, "it was not delivered"
    if reading.lighter:
        return None, "the file could not be read with it the first time"
    try:
        points, faces = faces_of(file)
    except (ValueError, OSError, RuntimeError) as error:
        return None, str(error)
    if len(faces) > _MOST_FACES:
        return None, f"it has more than {_MOST_FACES} faces"
    return _surface(points.tolist(), faces), ""


def _surface(points: list[list[float]], faces: list[list[int]]) -> Any:
    from lxml import etree

    whole = etree.Element(f"{_GML}MultiSurface")
    for face in faces:
        at = whole
        for tag in ("surfaceMember", "Polygon", "exterior", "LinearRing", "posList"):
            at = etree.SubElement(at, f"{_GML}{tag}")
        at.text = " ".join(repr(v) for corner in (*face, face[0]) for v in points[corner])
    return whole
