"""Write buildings of the plan as IFC4: they stand exactly on their GIS footprints."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.demo.frame import Reals
from cimkit.demo.modelled import Model

__all__ = ["write_ifc"]

_WALL, _SLAB = 0.3, 0.3  # thickness, metres
_WINDOW, _SILL, _DOOR = (1.5, 1.6), 0.9, (1.8, 2.3)  # width and height
_SPACING = 3.4  # metres from window to window


def write_ifc(file: Path, model: Model) -> None:
    """Write one building: storeys, walls with openings, windows, doors, slabs, property sets."""
    from ifcopenshell import guid

    out = _Writer(model)
    for floor in range(model.floors):
        out.floor(floor)
    out.finish()
    for entity in out.f.by_type("IfcRoot"):
        name = f"https://cimkit.dev/demo/{model.seed}/{entity.id()}"
        entity.GlobalId = guid.compress(uuid.uuid5(uuid.NAMESPACE_URL, name).hex)
    header = out.f.header
    header.file_name.name = file.name
    header.file_name.time_stamp = "2026-09-01T00:00:00"
    file.parent.mkdir(parents=True, exist_ok=True)
    out.f.write(str(file))


class _Writer:
    def __init__(self, model: Model) -> None:
        import ifcopenshell.api.context
        import ifcopenshell.api.georeference
        import ifcopenshell.api.material
        import ifcopenshell.api.project
        import ifcopenshell.api.pset
        import ifcopenshell.api.root
        import ifcopenshell.api.unit

        self.api = ifcopenshell.api
        self.m = model
        self.f = self.api.project.create_file("IFC4")
        project = self.new("IfcProject", model.name)
        metres = [
            self.api.unit.add_si_unit(self.f, unit_type=f"{kind}UNIT")
            for kind in ("LENGTH", "AREA", "VOLUME", "PLANEANGLE")
        ]
        project.UnitsInContext = self.f.createIfcUnitAssignment(metres)
        root = self.api.context.add_context(self.f, context_type="Model")
        self.body = self.api.context.add_context(
            self.f,
            context_type="Model",
            context_identifier="Body",
            target_view="MODEL_VIEW",
            parent=root,
        )
        self.up = self.f.createIfcDirection((0.0, 0.0, 1.0))
        self.world = self.placement(0.0, 0.0, 0.0, None)
        self.site = self.new("IfcSite", "临江市示范片区")
        self.building = self.new("IfcBuilding", model.name)
        self.building.CompositionType = "ELEMENT"
        for part, whole in ((self.site, project), (self.building, self.site)):
            self.relate("IfcRelAggregates", whole, [part])
            part.ObjectPlacement = self.world
        self.api.pset.edit_pset(
            self.f,
            pset=self.api.pset.add_pset(self.f, product=self.building, name="Pset_BuildingCommon"),
            properties={"Reference": model.tag, "NumberOfStoreys": model.floors},
        )
        self.storeys: list[Any] = []
        self.made: dict[str, list[Any]] = {}
        self.solids = {
            "window": self.box(_WINDOW[0], 0.08, _WINDOW[1]),
            "window hole": self.box(_WINDOW[0], _WALL + 0.2, _WINDOW[1]),
            "door": self.box(_DOOR[0], 0.08, _DOOR[1]),
            "door hole": self.box(_DOOR[0], _WALL + 0.2, _DOOR[1]),
        }
        if model.placed:
            self.georeference()

    def new(self, ifc_class: str, name: str, kind: str | None = None) -> Any:
        entity = self.api.root.create_entity(
            self.f, ifc_class=ifc_class, name=name, predefined_type=kind
        )
        if hasattr(self, "made"):
            self.made.setdefault(ifc_class, []).append(entity)
        return entity

    def relate(self, ifc_class: str, first: Any, second: Any) -> None:
        # The API's own verbs collect in sets, whose order, and so the file's, differs each time.
        self.f.create_entity(ifc_class, _FREE_ID, None, None, None, first, second)

    def georeference(self) -> None:
        """Say where the model stands, in IfcMapConversion and, roughly, in IfcSite."""
        easting, northing, cosine, sine, scale = self.m.stand
        self.api.georeference.add_georeferencing(self.f)
        self.api.georeference.edit_georeferencing(
            self.f,
            projected_crs={"Name": self.m.crs, "VerticalDatum": "EPSG:5737"},
            coordinate_operation={
                "Eastings": easting,
                "Northings": northing,
                "OrthogonalHeight": self.m.base_z,
                "XAxisAbscissa": cosine,
                "XAxisOrdinate": sine,
                "Scale": scale,
            },
        )
        self.site.RefLongitude, self.site.RefLatitude = map(_angle, self.m.lonlat)
        self.site.RefElevation = self.m.base_z

    def floor(self, number: int) -> None:
        """Add one storey and everything in it."""
        z = number * self.m.storey
        twin = self.m.twin_storeys and number == 1
        storey = self.new("IfcBuildingStorey", f"{number if twin else number + 1}F")
        storey.Elevation = z
        storey.ObjectPlacement = at = self.placement(0.0, 0.0, z, self.world)
        self.storeys.append(storey)
        held = [self.slab(f"楼板 {number + 1}F", "BASESLAB" if number == 0 else "FLOOR", 0.0, at)]
        for ring in self.m.rings:
            # Counter-clockwise outside and clockwise holes both have the inside on their left.
            for start, end in zip(ring, np.roll(ring, -1, axis=0), strict=True):
                held += self.wall(start, end, number, at)
        if number == self.m.floors - 1:
            held.append(self.slab("屋面板", "ROOF", self.m.storey, at))
        self.relate("IfcRelContainedInSpatialStructure", held, storey)

    def slab(self, name: str, kind: str, top: float, at: Any) -> Any:
        outer, *holes = (self.polyline(ring) for ring in self.m.rings)
        if holes:
            profile = self.f.createIfcArbitraryProfileDefWithVoids("AREA", None, outer, holes)
        else:
            profile = self.f.createIfcArbitraryClosedProfileDef("AREA", None, outer)
        slab = self.new("IfcSlab", name, kind)
        slab.ObjectPlacement = self.placement(0.0, 0.0, top - _SLAB, at)
        slab.Representation = self.shape(self.solid(profile, _SLAB))
        return slab

    def wall(self, start: Reals, end: Reals, number: int, at: Any) -> list[Any]:
        """Return a wall from corner to corner, inside the outline, and what fills its openings."""
        length = float(np.hypot(*(end - start)))
        along = (end - start) / length
        wall = self.new("IfcWall", f"外墙 {number + 1}F-{len(self.made.get('IfcWall', ())) + 1}")
        wall.PredefinedType = "SOLIDWALL"
        wall.ObjectPlacement = here = self.placement(start[0], start[1], 0.0, at, along)
        ring = np.array([[0.0, 0.0], [length, 0.0], [length, _WALL], [0.0, _WALL]])
        profile = self.f.createIfcArbitraryClosedProfileDef("AREA", None, self.polyline(ring))
        wall.Representation = self.shape(self.solid(profile, self.m.storey - _SLAB))
        windows = int((length - 1.2) // _SPACING)
        door = number == 0 and length > 5 and not self.made.get("IfcDoor")
        held = [wall]
        for k in range(windows):
            middle = length * (k + 0.5) / windows
            is_door = door and k == windows // 2
            held.append(self.filled(wall, middle, is_door, here))
        return held

    def filled(self, wall: Any, middle: float, is_door: bool, at: Any) -> Any:
        width, sill, kind = (_DOOR[0], 0.0, "door") if is_door else (_WINDOW[0], _SILL, "window")
        opening = self.new("IfcOpeningElement", f"洞口 {wall.Name}", "OPENING")
        opening.ObjectPlacement = self.placement(middle - width / 2, -0.1, sill, at)
        opening.Representation = self.shape(self.solids[f"{kind} hole"])
        self.relate("IfcRelVoidsElement", wall, opening)
        fill = self.new("IfcDoor" if is_door else "IfcWindow", "入口门" if is_door else "窗")
        fill.Name = f"{fill.Name} {len(self.made[fill.is_a()])}"
        fill.OverallWidth, fill.OverallHeight = _DOOR if is_door else _WINDOW
        fill.ObjectPlacement = self.placement(middle - width / 2, 0.1, sill, at)
        fill.Representation = self.shape(self.solids[kind])
        self.relate("IfcRelFillsElement", opening, fill)
        return fill

    def finish(self) -> None:
        """Hang up the storeys; give all elements of a class their property set and material."""
        self.relate("IfcRelAggregates", self.building, self.storeys)
        door = {"IsExternal": True} | ({"FireExit": True} if self.m.fire_exit else {})
        for ifc_class, common, material, properties in (
            ("IfcWall", "Pset_WallCommon", "混凝土", {"IsExternal": True, "FireRating": "2h"}),
            ("IfcSlab", "Pset_SlabCommon", "混凝土", {"LoadBearing": True, "FireRating": "1.5h"}),
            ("IfcWindow", "Pset_WindowCommon", "玻璃", {"IsExternal": True}),
            ("IfcDoor", "Pset_DoorCommon", "玻璃", door),
        ):
            if made := self.made.get(ifc_class):
                pset = self.api.pset.add_pset(self.f, product=made[0], name=common)
                self.api.pset.edit_pset(self.f, pset=pset, properties=properties)
                made[0].IsDefinedBy[0].RelatedObjects = made
                stuff = self.api.material.add_material(self.f, name=material)
                self.relate("IfcRelAssociatesMaterial", made, stuff)

    def placement(self, x: float, y: float, z: float, on: Any, along: Reals | None = None) -> Any:
        point = self.f.createIfcCartesianPoint((float(x), float(y), float(z)))
        ahead = along is not None and self.f.createIfcDirection((*map(float, along), 0.0))
        axes = self.f.createIfcAxis2Placement3D(point, self.up if ahead else None, ahead or None)
        return self.f.createIfcLocalPlacement(on, axes)

    def polyline(self, ring: Reals) -> Any:
        points = [self.f.createIfcCartesianPoint((float(x), float(y))) for x, y in ring]
        return self.f.createIfcPolyline([*points, points[0]])

    def solid(self, profile: Any, height: float) -> Any:
        return self.f.createIfcExtrudedAreaSolid(profile, None, self.up, height)

    def box(self, width: float, depth: float, height: float) -> Any:
        ring = np.array([[0.0, 0.0], [width, 0.0], [width, depth], [0.0, depth]])
        profile = self.f.createIfcArbitraryClosedProfileDef("AREA", None, self.polyline(ring))
        return self.solid(profile, height)

    def shape(self, solid: Any) -> Any:
        body = self.f.createIfcShapeRepresentation(self.body, "Body", "SweptSolid", [solid])
        return self.f.createIfcProductDefinitionShape(None, None, [body])


_FREE_ID = "0" * 22  # replaced with all other GlobalIds when the file is complete


def _angle(degrees: float) -> tuple[int, int, int, int]:
    """Return degrees, minutes, seconds and millionths, as IfcCompoundPlaneAngleMeasure wants."""
    whole = round(degrees * 3600 * 1_000_000)
    seconds, millionths = divmod(whole, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    return minutes // 60, minutes % 60, seconds, millionths
