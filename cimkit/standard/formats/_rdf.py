"""RDF files in and out, with nothing fetched."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from cimkit.errors import StandardError

if TYPE_CHECKING:
    from rdflib import Graph

__all__ = ["FORMATS", "MATCHES", "load_graph", "new_graph"]

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_PREFIXES = {
    "skos": _SKOS,
    "dct": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
}
MATCHES = {
    "exact": f"{_SKOS}exactMatch",
    "close": f"{_SKOS}closeMatch",
    "broad": f"{_SKOS}broadMatch",
    "narrow": f"{_SKOS}narrowMatch",
    "related": f"{_SKOS}relatedMatch",
}
"""Mapping properties by the relation of a crosswalk."""
_BASE = "https://schemas.cimkit.invalid/imported/"
"""What relative names in a file are relative to."""
_LONGEST_ENTITY = 1000


def new_graph() -> Graph:
    """Return an empty graph with the prefixes in use."""
    from rdflib import Graph

    graph = Graph(bind_namespaces="none")
    for prefix, space in _PREFIXES.items():
        graph.bind(prefix, space)
    return graph


def _turtle(graph: Graph) -> bytes:
    return graph.serialize(format="turtle", encoding="utf-8")


def _xml(graph: Graph) -> bytes:
    return graph.serialize(format="xml", encoding="utf-8")


def _jsonld(graph: Graph) -> bytes:
    # The context stands in the file: nobody has to fetch one.
    return graph.serialize(format="json-ld", context=dict(_PREFIXES), encoding="utf-8")


FORMATS: dict[str, Callable[[Graph], bytes]] = {
    ".ttl": _turtle,
    ".rdf": _xml,
    ".jsonld": _jsonld,
    ".xml": _xml,
    ".json": _jsonld,
}
"""How a graph is written, by suffix."""
_PARSERS = {".ttl": "turtle", ".rdf": "xml", ".xml": "xml", ".jsonld": "json-ld"}
_PARSERS |= {".json": "json-ld", ".nt": "nt", ".owl": "xml"}


def load_graph(content: bytes, name: str, suffix: str) -> Graph:
    """Parse an RDF file.

    Raises
    ------
    StandardError
        If it is not well formed, or asks for another file: a JSON-LD context by its address, an
        external entity.
    """
    from rdflib import Graph
    from rdflib.exceptions import Error

    parser = _PARSERS.get(suffix.lower())
    if parser is None:
        raise StandardError(
            "no form of RDF is called so", where=name, got=suffix, expected=", ".join(_PARSERS)
        )
    if parser == "xml":
        _check_xml(content, name)
    if parser == "json-ld":
        _check_contexts(content, name)
    graph = Graph(bind_namespaces="none")
    # rdflib raises whatever its hand-written parsers stumble over.
    broken = (
        *(Error, SyntaxError, ValueError, KeyError, TypeError, AttributeError, IndexError),
        *(AssertionError, RecursionError, NotImplementedError, OSError),
    )
    try:
        with warnings.catch_warnings():
            # rdflib's own JSON-LD parser makes a graph of a kind that rdflib has outgrown.
            warnings.simplefilter("ignore", DeprecationWarning)
            graph.parse(data=content, format=parser, publicID=_BASE)
    except broken as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise StandardError(
            f"no valid {parser}: {first[:200]}", where=name, expected=f"RDF as {parser}"
        ) from error
    return graph


def _check_xml(content: bytes, name: str) -> None:
    """Allow entities that stand for a namespace, as ontology editors write them, and no others."""
    reader = expat.ParserCreate()

    def refuse(what: str) -> None:
        raise StandardError(
            f"{what} is not read", where=f"{name}:{reader.CurrentLineNumber}", mend="Write it out."
        )

    def doctype(_: str, system: str | None, public: str | None, __: bool) -> None:
        if system or public:
            refuse("a document type in another file")

    def entity(_: str, parameter: bool, value: str | None, *__: Any) -> None:
        if parameter or value is None or "&" in value or len(value) > _LONGEST_ENTITY:
            refuse("an entity that is no short text")

    reader.StartDoctypeDeclHandler = doctype
    reader.EntityDeclHandler = entity
    try:
        reader.Parse(content, True)
    except expat.ExpatError as error:
        raise StandardError(f"its XML is broken: {error}", where=name) from error


def _check_contexts(content: bytes, name: str) -> None:
    import orjson

    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise StandardError(f"no valid JSON: {error}", where=name) from error
    for context in _contexts(document):
        raise StandardError(
            "this JSON-LD file takes its words from another place, which is not fetched",
            where=name,
            got=str(context),
            mend="Write the context itself into the file, or convert it to Turtle first.",
        )


def _contexts(document: Any) -> Iterator[Any]:
    """Yield the addresses of contexts."""
    left = [document]
    while left:
        at = left.pop()
        if isinstance(at, dict):
            context = at.get("@context")
            for one in context if isinstance(context, list) else [context]:
                if isinstance(one, str):
                    yield one
            if "@import" in at:
                yield at["@import"]
            left += at.values()
        elif isinstance(at, list):
            left += at
