"""A package as it is written: folder and zip give back what they were given."""

from __future__ import annotations

import dataclasses
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.errors import StandardError, UsageError
from cimkit.standard import Standard, load
from cimkit.standard.draft import Draft, flatten, read_draft, write_draft
from cimkit.standard.package._package import (
    ATTRIBUTE_COLUMNS,
    CLASS_COLUMNS,
    CROSSWALK_COLUMNS,
    DOMAIN_COLUMNS,
    LEVEL_COLUMNS,
    LEVEL_RULE_COLUMNS,
    MAPPING_COLUMNS,
    MODEL_COLUMNS,
)

SHIPPED = ["cn.components", "city.linjiang", "cn.gbt51269", "jp.plateau", "int.citygml"]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
cells = st.one_of(
    texts, st.sampled_from(["#1", "=A1", '"', "a,b", "0101", "1.50", "a\r\nb", "_x0041_", "'x"])
).map(str.strip)
names = st.text(string.ascii_letters + string.digits + "_-路灯", min_size=1, max_size=8)
keys = st.one_of(names, texts)
scalars = st.one_of(
    texts,
    st.sampled_from(["true", "2026", "[]", '"x"', "", " x ", "a; b", "a\r\nb"]),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


def rows(columns: list[str], needed: tuple[str, ...]) -> st.SearchStrategy[list[dict[str, str]]]:
    filled = cells.filter(bool)
    row = st.fixed_dictionaries(
        dict.fromkeys(needed, filled), optional={c: filled for c in columns if c not in needed}
    )
    return st.lists(row, max_size=3)


def tables(columns: list[str], needed: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.dictionaries(names, rows(columns, needed).filter(bool), max_size=2)


drafts = st.builds(
    Draft,
    head=st.dictionaries(keys, values, max_size=4).map(lambda d: {"id": "x", "edition": "1", **d}),
    classes=rows(CLASS_COLUMNS, ("code",)),
    attributes=rows(ATTRIBUTE_COLUMNS, ("name",)),
    mapping=tables(MAPPING_COLUMNS, ("class",)),
    domains=st.dictionaries(names, rows(DOMAIN_COLUMNS, ("code",)), max_size=2),
    levels=rows(LEVEL_COLUMNS, ("code",)),
    level_rules=rows(LEVEL_RULE_COLUMNS, ("level",)),
    models=rows(MODEL_COLUMNS, ("class", "model")),
    crosswalk=tables(CROSSWALK_COLUMNS, tuple(CROSSWALK_COLUMNS[:4])),
    rules=st.dictionaries(
        names, st.dictionaries(names, values, min_size=1, max_size=3), max_size=2
    ),
    naming=st.dictionaries(names, values, max_size=3),
    files=st.dictionaries(names.map("ids/{}.ids".format), st.binary(max_size=40), max_size=2),
)


def said(standard: Standard) -> dict[str, Any]:
    """What a standard says, without the packages and places that say it."""
    found = {f.name: getattr(standard, f.name) for f in dataclasses.fields(standard)}
    for name in ("hash", "parents", "domains", "scheme_of", "left_out"):
        found.pop(name, None)
    for name in (
        *("class_rows", "attributes", "mapping", "levels", "rules"),
        *("level_rules", "models", "crosswalk", "schemes"),
    ):
        blank = {"package": "", "meant_by": "", "origin": "", "changes": (), "rule": "", "depth": 0}
        found[name] = [
            dataclasses.replace(
                row,
                **{k: v for k, v in blank.items() if hasattr(row, k)},
                **({"id": row.name} if name == "rules" else {}),
            )
            for row in found[name]
            if not getattr(row, "retired", False)
        ]
    return found


@settings(max_examples=60)
@given(drafts)
def test_folder_and_zip_give_back_the_draft(tmp_path_factory: Any, draft: Draft) -> None:
    home = tmp_path_factory.mktemp("draft")
    for name in ("folder", "file.zip"):
        write_draft(draft, home / name)
        assert read_draft(home / name) == draft


@pytest.mark.parametrize("name", SHIPPED)
def test_a_flat_standard_says_the_same(name: str, tmp_path: Path) -> None:
    standard = load(name)
    flat = flatten(standard)
    write_draft(flat, tmp_path / "flat")
    write_draft(flat, tmp_path / "flat.zip")
    again = load(tmp_path / "flat")
    assert said(again) == said(standard)
    assert {n: t.to_pylist() for n, t in again.domains.items()} == {
        n: t.to_pylist() for n, t in standard.domains.items()
    }
    assert again.parents == ()
    assert again.hash == load(tmp_path / "flat.zip").hash
    assert flatten(again) == flat


def test_the_same_draft_gives_the_same_bytes(tmp_path: Path) -> None:
    draft = flatten(load("cn.components"))
    write_draft(draft, tmp_path / "a.zip")
    write_draft(draft, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_only_columns_in_use_are_written(tmp_path: Path) -> None:
    draft = Draft({"id": "a"}, classes=[{"code": "#1", "name_en": ""}, {"code": "01"}])
    write_draft(draft, tmp_path / "a")
    # The first column may not begin with #, which would be a comment.
    assert (tmp_path / "a" / "classes.csv").read_text() == "change,code\n,#1\n,01\n"


def test_what_is_there_is_not_overwritten_unasked(tmp_path: Path) -> None:
    draft = Draft({"id": "a"}, classes=[{"code": "01"}])
    for name in ("a", "a.zip"):
        write_draft(draft, tmp_path / name)
        with pytest.raises(UsageError, match="already"):
            write_draft(draft, tmp_path / name)
    (tmp_path / "a" / ".git").mkdir()
    draft.classes = []
    write_draft(draft, tmp_path / "a", overwrite=True)
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [".git", "standard.toml"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "photo.jpg").touch()
    with pytest.raises(UsageError, match="already"):
        write_draft(draft, tmp_path / "other", overwrite=True)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a//b", "a/../b", "C:\\x", ".git/x", "a\n"])
def test_a_file_cannot_be_called_out_of_the_package(name: str, tmp_path: Path) -> None:
    with pytest.raises(StandardError, match="package"):
        write_draft(Draft({"id": "a"}, files={name: b""}), tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_what_a_draft_cannot_hold_is_said(tmp_path: Path) -> None:
    with pytest.raises(StandardError, match=r"no such column.*'colour'"):
        write_draft(Draft({"id": "a"}, classes=[{"colour": "red"}]), tmp_path / "a")
    with pytest.raises(StandardError, match="not one of its other"):
        write_draft(Draft({"id": "a"}, files={"classes.csv": b""}), tmp_path / "a")
