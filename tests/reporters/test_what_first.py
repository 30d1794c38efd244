"""What a reader must act on comes first, and each rule by its own title."""

from __future__ import annotations

import dataclasses
import io

import pyarrow as pa
import pytest
from rich.console import Console

from cimkit.checks import CheckSpec
from cimkit.checks._verdict import judge
from cimkit.model import LAKE
from cimkit.reporters._sections import sections
from cimkit.reporters._terminal import rules_table, shorten
from cimkit.standard import Acceptance, Rule

from .conftest import row


def test_what_fails_comes_first_and_provenance_last(verdict) -> None:
    keys = [section.key for section in sections(verdict)]
    assert keys == ["outcome", "spread", "unchecked", "rules", "waivers", "provenance", "files"]
    told = [row[0] for row in sections(verdict)[0].rows]
    assert told == ["t/ring", "t/origin", "t/hostile", "t/soft", "t/blind", "t/half"]


def test_columns_of_zeros_are_left_out(verdict) -> None:
    def names(of) -> list[str]:
        (rules,) = (s for s in sections(of) if s.key == "rules")
        return [column["en"] for column in rules.columns]

    assert "Waived" in names(verdict)
    plain = [dataclasses.replace(r, waived=0) for r in verdict.rules]
    assert "Waived" not in names(dataclasses.replace(verdict, rules=tuple(plain)))


def test_ids_of_rules_are_whole_at_80_columns(verdict) -> None:
    long = "int.quality/ifc-georeference-terms"
    rules = tuple(
        dataclasses.replace(r, rule=long) if n < 1 else r for n, r in enumerate(verdict.rules)
    )
    console = Console(file=io.StringIO(), width=80)
    console.print(rules_table(console, rules, "en"))
    assert long in console.file.getvalue()


def test_a_rule_has_its_own_title_else_that_of_its_check() -> None:
    table = pa.Table.from_pylist([row("a", "fail"), row("b", "fail")], schema=LAKE["findings"])
    spec = CheckSpec("x", "Measure lies within bounds")
    rules = [Rule(id="t/a", title={"en": "Little noise", "zh": "噪声少"}), Rule(id="t/b")]
    made = judge(table, [(r, spec) for r in rules], Acceptance(), {"files": []})
    assert [r.title for r in made.rules] == ["Little noise", spec.title]
    assert made.to_json()["rules"][0]["titles"] == {"en": "Little noise", "zh": "噪声少"}


@pytest.mark.parametrize("text", ["a/b.gml", "gis/0123456789_roads.gpkg", "道路" * 9])
def test_files_lose_their_middle(text: str) -> None:
    from rich.cells import cell_len

    said = shorten(text, 16)
    assert said[:3] == text[:3]
    assert said[-3:] == text[-3:]
    assert cell_len(said) <= 16
    assert ("…" in said) == (text != said)
