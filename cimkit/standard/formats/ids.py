"""buildingSMART IDS 1.0: what a standard demands of a BIM model."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import UsageError
from cimkit.standard.draft import Draft, Loss, Row, flatten
from cimkit.standard.formats._delivered import save
from cimkit.standard.formats._effective import attributes_by_class
from cimkit.standard.formats._ids_mapping import Group, groups
from cimkit.standard.formats._ids_reading import read
from cimkit.standard.formats._ids_values import IDS, XS, Value, add_value
from cimkit.standard.formats._ifc_names import versions
from cimkit.standard.formats._language import LANGUAGES
from cimkit.standard.formats._losses import Ledger
from cimkit.standard.formats._patterns import to_xsd
from cimkit.standard.formats._spec import FormatSpec
from cimkit.standard.formats._xml import serialize, storable

if TYPE_CHECKING:
    from cimkit.standard.model import Standard

__all__ = ["SPEC", "read", "write"]

SPEC = FormatSpec(name="ids", title="buildingSMART IDS", suffixes=(".ids",))

_NAME = "A specification is named after the class, for people."
_REASONS = {
    **{f"classes.name_{language}": _NAME for language in LANGUAGES},
    "classes.parent": "IDS has no tree of classes.",
    "attributes.domain": "The values stand at each property; their list has no name.",
    "attributes.kinds": "IDS asks models only.",
    "mapping.confidence": "IDS has no ranks: where several rows fit, all their codes are allowed.",
}
_CARRIED = {
    "classes": ("code", "scheme"),
    "attributes": (
        *("class", "name", "title", "type", "unit", "obligation"),
        *("pattern", "minimum", "maximum"),
    ),
    "domains": ("code",),
    "mapping": (
        *("kind", "source_class", "predefined_type"),
        *("field", "op", "value", "class"),
    ),
}
_TYPES = {"text": "IFCLABEL", "integer": "IFCINTEGER", "boolean": "IFCBOOLEAN", "date": "IFCDATE"}
_MEASURES = {"m": "IFCLENGTHMEASURE", "m2": "IFCAREAMEASURE", "m3": "IFCVOLUMEMEASURE"}
_BASES = {"text": "string", "integer": "integer", "number": "double"}


def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]:
    """Write a specification for each class that the mapping of BIM models reaches.

    It applies to the IFC class (predefined type, one condition) of the mapping row, and demands the
    class code as classification and the attributes as properties. Where a row of higher rank may
    decide otherwise, the codes of both are allowed, and the properties are demanded of objects that
    bear the code.

    Parameters
    ----------
    standard : Standard
        What to write.
    out : Path
        An ``.ids`` file.
    language : str
        Of the names of specifications: zh, ja or en.

    Returns
    -------
    list of Loss
        What IDS does not say.

    Raises
    ------
    UsageError
        If no mapping row of kind bim gives a class: an IDS without specifications is none.
    ExportError
        If `out` cannot be written.
    """
    draft = flatten(standard)
    ledger = Ledger(draft, SPEC.title, _CARRIED, _REASONS)
    found = groups(standard, draft, ledger)
    if not found:
        raise UsageError(
            "no mapping row of kind bim gives a class, so there is nothing to ask of a model",
            where=standard.key,
            mend="Add rows with kind = bim and an IFC class to mapping/*.csv.",
        )
    save(out, {out.name: serialize(_Pen(standard, draft, ledger, language).document(found))})
    return ledger.losses()


class _Pen:
    def __init__(self, standard: Standard, draft: Draft, ledger: Ledger, language: str) -> None:
        self.standard = standard
        self.draft = draft
        self.ledger = ledger
        self.language = language
        self.system = storable(standard.titles["en"])
        self.names = {
            r["code"]: r.get(f"name_{language}") or r.get("name_en") or r["code"]
            for r in reversed(draft.classes)
            if not r.get("scheme")
        }
        self.used: set[str] = set()

    def document(self, found: list[Group]) -> Any:
        from lxml import etree

        reached = dict.fromkeys(g.code for g in found)
        carried = attributes_by_class(self.standard, reached, self.ledger, "bim", tree=False)
        for number, row in enumerate(self.draft.classes):
            if row.get("scheme") or row["code"] not in reached:
                self.ledger.row("classes", number, "No mapping of BIM models leads to it.")
        root = etree.Element(f"{{{IDS}}}ids", nsmap={None: IDS, "xs": XS})
        info = etree.SubElement(root, f"{{{IDS}}}info")
        title = self.standard.titles.get(self.language) or self.standard.titles["en"]
        etree.SubElement(info, f"{{{IDS}}}title").text = storable(title)
        etree.SubElement(info, f"{{{IDS}}}version").text = storable(self.standard.edition)
        all_ = etree.SubElement(root, f"{{{IDS}}}specifications")
        apart = dict.fromkeys(g.code for g in found if g.rivals and carried[g.code])
        for group in found:
            demands = self.specification(all_, group)
            if group.code not in apart:
                for number in carried[group.code]:
                    self.property(demands, number)
        for code in apart:
            demands = self.by_classification(all_, code)
            for number in carried[code]:
                self.property(demands, number)
        if self.draft.domains:
            self.ledger.add("domains", _REASONS["attributes.domain"], columns=("name",))
        for name in self.draft.domains.keys() - self.used:
            self.ledger.add(f"domains/{name}", "No property has these values.")
        return root

    def specification(self, parent: Any, group: Group) -> Any:
        from lxml import etree

        known = versions(list(group.entities))
        element, applies = self._start(parent, group.code, known)
        if group.entities:
            entity = etree.SubElement(applies, f"{{{IDS}}}entity")
            names = [n.upper() for n in group.entities]
            one = Value(simple=names[0]) if len(names) == 1 else Value(options=tuple(names))
            add_value(entity, "name", one)
            if group.predefined_type:
                add_value(entity, "predefinedType", Value(simple=group.predefined_type))
        group.add_facet(applies)
        demands = etree.SubElement(element, f"{{{IDS}}}requirements")
        allowed = (group.code, *(c for c in group.rivals if c != "-"))
        demand = etree.SubElement(demands, f"{{{IDS}}}classification")
        demand.set("cardinality", "optional" if "-" in group.rivals else "required")
        one = Value(simple=allowed[0]) if len(allowed) == 1 else Value(options=allowed)
        add_value(demand, "value", one)
        add_value(demand, "system", Value(simple=self.system))
        return demands

    def by_classification(self, parent: Any, code: str) -> Any:
        from lxml import etree

        element, applies = self._start(parent, code, versions([]))
        facet = etree.SubElement(applies, f"{{{IDS}}}classification")
        add_value(facet, "value", Value(simple=code))
        add_value(facet, "system", Value(simple=self.system))
        return etree.SubElement(element, f"{{{IDS}}}requirements")

    def _start(self, parent: Any, code: str, known: list[str]) -> tuple[Any, Any]:
        from lxml import etree

        element = etree.SubElement(parent, f"{{{IDS}}}specification")
        element.set("name", storable(self.names[code]))
        element.set("ifcVersion", " ".join(known))
        element.set("identifier", code)
        applies = etree.SubElement(element, f"{{{IDS}}}applicability")
        applies.set("minOccurs", "0")
        applies.set("maxOccurs", "unbounded")
        return element, applies

    def property(self, parent: Any, number: int) -> None:
        from lxml import etree

        row = self.draft.attributes[number]
        place = re.fullmatch(r"pset\.([^.]+)\.(.+)", row["name"], re.DOTALL)
        names = place.groups() if place else (self.standard.id, row["name"])
        if any(storable(n) != n for n in names) or (place and names[0] == self.standard.id):
            self.ledger.row("attributes", number, "IDS cannot hold its name.")
            return
        kind, unit = row.get("type", "text"), row.get("unit", "")
        element = etree.SubElement(parent, f"{{{IDS}}}property")
        measure = _MEASURES.get(unit, "IFCREAL") if kind == "number" else _TYPES[kind]
        element.set("dataType", measure)
        element.set("cardinality", "required" if row.get("obligation") == "M" else "optional")
        if row.get("obligation") == "C":
            why = "A property is required or optional: conditional became optional."
            self.ledger.row("attributes", number, why, "obligation")
        title = row.get("title", "")
        notes = f"{title} [unit: {unit}]".strip() if unit else title
        for column, text in (("title", title), ("unit", unit)):
            if storable(text) != text:
                self.ledger.row("attributes", number, "XML forbids control characters.", column)
        if notes:
            element.set("instructions", storable(notes))
        add_value(element, "propertySet", Value(simple=names[0]))
        add_value(element, "baseName", Value(simple=names[1]))
        value = self.value(number, row, kind)
        if value != Value():
            add_value(element, "value", value, _BASES[kind])

    def value(self, number: int, row: Row, kind: str) -> Value:
        def lose(column: str, why: str) -> None:
            self.ledger.row("attributes", number, why, column)

        options: tuple[str, ...] = ()
        name = row.get("domain", "")
        if name and kind not in _BASES:
            lose("domain", f"IDS has no list of values for a {kind}.")
        elif name:
            values = [v["code"] for v in self.draft.domains[name]]
            options = tuple(v for v in values if storable(v) == v)
            for n, code in enumerate(values):
                if storable(code) != code:
                    self.ledger.row(f"domains/{name}", n, "XML forbids control characters.")
            self.used |= {name} if options else set()
        pattern = to_xsd(row.get("pattern", "")) if kind == "text" else None
        if row.get("pattern") and pattern != row["pattern"]:
            why = "XML Schema has no such expression; one that means the same stands there."
            lose("pattern", why if pattern else "XML Schema has no such expression for that type.")
        bounds = []
        for column, word in (("minimum", "minInclusive"), ("maximum", "maxInclusive")):
            text = row.get(column, "")
            if text and (kind not in ("integer", "number") or not math.isfinite(float(text))):
                lose(column, f"IDS has no such bound for a {kind}.")
            elif text:
                bounds.append((word, text))
        return Value(None, options, (pattern,) if pattern else (), tuple(bounds))
