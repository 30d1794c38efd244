"""An IFC building of any size, written as text: what no library writes 100 MB of in a minute."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import IO

_HEAD = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('ViewDefinition [CoordinationView]'),'2;1');
FILE_NAME('building.ifc','2026-01-01T00:00:00',(''),(''),'','cimkit','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
"""
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"


class _Text:
    """Instances written one after the other."""

    def __init__(self, out: IO[str]) -> None:
        self.out, self.numbers, self.guids = out, count(1), count(1)
        self.size = out.write(_HEAD)

    def add(self, name: str, arguments: str) -> int:
        n = next(self.numbers)
        self.size += self.out.write(f"#{n}={name}({arguments});\n")
        return n

    def root(self, name: str, label: str, arguments: str) -> int:
        n, text = next(self.guids), ""
        for _ in range(6):
            n, digit = divmod(n, 64)
            text = _LETTERS[digit] + text
        return self.add(name, f"'{text:0>22}',$,'{label}',$,{arguments}")

    def place(self, x: float, y: float, z: float, on: int | None = None) -> int:
        point = self.add("IFCCARTESIANPOINT", f"({x:.3f},{y:.3f},{z:.3f})")
        axes = self.add("IFCAXIS2PLACEMENT3D", f"#{point},$,$")
        return self.add("IFCLOCALPLACEMENT", f"{f'#{on}' if on else '$'},#{axes}")

    def box(self, x: float, y: float, z: float) -> int:
        profile = self.add("IFCRECTANGLEPROFILEDEF", f".AREA.,$,$,{x:.3f},{y:.3f}")
        return self.add("IFCEXTRUDEDAREASOLID", f"#{profile},$,#{self.up},{z:.3f}")

    def shape(self, kind: str, item: int) -> int:
        body = self.add("IFCSHAPEREPRESENTATION", f"#{self.context},'Body','{kind}',(#{item})")
        return self.add("IFCPRODUCTDEFINITIONSHAPE", f"$,$,(#{body})")

    up = 0
    context = 0


def _refs(numbers: list[int]) -> str:
    return "(" + ",".join(f"#{n}" for n in numbers) + ")"


def write_building(file: Path, megabytes: float) -> None:
    """Write storeys of walls with openings, types, property sets, and mapped furniture.

    Parameters
    ----------
    file : Path
    megabytes : float
        Size to reach; the storey begun last is finished.
    """
    with file.open("w", encoding="ascii") as out:
        text = _Text(out)
        building = _project(text)
        kind = text.root("IFCWALLTYPE", "W200", "$,$,$,$,'wall 200',.SOLIDWALL.")
        chair, chair_map = _chair(text)
        storeys: list[int] = []
        while text.size < megabytes * 1e6:
            storeys.append(_storey(text, len(storeys), kind, chair, chair_map))
        text.root("IFCRELAGGREGATES", "", f"#{building},{_refs(storeys)}")
        out.write("ENDSEC;\nEND-ISO-10303-21;\n")


def _project(text: _Text) -> int:
    text.up = text.add("IFCDIRECTION", "(0.,0.,1.)")
    point = text.add("IFCCARTESIANPOINT", "(0.,0.,0.)")
    axes = text.add("IFCAXIS2PLACEMENT3D", f"#{point},$,$")
    text.context = text.add("IFCGEOMETRICREPRESENTATIONCONTEXT", f"$,'Model',3,1.E-5,#{axes},$")
    crs = text.add("IFCPROJECTEDCRS", "'EPSG:4544',$,$,$,$,$,$")
    text.add("IFCMAPCONVERSION", f"#{text.context},#{crs},500000.,3272000.,200.,1.,0.,1.")
    metre = text.add("IFCSIUNIT", "*,.LENGTHUNIT.,$,.METRE.")
    units = text.add("IFCUNITASSIGNMENT", f"(#{metre})")
    project = text.root("IFCPROJECT", "P", f"$,$,$,(#{text.context}),#{units}")
    site = text.root("IFCSITE", "S", f"$,#{text.place(0, 0, 0)},$,$,.ELEMENT.,$,$,$,$,$")
    building = text.root("IFCBUILDING", "B", "$,$,$,$,.ELEMENT.,$,$,$")
    text.root("IFCRELAGGREGATES", "", f"#{project},(#{site})")
    text.root("IFCRELAGGREGATES", "", f"#{site},(#{building})")
    return building


