"""Links that packages declare in ``crosswalk/*.csv``, and those that follow from two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cimkit.standard._links import Link, Node, Side
from cimkit.standard._relations import compose
from cimkit.standard.rows import NO_CLASS, CrosswalkRow

__all__ = ["declared", "derived", "said", "without_counterpart"]

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
            link = Link(start, end, row.relation, "declared", 1.0, _path(row), said(row))
            links += [link, link.inverted()]
    return links


def without_counterpart(a: Side, b: Side) -> dict[Node, tuple[set[str], str]]:
    """Return the classes declared to have no counterpart, with the schemes and who says so."""
    found: dict[Node, tuple[set[str], str]] = {}
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
                found.setdefault(node, (set(), said(row)))[0].add(scheme)
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


def said(row: CrosswalkRow) -> str:
    """Return who says a row: its place, and the source it names."""
    return f"{row.origin} ({row.source})" if row.source else str(row.origin)


def _end(own: Side, other: Side, scheme: str, code: str) -> Node | None:
    """Return the class that a row of ``own`` means: its own, the other's, or one of a third."""
    node = own.find(scheme, code) or other.find(scheme, code)
    if node is not None:
        return node
    plain = scheme.partition("@")[0]
    if any(plain in side.schemes or plain in side.standard.scheme_of for side in (own, other)):
        return None  # retired since, or of another edition
    return Node("", scheme, code)


def _path(row: CrosswalkRow) -> str:
    return f"{row.from_scheme} {row.from_code} {row.relation} {row.to_scheme} {row.to_code}"
