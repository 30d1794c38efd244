"""Random standards: flat packages with everything in them that a format may lose."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from cimkit.standard import Standard, load
from cimkit.standard.draft import Draft, Row, write_draft

ID = "city.example"

_TEXT = (
    "aZ0 <>&\"'|;,#%/\\{}[]()^$*+?~`@=:._-\n\t"
    "路灯业業あカß\u00e9\u0301\u3000\u200b\u2028😀\x07\ufffe"
)
_CODE = '0123456789ABab.-_/ :#%<&"|路\x07'
texts = st.text(_TEXT, max_size=10).map(str.strip)
names = texts.filter(bool)
codes = (
    st.one_of(st.from_regex(r"[0-9]{2,4}", fullmatch=True), st.text(_CODE, min_size=1, max_size=8))
    .map(str.strip)
    .filter(lambda c: c not in ("", "-"))
)
languages = st.sampled_from(["zh", "ja", "en"])
numbers = st.sampled_from(["", "0", "1", "-2.5", "1000000", "0.1", "1e+30"])
truth = st.sampled_from(["", "yes", "no"])
PATTERNS = [
    *("", r"\d{6}", "[A-Z]{2}-[0-9]+", "(?:a|b)+", "^x$", "a+?", r"[\w.]*", "a|b", "路.", r"\$"),
    *(r"\p{L}+", "(?i)abc", "[[:alpha:]]", r"\bx", "[a&&b^]", "(?P<n>x)"),
]


def _row(**cells: st.SearchStrategy[str]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(cells).map(lambda r: {k: v for k, v in r.items() if v})


_origin = {"code_origin": texts, "verified": truth, "source": texts}
_names = {"name_zh": texts, "name_ja": texts, "name_en": texts}


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """A package without parents that loads."""
    head: dict[str, Any] = {"id": ID, "edition": "2026", "titles": {"en": draw(names)}}
    for language in draw(st.sets(st.sampled_from(["zh", "ja"]))):
        head["titles"][language] = draw(names)
    for key in draw(st.sets(st.sampled_from(["issuer", "licence", "note", "status"]))):
        head[key] = draw(names)
    if draw(st.booleans()):
        head["class_fields"] = ["class"]
    draft = Draft(head=head)
    draft.classes = draw(_classes(""))
    others = draw(st.lists(st.sampled_from(["other.scheme", "T/2"]), unique=True))
    if others and draft.classes:
        first = draw(st.sampled_from([ID, "first"]))
        head["scheme"] = [{"id": first, "titles": {draw(languages): draw(names)}, "primary": True}]
        for scheme in others:
            head["scheme"].append({"id": scheme, "titles": {draw(languages): draw(names)}})
            draft.classes += draw(_classes(scheme))
    own = [r["code"] for r in draft.classes if not r.get("scheme")]
    for name in draw(st.lists(st.sampled_from(["usage", "state", "表"]), unique=True)):
        rows = st.lists(_row(code=codes, **_names), unique_by=lambda r: r["code"], max_size=4)
        draft.domains[name] = draw(rows)
    draft.attributes = draw(st.lists(_attribute(own, list(draft.domains)), max_size=5))
    main = head["scheme"][0]["id"] if "scheme" in head else ID
    if draft.classes:
        rows = st.lists(_mapping(draft.classes), max_size=6)
        draft.mapping = {"m": draw(rows)}
        draft.crosswalk = {"c": draw(st.lists(_crosswalk(draft.classes, main), max_size=4))}
    if draw(st.booleans()):
        draft.levels = [{"code": "CIM1", "name_en": "Surface"}, {"code": "CIM2", "scheme": "CIM"}]
        draft.level_rules = [{"kind": "gis", "level": "CIM1"}]
    if own and draw(st.booleans()):
        draft.models = [{"class": own[0], "model": "tree", "height": "height|7"}]
    if draw(st.booleans()):
        draft.files = {"tests/classes.csv": b"kind,expect\n"}
    return draft


@st.composite
def _classes(draw: st.DrawFn, scheme: str) -> list[Row]:
    made: list[Row] = []
    for code in draw(st.lists(codes, max_size=6, unique=True)):
        row = draw(
            _row(
                **_names,
                definition=texts,
                geometry=st.sampled_from(["", "Point", "LineString Polygon"]),
                access=st.sampled_from(["", "public", "secret"]),
                valid_from=st.sampled_from(["", "2020-01-01"]),
                valid_to=st.sampled_from(["", "2030-12-31"]),
                replaces=st.sampled_from(["", "0999", "A1 B2"]),
                level=st.sampled_from(["", "", "CIM1"]),
                **_origin,
            )
        )
        row["code"] = code
        if scheme:
            row["scheme"] = scheme
        if made and draw(st.booleans()):
            row["parent"] = draw(st.sampled_from(made))["code"]
        made.append(row)
    return made


@st.composite
def _attribute(draw: st.DrawFn, own: list[str], domains: list[str]) -> Row:
    plain = [c for c in own if not any(s in c for s in "|;, \t\n")]
    where = draw(st.lists(st.sampled_from(plain), unique=True, max_size=3)) if plain else []
    row = draw(
        _row(
            name=st.one_of(names, st.sampled_from(["pset.P.prop", "height", "height"])),
            title=texts,
            kinds=st.sampled_from(["", "gis", "bim", "bim gis"]),
            type=st.sampled_from(["", "text", "integer", "number", "date", "boolean"]),
            unit=st.sampled_from(["", "m", "m/s<2"]),
            domain=st.sampled_from(["", *domains]),
            obligation=st.sampled_from(["", "M", "C", "O"]),
            level=st.sampled_from(["", "CIM1"]),
            pattern=st.sampled_from(PATTERNS),
            minimum=numbers,
            maximum=numbers,
            access=st.sampled_from(["", "internal"]),
            **_origin,
        )
    )
    if where:
        row["class"] = " ".join(where)
    return row


@st.composite
def _mapping(draw: st.DrawFn, classes: list[Row]) -> Row:
    to = draw(st.sampled_from(classes))
    row = draw(
        _row(
            kind=st.sampled_from(["", "bim", "bim", "gis"]),
            source_class=st.sampled_from(["IfcWall", "IfcLamp", "IfcSlab", "IfcDoor"]),
            predefined_type=st.sampled_from(["", "", "SOLIDWALL", "USERDEFINED"]),
            layer=st.sampled_from(["", "", "墙"]),
            confidence=st.sampled_from(["", "1", "0.5"]),
            level=st.sampled_from(["", "CIM1"]),
            source=texts,
        )
    )
    row["class"] = draw(st.sampled_from([to["code"], to["code"], "-"]))
    if "scheme" in to:
        row["scheme"] = to["scheme"]
    field = draw(st.sampled_from(["", "name", "pset.P.prop", "classification", "material", "a|b"]))
    if field:
        ops = ["equals", "in", "contains", "exists", "absent", "matches", "gt", "prefix"]
        op = draw(st.sampled_from(ops))
        row |= {"field": field, "op": op}
        if op == "gt":
            row["value"] = "3"
        elif op == "in":
            row["value"] = "|".join(draw(st.lists(st.sampled_from(["x", "路", "A b"]), min_size=1)))
        elif op not in ("exists", "absent"):
            row["value"] = draw(st.sampled_from(["x", "a.b", "路", "A b"]))
    return row


@st.composite
def _crosswalk(draw: st.DrawFn, classes: list[Row], main: str) -> Row:
    here = draw(st.sampled_from(classes))
    to = st.sampled_from(
        ["int.ifc", "http://example.org/v/", "http://example.org/v#", "urn:x", "é"]
    )
    row = draw(_row(to_scheme=to, to_code=codes, source=texts))
    row["relation"] = draw(st.sampled_from(["exact", "close", "broad", "narrow", "related"]))
    row |= {"from_scheme": here.get("scheme", main), "from_code": here["code"]}
    if draw(st.booleans()):
        return row
    there, back = ("to_scheme", "to_code"), ("from_scheme", "from_code")
    turned = {**row, **{b: row[t] for t, b in zip(there, back, strict=True)}}
    return turned | {t: row[b] for t, b in zip(there, back, strict=True)}


@st.composite
def standards(draw: st.DrawFn, *, models: bool = False) -> Standard:
    """A random standard, written and loaded; with `models` it maps some IFC classes."""
    draft = draw(drafts())
    own = [r["code"] for r in draft.classes if not r.get("scheme")]
    if models and own:
        names = st.sampled_from(["IfcWall", "IfcBeam", "IfcLamp"])
        rows = [{"kind": "bim", "source_class": n} for n in draw(st.lists(names, min_size=1))]
        draft.mapping["models"] = [r | {"class": draw(st.sampled_from(own))} for r in rows]
    with tempfile.TemporaryDirectory() as folder:
        write_draft(draft, Path(folder) / "package")
        return load(Path(folder) / "package")
