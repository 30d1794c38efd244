"""Binary glTF: a selection as one scene, for programs that model and render."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import ExportError
from cimkit.exporters._cityjson.frame import OUT_OF_REACH, Frame
from cimkit.exporters._heights_told import SOLID_KINDS, heights_told
from cimkit.exporters._one_file import one_file
from cimkit.exporters._scene import Color, Scene, y_up
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._cityjson.drafts import Draft
    from cimkit.exporters._cityjson.streams import Heap
    from cimkit.exporters._select import Selection

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="gltf", title="binary glTF", suffix=".glb")
Reals = npt.NDArray[np.float64]
_MOST = 5_000_000
_GREY: Color = (0.75, 0.75, 0.75, 1.0)
_COLORS: dict[str, Color] = {
    "Building": (0.72, 0.68, 0.62, 1.0),
    "BuildingPart": (0.72, 0.68, 0.62, 1.0),
    "Road": (0.3, 0.3, 0.32, 1.0),
    "WaterBody": (0.2, 0.42, 0.62, 1.0),
    "PlantCover": (0.28, 0.48, 0.2, 1.0),
    "SolitaryVegetationObject": (0.2, 0.4, 0.15, 1.0),
    "TINRelief": (0.55, 0.5, 0.4, 1.0),
    "CityFurniture": (0.4, 0.4, 0.45, 1.0),
}
_THIN = "triangles and surfaces without an area"


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    crs: str | None = None,
    triangles: int = _MOST,
) -> ExportReport:
    """Write the objects as one glTF 2.0 scene in metres, y up, about an origin of its own.

    Each object is a node with its name and, in ``extras``, what the catalogue knows of it, under
    the node of the object that it is part of; objects show their most detailed geometry. Shapes of
    building models are meshes that all their copies share. ``asset.extras`` has the origin (east,
    north, height in ``crs``). Heights are those of the sources; textures are left out.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.
    crs : str, optional
        Coordinate system with metres. Otherwise that of the sources if they have one, else the
        catalogue's ``metric_crs``, else a zone of UTM.
    triangles : int
        The most that are written.

    Raises
    ------
    UsageError
        If nobody knows the coordinate system.
    ExportError
        If there is no object, there are more triangles, or the file cannot be written.
    """
    write = partial(_write, crs=crs, most=int(triangles))
    return one_file(SPEC, out, write, catalog, where=where, as_of=as_of, access=access)


def _write(
    selection: Selection, part: Path, report: ExportReport, *, crs: str | None, most: int
) -> None:
    from cimkit.exporters._cityjson.gathering import Gathering
    from cimkit.exporters._cityjson.setting import prepared
    from cimkit.exporters._cityjson.streams import heaps

    tree, frame = prepared(selection, report, crs, metres=True)
    gathering = Gathering(selection, frame, instanced=False)
    writing = _Writing(Scene(), gathering, most, str(report.out))
    with tempfile.TemporaryDirectory(prefix=f".{report.out.name}-", dir=part.parent) as scratch:
        for heap in heaps(selection, Path(scratch)):
            writing.take(heap)
    extras: dict[str, Any] = {"origin": list(frame.origin)}
    if frame.crs is not None:
        extras["crs"] = frame.crs
        code = frame.crs.removeprefix("EPSG:").partition("+")[0]
        if frame.crs.startswith("EPSG:") and code.isdigit():
            extras["epsg"] = int(code)
    part.write_bytes(writing.scene.to_bytes(extras, writing.roots))
    report.counts.update(sorted(tree.types.items()))
    for reason, count in sorted(gathering.lost.items()):
        report.leave(reason, count)
    report.notes += [*frame.notes, *heights_told(selection, SOLID_KINDS, named=False)]
    if writing.bare:
        report.notes.append(f"{writing.bare:,} objects are nodes without a geometry of their own")
    if gathering.flat:
        report.notes.append(
            f"{gathering.flat:,} objects have no height of their own: they stand at 0 m"
        )


class _Writing:
    """Objects to nodes."""

    def __init__(self, scene: Scene, gathering: Any, most: int, out: str) -> None:
        self.scene, self._gathering, self._most, self._out = scene, gathering, most, out
        self.roots: list[int] = []
        self.bare = 0
        self._node_at: dict[int, int] = {}

    def take(self, heap: Heap) -> None:
        """Add the objects of a heap."""
        from dataclasses import replace

        from cimkit.exporters._cityjson.bodies import bodies

        keys, made, said = bodies(heap)
        rows = [s["row"] for s in said]
        first = rows[0]["pos"]
        nodes = [self._node(key, row) for key, row in zip(keys, rows, strict=True)]
        shown: set[int] = set()
        best: dict[int, list[Draft]] = {}
        plain = replace(heap, placements=heap.placements.slice(0, 0))
        for draft in self._gathering.drafts(plain, made, said, rows):
            if draft.address is None:
                best.setdefault(draft.owner, []).append(draft)
        for owner, drafts in best.items():
            mesh = self._mesh(drafts, _COLORS.get(rows[owner]["type"], _GREY))
            if mesh is not None:
                self.scene.show(nodes[owner], mesh)
                shown.add(owner)
        shown |= self._placed(heap, nodes, first)
        self.bare += len(rows) - len(shown)
        if self.scene.triangles > self._most:
            raise ExportError(
                "the selection has too many triangles for one file",
                where=self._out,
                got=f"more than {self._most:,}",
                mend="Select less with --where, or export 3dtiles.",
            )

    def _node(self, key: str, row: dict[str, Any]) -> int:
        facts = {n: row[n] for n in ("object_id", "class_code", "asset_code", "name", "level")}
        node = self.scene.node(
            row["name"] or row["asset_code"] or key,
            {k: v for k, v in facts.items() if v is not None},
        )
        self._node_at[row["pos"]] = node
        above = self._node_at.get(row["up"])
        if above is None:
            self.roots.append(node)
        else:
            self.scene.nodes[above].setdefault("children", []).append(node)
        return node

    def _mesh(self, drafts: list[Draft], color: Color) -> int | None:
        """Return the mesh of the most detailed geometry; surfaces come before lines and points."""
        frame: Frame = self._gathering.frame

        def worth(draft: Draft) -> tuple[bool, str]:
            return (not draft.shape["type"].startswith(("MultiP", "MultiL")), draft.shape["lod"])

        draft = max(drafts, key=worth)
        points = y_up(frame.moved(draft.points, draft.crs) - np.array(frame.origin))
        if not np.isfinite(points).all():
            self._gathering.lost[OUT_OF_REACH] += 1
            return None
        kind, nested = draft.shape["type"], draft.shape["boundaries"]
        if kind == "MultiPoint":
            return self.scene.points(points[nested], color)
        if kind == "MultiLineString":
            return self.scene.lines([points[line] for line in nested], color)
        flat: list[Any] = nested
        while flat and flat[0] and isinstance(flat[0][0], list) and isinstance(flat[0][0][0], list):
            flat = [surface for shell in flat for surface in shell]
        shades = _shades(draft, len(flat), color)
        parts: dict[Color, list[list[Reals]]] = {}
        for surface, shade in zip(flat, shades, strict=True):
            rings = [points[ring] for ring in surface if len(ring) > 2]
            if rings:
                parts.setdefault(shade, []).append(rings)
        mesh = self.scene.surfaces(parts)
        self._gathering.lost[_THIN] += mesh is None
        return mesh

    def _placed(self, heap: Heap, nodes: list[int], first: int) -> set[int]:
        from cimkit.exporters._cityjson.built import packed

        frame: Frame = self._gathering.frame
        shapes = packed(self._gathering.selection, heap.placements)
        shown = set()
        rows = heap.placements.to_pylist()
        for pos, own in groupby(rows, key=lambda p: int(p["pos"])):
            for place in sorted(own, key=lambda p: (p["shape_id"], p["matrix"])):
                key = (place["sha256"], place["shape_id"])
                if key not in shapes or (place["item_crs"] is None and frame.crs is not None):
                    self._gathering.lost["shapes without triangles or a place"] += 1
                    continue
                matrix = _stood(np.array(place["matrix"]).reshape(4, 4).T, place["item_crs"], frame)
                if not np.isfinite(matrix).all():
                    self._gathering.lost[OUT_OF_REACH] += 1
                    continue
                shade = place["color"]
                color = _GREY if shade is None else _rounded(shade)
                positions, indices = shapes[key]
                mesh = self.scene.shape(key, positions, indices, color)
                if mesh is None:
                    self._gathering.lost[_THIN] += 1
                    continue
                self.scene.show(nodes[pos - first], mesh, matrix)
                shown.add(pos - first)
        return shown


def _stood(matrix: Reals, crs: str | None, frame: Frame) -> Reals:
    """Return the matrix of a placement in the scene: y up, about the origin.

    In another CRS the shape is turned and stretched as the plane is at its middle.
    """
    middle = matrix[:3, 3]
    around = np.vstack([middle, middle + np.eye(3)])
    moved = frame.moved(around, crs)
    stood = np.eye(4)
    stood[:3, :3] = (
        (moved[1:] - moved[0]).T @ matrix[:3, :3] if crs != frame.crs else matrix[:3, :3]
    )
    stood[:3, 3] = moved[0] - np.array(frame.origin)
    turn = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    turned: Reals = turn @ stood
    return turned


def _shades(draft: Draft, count: int, color: Color) -> list[Color]:
    """Return the colour of each surface, of the first theme of materials that fits."""
    look = draft.appearance or {}
    materials = look.get("materials") or []
    for said in (look.get("material") or {}).values():
        values = said.get("values", said.get("value"))
        if isinstance(values, int):
            values = [values] * count
        while isinstance(values, list) and any(isinstance(v, list) for v in values):
            values = [w for v in values for w in (v if isinstance(v, list) else [v])]
        if isinstance(values, list) and len(values) == count:
            return [color if v is None else _color(materials[v], color) for v in values]
    return [color] * count


def _color(material: dict[str, Any], color: Color) -> Color:
    """Return the linear colour of a material, whose numbers are sRGB (IEC 61966-2-1)."""
    said = material.get("diffuseColor")
    if not isinstance(said, list) or len(said) != 3:
        return color
    screen = np.clip(np.array(said, float), 0, 1)
    linear = np.where(screen <= 0.04045, screen / 12.92, ((screen + 0.055) / 1.055) ** 2.4)
    clear = material.get("transparency")
    alpha = 1.0 - min(max(float(clear), 0.0), 1.0) if isinstance(clear, (int, float)) else 1.0
    return _rounded([*linear, alpha])


def _rounded(color: Sequence[float]) -> Color:
    red, green, blue, alpha = (round(min(max(float(v), 0.0), 1.0), 4) for v in color)
    return (red, green, blue, alpha)
