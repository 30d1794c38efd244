"""bSDD JSON read as a package."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Loss, Row
from cimkit.standard.formats._bsdd_json import EMPTY, listed, number, objects, renamed, text
from cimkit.standard.formats._bsdd_words import RELATIONS, TYPES, plain, split_entity
from cimkit.standard.formats._delivered import content, file_name
from cimkit.standard.formats._effective import collapse
from cimkit.standard.formats._language import LANGUAGES
from cimkit.standard.formats._losses import shown
from cimkit.standard.formats._patterns import from_xsd
from cimkit.standard.formats._uris import parts
from cimkit.standard.rows import NO_CLASS

__all__ = ["read"]

_CLASS = {
    *("Code", "Name", "ClassType", "Definition", "ParentClassCode", "RelatedIfcEntityNamesList"),
    *("ActivationDateUtc", "DeActivationDateUtc", "ReplacedObjectCodes", "Status"),
    *("ClassProperties", "ClassRelations", "ReferenceCode", "VersionDateUtc", "VersionNumber"),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read(file: Path, *, id: str, edition: str) -> tuple[Draft, list[Loss]]:
    """Read one dictionary.

    Parameters
    ----------
    file : Path
        A ``.json`` file after the import model, version 2 or 1.
    id, edition : str
        Of the standard that it becomes.

    Returns
    -------
    Draft
        A package without parents: classes, properties as attributes with their values as lists,
        related IFC entities as mapping, relations as crosswalk.
    list of Loss
        What it could not take over.

    Raises
    ------
    StandardError
        If it cannot be read or is no dictionary.
    """
    import orjson

    try:
        document = orjson.loads(content(file))
    except orjson.JSONDecodeError as error:
        raise StandardError(f"no valid JSON: {error}", where=str(file)) from error
    said = renamed(document) if isinstance(document, dict) else {}
    if not isinstance(said.get("Classes"), list):
        raise StandardError("no bSDD dictionary", where=str(file), expected="a list `Classes`")
    reader = _Reader(said, id, edition, file.name)
    reader.classes()
    reader.attributes()
    reader.mapping()
    reader.crosswalk()
    return reader.draft, reader.losses


class _Reader:
    def __init__(self, document: dict[str, Any], id: str, edition: str, file: str) -> None:
        self.document = document
        self.file = file
        self.losses: list[Loss] = []
        tag = text(document.get("LanguageIsoCode")) or "en"
        self.language = tag.lower().partition("-")[0]
        if self.language not in LANGUAGES:
            why = f"Names in {tag} stand as English ones: a package has zh, ja and en."
            self.losses.append(Loss("classes", "name_en", why))
            self.language = "en"
        title = text(document.get("DictionaryName")) or id
        head: dict[str, Any] = {"id": id, "edition": edition}
        head["titles"] = {"en": title} | ({self.language: title} if self.language != "en" else {})
        if text(document.get("License")):
            head["licence"] = text(document["License"])
        head["note"] = f"imported from {file} (bSDD JSON)"
        self.draft = Draft(head=head)
        self.said: dict[str, dict[str, Any]] = {}

    def lose(self, what: str, names: list[str], why: str) -> None:
        if names:
            self.losses.append(Loss(what, shown(names), why))

    def classes(self) -> None:
        gone, twice, orphans = [], [], []
        other: Counter[str] = Counter()
        entries = objects(self.document.get("Classes"))
        parents = {text(e.get("ParentClassCode")) for e in entries}
        for entry in entries:
            code = plain(text(entry.get("Code")))
            if text(entry.get("Status")) == "Inactive" and text(entry.get("Code")) not in parents:
                gone.append(code)
            elif not code or code == NO_CLASS or code in self.said:
                twice.append(code)
            else:
                self.said[code] = entry
                other.update(k for k, v in entry.items() if k not in _CLASS and v not in EMPTY)
                kind = text(entry.get("ClassType")) or "Class"
                other.update([f"ClassType {kind}"] if kind != "Class" else [])
        self.lose("classes", gone, "They are inactive and were left out.")
        self.lose("classes", twice, "They have no code of their own.")
        self.lose("classes", sorted(other), "A package has no place for these fields.")
        for code, entry in self.said.items():
            name = text(entry.get("Name"))
            row = {"code": code, "source": self.file}
            if name and name != code:
                row[f"name_{self.language}"] = name
            if text(entry.get("Definition")):
                row["definition"] = text(entry["Definition"])
            above = plain(text(entry.get("ParentClassCode")))
            if above in self.said and not self._circle(code):
                row["parent"] = above
            elif above:
                orphans.append(code)
            for key, field in (
                ("ActivationDateUtc", "valid_from"),
                ("DeActivationDateUtc", "valid_to"),
            ):
                day = _DAY.match(text(entry.get(key)))
                if day:
                    row[field] = day[0]
            replaced = [plain(text(c)) for c in listed(entry.get("ReplacedObjectCodes"))]
            if replaced:
                row["replaces"] = " ".join(replaced)
            self.draft.classes.append(row)
        self.lose("classes", orphans, "The class above them is not there, or below them.")

    def _circle(self, code: str) -> bool:
        line, at = {code}, code
        while at in self.said:
            at = plain(text(self.said[at].get("ParentClassCode")))
            if at in line:
                return True
            line.add(at)
        return False

    def attributes(self) -> None:
        known = {text(p.get("Code")): p for p in objects(self.document.get("Properties"))}
        found: dict[str, list[tuple[tuple[str, str], ...]]] = {}
        lost: dict[str, list[str]] = {}
        for code, entry in self.said.items():
            for use in objects(entry.get("ClassProperties")):
                property_ = known.get(text(use.get("PropertyCode")))
                if property_ is None:
                    what = text(use.get("PropertyUri")) or text(use.get("PropertyCode"))
                    lost.setdefault("It is a property of another dictionary.", []).append(what)
                    continue
                row = self._attribute(property_, use, lost)
                found.setdefault(code, []).append(tuple(row.items()))
        for why, names in lost.items():
            self.lose("attributes", list(dict.fromkeys(names)), why)
        above = {r["code"]: r.get("parent", "") for r in self.draft.classes}
        for said, codes in collapse(found, above).items():
            fit = [c for c in codes if not re.search(r"[|;,\s]", c)]
            if len(fit) < len(codes):
                why = "Codes with blanks or commas cannot stand in a list of classes."
                self.lose("attributes", [c for c in codes if c not in fit], why)
            if fit:
                self.draft.attributes.append({"class": " ".join(fit), **dict(said)})
        used = {
            text(u.get("PropertyCode"))
            for e in self.said.values()
            for u in objects(e.get("ClassProperties"))
        }
        idle = [text(p.get("Name")) for c, p in known.items() if c not in used]
        self.lose("attributes", idle, "No class has these properties.")

    def _attribute(
        self, property_: dict[str, Any], use: dict[str, Any], lost: dict[str, list[str]]
    ) -> Row:
        def said(key: str) -> Any:
            value = use.get(key)
            return property_.get(key) if value in EMPTY else value

        name = text(property_.get("Name")) or text(property_.get("Code"))
        place = plain(text(use.get("PropertySet")))
        kind = text(property_.get("DataType")) or "String"
        types = {v: k for k, v in TYPES.items()} | {"Character": "text"}
        units = listed(property_.get("Units"))
        unit = text(units[0]) if len(units) == 1 else ""
        pattern, why = from_xsd(text(said("Pattern")))
        if why:
            lost.setdefault(why, []).append(name)
        row = {
            "name": f"pset.{place}.{name}" if place else name,
            "title": text(property_.get("Definition")),
            "type": types.get(kind, "text"),
            "unit": text(use.get("Unit")) or unit,
            "obligation": "M" if use.get("IsRequired") is True else "O",
            "pattern": pattern,
            "minimum": number(said("MinInclusive")),
            "maximum": number(said("MaxInclusive")),
            "domain": self._domain(name, objects(said("AllowedValues"))),
        }
        for bound, field in (("MinExclusive", "minimum"), ("MaxExclusive", "maximum")):
            if number(said(bound)) and not row[field]:
                row[field] = number(said(bound))
                lost.setdefault("A bound that is itself excluded is taken as included.", []).append(
                    name
                )
        if text(property_.get("PropertyValueKind")) not in ("", "Single"):
            lost.setdefault("A package has attributes with one value only.", []).append(name)
        if use.get("PredefinedValue") not in EMPTY:
            lost.setdefault("A package has no predefined values.", []).append(name)
        return {k: v for k, v in row.items() if v}

    def _domain(self, name: str, values: list[dict[str, Any]]) -> str:
        rows: dict[str, Row] = {}
        for value in values:
            code = text(value.get("Value")) or text(value.get("Code"))
            if code:
                label = text(value.get("Description"))
                rows.setdefault(
                    code, {"code": code, **({f"name_{self.language}": label} if label else {})}
                )
        if not rows:
            return ""
        for known, said in self.draft.domains.items():
            if said == list(rows.values()):
                return known
        found = file_name(name, "", self.draft.domains)
        self.draft.domains[found] = list(rows.values())
        return found

    def mapping(self) -> None:
        related: dict[str, list[str]] = {}
        for code, entry in self.said.items():
            for name in dict.fromkeys(map(text, listed(entry.get("RelatedIfcEntityNamesList")))):
                related.setdefault(name, []).append(code)
        strange = [n for n in related if not split_entity(n)[0]]
        self.lose("mapping", strange, "They are no IFC entities.")
        several = [n for n, codes in related.items() if len(codes) > 1 and n not in strange]
        self.lose("mapping", several, "Several classes relate to them: none can be told from it.")
        rows = []
        for name, codes in related.items():
            if name in strange or name in several:
                continue
            entity, kind = split_entity(name)
            row = {"kind": "bim", "source_class": entity, "class": codes[0]}
            rows.append(row | ({"predefined_type": kind} if kind else {}))
        if rows:
            self.draft.mapping["bsdd"] = rows

    def crosswalk(self) -> None:
        words = {v: k for k, v in RELATIONS.items()}
        rows, other = [], []
        for code, entry in self.said.items():
            for relation in objects(entry.get("ClassRelations")):
                scheme, there = parts(text(relation.get("RelatedClassUri")))
                word = words.get(text(relation.get("RelationType")))
                if word is None or not scheme or not there:
                    other.append(f"{code} {text(relation.get('RelationType'))}")
                    continue
                ends = {"from_scheme": self.draft.head["id"], "from_code": code}
                rows.append({**ends, "to_scheme": scheme, "to_code": there, "relation": word})
        self.lose("crosswalk", other, "A crosswalk has no such relation.")
        if rows:
            self.draft.crosswalk["bsdd"] = rows
