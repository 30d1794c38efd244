"""What is an IDS 1.0 and what is none."""

from __future__ import annotations

import pytest

from cimkit.errors import StandardInvalid
from cimkit.standard.requirements import re2_of, read_ids
from tests.checks.ids.made import attribute, document, entity, prop, specified, value

WALL = entity("IFCWALL")
TWO = "IFC2X3 IFC4"


def wrong(content: bytes) -> str:
    with pytest.raises(StandardInvalid) as caught:
        read_ids(content, "a.ids")
    assert str(caught.value).startswith("a.ids")
    return str(caught.value)


@pytest.mark.parametrize(
    ("specification", "said"),
    [
        (specified(WALL, "<walls/>"), "<requirements> has no <walls>"),
        (specified(WALL, '<material minOccurs="1"/>'), "save it as IDS 1.0"),
        (specified(WALL, attribute("Name", "", "Optional")), "no such cardinality"),
        (
            specified(WALL, f'<partOf cardinality="optional">{WALL}</partOf>'),
            "no such cardinality",
        ),
        (specified(WALL, f'<partOf relation="IFCRELX">{WALL}</partOf>'), "no such relation"),
        (specified(WALL, attribute("Name"), versions="IFC4X3"), "no such ifcVersion"),
        (specified(WALL, attribute("Name"), versions=""), "no such ifcVersion"),
        (specified(attribute("Name"), ""), "has no attribute cardinality here"),
        (specified(WALL + WALL, attribute("Name")), "2 times"),
        (
            specified(WALL, f"<classification>{value('s', 'system')}{value('v')}</classification>"),
            "too late",
        ),
        (specified(WALL, f"<classification>{value('v')}</classification>"), "has no <system>"),
        (specified(WALL, prop("S", "P", "IfcLabel")), "in capitals"),
        (specified(WALL, occurs='minOccurs="2" maxOccurs="unbounded"'), "three cardinalities"),
        (specified(WALL, occurs='minOccurs="0" maxOccurs="1"'), "three cardinalities"),
        (specified("", attribute("Name")), "nothing in particular"),
        (
            specified(WALL, attribute("Name"), occurs='minOccurs="0" maxOccurs="0"'),
            "has no requirements",
        ),
    ],
)
def test_what_does_not_keep_to_the_schema(specification: str, said: str) -> None:
    assert said in wrong(document(specification))


