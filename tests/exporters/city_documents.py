"""CityJSON documents of every kind, and what is the same in two of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

TEXTS = st.sampled_from(["", "plain", "解放碑步行街", "千代田区 霞が関", 'é\n"\\', "+1"])
NAMES = st.sampled_from(["name", "高さ", "楼层数", "class", "source", "level", "a", "b", "address"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53)
    | st.floats(-1e9, 1e9, allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
DEPTH = {"MultiPoint": 1, "MultiLineString": 2, "MultiSurface": 3, "CompositeSurface": 3,
         "Solid": 4, "MultiSolid": 5, "CompositeSolid": 5}  # fmt: skip
SURFACES = ["WallSurface", "RoofSurface", "GroundSurface", "+SolarPanel", "Window"]
TRANSLATE = [500_000.0, 3_272_000.0, 100.0]
VERTICES = 24


def nested(draw: Any, depth: int, leaf: Any) -> Any:
    if depth == 0:
        return leaf()
    return [nested(draw, depth - 1, leaf) for _ in range(draw(st.integers(1, 2)))]


def each(part: Any, depth: int, make: Any) -> Any:
    return make(part) if depth == 0 else [each(p, depth - 1, make) for p in part]


@st.composite
def geometries(draw: Any, looks: dict[str, Any]) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(DEPTH)))
    depth = DEPTH[kind]
    corners = st.permutations(range(VERTICES))

    def ring() -> list[int]:
        return list(draw(corners)[: draw(st.integers(3, 5))])

    made: dict[str, Any] = {"type": kind, "lod": draw(st.sampled_from(["0", "1.3", "2", "3.2"]))}
    made["boundaries"] = ring() if depth == 1 else nested(draw, depth - 1, ring)
    upto = max(depth - 2, 1)
    if draw(st.booleans()):
        kinds = draw(st.lists(st.sampled_from(SURFACES), min_size=1, max_size=3))
        surfaces = [{"type": k, "备注": draw(TEXTS)} for k in kinds]
        if len(surfaces) > 1:
            surfaces[0]["children"], surfaces[1]["parent"] = [1], 0
        numbers = st.none() | st.integers(0, len(kinds) - 1)
        values = each(made["boundaries"], upto, lambda _: draw(numbers))
        made["semantics"] = {"surfaces": surfaces, "values": values}
    if depth > 2 and draw(st.booleans()):
        number = st.none() | st.integers(0, len(looks["materials"]) - 1)
        values = each(made["boundaries"], upto, lambda _: draw(number))
        made["material"] = {"夏": {"values": values}, "all": {"value": 0}}
    if depth > 2 and draw(st.booleans()):
        places = st.integers(0, len(looks["vertices-texture"]) - 1)

        def painted(part: list[int]) -> list[Any]:
            if draw(st.booleans()):
                return [None]
            return [draw(st.integers(0, len(looks["textures"]) - 1)), *(draw(places) for _ in part)]

        made["texture"] = {"rgb": {"values": each(made["boundaries"], depth - 1, painted)}}
    return made


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    looks = {
        "materials": [
            {"name": "屋根", "diffuseColor": [0.9, 0.1, 0.75], "transparency": 0.25},
            {"name": "墙", "shininess": 0.2, "isSmooth": False},
        ],
        "textures": [
            {"type": "PNG", "image": "https://example.org/a.png", "wrapMode": "wrap"},
            {"type": "JPG", "image": "https://example.org/b.jpg", "borderColor": [0, 0.1, 0.2, 1]},
        ],
        "vertices-texture": [[0.0, 0.5], [1.0, 0.0], [0.25, 1.0]],
        "default-theme-material": "夏",
    }
    step = st.integers(0, 90_000)
    vertices = draw(
        st.lists(st.tuples(step, step, st.integers(-500, 90_000)), min_size=VERTICES,
                 max_size=VERTICES, unique=True)
    )  # fmt: skip
    shapes = geometries(looks)
    objects: dict[str, Any] = {}

    def add(key: str, kind: str, above: str | None, *, bare: bool = False) -> None:
        body: dict[str, Any] = {"type": kind}
        body["attributes"] = draw(st.dictionaries(NAMES, VALUES, max_size=4))
        if not bare:
            body["geometry"] = draw(st.lists(shapes, max_size=2))
        if above is not None:
            body["parents"] = [above]
            objects[above].setdefault("children", []).append(key)
        objects[key] = body

    for n in range(draw(st.integers(1, 3))):
        add(f"普通-{n}", "GenericCityObject", None)
    add("+x", "+NoiseBarrier", None)
    objects["+x"]["+density"] = draw(VALUES)
    add("楼", "Building", None, bare=True)
    if draw(st.booleans()):
        place = {"type": "MultiPoint", "lod": "1", "boundaries": [draw(st.integers(0, 23))]}
        objects["楼"]["address"] = [{"Country": "中国", "location": place}, {"Locality": "x"}]
    add("part", "BuildingPart", "楼", bare=True)
    add("room", "BuildingRoom", "part", bare=True)
    if draw(st.booleans()):
        objects["g"] = {"type": "CityObjectGroup", "attributes": {}, "children": ["楼", "+x"],
                        "children_roles": ["主", ""]}  # fmt: skip
    for n in range(draw(st.integers(0, 2))):
        add(f"tree-{n}", "SolitaryVegetationObject", None, bare=True)
        turn = draw(st.sampled_from([[1, 0, 0, 1], [0, -1, 1, 0], [2, 0, 0, 2]]))
        matrix = [*turn[:2], 0, 0.5, *turn[2:], 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 1]
        objects[f"tree-{n}"]["geometry"] = [
            {"type": "GeometryInstance", "template": 0, "boundaries": [n],
             "transformationMatrix": [float(v) for v in matrix]}
        ]  # fmt: skip
    return {
        "type": "CityJSON",
        "version": "2.0",
        "extensions": {"Noise": {"url": "https://example.org/noise.ext.json", "version": "1.1"}},
        "metadata": {
            "title": "测试 試験",
            "referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4544",
            "referenceDate": "2026-01-31",
        },
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": TRANSLATE},
        "CityObjects": objects,
        "vertices": [list(v) for v in vertices],
        "appearance": looks,
        "geometry-templates": {
            "templates": [{"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]]]}],
            "vertices-templates": [[0.0, 0.0, 0.0], [1.25, 0.0, 0.0], [0.0, 0.0, 3.5]],
        },
        "+census": {"people": 7},
    }


def merged(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each feature of a sequence as a document, with what the first line says."""
    head, *features = lines
    keep = {k: head[k] for k in ("transform", "geometry-templates") if k in head}
    return [keep | feature for feature in features]


