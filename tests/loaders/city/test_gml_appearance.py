"""Appearance of CityGML in CityJSON's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cimkit.loaders import citygml

from .made import Loaded, building, gml, multi, polygon, square, surface

RED = (
    "<app:X3DMaterial gml:id='red'><app:ambientIntensity>0.2</app:ambientIntensity>"
    "<app:diffuseColor>1 0 0</app:diffuseColor><app:isSmooth>false</app:isSmooth>{}"
    "</app:X3DMaterial>"
)


def appearance(theme: str, *data: str) -> str:
    inside = "".join(f"<app:surfaceDataMember>{d}</app:surfaceDataMember>" for d in data)
    return f"<app:Appearance><app:theme>{theme}</app:theme>{inside}</app:Appearance>"


def texture(image: str, targets: str) -> str:
    return (
        f"<app:ParameterizedTexture><app:imageURI>{image}</app:imageURI>"
        "<app:mimeType>image/jpeg</app:mimeType><app:wrapMode>wrap</app:wrapMode>"
        f"{targets}</app:ParameterizedTexture>"
    )


def coordinates(key: str, text: str) -> str:
    return (
        f'<app:target uri="#{key}"><app:TexCoordList><app:textureCoordinates ring="#{key}_r">'
        f"{text}</app:textureCoordinates></app:TexCoordList></app:target>"
    )


def roofs() -> str:
    return surface("RoofSurface", "s", multi(polygon(square(1), "p"), polygon(square(2), "q")))


def look(loaded: Loaded) -> Any:
    (row,) = loaded.rows("b")
    return json.loads(row["appearance"])


@pytest.mark.parametrize("where", ["model", "object"])
@pytest.mark.keeps("CityGML", "appearance")
def test_textures_and_materials(tmp_path: Path, where: str) -> None:
    made = appearance(
        "summer",
        RED.format("<app:target>#q</app:target>"),
        texture("a/roof.jpg", coordinates("p", "0 0 1 0 1 1 0 1 0 0")),
    )
    if where == "model":
        members = building("b", roofs()) + f"<app:appearanceMember>{made}</app:appearanceMember>"
    else:
        members = building("b", f"<app:appearance>{made}</app:appearance>{roofs()}")
    loaded = gml(tmp_path, members)
    found = look(loaded)
    assert found["material"] == {"summer": {"values": [None, 0]}}
    assert found["materials"] == [
        {"name": "red", "ambientIntensity": 0.2, "diffuseColor": [1, 0, 0], "isSmooth": False}
    ]
    assert found["texture"] == {"summer": {"values": [[[0, 0, 1, 2, 3]], [[None]]]}}
    assert found["vertices-texture"] == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert found["textures"] == [{"type": "JPG", "image": "a/roof.jpg", "wrapMode": "wrap"}]
    assert loaded.problem("texture-missing").got == "a/roof.jpg"


@pytest.mark.keeps("CityGML", "appearance")
def test_material_of_a_whole_surface_and_of_its_back(tmp_path: Path) -> None:
    made = appearance(
        "t",
        RED.format("<app:target>#s</app:target>"),
        RED.format("<app:isFront>false</app:isFront><app:target>#p</app:target>"),
    )
    members = building("b", roofs()) + f"<app:appearanceMember>{made}</app:appearanceMember>"
    found = look(gml(tmp_path, members))
    assert found["material"] == {
        "t": {"values": [0, 0]},
        "t (back)": {"values": [1, None]},
    }
    assert found["materials"][1]["isFront"] is False


@pytest.mark.keeps("CityGML", "appearance", "damage")
def test_wrong_coordinates_and_projections_are_told(tmp_path: Path) -> None:
    projected = (
        '<app:target uri="#q"><app:TexCoordGen><app:worldToTexture>1 0 0 0 0 1 0 0 0 0 0 1'
        "</app:worldToTexture></app:TexCoordGen></app:target>"
    )
    made = appearance("t", texture("a.jpg", coordinates("p", "0 0 1 0") + projected))
    members = building("b", roofs()) + f"<app:appearanceMember>{made}</app:appearanceMember>"
    loaded = gml(tmp_path, members)
    assert loaded.problem("texture-coordinates-wrong").got == "2"
    assert loaded.problem("texture-by-projection").severity == "info"
    assert look(loaded)["textures"][0]["worldToTexture"]["q"][:4] == [1, 0, 0, 0]


def test_georeferenced_texture_keeps_its_place(tmp_path: Path) -> None:
    made = appearance(
        "t",
        "<app:GeoreferencedTexture><app:imageURI>o.tif</app:imageURI><app:preferWorldFile>false"
        "</app:preferWorldFile><app:referencePoint><gml:Point><gml:pos>1 2</gml:pos></gml:Point>"
        "</app:referencePoint><app:orientation>0.1 0 0 -0.1</app:orientation>"
        "<app:target>#p</app:target></app:GeoreferencedTexture>",
    )
    members = building("b", roofs()) + f"<app:appearanceMember>{made}</app:appearanceMember>"
    found = look(gml(tmp_path, members))
    assert found["textures"][0]["referencePoint"] == [1.0, 2.0]
    assert found["texture"]["t"]["values"] == [[[0]], [[None]]]


def test_textures_are_members_however_they_are_spelt(tmp_path: Path) -> None:
    file = tmp_path / "a.gml"
    names = ["a/&amp;b.jpg", "a\\c%20d.jpg", "../e.png"]
    file.write_text("".join(f"<app:imageURI>{n}</app:imageURI>" for n in names))
    listing = {"udx/x/a/&b.jpg", "udx/x/a/c d.jpg", "udx/e.png", "udx/x/other.jpg"}
    assert citygml.siblings("udx/x/a.gml", listing, file) == listing - {"udx/x/other.jpg"}
