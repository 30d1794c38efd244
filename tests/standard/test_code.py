"""Grammars of codes as packages write them, and what a code means by them."""

from __future__ import annotations

import dataclasses
import re

import pytest

from cimkit.errors import StandardError, UsageError
from cimkit.standard import CodeGrammar, Mesh, MetricGrid, Segment, explain_code, load
from cimkit.standard.package._code import read_grammar, write_grammar

from .conftest import Make
from .test_grammar import CITY, LETTERS, MESHED, PLAIN

TOML = """
[code]
class = ["major", "minor"]
segments = [
  { name = "division", length = 6 }, { text = "-" },
  { name = "major", length = 2 }, { name = "minor", length = 2 },
  { name = "cell", mesh = "jis-x-0410", level = 5 },
  { name = "year", date = "yyyymm" },
  { name = "vendor", length = 3, shortest = 1, alphabet = "letters", also = ".", without = "IOZ", \
default = "X" },
  { name = "sequence", length = 4, scope = ["class", "cell"] },
  { name = "sum", check = "iso7064-mod37-2" },
]
"""
HEAD = 'id = "a"\nedition = "1"\n[titles]\nen = "a"\n'


def test_a_package_says_all_this_in_toml(make: Make) -> None:
    toml = HEAD + TOML.replace(', also = "."', "")
    grammar = load(make("a", {"standard.toml": toml})).grammar
    assert grammar is not None
    assert grammar.segments == (
        Segment("division", 6),
        Segment("", 1, text="-"),
        Segment("major", 2),
        Segment("minor", 2),
        Segment("cell", 10, cell=Mesh(5)),
        Segment("year", 6, date="yyyymm"),
        Segment("vendor", 3, "letters", shortest=1, without="IOZ", default="X"),
        Segment("sequence", 4, scope=("class", "cell")),
        Segment("sum", 1, check="iso7064-mod37-2"),
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("level = 5", "level = 9", "no such level of JIS X 0410"),
        ('"jis-x-0410"', '"geohash"', "no such mesh"),
        ("level = 5", "digits = 5", "no such key"),
        (', also = "."', ', also = "."', "cannot be taken over '.' of segment vendor"),
        ('["class", "cell"]', '["klass"]', "scope of the sequence names no segment: klass"),
        ('mesh = "jis-x-0410", level = 5', 'grid = "easting-northing", crs = "EPSG:4326", '
         "size = 100, digits = [4, 5]", "wants a projected system"),
        ('mesh = "jis-x-0410", level = 5', 'grid = "easting-northing", crs = "EPSG:4545", '
         "size = 100", "the `size` of a cell and the `digits`"),
        ('mesh = "jis-x-0410", level = 5', 'grid = "easting-northing", crs = "EPSG:0", '
         "size = 100, digits = [4, 5]", "no such coordinate reference system"),
    ],
)  # fmt: skip
def test_slips_in_the_toml(make: Make, old: str, new: str, reason: str) -> None:
    toml = HEAD + TOML
    with pytest.raises(StandardError, match=re.escape(reason)) as caught:
        load(make("a", {"standard.toml": toml.replace(old, new)}))
    assert "[code]" in caught.value.where


def test_a_grid_in_metres_in_toml(make: Make) -> None:
    grid = 'grid = "easting-northing", crs = "EPSG:4545", size = 1000, digits = [3, 4]'
    toml = TOML.replace('mesh = "jis-x-0410", level = 5', grid).replace(', also = "."', "")
    grammar = load(make("a", {"standard.toml": HEAD + toml})).grammar
    assert grammar is not None
    assert grammar.segment("cell").cell == MetricGrid("EPSG:4545", 1000.0, (3, 4))


@pytest.mark.parametrize("grammar", [PLAIN, CITY, LETTERS, MESHED])
def test_a_grammar_is_written_as_it_is_read(grammar: CodeGrammar) -> None:
    assert read_grammar({"code": write_grammar(grammar)}, "here") == grammar
    cell = Segment("cell", 7, cell=MetricGrid("EPSG:4545", 1000.0, (3, 4)))
    other = dataclasses.replace(grammar, segments=(cell, *grammar.segments))
    if grammar.cell is None:
        assert read_grammar({"code": write_grammar(other)}, "here") == other


def test_explain_says_what_each_segment_means(make: Make) -> None:
    standard = dataclasses.replace(load(make("a")), grammar=MESHED)
    code = MESHED.format("131016", "0102", 7, cell="53394525", date="2026")
    parts = {p.segment: p for p in explain_code(code, standard) if p.segment}
    assert not any(p.wrong for p in parts.values())
    assert parts["minor"].meaning["zh"] == "分类 0102 路灯"
    assert parts["minor"].meaning["en"] == "class 0102 Street lamp"
    assert parts["cell"].box == pytest.approx((139.6875, 35.68333333, 139.7, 35.69166667))
    assert parts["cell"].centre == pytest.approx((139.69375, 35.6875))
    assert parts["check"].meaning["en"] == f"check digit {code[28]}, as it should be"
    assert parts["sequence"].meaning["en"] == "number 7 in its cell, year, class"
    wrong = explain_code(code[:28] + ("3" if code[28] != "3" else "4") + code[29:], standard)
    ((segment, said),) = [(p.segment, p.wrong["en"]) for p in wrong if p.wrong]
    assert (segment, said.split()[-1]) == ("check", code[28])
    short = explain_code(code[:20], standard)
    assert "20 characters, not 32 to 35" in [p.wrong.get("en") for p in short]
    assert "".join(p.text for p in explain_code(code + "9999999", standard)) == code + "9999999"
    with pytest.raises(UsageError, match="no identifier codes"):
        explain_code(code, dataclasses.replace(standard, grammar=None))
