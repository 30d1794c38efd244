"""Rules and attributes of a second parent speak of the classes of its own scheme."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cimkit.checks import check

FILES = {
    "parts/standard.toml": 'id = "parts"\nedition = "1"\ntitles.en = "Parts"\n',
    "parts/classes.csv": "code,name_en\n01,Lamp\n02,Tree\n",
    "parts/mapping/m.csv": "field,op,value,class\nname,equals,lamp,01\nname,equals,tree,02\n",
    "parts/attributes.csv": "class,name,obligation\n02,age,M\n",
    "use/standard.toml": 'id = "use"\nedition = "1"\ntitles.en = "Use"\n',
    # The same code, another thing.
    "use/classes.csv": "code,parent,name_en\n0,,All\n01,0,Owned by a school\n",
    "use/mapping/m.csv": "field,op,value,class\nowner,equals,school,01\n",
    "use/attributes.csv": "class,name,obligation\n0,contact,M\n",
    "use/rules/r.toml": """
[[rule]]
id = "asked"
check = "attribute_obligatory"
message = { en = "{attribute} is missing" }
[[rule]]
id = "schools"
applies_to = { classes = ["0"] }
check = "attribute_obligatory"
message = { en = "{attribute} is missing at a school" }
""",
    "city/standard.toml": 'id = "city"\nedition = "1"\ntitles.en = "City"\n'
    'extends = ["parts@1", "use@1"]\n',
}
THINGS = (
    {"name": "lamp", "owner": "city"},
    {"name": "lamp", "owner": "school"},
    {"name": "tree", "owner": "city", "age": "7"},
    {"name": "tree", "owner": "school", "age": "7"},
    {"name": "tree", "owner": "school", "contact": "0"},
    {"name": "tree", "owner": "city"},
)


@pytest.fixture
def verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in FILES.items():
        file = tmp_path / "standards" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path / "standards"))
    point = {"type": "Point", "coordinates": [106.5, 29.5]}
    features = [
        {"type": "Feature", "geometry": point, "properties": {"id": n, **said}}
        for n, said in enumerate(THINGS)
    ]
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return check([data], standard="city", jobs=1)


def failed(verdict, rule: str) -> list[tuple[str, str]]:
    rows = verdict.findings.to_pylist()
    return sorted(
        (r["place"], r["message"]) for r in rows if r["rule"] == rule and r["status"] == "fail"
    )


def test_attributes_are_asked_by_the_scheme_that_they_belong_to(verdict) -> None:
    said = failed(verdict, "use/asked")
    assert [message for _, message in said] == [
        "contact is missing",
        "contact is missing",
        "age is missing",
        "age is missing",
    ]


def test_a_rule_speaks_of_the_classes_of_its_own_package(verdict) -> None:
    said = failed(verdict, "use/schools")
    assert [message.split()[0] for _, message in said] == ["contact", "contact", "age"]
    assert "row 6 (5)" not in [place for place, _ in said]
