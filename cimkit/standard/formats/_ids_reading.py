"""buildingSMART IDS read as a package."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Loss, Row
from cimkit.standard.formats._delivered import contents, file_name
from cimkit.standard.formats._effective import collapse
from cimkit.standard.formats._ids_values import IDS, Value, condition, value_of
from cimkit.standard.formats._ifc_names import proper
from cimkit.standard.formats._language import guess
from cimkit.standard.formats._patterns import from_xsd
from cimkit.standard.formats._xml import parse
from cimkit.standard.overlay._changes import words

__all__ = ["read"]

_TYPES = {
    **dict.fromkeys(("IFCINTEGER", "IFCCOUNTMEASURE"), "integer"),
    **dict.fromkeys(("IFCBOOLEAN", "IFCLOGICAL"), "boolean"),
    **dict.fromkeys(("IFCDATE", "IFCDATETIME"), "date"),
    **dict.fromkeys(("IFCREAL", "IFCNUMERICMEASURE"), "number"),
}
_UNIT = re.compile(r"\s*\[unit: (.*)\]$", re.DOTALL)


def read(file: Path, *, id: str, edition: str) -> tuple[Draft, list[Loss]]:
    """Read the specifications of an IDS, or of all of a folder or zip.

    A class comes from the classification that a specification demands or applies to, else from the
    IFC class it applies to. The files themselves go to ``ids/`` of the package.

    Parameters
    ----------
    file : Path
        ``.ids`` (or ``.xml``), a folder or a zip.
    id, edition : str
        Of the standard that it becomes.

    Returns
    -------
    Draft
        A package without parents: classes, attributes with obligation and values, mapping rows.
    list of Loss
        What a package has no place for, specification by specification.

    Raises
    ------
    StandardError
        If it cannot be read, or is no IDS.
    """
    reader = _Reader(id, edition)
    for name, content in contents(file, (".ids", ".xml")).items():
        root = parse(content, name)
        if root.tag != f"{{{IDS}}}ids":
            raise StandardError(
                "no IDS 1.0", where=name, got=str(root.tag), expected=f"{{{IDS}}}ids"
            )
        stem = file_name(Path(name).stem, ".ids", [Path(f).name for f in reader.draft.files])
        reader.draft.files[f"ids/{stem}"] = content
        title = (root.findtext(f"{{{IDS}}}info/{{{IDS}}}title") or "").strip()
        reader.titles += [title] if title else []
        for specification in root.iterfind(f".//{{{IDS}}}specification"):
            reader.specification(specification)
    reader.finish(file.name)
    return reader.draft, reader.losses


class _Reader:
    def __init__(self, id: str, edition: str) -> None:
        self.draft = Draft(head={"id": id, "edition": edition, "titles": {"en": id}})
        self.losses: list[Loss] = []
        self.titles: list[str] = []
        self.rows: list[Row] = []
        self.found: dict[str, list[tuple[tuple[str, str], ...]]] = {}
        self.names: dict[str, str] = {}

    def specification(self, element: Any) -> None:
        name = (element.get("name") or "").strip() or f"line {element.sourceline}"
        applies = element.find(f"{{{IDS}}}applicability")
        demands = list(element.iterfind(f"{{{IDS}}}requirements/*"))
        facets = [] if applies is None else [e for e in applies if isinstance(e.tag, str)]

        def lose(why: str, what: str = "rules") -> None:
            self.losses.append(Loss(what, name, why))

        if applies is not None and applies.get("maxOccurs") == "0":
            lose("That there be none of something is a rule; a package's classes do not say it.")
            return
        if applies is not None and applies.get("minOccurs") == "1":
            lose("That there be at least one of something is a rule.")
        entities = self._entities([e for e in facets if _tag(e) == "entity"], lose)
        codes, own = self._codes(element, facets, demands, entities)
        if not codes:
            lose("It applies to what no class stands for, or to a pattern of classes.", "classes")
            return
        for code in codes:
            self.names.setdefault(code, "")
        if len(codes) == 1 or own:
            self.names[codes[0]] = self.names[codes[0]] or ("" if own == "entity" else name)
        self._mapping(facets, entities, codes, own, lose)
        if own != "list":
            for demand in demands:
                self._demand(demand, codes[:1] if own == "main" else codes, lose)
        elif any(_tag(d) == "property" for d in demands):
            lose("Its properties are asked for whichever of several classes it is.", "attributes")

    def _entities(self, elements: list[Any], lose: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for element in elements:
            names = value_of(element.find(f"{{{IDS}}}name")).texts
            kind = element.find(f"{{{IDS}}}predefinedType")
            kinds = value_of(kind).texts if kind is not None else ("",)
            if not names or not kinds or not all(names):
                lose("It describes IFC classes by a pattern.", "mapping")
                continue
            found += [(proper(n), k) for n, k in product(names, kinds)]
        return found

    def _codes(
        self, element: Any, facets: list[Any], demands: list[Any], entities: list[tuple[str, str]]
    ) -> tuple[list[str], str]:
        """Return the class codes, and what they are: main, list, given, entity."""
        said = [d for d in demands if _tag(d) == "classification"]
        said = [d for d in said if d.get("cardinality") != "prohibited"]
        asked = [t for d in said for t in value_of(d.find(f"{{{IDS}}}value")).texts if t]
        main = element.get("identifier", "")
        if asked:
            codes = list(dict.fromkeys(asked))
            if main in codes:
                return [main], "main"
            return codes, "list" if len(codes) > 1 else "main"
        given = [
            t
            for e in facets
            if _tag(e) == "classification"
            for t in value_of(e.find(f"{{{IDS}}}value")).texts
            if t
        ]
        if given:
            return list(dict.fromkeys(given)), "given"
        return [f"{n}.{k}" if k else n for n, k in entities], "entity"

    def _mapping(
        self,
        facets: list[Any],
        entities: list[tuple[str, str]],
        codes: list[str],
        own: str,
        lose: Any,
    ) -> None:
        others = [e for e in facets if _tag(e) != "entity"]
        if own == "given":
            return
        if own == "list":
            lose("It leaves open which of several classes an object has.", "mapping")
            return
        if own == "entity" and others:
            lose("It applies to some objects of the class only: to all of them here.", "attributes")
            others = []
        conditions = [self._condition(e) for e in others]
        if len(conditions) > 1 or None in conditions:
            lose("A mapping row has one condition of a simple kind.", "mapping")
            return
        more = {k: v for k, v in (conditions[0] or {}).items() if v} if conditions else {}
        for (name, kind), code in zip(entities or [("", "")], _each(codes), strict=False):
            row = {"kind": "bim", "source_class": name, "predefined_type": kind, **more}
            if name or more:
                row = {k: v for k, v in row.items() if v} | {"class": code}
                if row not in self.rows:
                    self.rows.append(row)

    def _condition(self, element: Any) -> Row | None:
        tag = _tag(element)
        value = value_of(element.find(f"{{{IDS}}}value"))
        if tag == "attribute":
            names = value_of(element.find(f"{{{IDS}}}name")).texts
            address = "name" if names == ("Name",) else f"attributes.{names[0]}" if names else ""
        elif tag == "property":
            address = self._address(element)
        elif tag == "classification" and not value_of(element.find(f"{{{IDS}}}system")).texts:
            address = "classification"
        else:
            address = "material" if tag == "material" else ""
        said = condition(value)
        if not address or said is None:
            return None
        return {"field": address, "op": said[0], "value": said[1]}

    def _address(self, element: Any) -> str:
        place = value_of(element.find(f"{{{IDS}}}propertySet")).texts
        name = value_of(element.find(f"{{{IDS}}}baseName")).texts
        if len(place) != 1 or len(name) != 1 or not name[0]:
            return ""
        own = place[0] == self.draft.head["id"]
        return name[0] if own else f"pset.{place[0]}.{name[0]}" if place[0] else ""

    def _demand(self, element: Any, codes: list[str], lose: Any) -> None:
        tag = _tag(element)
        if tag == "classification":
            return
        if tag not in ("property", "attribute"):
            lose(f"A package has no place for what it says of {tag}.", "attributes")
            return
        if element.get("cardinality") == "prohibited":
            lose("A package does not forbid attributes.", "attributes")
            return
        names = value_of(element.find(f"{{{IDS}}}name")).texts
        address = self._address(element) if tag == "property" else ""
        if tag == "attribute" and len(names) == 1 and names[0]:
            address = f"attributes.{names[0]}"
        if not address:
            lose("It describes properties by a pattern.", "attributes")
            return
        kind = element.get("dataType", "")
        usual = "number" if kind.endswith("MEASURE") else "text"
        notes = (element.get("instructions") or "").strip()
        unit = _UNIT.search(notes)
        row = {
            "name": address,
            "title": _UNIT.sub("", notes),
            "kinds": "bim",
            "type": _TYPES.get(kind, usual),
            "unit": unit[1] if unit else "",
            "obligation": "O" if element.get("cardinality") == "optional" else "M",
            **self._values(address, value_of(element.find(f"{{{IDS}}}value")), lose),
        }
        for code in codes:
            if words(code) == (code,):
                self.found.setdefault(code, []).append(tuple((k, v) for k, v in row.items() if v))
            else:
                lose(
                    "A code with a blank or comma cannot stand in a list of classes.", "attributes"
                )

    def _values(self, address: str, value: Value, lose: Any) -> Row:
        row: Row = {}
        options = [o for o in value.options or (value.simple or "",) if o]
        if options:
            rows = [{"code": o} for o in dict.fromkeys(options)]
            name = next((n for n, r in self.draft.domains.items() if r == rows), "")
            name = name or file_name(address.rpartition(".")[2], "", self.draft.domains)
            self.draft.domains[name] = rows
            row["domain"] = name
        patterns = list(value.patterns)
        for kind, text in value.bounds:
            if "ength" in kind and text.isdecimal():
                ends = {"length": f"{{{text}}}", "minLength": f"{{{text},}}"}
                patterns.append(f".{ends.get(kind, f'{{0,{text}}}')}")
                continue
            field = "minimum" if kind.startswith("min") else "maximum"
            try:
                row[field] = repr(float(text)).removesuffix(".0")
            except ValueError:
                lose(f"Its bound {text!r} is no number.", "attributes")
                continue
            if kind.endswith("Exclusive"):
                lose("A bound that is itself excluded is taken as included.", "attributes")
        if len(patterns) > 1 and len(patterns) > len(value.patterns):
            lose("Of several lengths and patterns only the first is taken.", "attributes")
            patterns = patterns[:1]
        if patterns:
            both = "|".join(f"({p})" for p in patterns) if len(patterns) > 1 else patterns[0]
            row["pattern"], why = from_xsd(both)
            if why:
                lose(why, "attributes")
        return row

    def finish(self, file: str) -> None:
        draft = self.draft
        if self.titles:
            draft.head["titles"]["en"] = self.titles[0]
            draft.head["titles"][guess(self.titles[:1])] = self.titles[0]
        draft.head["note"] = f"imported from {file} (IDS)"
        column = f"name_{guess(self.names.values())}"
        for code, name in self.names.items():
            label = {column: name} if name and name != code else {}
            draft.classes.append({"code": code, **label, "source": file})
        for said, codes in collapse(self.found, {}).items():
            draft.attributes.append({"class": " ".join(codes), **dict(said)})
        if self.rows:
            draft.mapping["ids"] = self.rows


def _each(codes: list[str]) -> Any:
    """Yield one code for each of several entities: each its own, or all the same."""
    yield from codes
    while len(codes) == 1:
        yield codes[0]


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
