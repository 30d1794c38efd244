"""Labels of SKOS concepts, and what else is said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cimkit.standard.draft import Loss, Row
from cimkit.standard.formats._language import column, guess
from cimkit.standard.formats._losses import shown
from cimkit.standard.formats._rdf import MATCHES

if TYPE_CHECKING:
    from rdflib import Graph

__all__ = ["in_order", "labels_of", "preferred", "titles_of", "true", "unread"]


def titles_of(graph: Graph, scheme: Any) -> dict[str, str]:
    """Return the titles of a scheme by language."""
    from rdflib import DCTERMS, RDFS, SKOS

    titles: dict[str, str] = {}
    for term in (DCTERMS.title, SKOS.prefLabel, RDFS.label):
        for title in in_order(graph.objects(scheme, term), key=_order):
            tag = getattr(title, "language", None) or guess([str(title)])
            if column(tag) and str(title).strip():
                titles.setdefault(column(tag).removeprefix("name_"), str(title).strip())
    return titles


def labels_of(graph: Graph, concept: Any) -> Row:
    """Return the names of a concept as cells."""
    from rdflib import SKOS

    found: Row = {}
    for label in in_order(graph.objects(concept, SKOS.prefLabel), key=_order):
        text = str(label).strip()
        tag = getattr(label, "language", None) or guess([text])
        if column(tag) and text:
            found.setdefault(column(tag), text)
    return found


def unread(graph: Graph, concepts: Iterable[Any]) -> list[Loss]:
    """Return what is said of concepts that a package has no place for."""
    from rdflib import DCTERMS, OWL, RDF, SKOS, URIRef

    known = {RDF.type, OWL.deprecated, *(DCTERMS[t] for t in _TERMS)}
    known |= {SKOS[t] for t in _WORDS} | {URIRef(t) for t in MATCHES.values()}
    other = Counter(
        graph.namespace_manager.normalizeUri(str(p))
        for concept in concepts
        for p in graph.predicates(concept)
        if p not in known
    )
    tags = Counter(
        str(getattr(label, "language", ""))
        for label in graph.objects(None, SKOS.prefLabel)
        if getattr(label, "language", None) and not column(str(getattr(label, "language", "")))
    )
    losses = {
        "A package has no place for these properties.": sorted(other),
        "A package has names in zh, ja and en only.": sorted(tags),
    }
    return [Loss("classes", shown(names), why) for why, names in losses.items() if names]


_TERMS = ("replaces", "isReplacedBy", "valid", "creator", "source")
_WORDS = ("inScheme", "topConceptOf", "notation", "prefLabel", "definition", "broader", "narrower")


def _order(label: Any) -> tuple[str, str]:
    # zh before zh-Hans before zh-TW; what has no tag last.
    return getattr(label, "language", None) or "~", str(label)


def preferred(definition: Any) -> tuple[int, str, str]:
    """Return a key that puts definitions without a language first, then English ones."""
    tag = getattr(definition, "language", None) or ""
    return (0 if not tag else 1 if tag.startswith("en") else 2), tag, str(definition)


def true(value: Any) -> bool:
    """Return whether a literal says so."""
    return str(value).lower() in ("true", "1")


def in_order(nodes: Iterable[Any], key: Any = None) -> list[Any]:
    """Return nodes in their order, whatever they are."""
    return sorted(nodes, key=key)
