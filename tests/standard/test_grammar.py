from __future__ import annotations

import re
from importlib import import_module

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.errors import UsageError
from cimkit.standard import CodeGrammar, Mesh, Segment
from cimkit.standard.codes._check_digit import CHECKS, check_digits
from cimkit.standard.codes.columns import body, cells, outlines, slices
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

MESHED = CodeGrammar(
    (
        Segment("division", 6),
        Segment("", 1, text="-"),
        Segment("major", 2),
        Segment("minor", 2),
        Segment("", 1, text="-"),
        Segment("cell", 8, cell=Mesh(3)),
        Segment("year", 4, date="yyyy"),
        Segment("sequence", 4, scope=("cell", "class", "year")),
        Segment("check", 1, check="iso7064-mod11-2"),
        Segment("", 1, text="_"),
        Segment("vendor", 5, "alphanumeric", shortest=2, without="IOZ", default="000"),
    )
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


def test_a_code_with_all_kinds_of_segments() -> None:
    code = MESHED.format("131016", "0118", 7, cell="53394611", date="2026", values={"vendor": "A7"})
    assert code == "131016-0118-5339461120260007" + code[28:29] + "_A7"
    assert MESHED.validate(code) == []
    assert MESHED.parse(code) == {
        "division": "131016",
        "major": "01",
        "minor": "18",
        "cell": "53394611",
        "year": "2026",
        "sequence": "0007",
        "check": code[28],
        "vendor": "A7",
    }
    assert MESHED.class_of(code) == "0118"
    assert (MESHED.shortest, MESHED.length) == (32, 35)
    default = MESHED.format("131016", "0118", 7, cell="53394611", date="2026")
    assert default == code[:-2] + "000"


def test_reasons_speak_of_every_kind_of_segment() -> None:
    code = MESHED.format("131016", "0118", 7, cell="53394611", date="2026")
    assert MESHED.validate(code[:28] + ("3" if code[28] != "3" else "4") + code[29:]) == [
        f"check is '{'3' if code[28] != '3' else '4'}', and should be '{code[28]}'"
    ]
    wrong = code.replace("-", "/").replace("5339461", "5339961").replace("2026", "2126")
    assert MESHED.validate(wrong.replace("000", "O00")) == [
        "separator is '/', not '-'",
        "separator is '/', not '-'",
        "cell is '53399611', not a mesh of 8 digits (JIS X 0410, 1 km)",
        "year is '2126', not a date as yyyy",
        "sequence is 'O007', not 4 digits",
        "vendor is 'O00', not 2 to 5 digits or capital letters (without I, O, Z)",
    ]
    assert MESHED.validate("1") == ["1 characters, not 32 to 35"]


@given(
    st.integers(1, 9999),
    st.from_regex("^53[0-9]{2}[0-7]{2}[0-9]{2}$", fullmatch=True).filter(str.isascii),
    st.from_regex("^[0-9A-HJ-NP-Y]{2,5}$", fullmatch=True).filter(str.isascii),
)
def test_format_and_parse_are_inverse_for_all_kinds(number: int, cell: str, vendor: str) -> None:
    mesh = MESHED.segment("cell").cell
    assert mesh is not None
    cell = re.sub("^(..).", r"\g<1>3", cell)
    code = MESHED.format(
        "131016", "0118", number, cell=cell, date="2026", values={"vendor": vendor}
    )
    assert MESHED.validate(code) == []
    parts = MESHED.parse(code)
    assert parts is not None
    assert (parts["cell"], parts["sequence"], parts["vendor"]) == (cell, f"{number:04}", vendor)
    assert "".join(MESHED.cut(code)) == code


@given(st.data())
def test_one_wrong_digit_is_always_found(data: st.DataObject) -> None:
    check = data.draw(st.sampled_from(sorted(CHECKS)))
    grammar = CodeGrammar(
        (Segment("kind", 4), Segment("sequence", 8), Segment("check", 1, check=check)), ("kind",)
    )
    code = grammar.format(
        "",
        data.draw(st.from_regex("^[0-9]{4}$", fullmatch=True).filter(str.isascii)),
        data.draw(st.integers(0, 99999999)),
    )
    at = data.draw(st.integers(0, 11))
    other = data.draw(st.sampled_from("0123456789").filter(lambda c: c != code[at]))
    assert grammar.validate(code) == []
    (reason,) = grammar.validate(code[:at] + other + code[at + 1 :])
    assert reason.startswith("check is ")


@given(st.data(), st.sampled_from(sorted(CHECKS)))
def test_check_digits_are_those_of_stdnum(data: st.DataObject, check: str) -> None:
    module, taken = CHECKS[check][:2]
    bodies = data.draw(st.lists(st.text(taken, max_size=20), max_size=10))
    ask = import_module(f"stdnum.{module}").calc_check_digit
    assert check_digits(check, bodies).tolist() == [ask(b) for b in bodies]


@pytest.mark.parametrize("text", ["12A4", "12٣4", "1 4"])
def test_check_digits_only_of_what_they_are_defined_for(text: str) -> None:
    with pytest.raises(UsageError, match="luhn cannot be taken over this"):
        check_digits("luhn", ["1234", text])


@settings(deadline=None, max_examples=20)
@given(st.lists(st.text("0123456789ABC", min_size=2, max_size=5), min_size=1, max_size=5))
def test_sql_cuts_codes_as_python_does(vendors: list[str]) -> None:
    codes = [
        MESHED.format("131016", "0118", n, cell="53394611", date="2026", values={"vendor": v})
        for n, v in enumerate(vendors, 1)
    ]
    names = MESHED.segment_names
    listed = ", ".join(slices(MESHED, [n], "c") for n in names)
    with duckdb.connect() as con:
        sql = f"SELECT {listed}, {body(MESHED, 'c')} FROM unnest(?) AS t(c)"
        got = con.execute(sql, [codes]).fetchall()
        (joined,) = con.execute(
            f"SELECT {slices(MESHED, MESHED.scope, 'c', '/')} FROM (SELECT ? AS c)", [codes[0]]
        ).fetchone() or ("",)
        match = con.execute(
            "SELECT bool_and(regexp_full_match(c, ?)) FROM unnest(?) AS t(c)",
            [MESHED.pattern, codes],
        ).fetchone()
    parts = [MESHED.parse(c) for c in codes]
    assert [dict(zip(names, row, strict=False)) for row in got] == parts
    assert [row[-1] for row in got] == [c.replace("-", "")[:26] for c in codes]
    assert joined == "53394611/2026"
    assert match == (True,)


def test_cells_of_columns() -> None:
    lon = pa.chunked_array([[139.71475, None], [10.0]])
    lat = pa.chunked_array([[35.70078, None], [35.0]])
    assert cells(MESHED, lon, lat).to_pylist() == ["53394547", None, None]
    shapes = outlines(MESHED, ["53394547"])
    assert shapes["cell"].to_pylist() == ["53394547"]
    assert outlines(MESHED, []).num_rows == 0


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        (Segment("check", 1, check="crc"), "no such check"),
        (Segment("day", 4, date="ddmm"), "no such date"),
        (Segment("mesh", 8, cell=Mesh(3)), "is called `cell`"),
        (Segment("vendor", 3, "letters", default="ab1"), "the default 'ab1'"),
        (Segment("vendor", 3, shortest=4), "`shortest` at most"),
        (Segment("Vendor", 3), "names are small letters"),
        (Segment("", 1, text="－"), "fixed text is ASCII"),
        (Segment("vendor", 2, without="0123456789"), "leave some characters"),
        (Segment("sequence", 2), "two segments have one name"),
        (Segment("check", 1, check="luhn"), "luhn cannot be taken over 'A' of segment kind"),
    ],
)
def test_what_makes_no_segment(segment: Segment, reason: str) -> None:
    kind = Segment("kind", 2, "letters")
    assert reason in problems((kind, Segment("sequence", 6), segment), ("kind",))


def test_scope_names_segments() -> None:
    sequence = Segment("sequence", 6, scope=("class", "cell"))
    assert "scope of the sequence" in problems((Segment("kind", 2), sequence), ("kind",))
    whole = CodeGrammar(
        (Segment("kind", 2), Segment("division", 6), Segment("sequence", 6)), ("kind",)
    )
    assert (whole.scope, whole.counts_by_class) == (("division",), True)
    assert (MESHED.scope, MESHED.counts_by_class) == (("cell", "year"), True)
