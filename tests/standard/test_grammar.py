from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.errors import UsageError
from cimkit.standard import CodeGrammar, Segment
from cimkit.standard.grammar import problems

PLAIN = CodeGrammar(
    (Segment("division", 6), Segment("major", 2), Segment("minor", 2), Segment("sequence", 6))
)
CITY = CodeGrammar((Segment("division", 6, values=("509912",)), *PLAIN.segments[1:]))
LETTERS = CodeGrammar(
    (
        Segment("city", 3, "letters"),
        Segment("kind", 4, "alphanumeric"),
        Segment("sequence", 4),
    ),
    class_segments=("kind",),
)


@given(st.integers(0, 999999), st.integers(0, 9999), st.integers(0, 999999))
def test_format_and_parse_are_inverse(division: int, class_code: int, sequence: int) -> None:
    code = PLAIN.format(f"{division:06}", f"{class_code:04}", sequence)
    parts = PLAIN.parse(code)
    assert parts is not None
    assert parts["division"] == f"{division:06}"
    assert parts["major"] + parts["minor"] == PLAIN.class_of(code) == f"{class_code:04}"
    assert int(parts["sequence"]) == sequence
    assert PLAIN.validate(code) == []


@given(
    st.sampled_from([PLAIN, CITY, LETTERS]),
    st.one_of(
        st.text(max_size=20),
        st.text("0159ABz\n٣", min_size=11, max_size=16),
        st.from_regex("^(509912|509913)[0-9]{10}$", fullmatch=True),
    ),
)
def test_pattern_validate_and_parse_agree(grammar: CodeGrammar, code: str) -> None:
    fits = re.fullmatch(grammar.pattern, code) is not None and not code.endswith("\n")
    assert (grammar.validate(code) == []) is fits
    assert (grammar.parse(code) is not None) is fits


@settings(deadline=None)
@given(st.lists(st.text("0159\n", min_size=14, max_size=17), min_size=1, max_size=20))
def test_duckdb_reads_the_pattern_alike(codes: list[str]) -> None:
    codes += ["5099120101000001"]
    sql = "SELECT regexp_full_match(c, ?), regexp_extract(c, ?, 1) FROM unnest(?) AS t(c)"
    with duckdb.connect() as con:
        got = con.execute(sql, [CITY.pattern, CITY.class_pattern, codes]).fetchall()
    assert got == [(CITY.parse(c) is not None, CITY.class_of(c) or "") for c in codes]


def test_reasons_name_the_segment() -> None:
    assert CITY.validate("5099130101000001") == ["division is '509913', not 509912"]
    assert CITY.validate("50991201A1000001") == ["minor is 'A1', not 2 digits"]
    assert CITY.validate("509912010100000") == ["15 characters, not 16"]
    assert len(CITY.validate("50991XX101A00001")) == 3


def test_numbers_can_be_spent_and_majors_not_coded() -> None:
    assert PLAIN.sequence_digits == 6
    with pytest.raises(UsageError, match="spent"):
        PLAIN.format("509912", "0101", 1_000_000)
    with pytest.raises(UsageError, match="leaf"):
        PLAIN.format("509912", "01", 1)
    with pytest.raises(UsageError, match="division"):
        CITY.format("509913", "0101", 1)


@pytest.mark.parametrize(
    ("segments", "classes", "reason"),
    [
        ((Segment("a", 2), Segment("sequence", 6)), ("b",), "names no segment"),
        ((Segment("a", 2),), ("a",), "must be `sequence`"),
        ((Segment("a", 2), Segment("a", 2), Segment("sequence", 1)), ("a",), "one name"),
        (
            (Segment("a", 1), Segment("x", 1), Segment("b", 1), Segment("sequence", 1)),
            ("a", "b"),
            "side by side",
        ),
        ((Segment("a", 2, values=("1",)), Segment("sequence", 1)), ("a",), "length"),
        ((Segment("a", 2, "runes"), Segment("sequence", 1)), ("a",), "alphabet"),
    ],
)
def test_what_makes_no_grammar(
    segments: tuple[Segment, ...], classes: tuple[str, ...], reason: str
) -> None:
    assert reason in problems(segments, classes)
