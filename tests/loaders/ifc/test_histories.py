"""Who made what, and when: owner histories, tasks and the project of IFC models."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.loaders.ifc.building import Model, load, row, told


def history(model: Model, person: str, created: int, **more: Any) -> Any:
    make = model.file.create_entity
    office = make("IfcOrganization", None, "市设计院")
    both = make("IfcPersonAndOrganization", make("IfcPerson", None, person, "Wei"), office)
    program = make("IfcApplication", office, "2.1", "Modeller", "M")
    return make(
        "IfcOwnerHistory", both, program, ChangeAction="ADDED", CreationDate=created, **more
    )


@pytest.mark.keeps("IFC", "time", "identity")
@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_owner_and_time_stand_once_and_where_they_differ(tmp_path: Path, schema: str) -> None:
    model = Model(schema)
    walls = [model.put("IfcWall", (9.0 * i, 0, 0)) for i in range(4)]
    common = history(model, "Li", 1_600_000_000, LastModifiedDate=1_700_000_000)
    for wall in walls[:3]:
        wall.OwnerHistory = common
    walls[3].OwnerHistory = history(model, "Zhao", 0)
    written = model.write(tmp_path)
    if schema == "IFC4X3_ADD2":  # as xBIM writes
        text = written.file.read_text()
        assert ".ADDED." in text
        written.file.write_text(text.replace(".ADDED.", "IFCCHANGEACTIONENUM(.ADDED.)"))
    asset, tables, _ = load(written)
    assert asset.properties["history"] == {
        "by": {"person": "Wei Li", "organization": "市设计院"},
        "with": "Modeller 2.1",
        "change": "ADDED",
        "created": "2020-09-13T12:26:40Z",
        "modified": "2023-11-14T22:13:20Z",
    }
    assert "history" not in told(tables, walls[0].GlobalId)
    own = told(tables, walls[3].GlobalId)["history"]
    assert own["by"]["person"] == "Wei Zhao"
    assert "created" not in own  # zero is what programs write that know no time
    rows = {r["source_key"]: r for r in tables["objects"].to_pylist()}
    # A model exported anew is not another model: who and when are no part of the content.
    assert (
        rows[walls[3].GlobalId]["content_hash"][16:] == rows[walls[0].GlobalId]["content_hash"][16:]
    )


@pytest.mark.keeps("IFC", "time", "relations")
@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4"])
def test_tasks_and_their_times_are_objects(tmp_path: Path, schema: str) -> None:
    model = Model(schema)
    make = model.file.create_entity
    wall = model.put("IfcWall", (0, 0, 0))
    if schema == "IFC2X3":
        task = make("IfcTask", model.guid(), Name="砌墙", TaskId="T1", IsMilestone=False)
        plan = make("IfcWorkSchedule", model.guid(), Identifier="S")
        moments = [
            make(
                "IfcDateAndTime",
                make("IfcCalendarDate", day, 3, 2026),
                make("IfcLocalTime", 8, 30),
            )
            for day in (2, 20)
        ]
        times = make(
            "IfcScheduleTimeControl",
            model.guid(),
            ScheduleStart=moments[0],
            ScheduleFinish=moments[1],
        )
        make(
            "IfcRelAssignsTasks",
            model.guid(),
            RelatedObjects=[task],
            RelatingControl=plan,
            TimeForTask=times,
        )
    else:
        times = make(
            "IfcTaskTime",
            ScheduleStart="2026-03-01T08:00:00",
            ActualStart="2026-03-02T08:30:00",
            ScheduleFinish="2026-03-20T08:30:00",
        )
        task = make("IfcTask", model.guid(), Name="砌墙", IsMilestone=False, TaskTime=times)
    make("IfcRelAssignsToProduct", model.guid(), RelatedObjects=[task], RelatingProduct=wall)
    whole = make("IfcTask", model.guid(), Name="楼", IsMilestone=False)
    if schema == "IFC2X3":
        whole.TaskId = "T0"
    make("IfcRelNests", model.guid(), RelatingObject=whole, RelatedObjects=[task])
    _, tables, _ = load(model.write(tmp_path))
    rows = {r["source_key"]: r for r in tables["objects"].to_pylist()}
    found = rows[task.GlobalId]
    assert (found["valid_from"], found["valid_to"]) == (
        datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
        datetime(2026, 3, 20, 8, 30, tzinfo=UTC),
    )
    assert found["parent_key"] == whole.GlobalId
    assert found["geometry"] is None
    assert row(tables, "IfcWall")["valid_from"] is None


def test_what_is_said_of_the_project_is_kept(tmp_path: Path) -> None:
    model = Model()
    model.project.Phase, model.project.LongName = "施工图", "地铁一号线"
    model.pset("Pset_Project", {"Contract": "C-17"}, [model.project])
    make = model.file.create_entity
    system = make("IfcClassification", "NN", "2020", "2020-01-01", "国标")
    code = make("IfcClassificationReference", None, "14-10", "Station", system)
    make(
        "IfcRelAssociatesClassification",
        model.guid(),
        RelatedObjects=[model.project],
        RelatingClassification=code,
    )
    paper = make("IfcDocumentReference", "https://city/contract.pdf", "D1", "合同")
    make(
        "IfcRelAssociatesDocument",
        model.guid(),
        RelatedObjects=[model.project],
        RelatingDocument=paper,
    )
    facts = load(model.write(tmp_path))[0].properties
    assert facts["project"] == "P"
    said = facts["project_facts"]
    assert said["attributes"]["Phase"] == "施工图"
    assert said["pset"] == {"Pset_Project": {"Contract": "C-17"}}
    assert said["classification"][0]["edition_date"] == "2020-01-01"
    assert said["document"][0]["Identification"] == "D1"
    assert json.dumps(facts, ensure_ascii=False)


def test_design_parameters_of_an_alignment_are_kept(tmp_path: Path) -> None:
    model = Model("IFC4X3_ADD2")
    make = model.file.create_entity
    arc = make(
        "IfcAlignmentHorizontalSegment",
        StartPoint=make("IfcCartesianPoint", [10.0, 20.0]),
        StartDirection=0.5,
        StartRadiusOfCurvature=300.0,
        EndRadiusOfCurvature=300.0,
        SegmentLength=50.0,
        PredefinedType="CIRCULARARC",
    )
    segment = make("IfcAlignmentSegment", model.guid(), DesignParameters=arc)
    said = told(load(model.write(tmp_path))[1], segment.GlobalId)["attributes"]["DesignParameters"]
    assert said["StartPoint"] == {"Coordinates": [10.0, 20.0]}
    assert said["StartRadiusOfCurvature"] == 300.0


def test_attributes_that_are_instances_are_kept(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    load_of = make("IfcStructuralLoadSingleForce", "dead", ForceZ=-12.5)
    action = make(
        "IfcStructuralPointAction", model.guid(), AppliedLoad=load_of, GlobalOrLocal="GLOBAL_COORDS"
    )
    case = make(
        "IfcStructuralLoadCase",
        model.guid(),
        PredefinedType="LOAD_CASE",
        ActionType="PERMANENT_G",
        ActionSource="DEAD_LOAD_G",
    )
    whole = make("IfcStructuralAnalysisModel", model.guid(), LoadedBy=[case])
    price = make("IfcCostValue", "unit", None, make("IfcMonetaryMeasure", 80.5))
    item = make("IfcCostItem", model.guid(), Name="砌墙", CostValues=[price])
    person = make("IfcPerson", "1", "Li", Roles=[make("IfcActorRole", "ARCHITECT")])
    actor = make("IfcActor", model.guid(), TheActor=person)
    _, tables, _ = load(model.write(tmp_path))

    def said(thing: Any) -> Any:
        return told(tables, thing.GlobalId)["attributes"]

    assert said(action)["AppliedLoad"] == {
        "class": "IfcStructuralLoadSingleForce",
        "Name": "dead",
        "ForceZ": -12.5,
    }
    assert said(whole)["LoadedBy"] == [case.GlobalId]
    assert said(item)["CostValues"][0]["AppliedValue"] == 80.5
    assert said(actor)["TheActor"]["FamilyName"] == "Li"
