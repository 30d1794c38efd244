"""Links for classes of which only the class above them is known."""

from __future__ import annotations

from collections.abc import Iterator

from cimkit.standard.comparison._links import Link, Node, Side

__all__ = ["Without", "by_parent"]

Without = dict[Node, tuple[set[str], str]]
"""Classes declared to have no counterpart: in which schemes, and who says so."""


def by_parent(links: list[Link], side: Side, none: Without) -> Iterator[Link]:
    """Yield links for classes of one side, where all links start, that only a class above has."""
    upward: dict[Node, dict[str, list[Link]]] = {}
    has: set[tuple[Node, str]] = set()
    for link in links:
        if link.relation != "related":
            has.add((link.start, link.end.scheme))
        if link.relation in ("exact", "close", "broad"):
            upward.setdefault(link.start, {}).setdefault(link.end.scheme, []).append(link)
    for row in side.classes.values():
        node = side.node(row)
        done = set(none[node][0]) if node in none else set()
        for above in side.above(node):
            for scheme, known in upward.get(above, {}).items():
                if scheme in done or (node, scheme) in has:
                    continue
                done.add(scheme)
                for link in known:
                    yield Link(
                        node,
                        link.end,
                        "broad",
                        f"parent {above.code}",
                        link.confidence,
                        f"below {above.code}, {link.relation} by {link.via}",
                        link.source,
                    )
