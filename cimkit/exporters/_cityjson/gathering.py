"""All geometries of a heap, from wherever the catalogue has them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from cimkit.exporters._cityjson.built import built
from cimkit.exporters._cityjson.drafts import Draft
from cimkit.exporters._cityjson.instances import Templates
from cimkit.exporters._cityjson.outlines import outlined
from cimkit.exporters._cityjson.streams import Heap
from cimkit.exporters._cityjson.types import fitting, surface_type
from cimkit.tiles import wkb_type

if TYPE_CHECKING:
    from cimkit.exporters._cityjson.frame import Frame
    from cimkit.exporters._select import Selection

__all__ = ["Gathering"]

_LOD = re.compile(r"\d(\.\d)?")
_NO_PLACE = "geometries without a place on the earth"
_MISFIT = "lines and points of objects that CityJSON gives surfaces only"
_INSTANCES = {"GenericCityObject", "CityFurniture", "SolitaryVegetationObject"}


@dataclass(slots=True)
class Gathering:
    """Takes geometries out of rows, and notes what is lost or assumed."""

    selection: Selection
    """The objects."""
    frame: Frame
    """Coordinate system and grid."""
    lod: str | None = None
    """The only level of detail that is written; None: all."""
    instanced: bool = True
    """Whether shapes that stand for many are written once."""
    templates: Templates = field(default_factory=Templates)
    """Shapes that stand for many."""
    lost: Counter[str] = field(default_factory=Counter)
    """What is not written, by reason."""
    extra: set[str] = field(default_factory=set)
    """Types of surfaces that CityJSON does not know."""
    flat: int = 0
    """Objects without a height."""
    unlevelled: int = 0
    """Geometries without a level of detail."""

    def drafts(
        self,
        heap: Heap,
        made: list[dict[str, Any]],
        said: list[dict[str, Any]],
        rows: list[dict[str, Any]],
    ) -> list[Draft]:
        """Return the geometries of a heap.

        Parameters
        ----------
        heap : Heap
        made, said, rows : list of dict
            From `cimkit.exporters._cityjson.bodies.bodies`, and the columns of the objects.
        """
        first = rows[0]["pos"]
        found: list[Draft] = []
        own: dict[int, tuple[bytes, str]] = {}
        for row in _sorted(heap):
            index = row["pos"] - first
            if row["boundaries"] is None:
                if row["wkb"] is not None and row["crs"] and wkb_type(row["wkb"]) < 8:
                    own.setdefault(index, (row["wkb"], row["crs"]))
                continue
            if row["crs"] is None and self.frame.crs is not None:
                self.lost[_NO_PLACE] += 1
                continue
            draft = self._delivered(index, row, made[index], said[index])
            if draft is not None:
                found.append(draft)
        plain = [
            row | {"properties": orjson.loads(row["properties"] or b"{}")}
            if row["kind"] not in ("citymodel", "bim")
            else row
            for row in rows
        ]
        flat = outlined(plain, own)
        self.flat += flat.flat
        self.lost += flat.lost
        found += [d for d in flat.drafts if self._wanted(d.shape, rows[d.owner]["type"])]
        placements = heap.placements
        if self.frame.crs is not None and placements.num_rows:
            import pyarrow.compute as pc

            placed = pc.is_valid(placements["item_crs"])
            lost = placements.filter(pc.invert(placed))
            self.lost[_NO_PLACE] += len(set(lost["pos"].to_pylist()))
            placements = placements.filter(placed)
        for draft in built(self.selection, placements, rows, self.frame, self.lost):
            if self._wanted(draft.shape, rows[draft.owner]["type"]):
                found.append(draft)
        for index, body in enumerate(made):
            found += _addresses(index, body, rows[index]["item_crs"])
        return found

    def _delivered(
        self, index: int, row: dict[str, Any], body: dict[str, Any], said: dict[str, Any]
    ) -> Draft | None:
        """Return a geometry as it was delivered, with its semantics and its level."""
        kind, lod = body["type"], row["lod"] or ""
        if not _LOD.fullmatch(lod):
            lod = next(iter(re.findall(r"\d(?:\.\d)?", lod)), "")
            self.unlevelled += not lod
            lod = lod or ("1" if "Solid" in row["geometry_type"] else "0")
        shape: dict[str, Any] = {"type": row["geometry_type"], "lod": lod}
        points = row["vertices"].reshape(-1, 3)
        if row["semantics"] is not None:
            shape["semantics"] = self._semantics(row["semantics"])
        if row["geometry_type"] == "MultiPoint" and fitting(kind, "MultiPoint") is None:
            address = _address(shape.pop("semantics", None))
            if address is not None:
                body.setdefault("address", []).append(address)
                shape["boundaries"] = orjson.loads(row["boundaries"])
                return Draft(index, points, row["crs"], shape, address=address)
        if not self._wanted(shape, kind):
            return None
        if self.instanced and kind in _INSTANCES and row["crs"] == self.frame.crs:
            places = [
                i for i in said.get("instances") or () if (i.get("lod") or None) == row["lod"]
            ]
            if len(places) == 1:
                stood = self._instance(index, row, shape, places[0], points)
                if stood is not None:
                    return stood
        shape["boundaries"] = orjson.loads(row["boundaries"])
        look = orjson.loads(row["appearance"]) if row["appearance"] is not None else None
        return Draft(index, points, row["crs"], shape, appearance=look, item=row["item_id"])

    def _instance(
        self,
        index: int,
        row: dict[str, Any],
        shape: dict[str, Any],
        place: dict[str, Any],
        points: npt.NDArray[np.float64],
    ) -> Draft | None:
        if row["appearance"] is not None:  # the features of a sequence have one each
            return None
        found = self.templates.of(row["item_id"], place, row, shape, points)
        if found is None:
            return None
        point = np.array([found.pop("point")], np.float64)
        return Draft(index, point, row["crs"], {"type": "GeometryInstance"} | found)

    def _semantics(self, text: str) -> dict[str, Any]:
        said: dict[str, Any] = orjson.loads(text)
        said.setdefault("values", None)
        count = len(said["surfaces"])
        for surface in said["surfaces"]:
            surface["type"] = surface_type(str(surface.get("type") or ""))
            if surface["type"].startswith("+"):
                self.extra.add(surface["type"])
            if not _points_at(surface.get("parent"), count):
                surface.pop("parent", None)
            below = surface.get("children")
            if below is not None and not (
                isinstance(below, list) and all(_points_at(b, count) for b in below)
            ):
                surface.pop("children")
        return said

    def _wanted(self, shape: dict[str, Any], kind: str) -> bool:
        """Give a geometry the type that its object may have; tell whether it is written."""
        if self.lod is not None and shape["lod"].split(".")[0] != self.lod.split(".")[0]:
            return False
        fit = fitting(kind, shape["type"])
        if fit is None:
            self.lost[_MISFIT] += 1
            return False
        shape["type"] = fit
        return True


def _points_at(value: Any, count: int) -> bool:
    return value is None or (isinstance(value, int) and 0 <= value < count)


def _sorted(heap: Heap) -> list[dict[str, Any]]:
    """Return the rows of geometries in an order that does not depend on that in the lake."""
    vertices = heap.geometries["vertices"].combine_chunks()
    flat = vertices.values.to_numpy()
    ends = vertices.offsets.to_numpy()
    rows: list[dict[str, Any]] = heap.geometries.drop_columns(["vertices"]).to_pylist()
    for n, row in enumerate(rows):
        row["vertices"] = flat[ends[n] : ends[n + 1]]
    rows.sort(
        key=lambda r: (
            r["pos"],
            r["lod"] or "",
            r["geometry_type"],
            r["boundaries"] or "",
            r["vertices"].tobytes(),
        )
    )
    return rows


def _addresses(index: int, body: dict[str, Any], crs: str | None) -> list[Draft]:
    """Return the places of addresses: each has its vertices with it."""
    found = []
    said = body.get("address")
    for address in said if isinstance(said, list) else ():
        place = address.get("location") if isinstance(address, dict) else None
        if isinstance(place, dict) and "vertices" in place:
            points = np.array(place.pop("vertices"), np.float64).reshape(-1, 3)
            found.append(Draft(index, points, crs, place, address=address))
    return found


def _address(semantics: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a new address if a point is said to be that of one."""
    said = semantics["surfaces"] if semantics else []
    return {} if len(said) == 1 and said[0]["type"] == "+Address" else None
