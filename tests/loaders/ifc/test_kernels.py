"""Shapes that end a geometry kernel or reach beyond all bounds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely

from cimkit.loaders import ifc
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.ifc import apart, geometry
from cimkit.loaders.ifc.unbuilt import Unbuilt
from tests.loaders.ifc.building import Model, load

ENDS: dict[str, tuple[Callable[[], Any], str]] = {
    "crash": (lambda: os.kill(os.getpid(), signal.SIGKILL), "it died: SIGKILL"),
    "hang": (lambda: time.sleep(60), "it was stopped after 1 s"),
    "error": (lambda: int("x"), "it ended without a result"),
}


@pytest.mark.keeps("IFC", "damage")
@pytest.mark.parametrize("how", ENDS)
def test_a_shape_that_ends_a_kernel_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    model = Model()
    walls = [model.put("IfcWall", (10, 20, n), Name=f"W{n}") for n in range(5)]
    model.convert()
    given = model.write(tmp_path)
    end, said = ENDS[how]
    built = geometry._run

    def fails(file: Any, products: list[Any], threads: int, kernel: str) -> Any:
        if any(p.Name == "W3" for p in products):
            end()
        return built(file, products, threads, kernel)

    monkeypatch.setattr(geometry, "_run", fails)
    monkeypatch.setattr(apart, "_CPU_S", 1)
    monkeypatch.setattr(apart, "_WALL_S", 1)
    options = ReadOptions(lighter=True)
    asset = ifc.probe(given, options)
    tables: dict[str, pa.Table] = dict(ifc.read(given, asset, options))
    assert ifc.SPEC.lighter
    assert set(tables["placements"]["source_key"].to_pylist()) == {
        w.GlobalId for w in walls if w.Name != "W3"
    }
    ground = {r["name"]: shapely.from_wkb(r["geometry"]) for r in tables["objects"].to_pylist()}
    assert ground["W3"].geom_type == "Point"
    assert ground["W2"].geom_type == "Polygon"
    (problem,) = options.problems
    assert (problem.code, problem.place) == ("geometry-not-built", walls[3].GlobalId)
    assert problem.got == said


def test_kernels_in_processes_of_their_own_have_an_end(tmp_path: Path) -> None:
    model = Model()
    for n in range(3):
        model.put("IfcWall", (0, 0, n))
    unbuilt = Unbuilt()
    left = model.file.by_type("IfcWall")
    assert list(apart.elements_apart(model.file, left, -1.0, unbuilt)) == []
    (problem,) = unbuilt.problems(model.file)
    assert problem.got == "no time was left of -1 s"


@pytest.mark.keeps("IFC", "damage")
def test_a_corner_beyond_all_bounds_costs_its_triangles(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    corners = [(0.0, 0.0, 0.0), (1e3, 0.0, 0.0), (1e3, 1e3, 0.0), (0.0, 1e30, 0.0)]
    points = [make("IfcCartesianPoint", [*c]) for c in corners]
    faces = []
    for ring in ((0, 1, 2), (0, 2, 3)):
        loop = make("IfcPolyLoop", [points[n] for n in ring])
        faces.append(make("IfcFace", [make("IfcFaceOuterBound", loop, True)]))
    surface = make("IfcFaceBasedSurfaceModel", [make("IfcConnectedFaceSet", faces)])
    wall = model.put("IfcWall", (0, 0, 0))
    model.put("IfcWall", (12, 0, 0))
    body = wall.Representation.Representations[0]
    body.RepresentationType, body.Items = "SurfaceModel", [surface]
    _, tables, codes = load(model.write(tmp_path))
    placed = next(r for r in tables["placements"].to_pylist() if r["source_key"] == wall.GlobalId)
    shapes = {r["shape_id"]: r for r in tables["shapes"].to_pylist()}
    assert len(shapes[placed["shape_id"]]["indices"]) == 3
    assert codes.count("geometry-torn") == 1
