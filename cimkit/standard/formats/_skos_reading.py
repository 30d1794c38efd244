"""SKOS read as a package."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Loss, Row
from cimkit.standard.formats._delivered import content
from cimkit.standard.formats._language import LANGUAGES
from cimkit.standard.formats._losses import shown
from cimkit.standard.formats._rdf import MATCHES, load_graph
from cimkit.standard.formats._skos_labels import (
    in_order,
    labels_of,
    preferred,
    titles_of,
    true,
    unread,
)
from cimkit.standard.formats._uris import LISTS, SCHEMES, parts
from cimkit.standard.rows import NO_CLASS

if TYPE_CHECKING:
    from rdflib import Graph

__all__ = ["read"]


def read(file: Path, *, id: str, edition: str) -> tuple[Draft, list[Loss]]:
    """Read the concept schemes of an RDF file; nothing that it refers to is fetched.

    The scheme that calls itself `id` (or the largest) becomes the primary one. Deprecated concepts
    are left out unless others stand below them.

    Parameters
    ----------
    file : Path
        ``.ttl``, ``.rdf``, ``.xml``, ``.owl``, ``.nt``, ``.jsonld``, ``.json``.
    id, edition : str
        Of the standard that it becomes.

    Returns
    -------
    Draft
        A package without parents.
    list of Loss
        What it could not take over.

    Raises
    ------
    StandardError
        If it cannot be read, holds no concept, or asks for other files.
    """
    reader = _Reader(load_graph(content(file), file.name, file.suffix), id, edition)
    if not reader.concepts and not reader.schemes:
        raise StandardError("no SKOS in it", where=str(file), expected="concepts or schemes")
    reader.places()
    for concept in reader.concepts:
        reader.row(concept)
    reader.trim()
    reader.crosswalk()
    reader.head(file.name)
    return reader.draft, reader.losses


class _Reader:
    def __init__(self, graph: Graph, id: str, edition: str) -> None:
        from rdflib import RDF, SKOS

        self.graph = graph
        self.id = id
        self.draft = Draft(head={"id": id, "edition": edition, "titles": {}})
        self.losses: list[Loss] = []
        typed = set(graph.subjects(RDF.type, SKOS.Concept))
        typed |= set(graph.subjects(SKOS.inScheme)) | set(graph.subjects(SKOS.topConceptOf))
        typed |= set(graph.objects(None, SKOS.hasTopConcept)) | set(graph.subjects(SKOS.broader))
        self.concepts = in_order(typed)
        schemes = set(graph.subjects(RDF.type, SKOS.ConceptScheme))
        schemes |= set(graph.objects(None, SKOS.inScheme)) | set(graph.subjects(SKOS.hasTopConcept))
        self.schemes = in_order(schemes)
        self.main = id
        self.scheme_of: dict[Any, Any] = {}
        self.names: dict[Any, str] = {}
        self.primary: Any = None
        self.codes: dict[Any, str] = {}
        self.rows: dict[Any, Row] = {}

    def lose(self, what: str, names: list[str], why: str) -> None:
        if names:
            self.losses.append(Loss(what, shown(names), why))

    def places(self) -> None:
        """Decide in which scheme or list each concept stands, and its code there."""
        from rdflib import DCTERMS, SKOS

        lists = {
            s
            for s in self.schemes
            if set(self.graph.objects(s, DCTERMS.isPartOf)) & {*self.schemes}
        }
        several = []
        for concept in self.concepts:
            said = {*self.graph.objects(concept, SKOS.inScheme)}
            said |= {*self.graph.objects(concept, SKOS.topConceptOf)}
            said |= {*self.graph.subjects(SKOS.hasTopConcept, concept)}
            there = in_order(said & {*self.schemes})
            if len(there) > 1:
                several.append(str(concept))
            self.scheme_of[concept] = there[0] if there else None
        self.lose("classes", several, "They stand in several schemes; the first one was taken.")
        size = Counter(s for s in self.scheme_of.values() if s not in lists)
        known = {s: self._identifier(s) for s in self.schemes}
        main = [s for s in self.schemes if s not in lists]
        named = [s for s in main if known[s] == self.id]
        named = named or [s for s in main if str(s).startswith(SCHEMES) and self._edition(s)]
        none: list[Any] = [None]
        self.primary = (named or in_order(main, key=lambda s: (-size[s], s)) or none)[0]
        taken: set[str] = set()
        for scheme in self.schemes:
            name = known[scheme]
            while name in taken:
                name += "-2"
            taken.add(name)
            self.names[scheme] = name
        if self.primary is not None and not named:
            why = f"It became the primary scheme of {self.id}: the largest, as none has that name."
            self.lose("classes", [self.names[self.primary]], why)
        if len(main) > 1 or (named and known[named[0]] != self.id):
            self.draft.head["scheme"] = [
                {"id": self.names[s], "titles": titles_of(self.graph, s)}
                | ({"primary": True} if s == self.primary else {})
                for s in main
            ]
        self.main = (
            self.names.get(self.primary, self.id) if "scheme" in self.draft.head else self.id
        )
        self.names[self.primary] = ""
        for name in (self.names[s] for s in lists):
            self.draft.domains[name] = []
        self.lists = lists
        used: set[tuple[Any, str]] = set()
        twice = []
        for concept in self.concepts:
            scheme = self.scheme_of[concept]
            scheme = self.primary if scheme is None else scheme
            notations = in_order(str(n).strip() for n in self.graph.objects(concept, SKOS.notation))
            code = next(iter(notations), "") or parts(str(concept).rstrip("/#"))[1]
            if not code or code == NO_CLASS or (scheme, code) in used:
                twice.append(str(concept))
                continue
            used.add((scheme, code))
            self.scheme_of[concept], self.codes[concept] = scheme, code
        self.lose("classes", twice, "They have no code of their own in their scheme.")

    def _identifier(self, scheme: Any) -> str:
        from rdflib import DCTERMS

        said = in_order(str(o) for o in self.graph.objects(scheme, DCTERMS.identifier))
        uri = str(scheme)
        own = uri.startswith((SCHEMES, LISTS))
        return said[0] if own and said else parts(uri.rstrip("/#"))[1] or uri

    def _edition(self, scheme: Any) -> bool:
        from rdflib import OWL

        return (scheme, OWL.versionInfo, None) in self.graph

    def row(self, concept: Any) -> None:
        from rdflib import DCTERMS, SKOS

        if concept not in self.codes:
            return
        scheme = self.scheme_of[concept]
        row = {"code": self.codes[concept], **labels_of(self.graph, concept)}
        if scheme in self.lists:
            self.draft.domains[self.names[scheme]].append(row)
            return
        if self.names[scheme]:
            row["scheme"] = self.names[scheme]
        above = {*self.graph.objects(concept, SKOS.broader)}
        above |= {*self.graph.subjects(SKOS.narrower, concept)}
        fit = in_order(a for a in above if a in self.codes and self.scheme_of[a] == scheme)
        if fit:
            row["parent"] = self.codes[fit[0]]
        if len(fit) > 1 or len(fit) < len(above):
            why = "A class stands below one class of its own scheme; what else is said was left."
            self.lose("classes", [row["code"]], why)
        definitions = in_order(self.graph.objects(concept, SKOS.definition), key=preferred)
        said = {
            "definition": definitions,
            "code_origin": in_order(self.graph.objects(concept, DCTERMS.creator)),
            "source": in_order(self.graph.objects(concept, DCTERMS.source)),
        }
        row |= {k: str(v[0]).strip() for k, v in said.items() if v and str(v[0]).strip()}
        replaced = in_order({self._code(o) for o in self.graph.objects(concept, DCTERMS.replaces)})
        if replaced:
            row["replaces"] = " ".join(replaced)
        for period in self.graph.objects(concept, DCTERMS.valid):
            for key, field in (("start", "valid_from"), ("end", "valid_to")):
                day = re.search(rf"\b{key}=(\d{{4}}-\d\d-\d\d)", str(period))
                if day:
                    row[field] = day[1]
        self.rows[concept] = row

    def _code(self, concept: Any) -> str:
        return self.codes.get(concept) or parts(str(concept))[1]

    def trim(self) -> None:
        """Leave out deprecated concepts, and break circles."""
        from rdflib import OWL

        by_code = {(r.get("scheme", ""), r["code"]): c for c, r in self.rows.items()}
        for row in self.rows.values():
            line, at = {row["code"]}, row
            while at.get("parent"):
                if at["parent"] in line:
                    self.lose("classes", [row["code"]], "It stands below itself; it is on top now.")
                    del row["parent"]
                    break
                line.add(at["parent"])
                at = self.rows[by_code[at.get("scheme", ""), at["parent"]]]
        gone = {c for c in self.rows if any(map(true, self.graph.objects(c, OWL.deprecated)))}
        left = []
        for concept in in_order(gone):
            row = self.rows[concept]
            key = (row.get("scheme", ""), row["code"])
            below = [
                c
                for c, r in self.rows.items()
                if (r.get("scheme", ""), r.get("parent")) == key and c not in gone
            ]
            if not below:
                left.append(concept)
        self.lose(
            "classes", [self.codes[c] for c in left], "They are deprecated and were left out."
        )
        for concept in left:
            del self.rows[concept]
        self.draft.classes = in_order(
            self.rows.values(), key=lambda r: (r.get("scheme", ""), r["code"])
        )
        for rows in self.draft.domains.values():
            rows.sort(key=lambda r: r["code"])
        kept = {(r.get("scheme", ""), r["code"]) for r in self.draft.classes}
        for row in self.draft.classes:
            if row.get("parent") and (row.get("scheme", ""), row["parent"]) not in kept:
                del row["parent"]

    def crosswalk(self) -> None:
        from rdflib import URIRef

        found, lists = [], []
        for relation, term in MATCHES.items():
            for here, there in in_order(self.graph.subject_objects(URIRef(term))):
                if (
                    self.scheme_of.get(here) in self.lists
                    or self.scheme_of.get(there) in self.lists
                ):
                    lists.append(self._code(here))
                    continue
                ends = (*self._name(here), *self._name(there))
                columns = ("from_scheme", "from_code", "to_scheme", "to_code")
                row = dict(zip(columns, ends, strict=True))
                if all(row.values()):
                    found.append({**row, "relation": relation})
        if found:
            self.draft.crosswalk["skos"] = found
        self.lose("crosswalk", lists, "Only classes have a crosswalk, values of lists have none.")

    def _name(self, concept: Any) -> tuple[str, str]:
        if concept in self.codes:
            return self.names[self.scheme_of[concept]] or self.main, self.codes[concept]
        return parts(str(concept))

    def head(self, file: str) -> None:
        from rdflib import DCTERMS, SKOS

        titles: dict[str, str] = {}
        facts: dict[str, Any] = {}
        if self.primary is not None:
            titles = titles_of(self.graph, self.primary)
            terms = {"issuer": DCTERMS.publisher, "licence": DCTERMS.license, "note": SKOS.note}
            for key, term in terms.items():
                said = in_order(str(o).strip() for o in self.graph.objects(self.primary, term))
                if said and said[0]:
                    facts[key] = said[0]
        titles.setdefault("en", next(iter(titles.values()), self.id))
        facts.setdefault("note", f"imported from {file} (SKOS)")
        self.draft.head |= {**facts, "titles": {k: titles[k] for k in LANGUAGES if k in titles}}
        self.losses += unread(self.graph, self.concepts)
