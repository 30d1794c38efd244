"""One model in STEP, in XML and in a zip gives the same rows."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import ifcopenshell
import pytest

from tests.loaders.ifc.building import Model, load, row, source

INSTANCE = ifcopenshell.entity_instance


def rich() -> Model:
    """Return a model with a place, colours, copies, times, classes and a contradiction."""
    model = Model("IFC4")
    make = model.file.create_entity
    model.convert()
    model.site.RefLatitude, model.site.RefLongitude = (10, 0, 0), (100, 0, 0)
    walls = [
        model.put("IfcWall", (9.0 * i, 5, 1.5), Name="外墙", PredefinedType="SOLIDWALL")
        for i in range(2)
    ]
    for wall in walls:
        (solid,) = wall.Representation.Representations[0].Items
        red = make("IfcColourRgb", None, 1.0, 0.0, 0.25)
        style = make("IfcSurfaceStyle", None, "BOTH", [make("IfcSurfaceStyleShading", red, 0.5)])
        make("IfcStyledItem", solid, [style])
    model.pset("Pset_WallCommon", {"Reference": "A & <B>"}, walls)
    system = make("IfcClassification", Name="国标", Edition="2020")
    code = make("IfcClassificationReference", None, "14-10", "Wall", system)
    make(
        "IfcRelAssociatesClassification",
        model.guid(),
        RelatedObjects=[walls[0]],
        RelatingClassification=code,
    )
    person = make("IfcPersonAndOrganization", make("IfcPerson", "1", "Li"), make("IfcOrganization"))
    person.TheOrganization.Name = "院"
    program = make("IfcApplication", person.TheOrganization, "1", "M", "m")
    history = make("IfcOwnerHistory", person, program, CreationDate=1_600_000_000)
    walls[0].OwnerHistory = history
    times = make("IfcTaskTime", ScheduleStart="2026-03-01T08:00:00")
    make("IfcTask", model.guid(), Name="T", IsMilestone=False, TaskTime=times)
    line = make("IfcPolyline", [make("IfcCartesianPoint", p) for p in ([0.0, 0.0], [9.5, 1.0])])
    axis = make("IfcShapeRepresentation", model.context, "Axis", "Curve2D", [line])
    walls[1].Representation.Representations = [*walls[1].Representation.Representations, axis]
    return model


def flat(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(flat(v) for v in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def xml(model: Any) -> str:
    """Return a model as ifcXML of IFC4, each instance by itself."""
    lines = []
    for one in model:
        attributes, inner = f' id="i{one.id()}"', ""
        for name, value in one.get_info().items():
            if name in ("id", "type") or value is None:
                continue
            held = value if isinstance(value, tuple) else (value,)
            if not any(isinstance(v, INSTANCE) for v in held):
                attributes += f" {name}={quoteattr(flat(value))}"
            elif isinstance(value, INSTANCE) and value.id():
                kind = f'xsi:type="{value.is_a()}" ref="i{value.id()}"'
                inner += f'<{name} {kind} xsi:nil="true"/>'
            else:
                parts = [
                    f'<{v.is_a()} ref="i{v.id()}" xsi:nil="true"/>'
                    if v.id()
                    else f"<{v.is_a()}-wrapper>{escape(flat(v.wrappedValue))}</{v.is_a()}-wrapper>"
                    for v in held
                ]
                inner += f"<{name}>{''.join(parts)}</{name}>"
        lines.append(f"<{one.is_a()}{attributes}>{inner}</{one.is_a()}>")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<ifcXML'
        ' xmlns="http://www.buildingsmart-tech.org/ifcXML/IFC4/Add2"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n' + "\n".join(lines) + "</ifcXML>"
    )


@pytest.mark.keeps(
    "ifcXML",
    "geometry",
    "z",
    "crs",
    "vertical",
    "semantics",
    "appearance",
    "time",
    "instances",
    "contradictions",
)
@pytest.mark.keeps(
    "ifcZIP",
    "geometry",
    "z",
    "exact",
    "crs",
    "vertical",
    "attributes",
    "relations",
    "semantics",
    "appearance",
    "time",
    "text",
    "instances",
    "contradictions",
)
@pytest.mark.parametrize("form", ["xml", "zip", "zipped xml"])
def test_all_encodings_give_the_same_rows(tmp_path: Path, form: str) -> None:
    model = rich()
    plain = model.write(tmp_path)
    asset, tables, codes = load(plain)
    name, content = "m.ifc", plain.file.read_bytes()
    if "xml" in form:
        name, content = "m.ifcxml", xml(model.file).encode()
    file = tmp_path / name.replace("m.", "n.")
    file.write_bytes(content)
    if "zip" in form:
        file = tmp_path / "n.ifczip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
    other, others, said = load(source(file))
    assert said == codes == ["georeference-contradiction"]
    assert set(others) == set(tables) >= {"shapes", "placements", "geometries", "relations"}
    for table, rows in tables.items():
        assert sorted(map(str, others[table].to_pylist())) == sorted(map(str, rows.to_pylist()))
    for one in (asset, other):
        assert (one.crs, one.vertical_datum) == ("EPSG:4544", "EPSG:5737")
    assert other.properties["history"] == asset.properties["history"]
    assert (tables["shapes"].num_rows, tables["placements"].num_rows) == (1, 2)
    assert tables["placements"]["color"][0].as_py()[0] == pytest.approx(1.0)
    assert row(others, "IfcTask")["valid_from"].year == 2026
    assert '"国标"' in "".join(others["objects"]["properties"].to_pylist())
