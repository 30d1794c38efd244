"""CityGML: identifiers, references, codes, values, solids and the envelope."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.checks.citymodel_citygml import inspect
from cimkit.checks.citymodel_citygml.words import WORDS
from cimkit.model import Source

HEAD = """<?xml version="1.0"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"
 xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:old="http://www.opengis.net/citygml/building/1.0">
<gml:boundedBy><gml:Envelope srsName="EPSG:7415" srsDimension="3">
<gml:lowerCorner>0 0 0</gml:lowerCorner><gml:upperCorner>10 10 10</gml:upperCorner>
</gml:Envelope></gml:boundedBy>
"""


def polygon(key: str, z: float = 0) -> str:
    ring = f"0 0 {z} 9 0 {z} 9 9 {z} 0 0 {z}"
    return (
        f'<gml:Polygon gml:id="{key}"><gml:exterior><gml:LinearRing><gml:posList>{ring}'
        "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )


def surface(kind: str, key: str) -> str:
    return (
        f'<bldg:boundedBy><bldg:{kind} gml:id="s{key}"><bldg:lod2MultiSurface><gml:MultiSurface>'
        f"<gml:surfaceMember>{polygon(key)}</gml:surfaceMember></gml:MultiSurface>"
        f"</bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>"
    )


def solid(*links: str) -> str:
    members = "".join(f'<gml:surfaceMember xlink:href="#{link}"/>' for link in links)
    return (
        "<bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>"
        f"{members}</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid>"
    )


GOOD = solid("r", "w") + surface("RoofSurface", "r") + surface("WallSurface", "w")


def told(folder: Path, inner: str) -> dict[str, str]:
    file = folder / "udx" / "a.gml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        f'{HEAD}<core:cityObjectMember><bldg:Building gml:id="b">{inner}</bldg:Building>'
        "</core:cityObjectMember></core:CityModel>"
    )
    source = Source(path="udx/a.gml", file=file)
    rows = inspect(source, {"loader": "citygml 2"}, {}).to_pylist()
    assert {r["reason"] for r in rows} <= WORDS.keys()
    return {r["reason"]: r["measured"] for r in rows}


def test_a_sound_model_is_silent(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD) == {}


@pytest.mark.parametrize(
    ("inner", "word", "measured"),
    [
        (GOOD + surface("WallSurface", "w"), "id-double", "line 8 b"),
        (surface("WallSurface", "1w"), "id-form", "1w"),
        (solid("r", "gone") + surface("RoofSurface", "r"), "link-missing", "#gone"),
        ('<bldg:consistsOfBuildingPart xlink:href="b.gml#x"/>', "link-outside", "b.gml#x"),
        (GOOD + surface("GroundSurface", "g"), "surface-stray", "1"),
        ("<bldg:measuredHeight>ten</bldg:measuredHeight>", "value-form", "ten"),
        ("<bldg:measuredHeight>10</bldg:measuredHeight>", "uom-missing", "10"),
        ("<bldg:storeysAboveGround>2.5</bldg:storeysAboveGround>", "value-form", "2.5"),
        ("<bldg:yearOfConstruction>19xx</bldg:yearOfConstruction>", "value-form", "19xx"),
        (
            f"<bldg:lod1Solid><gml:MultiSurface><gml:surfaceMember>{polygon('m')}"
            "</gml:surfaceMember></gml:MultiSurface></bldg:lod1Solid>",
            "geometry-kind",
            "MultiSurface",
        ),
        (
            "<old:usage>1</old:usage>",
            "version-mixed",
            "http://www.opengis.net/citygml/building/1.0",
        ),
        (
            '<bldg:usage codeSpace="../codelists/u.xml">1</bldg:usage>',
            "codelist-missing",
            "../codelists/u.xml",
        ),
    ],
)
def test_a_mistake(tmp_path: Path, inner: str, word: str, measured: str) -> None:
    assert told(tmp_path, inner)[word] == measured


def test_codes_are_held_against_their_list(tmp_path: Path) -> None:
    lists = tmp_path / "codelists"
    lists.mkdir()
    (lists / "u.xml").write_text(
        '<gml:Dictionary xmlns:gml="http://www.opengis.net/gml"><gml:dictionaryEntry>'
        "<gml:Definition><gml:description>homes</gml:description><gml:name>401</gml:name>"
        "</gml:Definition></gml:dictionaryEntry></gml:Dictionary>"
    )
    usage = '<bldg:usage codeSpace="../codelists/u.xml">{}</bldg:usage>'
    assert told(tmp_path, usage.format(401)) == {}
    assert told(tmp_path, usage.format(402)) == {"code-unlisted": "402"}


def test_web_addresses_are_not_asked(tmp_path: Path) -> None:
    assert told(tmp_path, '<bldg:usage codeSpace="http://example.org/a.xml">1</bldg:usage>') == {}
    assert told(tmp_path, '<bldg:address xlink:href="https://example.org/#x"/>') == {}


def test_coordinates_outside_of_the_envelope(tmp_path: Path) -> None:
    high = surface("RoofSurface", "r").replace("0 0 0 9 0 0", "0 0 30 9 0 30")
    assert set(told(tmp_path, high)) == {"envelope-wrong"}
