"""bSDD JSON, the import model of the buildingSMART Data Dictionary (version 2.0)."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.standard.draft import Draft, Loss, Row, flatten
from cimkit.standard.formats._bsdd_reading import read
from cimkit.standard.formats._bsdd_words import RELATIONS, TAGS, TYPES, escaped, split_entity
from cimkit.standard.formats._delivered import save
from cimkit.standard.formats._effective import attributes_by_class
from cimkit.standard.formats._language import LANGUAGES
from cimkit.standard.formats._losses import Ledger
from cimkit.standard.formats._patterns import to_xsd
from cimkit.standard.formats._spec import FormatSpec
from cimkit.standard.formats._uris import class_uri
from cimkit.standard.rows import NO_CLASS

if TYPE_CHECKING:
    from cimkit.standard.model import Standard

__all__ = ["SPEC", "read", "write"]

SPEC = FormatSpec(name="bsdd", title="bSDD JSON", suffixes=(".json",))

_REASONS = {
    "classes.geometry": "bSDD has no word for how an object is drawn.",
    "attributes.kinds": "bSDD does not say which kind of source delivers a property.",
    "attributes.domain": "The values stand at each property; their list has no name.",
    "mapping.confidence": "bSDD relates classes to IFC entities without ranks.",
}
_ONE_LANGUAGE = "One language a bSDD file: write it once for each."
_ORGANISATION = "your-organization"


def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]:
    """Write the primary scheme as one dictionary in one language.

    ``OrganizationCode`` is a placeholder: bSDD gives the code when an organisation registers.

    Parameters
    ----------
    standard : Standard
        What to write.
    out : Path
        A ``.json`` file.
    language : str
        zh, ja or en.

    Returns
    -------
    list of Loss
        What the dictionary does not say.

    Raises
    ------
    ExportError
        If `out` cannot be written.
    """
    import orjson

    draft = flatten(standard)
    named = f"name_{language}"
    reasons = dict(_REASONS)
    for other in set(LANGUAGES) - {language}:
        for column in (
            f"classes.name_{other}",
            f"domains.name_{other}",
            f"standard.titles.{other}",
        ):
            reasons[column] = _ONE_LANGUAGE
    carried = {
        "standard": (f"titles.{language}", "licence"),
        "classes": (
            *("code", "parent", named, "definition", "replaces", "valid_from", "valid_to"),
            "scheme",
        ),
        "attributes": (
            *("class", "name", "title", "type", "unit", "obligation"),
            *("pattern", "minimum", "maximum"),
        ),
        "domains": ("code", named),
        "mapping": ("kind", "source_class", "predefined_type", "class"),
        "crosswalk": (
            *("from_code", "to_scheme", "to_code", "relation"),
            *(["from_scheme"] if standard.scheme == standard.id else []),
        ),
    }
    pen = _Pen(standard, draft, Ledger(draft, SPEC.title, carried, reasons), language)
    document = pen.dictionary()
    save(out, {out.name: orjson.dumps(document, option=orjson.OPT_INDENT_2)})
    return pen.ledger.losses()


class _Pen:
    def __init__(self, standard: Standard, draft: Draft, ledger: Ledger, language: str) -> None:
        self.standard = standard
        self.draft = draft
        self.ledger = ledger
        self.language = language
        self.codes: dict[str, str] = {}
        self.used: set[str] = set()
        self.properties: dict[tuple[str, ...], dict[str, Any]] = {}

    def dictionary(self) -> dict[str, Any]:
        head = self.draft.head
        numbers = re.findall(r"\d+", head["edition"])
        classes = self.classes()
        document = {
            "ModelVersion": "2.0",
            "OrganizationCode": _ORGANISATION,
            "DictionaryCode": escaped(head["id"], []),
            "DictionaryVersion": ".".join(numbers[:3]) or "1",
            "DictionaryName": head["titles"].get(self.language) or head["titles"]["en"],
            "LanguageIsoCode": TAGS[self.language],
            "LanguageOnly": False,
            "UseOwnUri": False,
            "License": head.get("licence"),
            "Status": "Preview",
            "Classes": classes,
            "Properties": list(self.properties.values()),
        }
        if self.language not in head["titles"]:
            why = f"It has no title in {LANGUAGES[self.language]}; the English one stands there."
            self.ledger.row("standard", 0, why, f"titles.{self.language}")
        if document["DictionaryVersion"] != head["edition"]:
            self.ledger.add("standard", "bSDD wants up to three numbers.", columns=("edition",))
        why = f"bSDD gives the code when an organisation registers; put it for {_ORGANISATION}."
        self.ledger.add("standard", why, columns=("OrganizationCode",))
        if self.draft.domains:
            self.ledger.add("domains", _REASONS["attributes.domain"], columns=("name",))
        for name in self.draft.domains.keys() - self.used:
            self.ledger.add(f"domains/{name}", "No property has these values.")
        return {k: v for k, v in document.items() if v is not None}

    def classes(self) -> list[dict[str, Any]]:
        ledger, rows = self.ledger, list(enumerate(self.draft.classes))
        for number, row in rows:
            if row.get("scheme"):
                ledger.row("classes", number, "A bSDD file is one dictionary: one scheme.")
            else:
                self.codes[row["code"]] = escaped(row["code"], self.codes.values())
        carried = attributes_by_class(self.standard, self.codes, ledger)
        related, crossed = self.entities(), self.relations()
        found = []
        for number, row in rows:
            if row.get("scheme"):
                continue
            code = row["code"]
            said: dict[str, Any] = {
                "Code": self.codes[code],
                "Name": self.name(row, "classes", number) or code,
                "ClassType": "Class",
                "Definition": row.get("definition"),
                "ParentClassCode": self.codes.get(row.get("parent", "")),
                "RelatedIfcEntityNamesList": related.get(code),
                "ActivationDateUtc": row.get("valid_from"),
                "DeActivationDateUtc": row.get("valid_to"),
                "ReplacedObjectCodes": [escaped(c, []) for c in row.get("replaces", "").split()],
                "Status": "Active",
                "ClassProperties": [p for n in carried[code] if (p := self.property(n, code))],
                "ClassRelations": crossed.get(code),
            }
            if row.get(f"name_{self.language}") == code:
                why = "A name that is the code is taken for none."
                ledger.row("classes", number, why, f"name_{self.language}")
            found.append({k: v for k, v in said.items() if v})
        for gone in (c for c in self.standard.class_rows if c.retired):
            if gone.scheme == self.standard.scheme:
                code = escaped(gone.code, self.codes.values())
                name = gone.name(self.language)
                found.append({"Code": code, "Name": name, "Status": "Inactive"})
        return found

    def name(self, row: Row, table: str, number: int) -> str:
        column = f"name_{self.language}"
        other = next((row[c] for c in ("name_en", "name_zh", "name_ja") if row.get(c)), "")
        if other and not row.get(column):
            why = f"It has no name in {LANGUAGES[self.language]}; another language stands there."
            self.ledger.row(table, number, why, column)
        return row.get(column) or other

    def property(self, number: int, code: str) -> dict[str, Any]:
        row = self.draft.attributes[number]
        ledger = self.ledger
        place = re.fullmatch(r"pset\.([^.]+)\.(.+)", row["name"], re.DOTALL)
        name = place[2] if place else row["name"]
        unit = row.get("unit", "")
        key = (name, row.get("title", ""), row.get("type", "text"), unit)
        taken = [p["Code"] for p in self.properties.values()]
        entry = self.properties.get(key)
        if entry is None:
            entry = self.properties[key] = {
                "Code": escaped(name, taken),
                "Name": name,
                "Definition": row.get("title", ""),
                "DataType": TYPES[row.get("type", "text")],
                "Units": [unit] if unit else [],
                "Status": "Active",
            }
        if row.get("obligation") == "C":
            why = "A property is required or not: conditional became not required."
            ledger.row("attributes", number, why, "obligation")
        limits: dict[str, float | None] = {"minimum": None, "maximum": None}
        for column in limits:
            if row.get(column):
                limits[column] = float(row[column])
                if not math.isfinite(float(row[column])):
                    limits[column] = None
                    ledger.row("attributes", number, "JSON has no such number.", column)
        pattern = to_xsd(row.get("pattern", ""))
        if pattern != row.get("pattern", ""):
            why = "XML Schema has no such expression; one that means the same stands there."
            why = why if pattern else "XML Schema has no such expression: it is left out."
            ledger.row("attributes", number, why, "pattern")
        said = {
            "Code": escaped(f"{code}-{row['name']}-{number}", []),
            "PropertyCode": entry["Code"],
            "PropertySet": escaped(place[1], []) if place else None,
            "Unit": row.get("unit"),
            "IsRequired": row.get("obligation") == "M",
            "MinInclusive": limits["minimum"],
            "MaxInclusive": limits["maximum"],
            "Pattern": pattern or None,
            "AllowedValues": self.values(number, row),
        }
        return {k: v for k, v in said.items() if v is not None and v != []}

    def values(self, number: int, row: Row) -> list[dict[str, Any]]:
        name = row.get("domain", "")
        if not name:
            return []
        if row.get("type") == "boolean":
            why = "bSDD has no list of values for what is true or false."
            self.ledger.row("attributes", number, why, "domain")
            return []
        found: list[dict[str, Any]] = []
        for n, value in enumerate(self.draft.domains[name]):
            label = self.name(value, f"domains/{name}", n)
            code = escaped(value["code"], [v["Code"] for v in found], longest=20)
            entry = {"Code": code, "Value": value["code"], "SortNumber": n + 1}
            found.append(entry | ({"Description": label} if label else {}))
            self.used.add(name)
        return found

    def entities(self) -> dict[str, list[str]]:
        """Return the IFC entities of each class, and note the mapping rows that say more."""
        named: dict[str, set[str]] = {}
        fit: list[tuple[str, int, str, Row]] = []
        for table, rows in self.draft.mapping.items():
            for number, row in enumerate(rows):
                both = row.get("source_class", ""), row.get("predefined_type", "")
                entity = "".join(both)
                plain = not any(row.get(c) for c in ("layer", "field", "op", "sql", "scheme"))
                known = row.get("kind") == "bim" and row["class"] in self.codes
                if plain and known and row["class"] != NO_CLASS and split_entity(entity) == both:
                    fit.append((table, number, entity, row))
                    named.setdefault(entity, set()).add(row["class"])
                else:
                    why = "bSDD relates a class to IFC entities, not to what else objects say."
                    self.ledger.row(f"mapping/{table}", number, why)
        found: dict[str, list[str]] = {}
        for table, number, entity, row in fit:
            if entity not in (said := found.setdefault(row["class"], [])):
                said.append(entity)
            if len(named[entity]) > 1:
                why = "Several classes relate to that entity, and bSDD does not say which wins."
                self.ledger.row(f"mapping/{table}", number, why)
        return found

    def relations(self) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        for table, rows in self.draft.crosswalk.items():
            for number, row in enumerate(rows):
                own = row["from_scheme"] == self.standard.scheme and row["from_code"] in self.codes
                uri = class_uri(row["to_scheme"], row["to_code"])
                if not own or uri is None or row["to_code"] == NO_CLASS:
                    why = "bSDD has relations from a class of the dictionary to a URI only."
                    self.ledger.row(f"crosswalk/{table}", number, why)
                    continue
                relation = RELATIONS[row.get("relation") or "exact"]
                said = {"RelationType": relation, "RelatedClassUri": uri}
                found.setdefault(row["from_code"], []).append(said)
        return found
