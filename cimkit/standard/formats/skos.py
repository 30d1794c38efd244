"""SKOS: concept schemes with labels by language, as libraries and ontologies publish them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import UsageError
from cimkit.standard.draft import Draft, Loss, Row, flatten
from cimkit.standard.formats._delivered import save
from cimkit.standard.formats._language import LANGUAGES
from cimkit.standard.formats._losses import Ledger
from cimkit.standard.formats._rdf import FORMATS, MATCHES
from cimkit.standard.formats._skos_reading import read
from cimkit.standard.formats._spec import FormatSpec
from cimkit.standard.formats._uris import class_uri, list_uri, scheme_uri
from cimkit.standard.formats._xml import storable

if TYPE_CHECKING:
    from rdflib import Graph, URIRef

    from cimkit.standard.model import Standard

__all__ = ["SPEC", "read", "write"]

SPEC = FormatSpec(name="skos", title="SKOS", suffixes=tuple(FORMATS))

_NAMES = tuple(f"name_{language}" for language in LANGUAGES)
_CARRIED = {
    "schemes": ("id", "primary", *(f"titles.{language}" for language in LANGUAGES)),
    "standard": ("issuer", "licence", "note", *(f"titles.{language}" for language in LANGUAGES)),
    "classes": (
        *("scheme", "code", "parent", *_NAMES, "definition", "replaces"),
        *("valid_from", "valid_to", "code_origin", "source"),
    ),
    "domains": ("code", *_NAMES),
    "crosswalk": ("from_scheme", "from_code", "to_scheme", "to_code", "relation"),
}
_REASONS = {
    "attributes": "SKOS names concepts, not the attributes of their instances.",
    "mapping": "SKOS does not say how an object is recognised.",
    "classes.geometry": "SKOS names concepts, not how their instances are drawn.",
}
_CONTROL = "RDF/XML forbids control characters."


def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]:
    """Write all schemes and lists of values as concept schemes, with labels in all languages.

    What an overlay retired is there too, as deprecated: old data still names it.

    Parameters
    ----------
    standard : Standard
        What to write.
    out : Path
        ``.ttl`` Turtle, ``.rdf`` RDF/XML, ``.jsonld`` JSON-LD.
    language : str
        Not needed: SKOS holds them all.

    Returns
    -------
    list of Loss
        What SKOS does not say.

    Raises
    ------
    UsageError
        If the suffix is none of these.
    ExportError
        If `out` cannot be written.
    """
    from rdflib import OWL, RDF, SKOS, Literal

    serializer = FORMATS.get(out.suffix.lower())
    if serializer is None:
        raise UsageError("no form of SKOS", got=out.name, expected=", ".join(FORMATS))
    draft = flatten(standard)
    pen = _Pen(standard, draft, Ledger(draft, SPEC.title, _CARRIED, _REASONS))
    pen.standard()
    for number, row in enumerate(draft.classes):
        pen.concept(number, row)
    for gone in (c for c in standard.class_rows if c.retired):
        concept = pen.uri(gone.scheme, gone.code)
        pen.graph.add((concept, RDF.type, SKOS.Concept))
        pen.graph.add((concept, OWL.deprecated, Literal(True)))
        pen.graph.add((concept, SKOS.inScheme, pen.scheme(gone.scheme)))
        pen.notation(concept, gone.code)
        pen.labels(concept, {n: getattr(gone, n) for n in _NAMES})
    for name, values in draft.domains.items():
        pen.values(name, values)
    for name, rows in draft.crosswalk.items():
        pen.matches(f"crosswalk/{name}", rows)
    save(out, {out.name: serializer(pen.graph)})
    return pen.ledger.losses()


class _Pen:
    """Writes rows into a graph."""

    def __init__(self, standard: Standard, draft: Draft, ledger: Ledger) -> None:
        from cimkit.standard.formats._rdf import new_graph

        self.id = standard.id
        self.primary = standard.scheme
        self.draft = draft
        self.ledger = ledger
        self.graph: Graph = new_graph()

    def uri(self, scheme: str, code: str) -> URIRef:
        from rdflib import URIRef

        uri = class_uri(scheme, code)
        return URIRef(uri or f"{scheme_uri(scheme)}#{code}")

    def text(self, text: str, table: str, number: int, column: str) -> Any:
        from rdflib import Literal

        kept = storable(text).replace("\r", "\n")
        if kept != text:
            self.ledger.row(table, number, _CONTROL, column)
        return Literal(kept, lang=column[-2:] if column.startswith(("name_", "titles.")) else None)

    def notation(self, concept: URIRef, code: str) -> None:
        from rdflib import SKOS, Literal

        # A code that XML cannot hold stands in the URI alone.
        if storable(code) == code:
            self.graph.add((concept, SKOS.notation, Literal(code)))

    def labels(self, concept: URIRef, names: Row, table: str = "", number: int = 0) -> None:
        from rdflib import SKOS

        for column in _NAMES:
            if names.get(column):
                label = self.text(names[column], table, number, column)
                self.graph.add((concept, SKOS.prefLabel, label))

    def scheme(self, scheme: str) -> URIRef:
        from rdflib import DCTERMS, RDF, SKOS, Literal, URIRef

        node = URIRef(scheme_uri(scheme))
        self.graph.add((node, RDF.type, SKOS.ConceptScheme))
        self.graph.add((node, DCTERMS.identifier, Literal(scheme)))
        return node

    def standard(self) -> None:
        """Write the schemes with their titles; the primary one bears the edition."""
        from rdflib import DCTERMS, OWL, SKOS, Literal

        head = self.draft.head
        schemes = head.get("scheme", [{"id": self.primary, "titles": head["titles"]}])
        for number, scheme in enumerate(schemes):
            table = "schemes" if "scheme" in head else "standard"
            for language, title in scheme.get("titles", {}).items():
                label = self.text(title, table, number, f"titles.{language}")
                self.graph.add((self.scheme(scheme["id"]), DCTERMS.title, label))
        node = self.scheme(self.primary)
        self.graph.add((node, OWL.versionInfo, Literal(head["edition"])))
        main = next(s.get("titles", {}) for s in schemes if s["id"] == self.primary)
        for language in LANGUAGES:
            if main.get(language) != head["titles"].get(language):
                why = "The titles of the primary scheme stand for those of the standard."
                self.ledger.row("standard", 0, why, f"titles.{language}")
        facts = {"issuer": DCTERMS.publisher, "licence": DCTERMS.license, "note": SKOS.note}
        for key, term in facts.items():
            if head.get(key):
                self.graph.add((node, term, self.text(head[key], "standard", 0, key)))

    def concept(self, number: int, row: Row) -> None:
        from rdflib import DCTERMS, RDF, SKOS, Literal

        scheme = row.get("scheme") or self.primary
        concept, node = self.uri(scheme, row["code"]), self.scheme(scheme)
        add = self.graph.add
        add((concept, RDF.type, SKOS.Concept))
        add((concept, SKOS.inScheme, node))
        self.notation(concept, row["code"])
        self.labels(concept, row, "classes", number)
        if row.get("parent"):
            add((concept, SKOS.broader, self.uri(scheme, row["parent"])))
        else:
            add((node, SKOS.hasTopConcept, concept))
        terms = {
            "definition": SKOS.definition,
            "code_origin": DCTERMS.creator,
            "source": DCTERMS.source,
        }
        for column, term in terms.items():
            if row.get(column):
                add((concept, term, self.text(row[column], "classes", number, column)))
        replaced = row.get("replaces", "").split()
        for code in replaced:
            add((concept, DCTERMS.replaces, self.uri(scheme, code)))
        if replaced != sorted(set(replaced)):
            self.ledger.row("classes", number, "RDF has no order.", "replaces")
        period = [("start", row.get("valid_from")), ("end", row.get("valid_to"))]
        said = " ".join(f"{key}={day};" for key, day in period if day)
        if said:
            add((concept, DCTERMS.valid, Literal(said, datatype=DCTERMS.Period)))

    def values(self, name: str, rows: list[Row]) -> None:
        from rdflib import DCTERMS, RDF, SKOS, Literal, URIRef

        node = URIRef(list_uri(self.id, name))
        self.graph.add((node, RDF.type, SKOS.ConceptScheme))
        self.graph.add((node, DCTERMS.identifier, Literal(name)))
        self.graph.add((node, DCTERMS.isPartOf, URIRef(scheme_uri(self.primary))))
        for number, row in enumerate(rows):
            value = URIRef(list_uri(self.id, name, row["code"]))
            self.graph.add((value, RDF.type, SKOS.Concept))
            self.graph.add((value, SKOS.inScheme, node))
            self.notation(value, row["code"])
            self.labels(value, row, f"domains/{name}", number)

    def matches(self, table: str, rows: list[Row]) -> None:
        from rdflib import URIRef

        for number, row in enumerate(rows):
            here = class_uri(row["from_scheme"], row["from_code"])
            there = class_uri(row["to_scheme"], row["to_code"])
            if "-" in (row["from_code"], row["to_code"]):
                self.ledger.row(table, number, "SKOS does not say that there is no match.")
            elif here is None or there is None:
                self.ledger.row(table, number, "Scheme and code do not make a URI.")
            else:
                term = MATCHES[row.get("relation") or "exact"]
                self.graph.add((URIRef(here), URIRef(term), URIRef(there)))
