"""Facets: what they take from a model, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.checks.ids.made import attribute, entity, prop, specified, value

Held = Callable[..., list[dict[str, Any]]]

WALL = "#1=IFCWALL('0000000000000000000001',$,{name},$,{kind},$,$,$,{predefined});"
LATER = "date: minInclusive=2024-01-01"
UNITS = """
#90=IFCPROJECT('0000000000000000000090',$,$,$,$,$,$,$,#91);
#91=IFCUNITASSIGNMENT((#92,#93,#94));
#92=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
#93=IFCSIUNIT(*,.THERMODYNAMICTEMPERATUREUNIT.,$,.DEGREE_CELSIUS.);
#94=IFCCONVERSIONBASEDUNIT(#95,.AREAUNIT.,'SQUARE FOOT',#96);
#95=IFCDIMENSIONALEXPONENTS(2,0,0,0,0,0,0);
#96=IFCMEASUREWITHUNIT(IFCAREAMEASURE(0.09290304),#97);
#97=IFCSIUNIT(*,.AREAUNIT.,$,.SQUARE_METRE.);
#98=IFCSIUNIT(*,.LENGTHUNIT.,.KILO.,.METRE.);
"""


def wall(name: str = "$", kind: str = "$", predefined: str = "$") -> str:
    return WALL.format(name=name, kind=kind, predefined=predefined)


def walls(demand: str, **more: str) -> str:
    return specified(entity("IFCWALL"), demand, **more)


def with_property(held: str, *, name: str = "'P'", more: str = "") -> str:
    return (
        f"{wall()}{UNITS}#2=IFCPROPERTYSET('0000000000000000000002',$,'S',$,(#3));\n"
        f"#3={held.replace('@', name)};\n{more}"
        "#4=IFCRELDEFINESBYPROPERTIES('0000000000000000000004',$,$,$,(#1),#2);"
    )


@pytest.mark.parametrize(
    ("name", "demand", "fails"),
    [
        ("'A'", attribute("Name", "A"), False),
        ("'a'", attribute("Name", "A"), True),
        ("''", attribute("Name"), True),
        ("$", attribute("Name"), True),
        ("$", attribute("Name", "A", "optional"), False),
        ("''", attribute("Name", "A", "optional"), True),
        ("'B'", attribute("Name", "A", "optional"), True),
        ("'B'", attribute("Name", "A", "prohibited"), False),
        ("'A'", attribute("Name", "A", "prohibited"), True),
        ("$", attribute("Name", "", "prohibited"), False),
        ("''", attribute("Name", "", "prohibited"), True),
        ("'A'", attribute("string: pattern=N.*|Desc.*"), False),
        ("'A;#7=(\"'", attribute("Name", "A;#7=(&quot;"), False),
        ("'it''s'", attribute("Name", "it's"), False),
        (r"'\X2\5899\X0\'", attribute("Name", "墙"), False),
        ("'墙'", attribute("Name", "string: length=1"), False),
        ("'DT01'", attribute("Name", "string: pattern=DT[0-9]{2}"), False),
        ("'DT012'", attribute("Name", "string: pattern=DT[0-9]{2}"), True),
        ("'DT01'", attribute("Name", "string: pattern=^DT01$"), True),
        ("'A1'", attribute("Name", "string: pattern=A.* maxLength=1"), True),
        ("'b'", attribute("Name", "string: pattern=a pattern=b"), False),
    ],
)
def test_attributes(held: Held, name: str, demand: str, fails: bool) -> None:
    assert bool(held(wall(name), walls(demand))) is fails


@pytest.mark.parametrize(
    ("value_", "demand", "fails"),
    [
        ("IFCLABEL('x')", prop("S", "P"), False),
        ("IFCLABEL('x')", prop("S", "P", "IFCTEXT"), True),
        ("IFCLABEL('x')", prop("S", "Q", "IFCLABEL"), True),
        ("IFCLABEL('x')", prop("T", "P", "IFCLABEL"), True),
        ("IFCLABEL('x')", prop("T", "P", "IFCLABEL", cardinality="optional"), False),
        ("IFCLABEL('x')", prop("S", "P", "IFCTEXT", cardinality="optional"), True),
        ("$", prop("S", "P", "IFCLABEL", cardinality="optional"), False),
        ("IFCLABEL('')", prop("S", "P", "IFCLABEL", "a", "optional"), True),
        ("$", prop("S", "P", cardinality="prohibited"), True),
        ("IFCLABEL('x')", prop("S", "Q", cardinality="prohibited"), False),
        ("IFCLABEL('x')", prop("S", "P", "IFCLABEL", "y", "prohibited"), False),
        ("IFCLOGICAL(.U.)", prop("S", "P", "IFCLOGICAL"), True),
        ("IFCBOOLEAN(.F.)", prop("S", "P", "IFCBOOLEAN", "0"), False),
        ("IFCBOOLEAN(.F.)", prop("S", "P", "IFCBOOLEAN", "true"), True),
        ("IFCINTEGER(1000000)", prop("S", "P", "IFCINTEGER", "1000001"), True),
        ("IFCREAL(0.30000000000000004)", prop("S", "P", "IFCREAL", "0.3"), False),
        ("IFCLENGTHMEASURE(2500.)", prop("S", "P", "IFCLENGTHMEASURE", "2.5"), False),
        ("IFCLENGTHMEASURE(300)", prop("S", "P", "IFCLENGTHMEASURE", "0.3"), False),
        (
            "IFCPOSITIVELENGTHMEASURE(2.)",
            prop("S", "P", "IFCPOSITIVELENGTHMEASURE", "0.002"),
            False,
        ),
        ("IFCAREAMEASURE(100.)", prop("S", "P", "IFCAREAMEASURE", "9.290304"), False),
        (
            "IFCTHERMODYNAMICTEMPERATUREMEASURE(20.)",
            prop("S", "P", "IFCTHERMODYNAMICTEMPERATUREMEASURE", "293.15"),
            False,
        ),
        (
            "IFCDATE('2024-05-01')",
            prop("S", "P", "IFCDATE", LATER),
            False,
        ),
        ("IFCDATE('2023-05-01')", prop("S", "P", "IFCDATE", LATER), True),
        (
            "IFCDURATION('PT90M')",
            prop("S", "P", "IFCDURATION", "duration: maxExclusive=PT2H"),
            False,
        ),
    ],
)
def test_single_properties(held: Held, value_: str, demand: str, fails: bool) -> None:
    lines = with_property(f"IFCPROPERTYSINGLEVALUE(@,$,{value_},$)")
    assert bool(held(lines, walls(demand))) is fails


def test_a_unit_of_its_own_counts_before_that_of_the_project(held: Held) -> None:
    lines = with_property("IFCPROPERTYSINGLEVALUE(@,$,IFCLENGTHMEASURE(2.),#98)")
    assert not held(lines, walls(prop("S", "P", "IFCLENGTHMEASURE", "2000")))


BOUNDED = "IFCPROPERTYBOUNDEDVALUE(@,$,{},{},$,{})"


@pytest.mark.parametrize(
    ("lower", "upper", "point", "wanted", "fails"),
    [
        ("3", "4", "$", "double: minExclusive=2 maxInclusive=5", False),
        ("$", "4", "$", "double: minExclusive=2 maxInclusive=5", True),
        ("3", "$", "$", "double: minExclusive=2 maxInclusive=5", True),
        ("2", "3", "$", "double: minExclusive=2 maxInclusive=5", True),
        ("3", "5", "$", "double: minExclusive=2 maxInclusive=5", False),
        ("2", "4", "$", "3", False),
        ("2", "$", "$", "2", False),
        ("$", "2", "$", "2", False),
        ("2", "4", "$", "5", True),
        ("$", "4", "$", "5", True),
        ("$", "$", "$", "3", True),
        ("1", "5", "3", "2", True),
        ("1", "5", "3", "3", False),
        ("3", "$", "$", "double: minInclusive=2", False),
        ("$", "3", "$", "double: minInclusive=2", True),
    ],
)
def test_bounded_properties(
    held: Held, lower: str, upper: str, point: str, wanted: str, fails: bool
) -> None:
    given = [v if v == "$" else f"IFCREAL({v}.)" for v in (upper, lower, point)]
    lines = with_property(BOUNDED.format(*given))
    assert bool(held(lines, walls(prop("S", "P", "IFCREAL", wanted)))) is fails


@pytest.mark.parametrize(
    ("held_", "demand", "fails"),
    [
        ("IFCPROPERTYLISTVALUE(@,$,(IFCREAL(1.),IFCREAL(9.)),$)", ("IFCREAL", "9"), False),
        (
            "IFCPROPERTYLISTVALUE(@,$,(IFCREAL(1.),IFCREAL(9.)),$)",
            ("IFCREAL", "double: minInclusive=2"),
            True,
        ),
        (
            "IFCPROPERTYENUMERATEDVALUE(@,$,(IFCLABEL('a,b'),IFCLABEL('c')),$)",
            ("IFCLABEL", "a,b"),
            False,
        ),
        ("IFCPROPERTYENUMERATEDVALUE(@,$,(),$)", ("IFCLABEL", ""), True),
        (
            "IFCPROPERTYTABLEVALUE(@,$,(IFCLABEL('X')),(IFCLENGTHMEASURE(1000.)),$,$,$,$)",
            ("IFCLENGTHMEASURE", "1"),
            False,
        ),
        ("IFCCOMPLEXPROPERTY(@,$,'u',(#3))", ("", ""), True),
        ("IFCPROPERTYREFERENCEVALUE(@,$,$,#1)", ("", ""), True),
    ],
)
def test_properties_of_several_values(
    held: Held, held_: str, demand: tuple[str, str], fails: bool
) -> None:
    assert bool(held(with_property(held_), walls(prop("S", "P", *demand)))) is fails


TYPED = """
#10=IFCWALLTYPE('0000000000000000000010',$,$,$,$,(#11),$,$,'OWN',.{}.);
#11=IFCPROPERTYSET('0000000000000000000011',$,'S',$,(#12,#13));
#12=IFCPROPERTYSINGLEVALUE('P',$,IFCLABEL('type'),$);
#13=IFCPROPERTYSINGLEVALUE('Q',$,IFCLABEL('type'),$);
#14=IFCRELDEFINESBYTYPE('0000000000000000000014',$,$,$,(#1),#10);
"""


def test_occurrences_take_from_their_type_what_they_do_not_say(held: Held) -> None:
    own = with_property("IFCPROPERTYSINGLEVALUE(@,$,IFCLABEL('own'),$)")
    lines = own + TYPED.format("NOTDEFINED")
    assert not held(lines, walls(prop("S", "P", "IFCLABEL", "own")))
    assert held(lines, walls(prop("S", "P", "IFCLABEL", "type")))
    assert not held(lines, walls(prop("S", "Q", "IFCLABEL", "type")))


@pytest.mark.parametrize(
    ("own", "kind", "of_type", "wanted", "fails"),
    [
        (".SOLIDWALL.", "$", "", "SOLIDWALL", False),
        (".USERDEFINED.", "'X'", "", "X", False),
        (".USERDEFINED.", "'X'", "", "USERDEFINED", False),
        (".USERDEFINED.", "'x'", "", "X", True),
        ("$", "'X'", "", "X", True),
        (".SOLIDWALL.", "$", "USERDEFINED", "OWN", False),
        (".SOLIDWALL.", "$", "USERDEFINED", "SOLIDWALL", True),
        (".SOLIDWALL.", "$", "NOTDEFINED", "SOLIDWALL", False),
        (".USERDEFINED.", "'X'", "SHEAR", "SHEAR", False),
        (".USERDEFINED.", "'FOO1'", "", "string: pattern=FOO.*", False),
    ],
)
def test_predefined_types(
    held: Held, own: str, kind: str, of_type: str, wanted: str, fails: bool
) -> None:
    lines = wall(kind=kind, predefined=own) + (TYPED.format(of_type) if of_type else "")
    assert bool(held(lines, walls(entity("IFCWALL", wanted)))) is fails


FLOW = """
#1=IFCFLOWTERMINAL('0000000000000000000001',$,$,$,$,$,$,$);
#2=IFCFLOWTERMINAL('0000000000000000000002',$,$,$,$,$,$,$);
#3=IFCAIRTERMINALTYPE('0000000000000000000003',$,$,$,$,$,$,$,$,.GRILLE.);
#4=IFCRELDEFINESBYTYPE('0000000000000000000004',$,$,$,(#1),#3);
"""


def test_ifc2x3_names_of_types_reach_their_occurrences(held: Held) -> None:
    asked = specified(entity("IFCAIRTERMINAL", "GRILLE"), attribute("Name"), versions="IFC2X3")
    assert [f["place"][:2] for f in held(FLOW, asked, "IFC2X3")] == ["#1"]
    other = specified(entity("IFCAIRTERMINAL", "DIFFUSER"), attribute("Name"), versions="IFC2X3")
    assert [f["reason"] for f in held(FLOW, other, "IFC2X3")] == ["none-found"]


TREE = """
#1=IFCBEAM('0000000000000000000001',$,$,$,$,$,$,$,$);
#2=IFCELEMENTASSEMBLY('0000000000000000000002',$,$,$,$,$,$,$,$,$);
#3=IFCSPACE('0000000000000000000003',$,$,$,$,$,$,$,$,$,$);
#4=IFCBUILDINGSTOREY('0000000000000000000004',$,$,$,$,$,$,$,$,$);
#5=IFCRELAGGREGATES('0000000000000000000005',$,$,$,#2,(#1));
#6=IFCRELCONTAINEDINSPATIALSTRUCTURE('0000000000000000000006',$,$,$,(#2),#3);
#7=IFCRELAGGREGATES('0000000000000000000007',$,$,$,#4,(#3));
#8=IFCSYSTEM('0000000000000000000008',$,$,$,$);
#9=IFCZONE('0000000000000000000009',$,$,$,$,$);
#10=IFCRELASSIGNSTOGROUP('0000000000000000000010',$,$,$,(#1),$,#8);
#11=IFCRELASSIGNSTOGROUP('0000000000000000000011',$,$,$,(#8),$,#9);
#12=IFCWALL('0000000000000000000012',$,$,$,$,$,$,$,$);
#13=IFCOPENINGELEMENT('0000000000000000000013',$,$,$,$,$,$,$,$);
#14=IFCDOOR('0000000000000000000014',$,$,$,$,$,$,$,$,$,$,$,$);
#15=IFCRELVOIDSELEMENT('0000000000000000000015',$,$,$,#12,#13);
#16=IFCRELFILLSELEMENT('0000000000000000000016',$,$,$,#13,#14);
#17=IFCRELAGGREGATES('0000000000000000000017',$,$,$,#1,(#2));
"""


@pytest.mark.parametrize(
    ("part", "whole", "relation", "fails"),
    [
        ("IFCBEAM", "IFCELEMENTASSEMBLY", "IFCRELAGGREGATES", False),
        ("IFCBEAM", "IFCSPACE", "IFCRELAGGREGATES", True),
        ("IFCBEAM", "IFCSPACE", "IFCRELCONTAINEDINSPATIALSTRUCTURE", False),
        ("IFCBEAM", "IFCBUILDINGSTOREY", "IFCRELCONTAINEDINSPATIALSTRUCTURE", False),
        ("IFCBEAM", "IFCBUILDINGSTOREY", "", False),
        ("IFCBEAM", "IFCBUILDING", "", True),
        ("IFCBEAM", "IFCSYSTEM", "IFCRELASSIGNSTOGROUP", False),
        ("IFCBEAM", "IFCZONE", "IFCRELASSIGNSTOGROUP", False),
        ("IFCBEAM", "IFCZONE", "IFCRELNESTS", True),
        ("IFCDOOR", "IFCWALL", "IFCRELVOIDSELEMENT IFCRELFILLSELEMENT", False),
        ("IFCOPENINGELEMENT", "IFCWALL", "IFCRELVOIDSELEMENT IFCRELFILLSELEMENT", False),
        ("IFCDOOR", "IFCWALL", "IFCRELAGGREGATES", True),
        ("IFCSPACE", "string: pattern=.*", "IFCRELCONTAINEDINSPATIALSTRUCTURE", True),
    ],
)
def test_parts(held: Held, part: str, whole: str, relation: str, fails: bool) -> None:
    said = f'relation="{relation}"' if relation else ""
    demand = f"<partOf {said}>{entity(whole)}</partOf>"
    assert bool(held(TREE, specified(entity(part), demand))) is fails
    forbidden = f'<partOf {said} cardinality="prohibited">{entity(whole)}</partOf>'
    assert bool(held(TREE, specified(entity(part), forbidden))) is not fails


MATERIAL = "#9=IFCRELASSOCIATESMATERIAL('0000000000000000000009',$,$,$,(#1),#2);"


@pytest.mark.parametrize(
    "lines",
    [
        "#2=IFCMATERIAL('Foo',$,$);",
        "#2=IFCMATERIAL('x',$,'Foo');",
        "#2=IFCMATERIALLIST((#3,#4));#3=IFCMATERIAL('x',$,$);#4=IFCMATERIAL('Foo',$,$);",
        "#2=IFCMATERIALLAYERSETUSAGE(#3,.AXIS2.,.POSITIVE.,0.,$);#3=IFCMATERIALLAYERSET((#4),'Foo',$);"
        "#4=IFCMATERIALLAYER($,1.,$,$,$,$,$);",
        "#2=IFCMATERIALLAYER(#3,1.,$,$,$,'Foo',$);#3=IFCMATERIAL('x',$,$);",
        "#2=IFCMATERIALPROFILESETUSAGE(#3,$,$);#3=IFCMATERIALPROFILESET('x',$,(#4),$);"
        "#4=IFCMATERIALPROFILE('x',$,$,$,$,'Foo');",
        "#2=IFCMATERIALCONSTITUENTSET('x',$,(#3));#3=IFCMATERIALCONSTITUENT($,$,#4,$,'Foo');"
        "#4=IFCMATERIAL('x',$,$);",
    ],
)
def test_materials_of_all_kinds(held: Held, lines: str) -> None:
    model = wall() + lines + MATERIAL
    assert not held(model, walls(f"<material>{value('Foo')}</material>"))
    assert held(model, walls(f"<material>{value('foo')}</material>"))
    assert not held(wall(), walls(f'<material cardinality="optional">{value("Foo")}</material>'))


CLASSIFIED = """
#2=IFCCLASSIFICATION($,$,$,'Uni',$,$,$);
#3=IFCCLASSIFICATIONREFERENCE($,'EF_25',$,#2,$,$);
#4=IFCCLASSIFICATIONREFERENCE($,'EF_25_10',$,#3,$,$);
#5=IFCRELASSOCIATESCLASSIFICATION('0000000000000000000005',$,$,$,(#1),#4);
#6=IFCCLASSIFICATION($,$,$,'Omni',$,$,$);
#7=IFCCLASSIFICATIONREFERENCE($,'21',$,#6,$,$);
#8=IFCRELASSOCIATESCLASSIFICATION('0000000000000000000008',$,$,$,(#1),#7);
"""


@pytest.mark.parametrize(
    ("system", "code", "fails"),
    [
        ("Uni", "EF_25", False),
        ("Uni", "EF_25_10", False),
        ("Uni", "EF_25_20", True),
        ("Uni", "21", True),
        ("Omni", "", False),
        ("NL-SfB", "", True),
        ("string: pattern=.*", "string: pattern=EF_25.*", False),
    ],
)
def test_classifications(held: Held, system: str, code: str, fails: bool) -> None:
    inner = (value(code) if code else "") + value(system, "system")
    model = wall() + CLASSIFIED
    assert bool(held(model, walls(f"<classification>{inner}</classification>"))) is fails
    forbidden = f'<classification cardinality="prohibited">{inner}</classification>'
    assert bool(held(model, walls(forbidden))) is not fails


@pytest.mark.parametrize(
    ("model", "system", "fails"),
    [
        (CLASSIFIED, "Uni", True),
        (CLASSIFIED, "string: pattern=.*", True),
        (CLASSIFIED, "NL-SfB", False),
        (CLASSIFIED.replace("'Omni'", "''"), "NL-SfB", True),
        ("", "Uni", False),
    ],
)
def test_an_optional_code_speaks_of_its_own_system_only(
    held: Held, model: str, system: str, fails: bool
) -> None:
    inner = value("EF_25_20") + value(system, "system")
    asked = f'<classification cardinality="optional">{inner}</classification>'
    assert bool(held(wall() + model, walls(asked))) is fails


@pytest.mark.parametrize(
    ("occurs", "applies", "reason"),
    [
        ('minOccurs="1" maxOccurs="unbounded"', entity("IFCDOOR"), "none-found"),
        ('minOccurs="0" maxOccurs="unbounded"', entity("IFCDOOR"), ""),
        ('minOccurs="0" maxOccurs="0"', entity("IFCDOOR"), ""),
        ('minOccurs="0" maxOccurs="0"', entity("IFCWALL"), "forbidden"),
    ],
)
def test_cardinalities_of_specifications(
    held: Held, occurs: str, applies: str, reason: str
) -> None:
    found = held(wall(), specified(applies, occurs=occurs))
    assert [f["reason"] for f in found] == ([reason] if reason else [])


def test_facets_of_the_applicability_are_joined(held: Held) -> None:
    lines = wall("'A'") + wall("'B'").replace("#1=", "#2=")
    applies = entity("IFCWALL") + attribute("Name", "A").replace(' cardinality="required"', "")
    found = held(lines, specified(applies, attribute("Description")))
    assert [f["place"] for f in found] == ["#1 (0000000000000000000001) A"]
    without = attribute("Name", "B").replace(' cardinality="required"', "")
    assert [f["place"][:2] for f in held(lines, specified(without, attribute("Tag")))] == ["#2"]


def test_what_is_found_names_value_place_and_what_was_wanted(held: Held) -> None:
    many = "string: " + " ".join(f"enumeration=C{n}" for n in range(3000))
    found = held(wall("'X'"), walls(attribute("Name", many)))
    assert found[0]["measured"] == "X"
    assert found[0]["expected"] == "C0 | C1 | C2 | C3 | C4 | … (3000)"
    assert (found[0]["layer"], found[0]["what"]) == ("IFCWALL", "Name")
    long = held(wall(f"'{'X' * 5000}'"), walls(attribute("Name", "Y")))
    assert long[0]["measured"] == f"{'X' * 120}…"


def test_a_whole_is_named_as_it_is_asked_for(held: Held) -> None:
    model = (
        "#1=IFCWALL('0000000000000000000001',$,$,$,$,$,$,$,$);"
        "#2=IFCSLAB('0000000000000000000002',$,$,$,$,$,$,$,.ROOF.);"
        "#3=IFCRELAGGREGATES('0000000000000000000003',$,$,$,#2,(#1));"
    )
    relation = 'relation="IFCRELAGGREGATES"'
    found = held(model, walls(f"<partOf {relation}>{entity('IFCSLAB', 'BASESLAB')}</partOf>"))
    assert found[0]["measured"] == "IFCSLAB.ROOF"
    assert found[0]["expected"] == "IFCSLAB.BASESLAB (IFCRELAGGREGATES)"
    assert held(model, walls(f"<partOf>{entity('IFCDOOR')}</partOf>"))[0]["measured"] == "IFCSLAB"


def test_a_wrong_value_is_told_without_the_type_that_it_has(held: Held) -> None:
    lines = "#5=IFCPROPERTYSINGLEVALUE('P',$,IFCLABEL('a'),$);"
    lines += "#2=IFCPROPERTYSET('0000000000000000000002',$,'S',$,(#5));"
    lines += "#4=IFCRELDEFINESBYPROPERTIES('0000000000000000000004',$,$,$,(#1),#2);"
    found = held(wall() + lines, walls(prop("S", "P", "IFCLABEL", "b")))
    assert (found[0]["measured"], found[0]["expected"]) == ("a", "b")


def test_two_failures_of_one_object_are_one_thing(held: Held) -> None:
    found = held(wall(), walls(attribute("Name") + attribute("Tag")))
    assert [f["things"] for f in found] == [1, 0]


@pytest.mark.parametrize(
    ("schema", "lines"),
    [
        (
            "IFC4",
            "#1=IFCMATERIAL('C',$,$);#2=IFCPROPERTYSINGLEVALUE('P',$,IFCLABEL('x'),$);"
            "#3=IFCMATERIALPROPERTIES('S',$,(#2),#1);",
        ),
        (
            "IFC2X3",
            "#1=IFCMATERIAL('C');#2=IFCPROPERTYSINGLEVALUE('P',$,IFCLABEL('x'),$);"
            "#3=IFCEXTENDEDMATERIALPROPERTIES(#1,(#2),$,'S');",
        ),
    ],
)
def test_materials_have_properties_too(held: Held, schema: str, lines: str) -> None:
    asked = specified(entity("IFCMATERIAL"), prop("S", "P", "IFCLABEL", "x"), versions=schema)
    assert not held(lines, asked, schema)


def test_sets_that_are_classes_are_read_by_their_attributes(held: Held) -> None:
    lines = """
#1=IFCDOOR('0000000000000000000001',$,$,$,$,$,$,$,$,$,$,$,$);
#2=IFCDOORPANELPROPERTIES('0000000000000000000002',$,'D',$,$,.SWINGING.,$,.LEFT.,$);
#3=IFCRELDEFINESBYPROPERTIES('0000000000000000000003',$,$,$,(#1),#2);"""
    wanted = prop("D", "PanelOperation", "IFCDOORPANELOPERATIONENUM", "SWINGING")
    assert not held(lines, specified(entity("IFCDOOR"), wanted))
