from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.standard import Proposal, Seen, Standard, load, mapping_csv, nearest_classes, suggest

Make = Callable[..., Path]

# Layer names as bureaus write them, made up.
NAMES = {
    "0101": ["上水井蓋_2026", "自来水井盖", "water_supply_manholes", "上水道マンホール蓋"],
    "0102": ["污水井蓋點", "WuShuiJingGai", "SewageManholeCover_pt", "汚水マンホール"],
    "0103": ["雨水井蓋", "YSJG", "stormwater_manhole_covers", "雨水マンホール蓋_R8"],
    "0104": ["雨水箅子點位", "storm_water_gratings", "yushuibizi"],
    "0105": ["電力井蓋", "PowerManholeCovers", "dianlijinggai", "電力マンホール"],
    "0106": ["路燈井蓋", "StreetLampManhole", "街路灯ハンドホール"],
    "0107": ["通訊井蓋", "telecom-manhole-covers", "通信マンホール蓋2026"],
    "0111": ["燃氣井蓋", "GasManholes", "ガスマンホール"],
    "0113": ["消防設施", "FireFightingFacilities", "xiaofangsheshi"],
    "0115": ["通訊交接箱", "telecom_cross_connection_cabinets", "通信接続箱_2026"],
    "0116": ["電力設施", "electric_power_facilities", "dianlisheshi"],
    "0118": ["路燈", "LAMP_STREET", "ludeng_2026", "街路灯点", "streetlamps", "street lmp"],
    "0119": ["地燈", "GroundLamps", "地中埋込灯"],
    "0120": ["景觀燈", "landscape_lamps_v2", "景観照明灯", "jingguandeng"],
    "0121": ["報刊亭", "NewspaperKiosks", "baokanting"],
    "0122": ["電話亭", "telephone_booths", "電話ボックス", "dianhuating"],
    "0123": ["郵筒", "郵便ポスト_2026", "mail_boxes"],
    "0201": ["停車場", "parking_lots", "駐車場", "tingchechang"],
    "0203": ["公交站亭", "公交站台_2026", "bus_stop_shelters", "バス停留所"],
    "0205": ["過街天橋", "pedestrian_overpasses", "歩道橋", "guojietianqiao"],
    "0206": ["地下通道口", "underpasses", "地下通道"],
    "0210": ["交通信號燈", "TrafficSignals", "交通信号機", "jiaotongxinhaodeng"],
    "0301": ["公共廁所", "PublicToilets", "公衆便所", "gonggongcesuo"],
    "0305": ["垃圾箱點位", "LitterBins", "ごみ箱"],
    "0306": ["燈箱霓虹燈", "neon_light_boxes"],
    "0307": ["廣告招牌", "AdvertisingBoards", "広告看板"],
    "0401": ["古樹名木", "old_and_famous_trees", "gushumingmu"],
    "0402": ["行道樹", "street_trees_2026", "街路樹", "xingdaoshu"],
    "0403": ["護樹設施", "tree_protection_facilities"],
    "0404": ["花架花缽", "flower_stands"],
    "0407": ["街頭坐椅", "StreetSeats", "ベンチ"],
}


@pytest.fixture(scope="module")
def components() -> Standard:
    """Return the classes alone: what the mapping knows already need not be proposed."""
    return dataclasses.replace(load("cn.components"), mapping=())


def first(standard: Standard, layer: str) -> str | None:
    found = suggest(standard, [Seen("gis", layer, layer)], least=0.4)
    return found[0].class_code if found else None


def test_how_often_the_first_proposal_is_right(components: Standard) -> None:
    assert NAMES.keys() <= components.by_code.keys()
    assert len(NAMES) >= 30
    got = [(c, name, first(components, name)) for c, names in NAMES.items() for name in names]
    wrong = [g for g in got if g[2] != g[0]]
    proposed = [g for g in got if g[2] is not None]
    right = len(got) - len(wrong)
    assert right / len(proposed) >= 0.95, wrong  # 102 of 105 when it was written
    assert right / len(got) >= 0.95, wrong


@pytest.mark.parametrize(
    "layer",
    [
        "boundary",
        "contours",
        "relations",
        "zzz",
        "等高线",
        "行政区划",
        "建筑",
        "高程点",
        "_2026",
        "",
    ],
)
def test_nothing_is_proposed_for_names_of_something_else(components: Standard, layer: str) -> None:
    assert suggest(components, [Seen("gis", layer, layer)], least=0.4) == []


CLASSES = """code,parent,name_zh,name_ja,name_en
01,,设施,施設,Facilities
0101,01,井盖,マンホール蓋,Manhole cover
0102,01,路灯,街路灯,Street lamp
0103,01,路灯井盖,,Street-lamp manhole cover
"""
ATTRIBUTES = """class,name,title,kinds,type,domain
01,ObjState,State of the component,gis,text,state
01,DeptName,Department in charge,gis,text,
01,height_m,Height above ground,gis,number,
"""
STATE = "code,name_zh,name_en\n01,完好,intact\n02,破损,damaged\n"


