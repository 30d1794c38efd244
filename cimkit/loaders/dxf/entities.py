"""The entities of a drawing as rows: their shape, their text and what else they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from cimkit.loaders._layers.kept import MORE, Kept
from cimkit.loaders._layers.table import GEOMETRY
from cimkit.loaders.dxf.blocks import Blocks
from cimkit.loaders.dxf.drawing import DAMAGE, unescaped
from cimkit.loaders.dxf.shapes import shape_of
from cimkit.loaders.dxf.wkb import Move, Shape, write
from cimkit.model import Problem

__all__ = ["COLUMNS", "Entities"]

COLUMNS = ("EntityHandle", "Layer", "EntityType", "Text", "Block", "ParentHandle")
"""Attributes of every entity."""
_COUNTED: dict[str, Any] = {**dict.fromkeys((*COLUMNS, GEOMETRY, "block")), MORE: {}}
_DEPTH = 4
_DRAWING = 20
"""A block shown once that has more entities than this is a drawing in the drawing."""
_OWN = {
    "Thickness": "thickness",
    "Invisible": "invisible",
    "Rotation": "rotation",
    "Width": "const_width",
    "Pattern": "pattern_name",
    "Measurement": "actual_measurement",
}
"""Attributes that some types of entities have, told where they are not 0."""


class Entities:
    """The rows of one layout, made once and kept: they are read more than once."""

    def __init__(
        self, layout: Iterable[Any], move: Move | None, handles: bool, *, drawn: bool = True
    ) -> None:
        self.move = move
        self.drawn = drawn  # else they are only counted
        self.shapeless: Counter[str] = Counter()
        self.broken: list[str] = []
        self.blocks = Blocks()
        self._uses: Counter[str] | None = None
        names = [n for n in COLUMNS if n != "EntityHandle" or handles]
        self.kept = Kept(names, ["block"])
        for row in self._rows(layout, "", 0):
            self.kept.add(row, row[MORE], row[GEOMETRY], {"block": row["block"]})

    def problems(self) -> list[Problem]:
        """Return what could not be drawn."""
        told = []
        if self.broken:
            told.append(
                Problem(
                    "entity-unreadable",
                    f"The shape of {len(self.broken)} entities cannot be made out; they are kept "
                    "without one.",
                    "error",
                    ", ".join(self.broken[:5]),
                )
            )
        if self.blocks.cut:
            told.append(
                Problem(
                    "block-cut",
                    f"{len(self.blocks.cut)} blocks are not shown whole: they are too large, or "
                    "show themselves. The inserts are kept.",
                    place=", ".join(map(_clean, [*self.blocks.cut][:5])),
                    got="; ".join(dict.fromkeys(self.blocks.cut.values()))[:200],
                )
            )
        if self.shapeless:
            total = sum(self.shapeless.values())
            told.append(
                Problem(
                    "entity-without-shape",
                    f"{total} entities are of types that have no shape here; they are kept "
                    "without one.",
                    got=", ".join(f"{n} {k}" for k, n in self.shapeless.most_common(8)),
                )
            )
        return told

    def _rows(self, entities: Iterable[Any], parent: str, depth: int) -> Iterator[dict[str, Any]]:
        for n, entity in enumerate(entities):
            if entity.dxftype() == "VIEWPORT":
                continue
            handle = entity.dxf.handle or f"{n}"
            key = f"{parent}/{n}" if parent else str(handle)
            try:
                row = self._row(entity, key, parent) if self.drawn else _COUNTED
            except DAMAGE:  # nothing of it can be made out, but that it is there
                self.broken.append(key)
                row = dict.fromkeys((*COLUMNS, GEOMETRY, "block"))
                row |= {"EntityHandle": key, "EntityType": entity.dxftype(), MORE: {}}
            yield row
            if entity.dxftype() == "INSERT" and depth < _DEPTH and self._is_drawing(entity):
                try:
                    inner = list(entity.virtual_entities())
                except DAMAGE:
                    self.broken.append(key)
                    continue
                yield from self._rows(inner, key, depth + 1)

    def _is_drawing(self, insert: Any) -> bool:
        """Whether an insert shows a whole drawing: its entities are objects of their own."""
        block = insert.block()
        if block is None or insert.mcount > 1 or len(block) <= _DRAWING:
            return False
        if self._uses is None:
            self._uses = Counter(i.dxf.name for i in insert.doc.query("INSERT"))
        return self._uses[insert.dxf.name] <= 1

    def _row(self, entity: Any, key: str, parent: str) -> dict[str, Any]:
        kind = entity.dxftype()
        more = _more(entity)
        block = None
        shape: Shape | None = None
        try:
            shape = self.blocks.places(entity) if kind == "INSERT" else shape_of(entity)
            if kind == "INSERT" and not self._is_drawing(entity):
                texts = self.blocks.texts(entity)
                if texts:
                    more["BlockText"] = [_clean(t) for t in texts]
                block = self.blocks.shape(entity)
            if shape is None:
                self.shapeless[kind] += 1
        except DAMAGE:
            self.broken.append(key)
        return {
            "EntityHandle": key,
            "Layer": _clean(entity.dxf.get("layer", "0")),
            "EntityType": kind,
            "Text": _text(entity),
            "Block": _clean(entity.dxf.name) if kind == "INSERT" else None,
            "ParentHandle": parent or None,
            MORE: more,
            GEOMETRY: None if shape is None else write(shape, self.move),
            "block": None if block is None else write(block, self.move),
        }


def _clean(text: str) -> str:
    """Return text whose undecodable bytes are marked: lone surrogates are no Unicode."""
    return unescaped(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(entity: Any) -> str | None:
    kind = entity.dxftype()
    if kind == "MTEXT":
        return _clean(entity.all_columns_plain_text()).strip() or None
    if kind in ("TEXT", "ATTDEF"):
        return _clean(entity.plain_text()).strip() or None
    if kind in ("DIMENSION", "ARC_DIMENSION"):
        said = entity.dxf.get("text", "")
        return _clean(said) if said not in ("", "<>") else None
    if kind == "MULTILEADER" and entity.context.mtext is not None:
        return _clean(entity.context.mtext.default_content).strip() or None
    return None


def _more(entity: Any) -> dict[str, Any]:
    """Return what this entity says beyond what all do."""
    kind = entity.dxftype()
    said = entity.dxf.all_existing_dxf_attribs()
    more: dict[str, Any] = {}
    if said.get("color", 256) != 256:
        more["Color"] = said["color"]
    if "true_color" in said:
        more["TrueColor"] = f"#{said['true_color']:06x}"
    if said.get("linetype", "BYLAYER").upper() != "BYLAYER":
        more["Linetype"] = _clean(said["linetype"])
    for name, own in _OWN.items():
        if said.get(own):
            more[name] = said[own]
    if kind == "INSERT":
        scale = [said.get(n, 1.0) for n in ("xscale", "yscale", "zscale")]
        if scale != [1.0, 1.0, 1.0]:
            more["Scale"] = scale
        for attribute in entity.attribs:
            more[_clean(attribute.dxf.tag)] = _clean(attribute.plain_text())
    elif kind in ("TEXT", "ATTDEF", "MTEXT"):
        more["TextHeight"] = said.get("char_height" if kind == "MTEXT" else "height")
    elif kind in ("LWPOLYLINE", "POLYLINE"):
        more["Closed"] = bool(entity.is_closed)
    elif kind == "IMAGE" and entity.image_def is not None:
        more["Image"] = _clean(entity.image_def.dxf.get("filename", ""))
    if entity.xdata is not None:
        more |= _xdata(entity.xdata)
    return more


def _xdata(given: Any) -> dict[str, Any]:
    """Return the extended data by application; surveyors' codes (``SOUTH`` of CASS) stand there."""
    said: dict[str, Any] = {}
    for name, tags in given.data.items():
        if name == "ACAD":
            continue
        values = [
            list(t.value) if hasattr(t.value, "xyz") else t.value
            for t in tags
            if t.code not in (1001, 1002, 1003, 1005)
        ]
        values = [_clean(v) if isinstance(v, str) else v for v in values]
        said[_clean(name)] = values[0] if len(values) == 1 else values
    return said