@pytest.mark.parametrize(
    ("specification", "said"),
    [
        (specified(entity("IfcWall")), "in capitals"),
        (specified(entity("IFCRABBIT")), "no class of IFC4"),
        (specified(entity("IFCTASKTIME"), versions=TWO), "no class of IFC2X3"),
        (specified(WALL, entity("IFCSLAB")), "another class"),
        (specified(WALL, entity("string: pattern=IFC.*TYPE")), "another class"),
        (specified(entity("IFCINVENTORY", "X"), versions=TWO), "has no predefined type"),
        (specified(WALL, attribute("ActingRole")), "attribute of that name"),
        (specified(WALL, attribute("IsDefinedBy")), "attribute of that name"),
        (specified(entity("IFCCARTESIANPOINT"), attribute("Dim")), "attribute of that name"),
        (specified(WALL, attribute("NAME")), "attribute of that name"),
        (specified(entity("IFCTASK"), attribute("TaskTime", "x")), "holds instances or lists"),
        (
            specified(entity("IFCCARTESIANPOINT"), attribute("Coordinates", "x")),
            "holds instances or lists",
        ),
        (specified(entity("IFCTASK"), attribute("IsMilestone", "TRUE")), "no value"),
        (specified(entity("IFCSTAIRFLIGHT"), attribute("NumberOfRisers", "42.0")), "no value"),
        (
            specified(
                entity("IFCSURFACESTYLEREFRACTION"),
                attribute("RefractionIndex", "string: pattern=.*"),
            ),
            "no value",
        ),
        (specified(WALL, prop("S", "P", "IFCREAL", "1,5")), "no value of IFCREAL"),
        (specified(WALL, prop("S", "P", "IFCBOOLEAN", "True")), "no value of IFCBOOLEAN"),
        (specified(WALL, prop("S", "P", "IFCWISH")), "no type of values"),
        (specified(WALL, prop("S", "P", "IFCDATE"), versions=TWO), "no type of values of IFC2X3"),
        (specified(WALL, attribute("Name", "string: minInclusive=2")), "cannot restrict"),
        (specified(WALL, prop("S", "P", "IFCREAL", "double: maxLength=2")), "cannot restrict"),
        (specified(WALL, prop("S", "P", "IFCREAL", "double: minInclusive=a")), "is no xs:double"),
        (specified(WALL, attribute("Name", "string: pattern=(a")), "no valid pattern"),
        (specified(WALL, attribute("Name", "string: totalDigits=2")), "does not know"),
        (specified(WALL, attribute("Name", "string: length=many")), "number of characters"),
    ],
)
def test_what_no_model_could_fulfil(specification: str, said: str) -> None:
    specification = specification.replace(' cardinality="required"', "")
    assert said in wrong(document(specification))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<ids/>",
        b'<!DOCTYPE ids [<!ENTITY a "b">]><ids xmlns="http://standards.buildingsmart.org/IDS"/>',
        document(),
        document(specified(WALL, attribute("Name")), info="<date>tomorrow</date>"),
        document(specified(WALL, attribute("Name")), info="<author>me</author>"),
    ],
)
def test_what_is_no_document(content: bytes) -> None:
    assert wrong(content)


def test_all_mistakes_are_told_at_once_and_many_are_counted() -> None:
    bad = specified(WALL, "".join(attribute(f"No{n}") for n in range(14)))
    said = wrong(document(bad))
    assert said.count("a.ids:") == 10
    assert said.endswith("... and 4 mistakes more")


@pytest.mark.parametrize(
    "specification",
    [
        specified(WALL, prop("S", "P", "", "x")),
        specified(WALL, "<material/>"),
        specified(entity("IFCAIRTERMINAL"), attribute("Name"), versions=TWO),
        specified(WALL, attribute("Name"), versions="IFC2X3 IFC4 IFC4X3_ADD2"),
        specified(WALL, attribute("GlobalId") + WALL + attribute("Name")),
        specified(WALL, prop("S", "P", "IFCLENGTHMEASURE", "integer: minInclusive=2")),
        specified(entity("IFCPROPERTYSINGLEVALUE"), attribute("NominalValue", "x")),
    ],
)
def test_what_may_be_written(specification: str) -> None:
    assert read_ids(document(specification), "a.ids").specifications


@pytest.mark.parametrize(
    ("pattern", "fits", "not_"),
    [
        (r"\w+", "墙a_1", "a b"),
        (r"[\w-]+", "a_b-c", "a b"),
        (r"\d{2}", "٣٤", "1"),
        (r"[a-z-[aeiou]]+", "xyz", "xaz"),
        (r"\p{IsGreek}+", "αβγ", "abc"),
        (r"\p{Lu}\p{Ll}*", "Äh", "äh"),
        (r"\i\c*", "a.b", "1a"),
        (r"a|b", "b", "ab"),
        (r".{1,5}", "abcde", "abcdef"),
        (r"^a$", "^a$", "a"),
        (r"(-|[0-9]{2,3})\/(-|[0-9]{2,3})\/(-|[0-9]{2,3})", "30/-/120", "30/-"),
        (r"[\S\s]+[\S]+", "a b", "a "),
        (r".*\.ifc", "x.ifc", "xifc"),
    ],
)
def test_patterns_mean_what_xml_schema_means(pattern: str, fits: str, not_: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    found, wrong_ = re2_of(pattern)
    assert wrong_ == ""
    assert pc.match_substring_regex(pa.array([fits, not_]), found).to_pylist() == [True, False]
