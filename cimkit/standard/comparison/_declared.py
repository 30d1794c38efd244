"""Links that packages declare in ``crosswalk/*.csv``, and those that follow from two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from cimkit.model import LAKE
from cimkit.standard.comparison._links import Link, Node, Side
from cimkit.standard.comparison._relations import compose
from cimkit.standard.model import Standard
from cimkit.standard.overlay._parents import Without, by_parent
from cimkit.standard.rows import NO_CLASS, CrosswalkRow

__all__ = ["declared", "declared_rows", "derived", "without_counterpart"]

_LESS_SURE = 0.9
"""Share of the confidence that is left when a link is concluded from two others."""


def declared(a: Side, b: Side) -> list[Link]:
    """Return what the tables of both standards say, each row in both directions.

    The ends are classes of ``a`` and ``b``, and of whatever third scheme the rows name. A class
    that a row declares to have no counterpart is left to `without_counterpart`.
    """
    links = []
    for own, other in ((a, b), (b, a)):
        for row in own.standard.crosswalk:
            if NO_CLASS in (row.from_code, row.to_code):
                continue
            start = _end(own, other, row.from_scheme, row.from_code)
            end = _end(own, other, row.to_scheme, row.to_code)
            if start is None or end is None:
                continue
            link = Link(start, end, row.relation, "declared", 1.0, _path(row), _said(row))
            links += [link, link.inverted()]
    return links


def without_counterpart(a: Side, b: Side) -> Without:
    """Return the classes declared to have no counterpart, with the schemes and who says so."""
    found: Without = {}
    for own, other in ((a, b), (b, a)):
        for row in own.standard.crosswalk:
            if row.to_code != NO_CLASS:
                continue
            node = _end(own, other, row.from_scheme, row.from_code)
            if node is None or not node.side:
                continue
            across = b if node.side == "a" else a
            plain = row.to_scheme.partition("@")[0]
            scheme = across.standard.scheme_of.get(plain, plain)
            if scheme in across.schemes:
                found.setdefault(node, (set(), _said(row)))[0].add(scheme)
    return found


def derived(links: Iterable[Link]) -> Iterator[Link]:
    """Yield what follows from a class of ``a`` over one more class to a class of ``b``."""
    links = list(links)
    onward: dict[Node, list[Link]] = {}
    for link in links:
        if link.end.side == "b":
            onward.setdefault(link.start, []).append(link)
    for first in links:
        if first.start.side != "a":
            continue
        for second in onward.get(first.end, ()):
            relation = compose(first.relation, second.relation)
            # Two steps of lineage would only say again what one says.
            if not relation or "declared" not in (first.via, second.via):
                continue
            yield Link(
                first.start,
                second.end,
                relation,
                f"declared through {first.end.scheme}",
                first.confidence * second.confidence * _LESS_SURE,
                f"{first.relation} {first.end.scheme} {first.end.code} {second.relation}",
                f"{first.source}; {second.source}",
            )


def declared_rows(standard: Standard) -> pa.Table:
    """Return what a standard's tables say of its classes, as rows of the lake's ``crosswalk``.

    Each row starts at a class of the standard, under the scheme that it has there, if one of its
    ends is one. Classes below one that a table speaks of are broad through it.
    """
    side = Side("a", standard)
    links: list[Link] = []
    none: Without = {}
    for row in standard.crosswalk:
        start = _end(side, side, row.from_scheme, row.from_code)
        end: Node | None = Node("", row.to_scheme, NO_CLASS)
        if row.to_code != NO_CLASS:
            end = _end(side, side, row.to_scheme, row.to_code)
        elif start is not None:
            none.setdefault(start, (set(), _said(row)))[0].add(row.to_scheme)
        if start is None or end is None:
            continue
        link = Link(start, end, row.relation, "declared", 1.0, _path(row), _said(row))
        links.append(link.inverted() if end.side and not start.side else link)
    given = [k for k in links if k.start.side and k.end.code != NO_CLASS]
    links += by_parent(given, side, none)
    links = list({(k.start, k.end): k for k in reversed(links)}.values())
    links.sort(key=lambda k: (k.start[1:], k.end[1:]))
    columns: dict[str, list[object]] = {
        "from_scheme": [k.start.scheme for k in links],
        "from_code": [k.start.code for k in links],
        "to_scheme": [k.end.scheme for k in links],
        "to_code": [k.end.code for k in links],
        "relation": [k.relation for k in links],
        "source": [k.source for k in links],
        "via": [k.via for k in links],
        "confidence": [k.confidence for k in links],
        "standard": [standard.key] * len(links),
    }
    schema = LAKE["crosswalk"]
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _said(row: CrosswalkRow) -> str:
    """Return who says a row: its place, and the source it names."""
    return f"{row.origin} ({row.source})" if row.source else str(row.origin)


def _end(own: Side, other: Side, scheme: str, code: str) -> Node | None:
    """Return the class that a row of ``own`` means: its own, the other's, or one of a third."""
    # A scheme that grew into another one is first of all its own, if that is one of the two.
    plain = scheme.partition("@")[0]
    for side in sorted((own, other), key=lambda side: plain not in side.schemes):
        node = side.find(scheme, code)
        if node is not None:
            return node
    # A class that one of the two has no more is no class of a third scheme.
    return None if own.names(scheme) or other.names(scheme) else Node("", scheme, code)


def _path(row: CrosswalkRow) -> str:
    return f"{row.from_scheme} {row.from_code} {row.relation} {row.to_scheme} {row.to_code}"
