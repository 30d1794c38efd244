"""JSON Schema of the attributes that objects of each class carry."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.standard.draft import Draft, Loss, Row, flatten
from cimkit.standard.formats._delivered import save
from cimkit.standard.formats._language import LANGUAGES
from cimkit.standard.formats._losses import Ledger
from cimkit.standard.formats._spec import FormatSpec

if TYPE_CHECKING:
    from cimkit.standard.model import Standard

__all__ = ["SPEC", "write"]

SPEC = FormatSpec(name="json-schema", title="JSON Schema", suffixes=(".json",))

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: dict[str, dict[str, str]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_NOT_ECMA = re.compile(r"\(\?[^:]|\\[AzQEpPaC]|\[:|\\x\{")
"""What RE2 has and the expressions of JavaScript, which JSON Schema uses, have not."""
_REASONS = {
    "mapping": "JSON Schema describes objects that have a class; it gives them none.",
    "attributes.kinds": "A JSON document does not say which kind of source it came from.",
    "crosswalk": "JSON Schema has no word for other classifications.",
}


def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]:
    """Write one schema: what an object is asked for that says its class in ``class_code``.

    ``$defs`` has each class by its code, with ``allOf`` for the class above it; where a class asks
    otherwise than those above it, its definition stands alone. Units are in ``x-unit``.

    Parameters
    ----------
    standard : Standard
        What to write.
    out : Path
        A ``.json`` file.
    language : str
        Of titles: zh, ja or en.

    Returns
    -------
    list of Loss
        What the schema does not say.

    Raises
    ------
    ExportError
        If `out` cannot be written.
    """
    import orjson

    draft = flatten(standard)
    reasons = dict(_REASONS)
    for other in set(LANGUAGES) - {language}:
        for column in (f"classes.name_{other}", f"standard.titles.{other}"):
            reasons[column] = "A schema has titles in one language."
    carried = {
        "standard": (f"titles.{language}",),
        "classes": ("code", "scheme", "parent", f"name_{language}", "definition"),
        "attributes": (
            *("class", "name", "title", "type", "unit", "obligation", "domain"),
            *("pattern", "minimum", "maximum"),
        ),
        "domains": ("code",),
    }
    ledger = Ledger(draft, SPEC.title, carried, reasons)
    document = _Pen(standard, draft, ledger, language).document()
    save(out, {out.name: orjson.dumps(document, option=orjson.OPT_INDENT_2)})
    return ledger.losses()


class _Pen:
    def __init__(self, standard: Standard, draft: Draft, ledger: Ledger, language: str) -> None:
        self.standard = standard
        self.draft = draft
        self.ledger = ledger
        self.language = language
        self.used: set[str] = set()

    def document(self) -> dict[str, Any]:
        standard, head = self.standard, self.draft.head
        classes = {r["code"]: r for r in self.draft.classes if not r.get("scheme")}
        for number, row in enumerate(self.draft.classes):
            if row.get("scheme"):
                why = "The schema asks for a class of the primary scheme."
                self.ledger.row("classes", number, why)
        definitions = {code: self.definition(row) for code, row in classes.items()}
        for number, attribute in enumerate(standard.attributes):
            if attribute.scheme not in ("", standard.scheme):
                why = "The schema asks for a class of the primary scheme."
                self.ledger.row("attributes", number, why)
        for name in self.draft.domains.keys() - self.used:
            self.ledger.add(f"domains/{name}", "No attribute has these values.")
        cases = [
            {
                "if": {"properties": {"class_code": {"const": code}}, "required": ["class_code"]},
                "then": {"$ref": _pointer(code)},
            }
            for code in classes
        ]
        code_: dict[str, Any] = {"type": "string"}
        if classes:
            code_["enum"] = list(classes)
        return {
            "$schema": _DIALECT,
            "$id": f"urn:cimkit:{_name(standard.id)}:{_name(standard.edition)}",
            "title": head["titles"].get(self.language) or head["titles"]["en"],
            "type": "object",
            "properties": {"class_code": code_},
            "required": ["class_code"],
            **({"allOf": cases} if cases else {}),
            "$defs": definitions,
        }

    def definition(self, row: Row) -> dict[str, Any]:
        code, above = row["code"], row.get("parent", "")
        number = next(n for n, r in enumerate(self.draft.classes) if r is row)
        name = row.get(f"name_{self.language}")
        if not name and any(row.get(f"name_{other}") for other in LANGUAGES):
            why = f"It has no name in {LANGUAGES[self.language]}; another language stands there."
            self.ledger.row("classes", number, why, f"name_{self.language}")
            name = next(row[k] for k in ("name_en", "name_zh", "name_ja") if row.get(k))
        own = self.effective(code)
        inherited = self.effective(above) if above else {}
        otherwise = any(own.get(n) is not a for n, a in inherited.items())
        if otherwise:
            why = "It asks otherwise than the class above it: its definition stands alone."
            self.ledger.row("classes", number, why, "parent")
        said = own if otherwise else {n: a for n, a in own.items() if inherited.get(n) is not a}
        numbers = {id(a): n for n, a in enumerate(self.standard.attributes)}
        properties = {n: self.property(numbers[id(a)]) for n, a in said.items()}
        required = [n for n, a in said.items() if a.obligation == "M"]
        found = {
            "title": name,
            "description": row.get("definition"),
            "type": "object",
            "allOf": [{"$ref": _pointer(above)}] if above and not otherwise else None,
            "properties": properties,
            "required": required,
        }
        return {k: v for k, v in found.items() if v}

    def effective(self, code: str) -> dict[str, Any]:
        return {a.name: a for a in self.standard.attributes_of(code)}

    def property(self, number: int) -> dict[str, Any]:
        row = self.draft.attributes[number]
        kind = row.get("type", "text")
        found: dict[str, Any] = {
            "title": row.get("title"),
            **_TYPES[kind],
            "x-unit": row.get("unit"),
        }

        def lose(column: str, why: str) -> None:
            self.ledger.row("attributes", number, why, column)

        if row.get("obligation") == "C":
            lose("obligation", "A property is required or not: conditional became not required.")
        if row.get("domain"):
            self.used.add(row["domain"])
            codes = [_typed(v["code"], kind) for v in self.draft.domains[row["domain"]]]
            fit = [c for c in codes if c is not None]
            if len(fit) < len(codes):
                lose("domain", f"Some of its values are no {kind}.")
            found["enum"] = fit or None
            if not fit:
                lose("domain", "An empty list of values allows nothing, which no schema may say.")
        pattern = row.get("pattern", "")
        if pattern and (_NOT_ECMA.search(pattern) or kind not in ("text", "date")):
            lose("pattern", "JSON Schema has no such expression, or not for that type.")
        elif pattern:
            found["pattern"] = f"^(?:{pattern})$"
        for column in ("minimum", "maximum"):
            text = row.get(column, "")
            if text and (kind not in ("integer", "number") or not math.isfinite(float(text))):
                lose(column, f"JSON Schema has no such bound for a {kind}.")
            elif text:
                found[column] = float(text)
        return {k: v for k, v in found.items() if v is not None}


def _typed(code: str, kind: str) -> Any:
    """Return a code as the type has it, None if it cannot be."""
    try:
        if kind == "integer":
            return int(code)
        if kind == "number":
            return float(code) if math.isfinite(float(code)) else None
    except ValueError:
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(code.lower())
    return code


def _pointer(code: str) -> str:
    return "#/$defs/" + _name(code.replace("~", "~0").replace("/", "~1"))


def _name(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="~")
