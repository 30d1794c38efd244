"""STAC: what a standard says, as fields of a collection that holds data after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.standard.draft import Draft, Loss, flatten
from cimkit.standard.formats._delivered import save
from cimkit.standard.formats._language import LANGUAGES
from cimkit.standard.formats._losses import Ledger
from cimkit.standard.formats._spec import FormatSpec

if TYPE_CHECKING:
    from cimkit.standard.model import Standard

__all__ = ["SPEC", "write"]

SPEC = FormatSpec(name="stac", title="STAC fields", suffixes=(".json",))

_TABLE = "https://stac-extensions.github.io/table/v1.2.0/schema.json"
_CIM = "https://schemas.cimkit.invalid/cim/v0.1.0/schema.json"
_TYPES = {
    "text": "string",
    "integer": "int64",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
}
_REASONS = {
    "classes.parent": "A summary is a flat list of values.",
    "attributes": "table:columns have a name, a type and a description.",
    "attributes.class": "The columns are those of any class: a column is there where its class is.",
    "attributes.domain": "table:columns have no lists of values.",
    "domains": "table:columns have no lists of values.",
}


def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]:
    """Write a document whose parts fit into a STAC collection.

    ``summaries`` says which classes (``cim:class_code``, a JSON Schema with a title for each code)
    and levels (``cim:level``) there may be; ``item_assets`` and ``table:columns`` which attributes.
    The extension "classification" is not used: its values are integers.

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
        What the fields do not say.

    Raises
    ------
    ExportError
        If `out` cannot be written.
    """
    import orjson

    draft = flatten(standard)
    reasons = dict(_REASONS)
    for other in set(LANGUAGES) - {language}:
        reasons[f"classes.name_{other}"] = "The list has titles in one language."
    carried = {
        "standard": (f"titles.{language}", "licence", "issuer"),
        "classes": ("code", "scheme", f"name_{language}", "definition"),
        "attributes": ("name", "title", "type", "unit"),
        "levels": ("code",),
    }
    ledger = Ledger(draft, SPEC.title, carried, reasons)
    document = _document(standard, draft, ledger, language)
    save(out, {out.name: orjson.dumps(document, option=orjson.OPT_INDENT_2)})
    return ledger.losses()


def _document(standard: Standard, draft: Draft, ledger: Ledger, language: str) -> dict[str, Any]:
    classes = []
    for number, row in enumerate(draft.classes):
        if row.get("scheme"):
            ledger.row("classes", number, "cim:class_code speaks of the primary scheme.")
            continue
        name = row.get(f"name_{language}")
        if not name and any(row.get(f"name_{other}") for other in LANGUAGES):
            why = f"It has no name in {LANGUAGES[language]}; another language stands there."
            ledger.row("classes", number, why, f"name_{language}")
            name = next(row[k] for k in ("name_en", "name_zh", "name_ja") if row.get(k))
        said = {"const": row["code"], "title": name, "description": row.get("definition")}
        classes.append({k: v for k, v in said.items() if v})
    columns: dict[str, dict[str, str]] = {}
    for number, row in enumerate(draft.attributes):
        name = row["name"]
        if name in columns:
            ledger.row("attributes", number, "Another attribute of the name stands there.")
            continue
        unit = f" [{row['unit']}]" if row.get("unit") else ""
        columns[name] = {"name": name, "type": _TYPES[row.get("type", "text")]}
        if row.get("title") or unit:
            columns[name]["description"] = f"{row.get('title', '')}{unit}".strip()
    levels = list(dict.fromkeys(level["code"] for level in draft.levels))
    summaries: dict[str, Any] = {}
    if classes:
        summaries["cim:class_code"] = {"type": "string", "oneOf": classes}
    if levels:
        summaries["cim:level"] = levels
    head = draft.head
    issuer = {"name": head["issuer"], "roles": ["producer"]} if head.get("issuer") else None
    data: dict[str, Any] = {"roles": ["data"]}
    if columns:
        data["table:columns"] = list(columns.values())
    found = {
        "stac_extensions": [_CIM, *([_TABLE] if columns else [])],
        "title": head["titles"].get(language) or head["titles"]["en"],
        "license": head.get("licence"),
        "providers": [issuer] if issuer else None,
        "summaries": summaries,
        "table:columns": list(columns.values()),
        "item_assets": {"data": data},
    }
    return {k: v for k, v in found.items() if v}
