"""Which material and texture each polygon has, kept on disk where a file has very many."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.bodies import Poly
from cimkit.loaders.citygml.numbers import parse_lists
from cimkit.model import Problem

__all__ = ["Looks", "Painter"]

_AT_ONCE = 900


class Looks:
    """Materials and textures, and the surfaces and rings they are for.

    The pairs are in a temporary database of SQLite, which goes to disk when it grows.
    """

    def __init__(self) -> None:
        self.materials: list[dict[str, Any]] = []
        self.textures: list[dict[str, Any]] = []
        self._store: sqlite3.Connection | None = None
        self._new: list[tuple[str, str, str, int, str | None]] = []

    def add(self, kind: str, target: str, theme: str, number: int, uv: str | None = None) -> None:
        """Note that a surface or ring has a material or texture.

        Parameters
        ----------
        kind : {"material", "texture"}
        target : str
            ``gml:id`` of a surface, or of a ring if there are coordinates.
        theme : str
        number : int
            Into ``materials`` or ``textures``.
        uv : str, optional
            Texture coordinates of the ring.
        """
        self._new.append((target, kind, theme, number, uv))
        if len(self._new) > 10_000:
            self._save()

    def __bool__(self) -> bool:
        return self._store is not None or bool(self._new)

    def _save(self) -> None:
        if self._store is None:
            self._store = sqlite3.connect("", isolation_level=None)
            self._store.execute("CREATE TABLE looks (target, kind, theme, number, uv)")
            self._store.execute("CREATE INDEX by_target ON looks (target)")
        self._store.execute("BEGIN")
        self._store.executemany("INSERT INTO looks VALUES (?, ?, ?, ?, ?)", self._new)
        self._store.execute("COMMIT")
        self._new.clear()

    def of(self, targets: Iterable[str]) -> dict[str, list[tuple[str, str, int, str | None]]]:
        """Return (kind, theme, number, coordinates) by surface or ring."""
        if self._new:
            self._save()
        found: dict[str, list[tuple[str, str, int, str | None]]] = {}
        if self._store is None:
            return found
        names = list(dict.fromkeys(targets))
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._store.execute(
                f"SELECT target, kind, theme, number, uv FROM looks WHERE target IN ({marks})", part
            )
            for target, *rest in rows:
                found.setdefault(target, []).append(tuple(rest))
        return found

    def close(self) -> None:
        """Forget everything."""
        if self._store is not None:
            self._store.close()
            self._store = None


@dataclass(slots=True)
class Painter:
    """Sets the appearance of geometries from the looks of the file and of one member."""

    looks: list[Looks]
    """The file's and the member's own."""
    tally: Tally
    """Takes ``texture-coordinates-wrong``."""
    key: str = ""
    """The object, for problems."""

    def paint(
        self,
        kind: str,
        nested: list[Any],
        kept: list[tuple[Poly, bool]],
        corners: dict[int, list[int]],
        surfaces: list[dict[str, Any]],
    ) -> dict[str, Any] | None:
        """Return the appearance of a geometry in CityJSON's form, with what it points at.

        Parameters
        ----------
        kind : str
            Type of the geometry.
        nested : list
            (Poly, turned) nested as in the geometry.
        kept : list
            Those that are in the geometry, in its order.
        corners : dict
            Indices of the vertices by number of ring.
        surfaces : list of dict
            Thematic surfaces: an appearance may point at them too.
        """
        sheet = _Sheet(self)
        for looks in self.looks:
            if looks:
                sheet.take(looks, kept, corners, surfaces)
        if not sheet.material and not sheet.texture:
            return None
        present = {(id(poly), turned) for poly, turned in kept}
        return sheet.written(nested, present, corners)


class _Sheet:
    """Materials and textures of one geometry."""

    def __init__(self, painter: Painter) -> None:
        self.painter = painter
        self.material: dict[str, dict[int, int]] = {}
        self.texture: dict[str, dict[int, list[Any]]] = {}
        self.materials: list[dict[str, Any]] = []
        self.textures: list[dict[str, Any]] = []
        self.uv: list[list[float]] = []
        self._uv_at: dict[tuple[float, float], int] = {}
        self._known: dict[tuple[int, str, int], int] = {}

    def take(
        self,
        looks: Looks,
        kept: list[tuple[Poly, bool]],
        corners: dict[int, list[int]],
        surfaces: list[dict[str, Any]],
    ) -> None:
        names: list[str] = []
        for poly, _ in kept:
            names += _targets(poly, surfaces)
            names += [i for i in poly.ring_ids if i]
        found = looks.of(names)
        if not found:
            return
        texts = [row[3] for rows in found.values() for row in rows if row[3] is not None]
        flat, counts = parse_lists(texts)
        held = np.maximum(counts, 0)
        ends = np.cumsum(held)
        parts = {
            text: flat[end - count : end].reshape(-1, 2).tolist() if not count % 2 else []
            for text, count, end in zip(texts, held.tolist(), ends.tolist(), strict=True)
        }
        for poly, _ in kept:
            for name in reversed(_targets(poly, surfaces)):  # the nearest is set last
                for kind, theme, number, _ in found.get(name, ()):
                    if kind == "material":
                        self.material.setdefault(theme, {})[id(poly)] = self._of(
                            looks, "material", number
                        )
                    else:
                        index = self._of(looks, "texture", number)
                        self.texture.setdefault(theme, {})[id(poly)] = [
                            [index] for n in poly.rings if n in corners
                        ]
            self._rings(looks, poly, found, parts, corners)

    def _rings(
        self,
        looks: Looks,
        poly: Poly,
        found: dict[str, Any],
        parts: dict[str, Any],
        corners: dict[int, list[int]],
    ) -> None:
        for at, (number, ring) in enumerate(zip(poly.rings, poly.ring_ids, strict=False)):
            for kind, theme, texture, text in found.get(ring or "", ()):
                if kind != "texture" or text is None or number not in corners:
                    continue
                pairs, wanted = parts[text], len(corners[number])
                if len(pairs) not in (wanted, wanted + 1):
                    self.painter.tally.add(
                        Problem(
                            "texture-coordinates-wrong",
                            "A ring has more or fewer texture coordinates than corners.",
                            place=f"line {poly.line} {self.painter.key}",
                            got=str(len(pairs)),
                            expected=str(wanted + 1),
                        )
                    )
                    continue
                rings = self.texture.setdefault(theme, {}).setdefault(
                    id(poly), [[None] for n in poly.rings if n in corners]
                )
                place = sum(n in corners for n in poly.rings[:at])
                rings[place] = [
                    self._of(looks, "texture", texture),
                    *(self._coordinate(*pair) for pair in pairs[:wanted]),
                ]

    def _of(self, looks: Looks, kind: str, number: int) -> int:
        own = self.materials if kind == "material" else self.textures
        given = looks.materials if kind == "material" else looks.textures
        key = (id(looks), kind, number)
        if key not in self._known:
            self._known[key] = len(own)
            own.append(given[number])
        return self._known[key]

    def _coordinate(self, u: float, v: float) -> int:
        at = self._uv_at.setdefault((u, v), len(self._uv_at))
        if at == len(self.uv):
            self.uv.append([u, v])
        return at

    def written(
        self, nested: list[Any], present: set[tuple[int, bool]], corners: dict[int, list[int]]
    ) -> dict[str, Any]:
        def materials(of: dict[int, int], part: list[Any]) -> list[Any]:
            out: list[Any] = []
            for item in part:
                if isinstance(item, list):
                    out.append(materials(of, item))
                elif (id(item[0]), item[1]) in present:
                    out.append(of.get(id(item[0])))
            return out

        def textures(of: dict[int, list[Any]], part: list[Any]) -> list[Any]:
            out: list[Any] = []
            for item in part:
                if isinstance(item, list):
                    out.append(textures(of, item))
                elif (id(item[0]), item[1]) in present:
                    poly, turned = item
                    rings = of.get(id(poly)) or [[None] for n in poly.rings if n in corners]
                    out.append([[r[0], *r[:0:-1]] for r in rings] if turned else rings)
            return out

        made: dict[str, Any] = {}
        if self.material:
            made["material"] = {
                theme: {"values": materials(of, nested)} for theme, of in self.material.items()
            }
            made["materials"] = self.materials
        if self.texture:
            made["texture"] = {
                theme: {"values": textures(of, nested)} for theme, of in self.texture.items()
            }
            made["textures"] = self.textures
            if self.uv:
                made["vertices-texture"] = self.uv
        return made


def _targets(poly: Poly, surfaces: list[dict[str, Any]]) -> list[str]:
    own = list(poly.ids)
    if poly.surface is not None and surfaces[poly.surface].get("id"):
        own.append(surfaces[poly.surface]["id"])
    return own