def _chair(text: _Text) -> tuple[int, int]:
    solid = text.box(0.5, 0.5, 0.9)
    body = text.add("IFCSHAPEREPRESENTATION", f"#{text.context},'Body','SweptSolid',(#{solid})")
    point = text.add("IFCCARTESIANPOINT", "(0.,0.,0.)")
    axes = text.add("IFCAXIS2PLACEMENT3D", f"#{point},$,$")
    mapped = text.add("IFCREPRESENTATIONMAP", f"#{axes},#{body}")
    kind = text.root("IFCFURNITURETYPE", "Chair", f"$,$,(#{mapped}),$,$,.NOTDEFINED.,.CHAIR.")
    return kind, mapped


def _storey(text: _Text, number: int, kind: int, chair: int, mapped: int) -> int:
    """Write 200 walls of one window each, and 400 chairs."""
    at = text.place(0, 0, number * 3.5)
    storey = text.root("IFCBUILDINGSTOREY", f"{number + 1}F", f"$,#{at},$,$,.ELEMENT.,$")
    held: list[int] = []
    walls: list[int] = []
    chairs: list[int] = []
    point = text.add("IFCCARTESIANPOINT", "(0.,0.,0.)")
    target = text.add("IFCCARTESIANTRANSFORMATIONOPERATOR3D", f"$,$,#{point},$,$")
    for n in range(200):
        x, y = n % 20 * 6.0, n // 20 * 8.0
        here = text.place(x, y, 0, at)
        # No two walls are alike, as in a model that was drawn.
        wall_shape = text.shape("SweptSolid", text.box(5.0 + n * 1e-3 + number * 1e-4, 0.2, 3.0))
        wall = text.root("IFCWALL", f"Wall {number}-{n}", f"$,#{here},#{wall_shape},'{n}',$")
        hole_shape = text.shape("SweptSolid", text.box(1.5, 0.6, 1.4))
        hole_at = text.place(0, 0, 0.9, here)
        hole = text.root("IFCOPENINGELEMENT", "hole", f"$,#{hole_at},#{hole_shape},$,.OPENING.")
        text.root("IFCRELVOIDSELEMENT", "", f"#{wall},#{hole}")
        frame_shape = text.shape("SweptSolid", text.box(1.5, 0.1, 1.4))
        frame = text.root(
            "IFCWINDOW", f"Window {n}", f"$,#{hole_at},#{frame_shape},$,1.4,1.5,$,$,$"
        )
        text.root("IFCRELFILLSELEMENT", "", f"#{hole},#{frame}")
        _sets(text, wall, n)
        walls.append(wall)
        held += [wall, frame]
    for n in range(400):
        item = text.add("IFCMAPPEDITEM", f"#{mapped},#{target}")
        place = text.place(n % 20 * 6.0 + 1, n // 20 * 4.0 + 1, 0, at)
        shape = text.shape("MappedRepresentation", item)
        one = text.root("IFCFURNITURE", f"Chair {n}", f"'Chair',#{place},#{shape},$,.CHAIR.")
        chairs.append(one)
    held += chairs
    text.root("IFCRELCONTAINEDINSPATIALSTRUCTURE", "", f"{_refs(held)},#{storey}")
    text.root("IFCRELDEFINESBYTYPE", "", f"{_refs(walls)},#{kind}")
    text.root("IFCRELDEFINESBYTYPE", "", f"{_refs(chairs)},#{chair}")
    return storey


def _sets(text: _Text, wall: int, n: int) -> None:
    """Give a wall a set of twelve properties and three quantities, as authoring tools do."""
    held = [
        text.add("IFCPROPERTYSINGLEVALUE", f"'IsExternal',$,IFCBOOLEAN(.{'TF'[n % 2]}.),$"),
        text.add("IFCPROPERTYSINGLEVALUE", "'FireRating',$,IFCLABEL('2h'),$"),
        text.add("IFCPROPERTYSINGLEVALUE", "'ThermalTransmittance',$,IFCREAL(0.24),$"),
        *(
            text.add("IFCPROPERTYSINGLEVALUE", f"'Field {k}',$,IFCTEXT('value {n} {k}'),$")
            for k in range(9)
        ),
    ]
    pset = text.root("IFCPROPERTYSET", "Pset_WallCommon", _refs(held))
    text.root("IFCRELDEFINESBYPROPERTIES", "", f"(#{wall}),#{pset}")
    base = [
        text.add("IFCQUANTITYLENGTH", "'Length',$,$,5.,$"),
        text.add("IFCQUANTITYAREA", "'NetSideArea',$,$,12.9,$"),
        text.add("IFCQUANTITYVOLUME", "'NetVolume',$,$,2.58,$"),
    ]
    quantities = text.root("IFCELEMENTQUANTITY", "Qto_WallBaseQuantities", f"$,{_refs(base)}")
    text.root("IFCRELDEFINESBYPROPERTIES", "", f"(#{wall}),#{quantities}")
