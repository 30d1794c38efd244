"""COLLADA: what a scene puts where, with the transforms of its nodes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders.mesh.shape import Shape
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

__all__ = ["collada"]

Reals = npt.NDArray[np.float64]
_XML = 200_000_000
"""Bytes that are parsed."""
_COUNTED = {"geometry": "meshes", "node": "nodes", "material": "materials", "image": "images"}
_SIZES = {"matrix": 16, "translate": 3, "rotate": 4, "scale": 3}
_FACES = ("triangles", "polylist", "polygons")
_DEEP = 60
_MOST = 20_000
"""Nodes of a scene that are looked at, each as often as it is referred to."""


def collada(source: Source) -> Shape:
    """Return counts and box of a COLLADA document, z up.

    Raises
    ------
    SourceUnreadable
        If its XML is broken.
    """
    found = Shape()
    size = source.file.stat().st_size
    if size > _XML:
        message = "It is larger than what is parsed of COLLADA."
        found.problems.append(Problem("mesh-not-read", message, got=f"{size} bytes"))
        return found
    scene = _Scene(_root(source.file, source.path))
    found.counts = dict(scene.counts)
    found.properties |= {"metres_per_unit": scene.unit, "up_axis": scene.up}
    for points in scene.placed():
        found.take(scene.upright(points) * scene.unit)
    if scene.lost:
        message = "A scene refers to a geometry or a node that is not there."
        found.problems.append(Problem("content-missing", message, got=", ".join(scene.lost[:5])))
    if scene.commas:
        message = "Its numbers have commas for points; they were read as such."
        found.problems.append(Problem("decimal-comma", message, "info", got="1,5", expected="1.5"))
    if scene.bad:
        message = "Positions or transforms are no numbers."
        found.problems.append(Problem("lines-unreadable", message, got=f"{scene.bad} lists"))
    return found


def _root(file: Path, place: str) -> Element:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(file.read_bytes())
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SourceUnreadable("its XML is broken", where=place, got=str(error)) from error
    return root


class _Scene:
    def __init__(self, root: Element) -> None:
        self.counts: Counter[str] = Counter()
        self.unit, self.up = 1.0, "Y_UP"
        self.lost: list[str] = []
        self._root = root
        self._named: dict[str, Element] = {}
        self._points: dict[str, Reals] = {}
        self._copies = self._visits = self.bad = 0
        self.commas = False
        for element in root.iter():
            tag = _tag(element)
            if element.get("id"):
                self._named.setdefault(str(element.get("id")), element)
            if tag in _COUNTED:
                self.counts[_COUNTED[tag]] += 1
            elif tag in _FACES and element.get("count", "").isdigit():
                self.counts["faces"] += int(element.get("count", "0"))
            elif tag == "unit":
                self.unit = float(self.numbers(element.get("meter", "1"), 1)[0])
            elif tag == "up_axis":
                self.up = (element.text or "").strip()
        for geometry in root.iter():
            if _tag(geometry) == "geometry":
                self.counts["vertices"] += len(self._positions(geometry))

    def upright(self, points: Reals) -> Reals:
        """Return positions with z up."""
        if self.up == "Z_UP":
            return points
        order, signs = ([0, 2, 1], [1, -1, 1]) if self.up != "X_UP" else ([1, 2, 0], [-1, -1, 1])
        return points[:, order] * np.array(signs, np.float64)

    def placed(self) -> Iterator[Reals]:
        """Yield the positions of each geometry wherever a scene puts it; of all without one."""
        scenes = [e for e in self._root.iter() if _tag(e) == "visual_scene"]
        for scene in scenes:
            for node in scene:
                yield from self._node(node, np.eye(4), 0)
        if not self._copies:
            for element in self._root.iter():
                if _tag(element) == "geometry" and len(points := self._positions(element)):
                    yield points

    def numbers(self, text: str | None, count: int = 0) -> Reals:
        """Return the numbers of a text, NaN for what is none; so many, unless that is 0."""
        words = (text or "").split()
        if text and "," in text:
            self.commas = True
            words = [w.replace(",", ".") for w in words]
        found = np.array([_real(word) for word in words], np.float64)
        if np.isnan(found).any() or (count and len(found) != count):
            self.bad += 1
        return np.concatenate([found, np.full(count, np.nan)])[:count] if count else found

    def _node(self, node: Element, above: Reals, depth: int) -> Iterator[Reals]:
        self._visits += 1
        if _tag(node) != "node" or depth > _DEEP or self._visits > _MOST:
            return
        matrix = above
        for child in node:
            tag = _tag(child)
            if tag in _SIZES:
                size = _SIZES[tag]
                matrix = matrix @ _transform(tag, self.numbers(child.text, size))
            elif tag == "node":
                yield from self._node(child, matrix, depth + 1)
            elif tag in ("instance_geometry", "instance_controller", "instance_node"):
                target = self._target(child.get("url"))
                if target is not None and tag == "instance_node":
                    yield from self._node(target, matrix, depth + 1)
                elif target is not None:
                    yield from self._copy(target, matrix)

    def _copy(self, target: Element, matrix: Reals) -> Iterator[Reals]:
        if _tag(target) == "controller":
            skin = next((e for e in target.iter() if _tag(e) in ("skin", "morph")), None)
            found = self._target(skin.get("source")) if skin is not None else None
            if found is None or _tag(found) == "controller":
                return
            target = found
        points = self._positions(target)
        self._copies += 1
        if len(points):
            yield points @ matrix[:3, :3].T + matrix[:3, 3]

    def _target(self, url: str | None) -> Element | None:
        said = (url or "").strip()
        found = self._named.get(said.removeprefix("#"))
        if found is None and said:
            self.lost.append(said[:100])
        return found

    def _positions(self, geometry: Element) -> Reals:
        """Return the positions of a geometry, by the source that its vertices name."""
        key = str(id(geometry))
        if key not in self._points:
            self._points[key] = self._read(geometry)
        return self._points[key]

    def _read(self, geometry: Element) -> Reals:
        for vertices in geometry.iter():
            if _tag(vertices) != "vertices":
                continue
            for given in vertices:
                source = self._named.get(str(given.get("source", "")).removeprefix("#"))
                if given.get("semantic") == "POSITION" and source is not None:
                    array = next((e for e in source.iter() if _tag(e) == "float_array"), None)
                    values = self.numbers(array.text if array is not None else "")
                    return values[: len(values) // 3 * 3].reshape(-1, 3)
        return np.empty((0, 3))


def _transform(kind: str, values: Reals) -> Reals:
    found = np.eye(4)
    if kind == "matrix":
        return values.reshape(4, 4)
    if kind == "rotate":
        x, y, z, angle = values
        length = float(np.hypot(np.hypot(x, y), z)) or 1.0
        x, y, z = x / length, y / length, z / length
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turn = np.radians(angle)
        found[:3, :3] += np.sin(turn) * cross + (1 - np.cos(turn)) * (cross @ cross)
    elif kind == "translate":
        found[:3, 3] = values
    else:
        found[:3, :3] = np.diag(values)
    return found


def _real(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


def _tag(element: Any) -> str:
    return str(element.tag).rsplit("}", maxsplit=1)[-1]