def meaning(document: dict[str, Any]) -> dict[str, Any]:
    """Return the objects with everything that is a number of something in its place."""
    scale, move = document["transform"]["scale"], document["transform"]["translate"]
    points = [
        tuple(round((v * s + t) * 1000) for v, s, t in zip(p, scale, move, strict=True))
        for p in document["vertices"]
    ]
    looks = document.get("appearance", {})
    templates = document.get("geometry-templates", {})
    found = {}
    for key, body in document["CityObjects"].items():
        own = {k: v for k, v in body.items() if k != "geographicalExtent"}
        own["children"] = sorted(body.get("children", ()))
        roles = dict(zip(body.get("children", ()), body.get("children_roles", ()), strict=False))
        own["children_roles"] = roles
        own["geometry"] = sorted(
            (_shape(g, points, looks, templates) for g in body.get("geometry", ())),
            key=lambda g: json.dumps(g, sort_keys=True),
        )
        for address in own.get("address", ()):
            if "location" in address:
                address["location"] = _shape(address["location"], points, looks, templates)
        found[key] = own
    return found


def _shape(
    given: dict[str, Any], points: list[Any], looks: dict[str, Any], templates: dict[str, Any]
) -> dict[str, Any]:
    made = dict(given)
    made["boundaries"] = _at(given["boundaries"], points)
    if given["type"] == "GeometryInstance":
        corners = [[round(v, 5) for v in p] for p in templates["vertices-templates"]]
        model = templates["templates"][given["template"]]
        made["template"] = _shape(model, corners, looks, templates)
    for name, held in (("material", "materials"),):
        for theme, said in given.get(name, {}).items():
            made[name] = made[name] | {theme: {k: _at(v, looks[held]) for k, v in said.items()}}
    for theme, said in given.get("texture", {}).items():
        made["texture"] = made["texture"] | {theme: _painted(said["values"], looks)}
    return made


def _at(part: Any, held: list[Any]) -> Any:
    if isinstance(part, list):
        return [_at(p, held) for p in part]
    return None if part is None else held[part]


def _painted(part: Any, looks: dict[str, Any]) -> Any:
    if isinstance(part[0], list):
        return [_painted(p, looks) for p in part]
    if part == [None]:
        return part
    return [looks["textures"][part[0]], *(looks["vertices-texture"][n] for n in part[1:])]