@pytest.fixture
def town(make: Make) -> Standard:
    files = {
        "classes.csv": CLASSES,
        "attributes.csv": ATTRIBUTES,
        "domains/state.csv": STATE,
        "mapping/m.csv": "kind,field,op,value,class\ngis,layer,word,lantern,0102\n",
    }
    return load(make("town", files))


def only(standard: Standard, seen: Seen) -> Proposal:
    found = suggest(standard, [seen], limit=1, least=0.4)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("seen", "condition", "reason"),
    [
        (Seen("gis", "路燈", "路燈"), ("路燈", "", "", "", ""), "the same name: zh '路灯'"),
        (Seen("gis", "2026_路燈点", ""), ("", "", "layer", "contains", "路燈点"), "the same name"),
        (
            Seen("gis", "509912_Fac_StreetLamps_20260901", ""),
            ("", "", "layer", "word", "streetlamps"),
            "the same words: en 'Street lamp'",
        ),
        (
            Seen("gis", "street_lamp_2026", ""),
            ("", "", "layer", "word", "street lamp"),
            "the same words",
        ),
        (Seen("gis", "lanterns", ""), ("lanterns", "", "", "", ""), "mapping 'lantern'"),
        (Seen("bim", "", "IfcStreetLamp"), ("", "IfcStreetLamp", "", "", ""), "the same words"),
        (Seen("citymodel", "x", "StreetLamp"), ("", "StreetLamp", "", "", ""), "the same words"),
        (Seen("gis", "ludeng", ""), ("ludeng", "", "", "", ""), "its pinyin: zh '路灯'"),
    ],
)
def test_conditions_that_find_it_again(
    town: Standard, seen: Seen, condition: tuple[str, ...], reason: str
) -> None:
    got = only(town, seen)
    assert got.class_code == "0102"
    assert (got.layer, got.source_class, got.field, got.op, got.value) == condition
    assert reason in got.reason


def test_the_class_of_more_words_comes_first(town: Standard) -> None:
    found = suggest(town, [Seen("gis", "street lamp manhole covers", "", 7)], least=0.3)
    assert [p.class_code for p in found] == ["0103", "0101", "0102"]
    assert found[0].score > found[1].score >= found[2].score
    assert {p.objects for p in found} == {7}


def test_values_that_are_names_of_classes(town: Standard) -> None:
    fields = {"类型": ["路燈", "井盖", "其他"], "n": ["1", "2"]}
    found = suggest(town, [Seen("gis", "fac", "fac", 3, fields)])
    assert [(p.field, p.op, p.value, p.class_code) for p in found] == [
        ("类型", "equals", "路燈", "0102"),
        ("类型", "equals", "井盖", "0101"),
    ]
    assert found[0].reason == "2 of 3 values are names of classes"


def test_fields_that_hold_codes_or_attributes(town: Standard) -> None:
    fields = {
        "分类": ["0101", "0102", "x"],
        "zt": ["完好", "破损"],
        "dept_name": ["roads"],
        "HEIGHT": ["3.5"],
        "ObjState": ["01"],
        "colour": ["red"],
    }
    found = suggest(town, [Seen("gis", "fac", "fac", 3, fields)])
    assert [(p.field, p.attribute) for p in found] == [
        ("分类", "class_fields"),
        ("zt", "ObjState"),
        ("dept_name", "DeptName"),
        ("HEIGHT", "height_m"),
    ]
    assert all(p.class_code is None for p in found)
    assert found[1].reason == "its values are those of the attribute"


def test_rows_ready_to_be_pasted(town: Standard, make: Make) -> None:
    seen = [
        Seen("gis", "路燈,2026", ""),
        Seen("gis", "fac", "fac", 2, {"类型": ["井盖"], "zt": ["完好"]}),
        Seen("bim", "", "IfcStreetLamp"),
    ]
    text = mapping_csv(suggest(town, seen, limit=1))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [r["class"] for r in rows] == ["0102", "0101", "0102"]
    assert all(float(r["confidence"]) <= 0.7 for r in rows)
    files = {"classes.csv": CLASSES, "mapping/suggested.csv": text}
    standard = load(make("pasted", files))
    assert [m.class_code for m in standard.mapping] == ["0102", "0101", "0102"]


def test_who_was_meant(town: Standard) -> None:
    assert [c.code for c in nearest_classes(town, "102", limit=1)] == ["0102"]
    assert nearest_classes(town, "路燈")[0].code == "0102"
    assert nearest_classes(town, "quark") == []
