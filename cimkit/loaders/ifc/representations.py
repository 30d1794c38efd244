"""What the representations of IFC products are: bodies, lines, or what is neither."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

from cimkit.loaders.ifc.instances import get, key_of, members, number, position
from cimkit.model import Problem

__all__ = ["Representations", "has_body"]

_LINES = {
    "Curve",
    "Curve2D",
    "Curve3D",
    "GeometricCurveSet",
    "GeometricSet",
    "Point",
    "Segment",
    "LightSource",
    "Vertex",
    "Edge",
    "Path",
}
_NEITHER = {"Annotation2D", "BoundingBox", "FillArea", "PointCloud", "Text"}
# Contexts whose surfaces are not the thing itself, by name in small letters.
_BESIDE = {
    "axis",
    "box",
    "clearance",
    "footprint",
    "annotation",
    "plan",
    "profile",
    "lighting",
    "reference",
    "cog",
}
_STANDS_FOR = {"box", "cog", "clearance", "lighting"}
"""Contexts of which nothing is due: the thing itself is in another one."""
_DEEP = 8
"""Mapped representations within each other; more are a ring."""


class Representations:
    """How each product of a model is represented.

    Parameters
    ----------
    products : sequence of IfcProduct
    schema : str
        ``schema_identifier`` of the model.
    """

    def __init__(self, products: Any, schema: str) -> None:
        self.bodies: list[Any] = []
        """Products whose triangles are due."""
        self.drawn: list[Any] = []
        """Products with lines or points, and grids and alignments, which may have lines besides."""
        self.labels: dict[int, list[str]] = {}
        """``Body/SweptSolid`` and the like, by instance number."""
        self.texts: dict[int, list[str]] = {}
        """What annotations say, by instance number."""
        self._neither: dict[int, list[str]] = {}
        self._products: dict[int, Any] = {}
        for product in products:
            kind = product.is_a()
            index = position(schema, kind, "Representation")
            shown = get(product, index) if index is not None else None
            if shown is None:
                if kind in ("IfcGrid", "IfcAlignment"):
                    self.drawn.append(product)
                continue
            self._sort(product, shown)

    def _sort(self, product: Any, shown: Any) -> None:
        labels, kinds = [], set()
        neither = []
        n = number(product)
        for shape in members(get(shown, 2)):
            label, kind = _of(shape)
            labels.append(label)
            kinds.add("lines" if kind == "drawing" else kind)
            if kind in ("neither", "drawing") and label.split("/")[0].lower() not in _STANDS_FOR:
                said, whole = _said(shape, 0)
                if said:
                    self.texts.setdefault(n, []).extend(said)
                if not said or not whole:
                    neither.append(label)
        self._products[n] = product
        self.labels[n] = list(dict.fromkeys(labels))
        if "body" in kinds:
            self.bodies.append(product)
        if "lines" in kinds:
            self.drawn.append(product)
        if neither and "body" not in kinds:
            self._neither[n] = neither

    def problems(self, drawn: set[int]) -> list[Problem]:
        """Return what the source shows and the rows do not.

        Parameters
        ----------
        drawn : set of int
            Products that have triangles or lines after all.
        """
        lost = {n: said for n, said in self._neither.items() if n not in drawn}
        if not lost:
            return []
        kinds = Counter(label for said in lost.values() for label in said)
        return [
            Problem(
                "representation-not-kept",
                "Objects are shown by hatches, boxes or points, which are not kept; they stand "
                "where they are placed.",
                "info",
                place=", ".join(key_of(self._products[n], {}) for n in list(lost)[:5]),
                got=", ".join(f"{label} {n}" for label, n in kinds.most_common(5)),
                expected="surfaces, solids or curves",
            )
        ]


def has_body(product: Any) -> bool:
    """Tell whether a product is represented by surfaces or solids, so that triangles are due."""
    shown = getattr(product, "Representation", None)
    return any(_of(s)[1] == "body" for s in members(getattr(shown, "Representations", None)))


def _said(shape: Any, depth: int) -> tuple[list[str], bool]:
    """Return the texts of a representation, and whether it holds nothing else."""
    found: list[str] = []
    whole = True
    for item in members(get(shape, 3)):
        if item.is_a("IfcTextLiteral"):
            found.append(str(get(item, 0) or ""))
            continue
        mapped = get(get(item, 0), 1) if item.is_a("IfcMappedItem") and depth < _DEEP else None
        if mapped is None or not mapped.is_a("IfcRepresentation"):
            whole = False
            continue
        said, alone = _said(mapped, depth + 1)
        found += said
        whole = whole and alone
    return [text for text in found if text.strip()], whole


def _of(shape: Any) -> tuple[str, str]:
    """Return the label of a representation and whether it is body, lines, drawing or neither."""
    name, kind = get(shape, 1), get(shape, 2)
    label = f"{name or ''}/{kind or ''}"
    if kind == "MappedRepresentation":
        inner = next(iter(members(get(shape, 3))), None)
        source = get(inner, 0) if inner is not None else None
        mapped = get(source, 1) if source is not None else None
        if mapped is not None and hasattr(mapped, "is_a") and mapped.is_a("IfcRepresentation"):
            kind = get(mapped, 2)
    if next(iter(members(get(shape, 3))), None) is None:
        return label, "empty"
    return label, _sorted(str(name or ""), str(kind or ""))


@cache
def _sorted(name: str, kind: str) -> str:
    if kind in _LINES:
        return "lines"
    if name.lower() in _BESIDE or kind in _NEITHER:
        # A drawing may have lines among its texts, or texts alone.
        return "drawing" if kind in ("Annotation2D", "") else "neither"
    return "body"
