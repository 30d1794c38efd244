"""Overlays against a plain model of what they say: any tree, any declared changes, any depth."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.standard import load

CODES = [f"{a}{b}" for a in "ABC" for b in ("", "1", "2", "3")]
COLUMNS = ("change", "code", "parent", "name_zh", "geometry")
NAME = st.text("路灯井盖树杆", min_size=1, max_size=3)
Row = dict[str, str]
State = dict[str, tuple[str, str]]
"""Name and geometry of the classes in force."""


def rows_of(draw: st.DrawFn, state: State, retired: set[str]) -> tuple[list[Row], State]:
    """Return the rows of one more package, and what is in force with them."""
    rows, after = [], dict(state)
    for code in CODES:
        parent = code[0] if len(code) > 1 else ""
        name, geometry = state.get(code, ("", ""))
        above = not parent or parent in after
        if code in state:
            what = draw(st.sampled_from(["", "again", "rename", "restrict", "replace", "retire"]))
        else:
            what = draw(st.sampled_from(["", "add"])) if above and code not in retired else ""
        if not what or (what == "retire" and any(c[0] == code and c != code for c in state)):
            continue
        row = dict.fromkeys(COLUMNS, "") | {"change": what, "code": code}
        if what == "again":
            row |= {"change": "", "name_zh": name.replace("灯", " 灯 ")}
        elif what in ("add", "replace"):
            row |= {"parent": parent, "name_zh": draw(NAME), "geometry": draw(geometries)}
            after[code] = (row["name_zh"], row["geometry"])
        elif what == "rename":
            row["name_zh"] = draw(NAME)
            after[code] = (row["name_zh"], geometry)
        elif what == "restrict":
            row["geometry"] = "Point"
            if "Point" not in geometry:
                continue
            after[code] = (name, "Point")
        else:
            retired.add(code)
            del after[code]
        rows.append(row)
    return rows, after


geometries = st.sampled_from(["Point", "Point LineString"])


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[list[Row]], State]:
    """Draw the rows of several packages, each on top of the one before."""
    state: State = {}
    retired: set[str] = set()
    chain = []
    for _ in range(draw(st.integers(1, 4))):
        rows, state = rows_of(draw, state, retired)
        chain.append(rows)
    return chain, state


@settings(deadline=None, max_examples=80)
@given(chains())
def test_a_chain_says_what_its_rows_say(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[list[list[Row]], State]
) -> None:
    chain, state = drawn
    top: Path = tmp_path_factory.mktemp("chain")
    for number, rows in enumerate(chain):
        folder = top / f"p{number}"
        folder.mkdir()
        extends = f'extends = ["p{number - 1}@1"]\n' if number else ""
        head = f'id = "p{number}"\nedition = "1"\n{extends}titles.en = "p"\n'
        (folder / "standard.toml").write_text(head)
        out = io.StringIO()
        table = csv.DictWriter(out, COLUMNS)
        table.writeheader()
        table.writerows(rows)
        (folder / "classes.csv").write_text(out.getvalue(), "utf-8")
    standard = load(folder)
    assert {c: (r.name_zh, " ".join(r.geometry)) for c, r in standard.by_code.items()} == state
    assert {c for c, r in standard.by_code.items() if not r.leaf} == {
        c[0] for c in state if len(c) > 1
    }
    for code in state:
        assert standard.lineage(code) == ([code, code[0]] if len(code) > 1 else [code])
