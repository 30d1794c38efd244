"""BCF: read as a viewer would, and held against the rules of the schemas."""

from __future__ import annotations

import dataclasses
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from bcf.v2 import model as v2
from bcf.v3 import model as v3
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

from cimkit.geometry.crs import from_crs84, parse_crs
from cimkit.reporters import save

from .conftest import GUID

STRICT = XmlParser(config=ParserConfig(fail_on_unknown_properties=True))


def check(value: object) -> None:
    """Hold a parsed file against the patterns and lengths that its schema demands."""
    if not dataclasses.is_dataclass(value):
        return
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        rules = field.metadata
        for one in held if isinstance(held, list) else [held]:
            if one is None:
                assert not rules.get("required"), field.name
                continue
            if isinstance(one, str):
                assert len(one) >= rules.get("min_length", 0), field.name
                assert "length" not in rules or len(one) == rules["length"], field.name
                assert "pattern" not in rules or re.fullmatch(rules["pattern"], one), one
            if isinstance(one, float):
                assert one > rules.get("min_exclusive", -np.inf)
                assert one < rules.get("max_exclusive", np.inf)
            check(one)


def parsed(file: Path, model) -> dict[str, object]:
    kinds = {
        "markup.bcf": model.Markup,
        "bcf.version": model.Version,
        **({"extensions.xml": v3.Extensions, "project.bcfp": v3.ProjectInfo}),
    }
    found = {}
    with zipfile.ZipFile(file) as held:
        assert held.testzip() is None
        for name in held.namelist():
            kind = kinds.get(name.rpartition("/")[2], model.VisualizationInfo)
            found[name] = STRICT.from_bytes(held.read(name), kind)
            check(found[name])
    return found


@pytest.fixture(scope="module")
def new(verdict, tmp_path_factory) -> dict[str, object]:
    file = tmp_path_factory.mktemp("bcf") / "r.bcf"
    save(verdict, file, language="zh")
    return parsed(file, v3)


def test_one_topic_for_each_mistake_and_one_for_the_report(new) -> None:
    topics = sorted((m.topic for n, m in new.items() if n.endswith("markup.bcf")),
                    key=lambda topic: topic.index)  # fmt: skip
    assert [t.topic_type for t in topics] == ["Report", "Error", "Error", "Error", "Warning"]
    assert topics[0].title == "不通过 依据 t@1"
    comments = [c.comment for t in topics[:1] for c in t.comments.comment]
    assert any("needs measures" in text for text in comments)
    assert "同一错误，共 40 处" in topics[2].title
    assert topics[1].labels.label == ["t/ring", "ring-open"]
    known = new["extensions.xml"]
    assert {t.topic_type for t in topics} <= set(known.topic_types.topic_type)
    labels = {label for t in topics for label in t.labels.label}
    assert labels <= set(known.topic_labels.topic_label)


def test_folders_are_called_by_their_topics(new) -> None:
    for name, held in new.items():
        if name.endswith("markup.bcf"):
            assert held.topic.guid == name.partition("/")[0]
            views = held.topic.viewpoints.view_point if held.topic.viewpoints else []
            for view in views:
                assert new[f"{held.topic.guid}/{view.viewpoint}"].guid == view.guid


def test_cameras_look_at_the_place_in_the_models_own_metres(new) -> None:
    topic = next(m.topic for n, m in new.items() if n.endswith("markup.bcf")
                 and m.topic.title.startswith("m0.ifc"))  # fmt: skip
    view = new[f"{topic.guid}/viewpoint.bcfv"]
    assert [c.ifc_guid for c in view.components.selection.component] == [GUID]
    plane = from_crs84(np.array([[106.5, 29.51]]), parse_crs("EPSG:4545"))[0]
    place = np.array([plane[0] - 450000, plane[1] - 3260000, 0.0])
    eye, look, up = (
        np.array([v.x, v.y, v.z])
        for v in (
            view.perspective_camera.camera_view_point,
            view.perspective_camera.camera_direction,
            view.perspective_camera.camera_up_vector,
        )
    )
    ray = (place - eye) / np.linalg.norm(place - eye)
    assert np.allclose(ray, look, atol=1e-4)
    assert abs(look @ up) < 1e-5
    assert np.isclose(np.linalg.norm(up), 1.0, atol=1e-5)


def test_the_same_verdict_has_the_same_guids(verdict, tmp_path) -> None:
    for name in ("a.bcf", "b.bcf"):
        save(verdict, tmp_path / name)
    names = [set(zipfile.ZipFile(tmp_path / name).namelist()) for name in ("a.bcf", "b.bcf")]
    assert names[0] == names[1]


def test_bcfzip_is_what_readers_of_2_1_take(verdict, tmp_path) -> None:
    save(verdict, tmp_path / "r.bcfzip")
    found = parsed(tmp_path / "r.bcfzip", v2)
    assert found["bcf.version"].version_id == "2.1"
    markups = [m for n, m in found.items() if n.endswith("markup.bcf")]
    assert len(markups) == 5
    assert sum(len(m.viewpoints) for m in markups) == sum(n.endswith(".bcfv") for n in found)
