"""Models made here, and what the loader gives of them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import ifcopenshell
import numpy as np
import pyarrow as pa

from cimkit.loaders import ifc
from cimkit.loaders._spec import ReadOptions
from cimkit.model import STAGED, Asset, Declaration, Source

__all__ = ["E0", "GUIDS", "N0", "Model", "load", "related", "row", "source", "told", "world"]

GUIDS = [f"0000000000000000000{i:03d}" for i in range(600)]
E0, N0 = 500_000.0, 3_272_000.0


class Model:
    """A site, a building, a storey, and what is put on it."""

    def __init__(self, schema: str = "IFC4", *, millimetres: bool = True) -> None:
        self.file = ifcopenshell.file(schema=schema)
        self.guids = iter(GUIDS)
        make = self.file.create_entity
        self.unit = 1000.0 if millimetres else 1.0
        metre = make("IfcSIUnit", None, "LENGTHUNIT", "MILLI" if millimetres else None, "METRE")
        self.context = make(
            "IfcGeometricRepresentationContext",
            ContextIdentifier=None,
            ContextType="Model",
            CoordinateSpaceDimension=3,
            Precision=1e-5,
            WorldCoordinateSystem=self.axes(0, 0, 0),
        )
        self.project = make(
            "IfcProject",
            self.guid(),
            Name="P",
            RepresentationContexts=[self.context],
            UnitsInContext=make("IfcUnitAssignment", [metre]),
        )
        self.site = make("IfcSite", self.guid(), Name="S", ObjectPlacement=self.placement(0, 0, 0))
        self.building = make("IfcBuilding", self.guid(), Name="B")
        self.storey = make("IfcBuildingStorey", self.guid(), Name="1F", Elevation=0.0)
        self.relate("IfcRelAggregates", self.project, [self.site])
        self.relate("IfcRelAggregates", self.site, [self.building])
        self.relate("IfcRelAggregates", self.building, [self.storey])

    def guid(self) -> str:
        return next(self.guids)

    def axes(self, x: float, y: float, z: float) -> Any:
        point = self.file.create_entity("IfcCartesianPoint", [float(v) for v in (x, y, z)])
        return self.file.create_entity("IfcAxis2Placement3D", point)

    def placement(self, x: float, y: float, z: float) -> Any:
        u = self.unit
        return self.file.create_entity("IfcLocalPlacement", None, self.axes(x * u, y * u, z * u))

    def relate(self, kind: str, whole: Any, parts: list[Any]) -> Any:
        names = {"IfcRelContainedInSpatialStructure": ("RelatingStructure", "RelatedElements")}
        above, below = names.get(kind, ("RelatingObject", "RelatedObjects"))
        return self.file.create_entity(kind, self.guid(), **{above: whole, below: parts})

    def box(self, size: tuple[float, float, float]) -> Any:
        make, u = self.file.create_entity, self.unit
        profile = make("IfcRectangleProfileDef", "AREA", None, None, size[0] * u, size[1] * u)
        up = make("IfcDirection", [0.0, 0.0, 1.0])
        solid = make("IfcExtrudedAreaSolid", profile, self.axes(0, 0, 0), up, size[2] * u)
        return make("IfcShapeRepresentation", self.context, "Body", "SweptSolid", [solid])

    def put(
        self,
        kind: str,
        at: tuple[float, float, float],
        size: tuple[float, float, float] = (4.0, 2.0, 3.0),
        shape: Any = None,
        **attributes: Any,
    ) -> Any:
        shape = shape or self.box(size)
        product = self.file.create_entity(
            kind,
            self.guid(),
            ObjectPlacement=self.placement(*at),
            Representation=self.file.create_entity(
                "IfcProductDefinitionShape", None, None, [shape]
            ),
            **attributes,
        )
        self.relate("IfcRelContainedInSpatialStructure", self.storey, [product])
        return product

    def convert(
        self,
        epsg: str = "EPSG:4544",
        scale: float | None = 0.001,
        degrees: float = 0.0,
        at: tuple[float, float] = (E0, N0),
    ) -> None:
        crs = self.file.create_entity("IfcProjectedCRS", Name=epsg, VerticalDatum="EPSG:5737")
        self.file.create_entity(
            "IfcMapConversion",
            SourceCRS=self.context,
            TargetCRS=crs,
            Eastings=at[0],
            Northings=at[1],
            OrthogonalHeight=200.0,
            XAxisAbscissa=math.cos(math.radians(degrees)),
            XAxisOrdinate=math.sin(math.radians(degrees)),
            Scale=scale,
        )

    def pset(self, name: str, values: dict[str, str], objects: list[Any]) -> None:
        make = self.file.create_entity
        held = [
            make("IfcPropertySingleValue", k, None, make("IfcLabel", v)) for k, v in values.items()
        ]
        pset = make("IfcPropertySet", self.guid(), Name=name, HasProperties=held)
        self.file.create_entity(
            "IfcRelDefinesByProperties",
            self.guid(),
            RelatedObjects=objects,
            RelatingPropertyDefinition=pset,
        )

    def write(self, folder: Path, name: str = "model.ifc") -> Source:
        file = folder / name
        self.file.write(str(file))
        return source(file)


def source(file: Path) -> Source:
    return Source(path=file.name, file=file, size=file.stat().st_size, loader="ifc")


def load(
    given: Source, declared: Declaration | None = None
) -> tuple[Asset, dict[str, pa.Table], list[str]]:
    options = ReadOptions(declared or Declaration())
    asset = ifc.probe(given, options)
    tables: dict[str, list[pa.Table]] = {}
    for name, table in ifc.read(given, asset, options):
        tables.setdefault(name, []).append(table.cast(STAGED[name]))
    merged = {name: pa.concat_tables(parts) for name, parts in tables.items()}
    return asset, merged, [p.code for p in (*asset.problems, *options.problems)]


def row(tables: dict[str, pa.Table], kind: str) -> dict[str, Any]:
    found = [r for r in tables["objects"].to_pylist() if r["source_class"] == kind]
    assert len(found) == 1
    return found[0]


def world(tables: dict[str, pa.Table], key: str) -> np.ndarray:
    """Return the corners of a product by its placement, the way a tiler would."""
    shapes = {r["shape_id"]: r for r in tables["shapes"].to_pylist()}
    found = []
    for placed in tables["placements"].to_pylist():
        if placed["source_key"] == key:
            points = np.array(shapes[placed["shape_id"]]["positions"]).reshape(-1, 3)
            matrix = np.array(placed["matrix"]).reshape(4, 4, order="F")
            found.append(points @ matrix[:3, :3].T + matrix[:3, 3])
    return np.concatenate(found)


def told(tables: dict[str, pa.Table], key: str) -> dict[str, Any]:
    """Return the properties of one object."""
    for found in tables["objects"].to_pylist():
        if found["source_key"] == key:
            return dict(json.loads(found["properties"]))
    raise AssertionError(key)


def related(tables: dict[str, pa.Table]) -> set[tuple[str, str, str]]:
    """Return (from, relation, to) of all relations."""
    return {
        (r["source_key"], r["relation"], r["other_key"]) for r in tables["relations"].to_pylist()
    }
