"""A resolved standard as one package without parents."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from cimkit.standard.draft import Draft, Row
from cimkit.standard.model import CrsRules, Standard
from cimkit.standard.naming import DATE, Naming
from cimkit.standard.package._code import write_grammar
from cimkit.standard.package._package import (
    ATTRIBUTE_COLUMNS,
    CLASS_COLUMNS,
    CROSSWALK_COLUMNS,
    LEVEL_COLUMNS,
    LEVEL_RULE_COLUMNS,
    MAPPING_COLUMNS,
    MODEL_COLUMNS,
)
from cimkit.standard.rows import Scheme
from cimkit.standard.rule import Rule

_POLYGON = "jurisdiction.geojson"
_LANGUAGES = ("zh", "ja", "en")


def flatten(standard: Standard) -> Draft:
    """See `cimkit.standard.draft.flatten`."""
    draft = Draft(head=_head(standard))
    own = standard.scheme
    draft.classes = [_cells(c, CLASS_COLUMNS, own) for c in standard.class_rows if not c.retired]
    draft.attributes = [
        {"class": " ".join(a.classes), **_cells(a, ATTRIBUTE_COLUMNS, own)}
        if a.classes
        else _cells(a, ATTRIBUTE_COLUMNS, own)
        for a in standard.attributes
    ]
    mapping = [{"class": m.class_code, **_cells(m, MAPPING_COLUMNS, own)} for m in standard.mapping]
    if mapping:
        draft.mapping["mapping"] = mapping
    draft.domains = {
        name: [{k: text for k, text in row.items() if text} for row in table.to_pylist()]
        for name, table in standard.domains.items()
    }
    draft.levels = [_cells(level, LEVEL_COLUMNS, "") for level in standard.levels]
    for rule in standard.level_rules:
        cells = _cells(rule, LEVEL_RULE_COLUMNS, "")
        draft.level_rules.append(
            {**cells, **({"class": rule.class_code} if rule.class_code else {})}
        )
    draft.models = [
        {"class": m.class_code, **_cells(m, MODEL_COLUMNS, own)} for m in standard.models
    ]
    if standard.crosswalk:
        draft.crosswalk["crosswalk"] = [
            _cells(row, CROSSWALK_COLUMNS, "") for row in standard.crosswalk
        ]
    if standard.rules:
        draft.rules["rules"] = {"rule": _rules(standard.rules)}
    if standard.naming is not None:
        draft.naming = _naming(standard.naming)
    if standard.jurisdiction.polygon is not None:
        draft.files[_POLYGON] = _geojson(standard.jurisdiction.polygon)
    return draft


def _head(standard: Standard) -> dict[str, Any]:
    head: dict[str, Any] = {
        "id": standard.id,
        "edition": standard.edition,
        **standard.facts,
        "titles": dict(standard.titles),
    }
    if any(s.id != standard.id for s in standard.schemes):
        head["scheme"] = [_scheme(s) for s in standard.schemes]
    if standard.accepts:
        accepts = list(standard.accepts)
        head["transition"] = {"until": standard.transition_until, "accepts": accepts}
    if standard.class_fields:
        head["class_fields"] = list(standard.class_fields)
    if standard.grammar is not None:
        head["code"] = write_grammar(standard.grammar)
    there = standard.jurisdiction
    place = {
        "division": there.division,
        "polygon": None if there.polygon is None else _POLYGON,
        "fictional": there.fictional or None,
    }
    if any(v is not None for v in place.values()):
        head["jurisdiction"] = {k: v for k, v in place.items() if v is not None}
    if standard.crs_rules != CrsRules():
        head["crs"] = _plain(dataclasses.asdict(standard.crs_rules))
    head["acceptance"] = standard.acceptance.stated()
    return head


def _scheme(scheme: Scheme) -> dict[str, Any]:
    said = {
        "id": scheme.id,
        "titles": dict(scheme.titles),
        "primary": scheme.primary,
        "note": scheme.note,
    }
    return {k: v for k, v in said.items() if v}


def _cells(row: Any, columns: Sequence[str], own: str) -> Row:
    """Return the cells of a row that are not empty, by the names that columns and fields share."""
    cells = {}
    for column in columns:
        value = getattr(row, column, None)
        if isinstance(value, bool):
            text = "yes" if value else "no"
        elif isinstance(value, tuple):
            text = " ".join(value)
        elif isinstance(value, float):
            text = repr(value).removesuffix(".0")
        else:
            text = value or ""
        if (column, text) in (("scheme", own), ("access", "public"), ("confidence", "1")):
            text = ""
        if text:
            cells[column] = text
    return cells


def _rules(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    out = []
    taken: set[str] = set()
    blank = Rule("")
    for rule in rules:
        name = rule.name
        if name in taken:
            name = rule.id.replace("/", "-")
        taken.add(name)
        said: dict[str, Any] = {"id": name}
        for field in dataclasses.fields(rule):
            value = getattr(rule, field.name)
            if field.name in ("id", "origin") or value == getattr(blank, field.name):
                continue
            if dataclasses.is_dataclass(value) and not isinstance(value, type):
                value = {k: v for k, v in dataclasses.asdict(value).items() if v}
            said[field.name] = _plain(value)
        out.append(said)
    return out


def _plain(value: Any) -> Any:
    """Return a value as TOML has it."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if hasattr(value, "items"):
        return {k: _plain(v) for k, v in value.items()}
    return value


def _naming(naming: Naming) -> dict[str, Any]:
    said: dict[str, Any] = {"exempt": list(naming.exempt)} if naming.exempt else {}
    said["file"] = [{"name": g.name, "template": g.template} for g in naming.grammars]
    parts: dict[str, Any] = {}
    for grammar in naming.grammars:
        for name, part in grammar.parts.items():
            pattern = part.pattern.removeprefix("(?:").removesuffix(")")
            entry: dict[str, Any] = {}
            if pattern == DATE:
                entry["type"] = "date"
            elif not part.values:
                entry["pattern"] = pattern
            if part.values:
                entry["values"] = list(part.values)
            if part.says:
                entry["says"] = part.says
            parts[name] = entry
    if parts:
        said["part"] = parts
    return said


def _geojson(polygon: bytes) -> bytes:
    from shapely import from_wkb
    from shapely.geometry import mapping

    # Through repr of each coordinate, so that not one bit of it changes.
    return (json.dumps(mapping(from_wkb(polygon))) + "\n").encode()
