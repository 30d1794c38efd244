"""What objects look like, as a package says it: inherited, overlaid, and clean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cimkit.errors import StandardError
from cimkit.standard import difference, flatten, lint, load, read_draft, write_draft
from cimkit.standard.appearance import Size, read_color, read_size

CLASSES = "code,parent,name_en\n01,,Lighting\n0118,01,Street lamp\n02,,Trees\n"
ATTRIBUTES = "class,name,type,unit\n02,tall,number,cm\n02,planted,date,\n02,weight,number,kg\n"
MODELS = "class,model,height,color\n01,lamp,height|8,#ffcc00\n02,tree,tall|6,\n"
FILES = {"classes.csv": CLASSES, "attributes.csv": ATTRIBUTES, "models.csv": MODELS}
Make = Callable[..., Path]


def codes(path: Path) -> set[str]:
    return {f.code for f in lint(path)}


def test_a_class_looks_like_the_one_above_it(make: Make) -> None:
    standard = load(make("p", FILES))
    found = standard.model_of("0118")
    assert found is not None
    assert (found.model, found.height, found.color) == ("lamp", "height|8", "#ffcc00")
    assert found.package == "p@1"
    assert standard.model_of("99") is None


def test_an_overlay_takes_the_place_of_a_line_and_leaves_the_others(make: Make) -> None:
    parent = make("p", FILES)
    heir = load(make("heir", {"models.csv": "class,model\n0118,lamp-double\n"}, ("p@1",)))
    models = {m.class_code: (m.model, m.package) for m in heir.models}
    assert models == {
        "01": ("lamp", "p@1"),
        "0118": ("lamp-double", "heir@1"),
        "02": ("tree", "p@1"),
    }
    seen = [c for c in difference(load(parent), heir).changes if c.part == "models"]
    assert [(c.what, c.key, c.now) for c in seen] == [("added", "0118", "lamp-double")]


def test_a_retired_or_replaced_class_loses_its_parents_model(make: Make) -> None:
    make("p", FILES)
    classes = "change,code,name_en\nretire,02,\nreplace,01,Something else\n"
    heir = load(make("heir", {"classes.csv": classes}, ("p@1",)))
    assert heir.models == ()


def test_folder_and_workbook_say_the_same(make: Make, tmp_path: Path) -> None:
    folder = make("p", FILES)
    write_draft(read_draft(folder), tmp_path / "p.xlsx")
    again = load(tmp_path / "p.xlsx")
    assert again.hash == load(folder).hash
    assert [(m.class_code, m.model, m.height) for m in again.models] == [
        ("01", "lamp", "height|8"),
        ("02", "tree", "tall|6"),
    ]
    assert again.models[1].origin.startswith("p.xlsx, models!")
    assert flatten(again).models[0] == {
        "class": "01", "model": "lamp", "height": "height|8", "color": "#ffcc00",
    }  # fmt: skip


def test_models_are_part_of_what_a_standard_says(make: Make) -> None:
    with_ = load(make("p", FILES)).hash
    other = load(make("q", {**FILES, "models.csv": MODELS.replace("tree", "conifer")}))
    assert other.hash != with_


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("01,oak,,", "no such model"),
        ("01,tree,8|height,", "cannot be read"),
        ("01,tree,height||8,", "cannot be read"),
        ("01,tree,,red", "cannot be read"),
        ("77,tree,,", "does not exist"),
        ("01,tree,,\n01,lamp,,", "two models"),
    ],
)
def test_what_cannot_be_meant_does_not_build(make: Make, row: str, what: str) -> None:
    path = make("p", {**FILES, "models.csv": f"class,model,height,color\n{row}\n"})
    with pytest.raises(StandardError, match=what) as caught:
        load(path)
    assert "models.csv" in str(caught.value.where)
    assert codes(path)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("02,tree,planted|3", "model-size-no-number"),
        ("02,tree,weight|3", "model-size-unit"),
        ("02,-,3", "model-size-idle"),
    ],
)
def test_lint_looks_at_what_sizes_are_taken_from(make: Make, row: str, code: str) -> None:
    path = make("p", {**FILES, "models.csv": f"class,model,height\n{row}\n"})
    assert code in codes(path)
    assert not codes(make("good", FILES)) & {code}


def test_lint_knows_the_file(make: Make) -> None:
    assert "file-unread" not in codes(make("p", FILES))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", Size()),
        ("8", Size((), 8.0)),
        ("a", Size(("a",), None)),
        ("a | 高度 | 2.5", Size(("a", "高度"), 2.5)),
    ],
)
def test_sizes(text: str, size: Size) -> None:
    assert read_size(text) == size


def test_colours() -> None:
    assert read_color("#0a80FF") == (10, 128, 255)
    assert read_color("") is None


@pytest.mark.parametrize("name", ["cn.components", "city.linjiang", "jp.plateau"])
def test_shipped_models_build_and_are_clean(name: str) -> None:
    standard = load(name)
    assert standard.models
    found: list[Any] = [f for f in lint(name) if f.code.startswith("model")]
    assert found == []
