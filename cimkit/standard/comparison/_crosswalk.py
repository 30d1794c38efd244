"""The classes of one standard in terms of another: what is said, what follows, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from cimkit.model import LAKE
from cimkit.standard.comparison._declared import declared, derived, without_counterpart
from cimkit.standard.comparison._links import Link, Node, Side
from cimkit.standard.comparison._pivot import mapped, sources
from cimkit.standard.comparison._relations import RELATIONS, strength
from cimkit.standard.model import Standard
from cimkit.standard.overlay._lineage import lineage, replaced
from cimkit.standard.overlay._parents import Without, by_parent

__all__ = ["Crosswalk", "crosswalk"]

_TEXT = pa.string()
_NAMES = tuple(f"name_{language}" for language in ("zh", "ja", "en"))
_TABLE = pa.schema(
    [
        *((name, _TEXT) for name in LAKE["crosswalk"].names[:6]),
        *((f"{end}_{name}", _TEXT) for end in ("from", "to") for name in _NAMES),
        ("via", _TEXT),
        ("confidence", pa.float64()),
        ("path", _TEXT),
    ]
)
_UNTRANSLATED = pa.schema(
    [
        *((name, _TEXT) for name in ("side", "standard", "scheme", "code", *_NAMES)),
        ("leaf", pa.bool_()),
        ("reason", _TEXT),
    ]
)


@dataclass(frozen=True)
class Crosswalk:
    """What two standards have to do with each other."""

    a: str
    """The first, ``id@edition``."""
    b: str
    """The second."""
    table: pa.Table
    """from_scheme, from_code, to_scheme, to_code, relation, source (package, file and row), names
    of both classes, via, confidence (0 to 1) and path: over what a row goes.

    ``via`` is ``declared``, ``lineage``, ``replaces``, ``declared through <scheme>``, ``mapping``
    or ``parent <code>``. If two editions of one standard are compared, the schemes carry them
    (``city.x@2025``).
    """
    untranslated: pa.Table
    """Classes of which the other standard has nothing: side (``a`` or ``b``), standard, scheme,
    code, names, leaf, reason. The reason is ``nothing``, ``only classes below it``, or
    ``declared to have none`` and who says so."""

    @property
    def linked(self) -> bool:
        """Whether the two have anything to do with each other."""
        return bool(self.table.num_rows)

    def counts(self) -> dict[str, int]:
        """Return the number of rows by relation, in the order of their strength."""
        found = Counter(self.table["relation"].to_pylist())
        return {relation: found[relation] for relation in RELATIONS if found[relation]}


def crosswalk(a: Standard, b: Standard) -> Crosswalk:
    """Translate the classes of one standard into those of another, as far as that is known.

    What is known comes, in order of trust, from the tables that either declares
    (``crosswalk/*.csv``, also of their parents, in both directions); from codes that both have of
    one ancestor, and ``replaces``; from tables of both that meet in a third scheme, or from a table
    of one and the mapping of the other in IFC or CityGML; from source classes that both map. A
    class of which only the class above it is known is ``broad`` through that one. Of two classes
    the best of these is kept, and where one of the first two kinds makes two classes ``exact``,
    mappings and third schemes are not asked.

    Parameters
    ----------
    a, b : Standard
        All their schemes take part. They need not have anything in common.

    Examples
    --------
    >>> from cimkit.standard import load
    >>> found = crosswalk(load("cn.components"), load("city.linjiang"))
    >>> row = found.table.slice(0, 1).to_pylist()[0]
    >>> row["from_code"], row["relation"], row["to_scheme"], row["to_code"], row["via"]
    ('01', 'exact', 'city.linjiang', '01', 'lineage')
    """
    one, two = Side("a", a), Side("b", b)
    none = without_counterpart(one, two)
    links = _chosen(one, two, none)
    links += list(by_parent(links, one, none))
    links += [k.inverted() for k in by_parent([k.inverted() for k in links], two, none)]
    return Crosswalk(a.key, b.key, _table(links, one, two), _untranslated(links, one, two, none))


def _chosen(a: Side, b: Side, none: Without) -> list[Link]:
    """Return the best link of every two classes that have one."""
    said = [*declared(a, b), *lineage(a, b), *replaced(a, b)]
    found: dict[tuple[Node, Node], Link] = {}

    def take(links: Iterable[Link]) -> None:
        # The kinds come in order of trust: of one kind the strongest, of two kinds the first.
        fresh: dict[tuple[Node, Node], Link] = {}
        for link in links:
            pair = (link.start, link.end)
            was = fresh.get(pair)
            if pair not in found and (was is None or _rank(link) > _rank(was)):
                fresh[pair] = link
        found.update(fresh)

    across = [k for k in said if k.start.side == "a" and k.end.side == "b"]
    take(k for k in across if k.via == "declared")
    take(k for k in across if k.via != "declared" and not _denied(k, none))
    settled = {
        (node, other.scheme)
        for k in found.values()
        if k.relation == "exact"
        for node, other in ((k.start, k.end), (k.end, k.start))
    }

    def open_(link: Link) -> bool:
        ends = ((link.start, link.end.scheme), (link.end, link.start.scheme))
        return not (_denied(link, none) or any(end in settled for end in ends))

    named = [k.end for k in said]
    of_sources = [*sources(a, named), *(k.inverted() for k in sources(b, named))]
    take(k for k in derived([*said, *of_sources]) if open_(k))
    take(k for k in mapped(a, b) if open_(k))
    return list(found.values())


def _rank(link: Link) -> tuple[int, float]:
    return strength(link.relation), link.confidence


def _denied(link: Link, none: Without) -> bool:
    """Return whether a package says that one of the two has no counterpart in the other scheme."""
    return any(
        other.scheme in none[node][0]
        for node, other in ((link.start, link.end), (link.end, link.start))
        if node in none
    )


def _table(links: list[Link], a: Side, b: Side) -> pa.Table:
    order = {s.name: {scheme: n for n, scheme in enumerate(s.schemes)} for s in (a, b)}

    def key(link: Link) -> tuple[object, ...]:
        x, y = link.start, link.end
        rank = RELATIONS.index(link.relation)
        return order["a"][x.scheme], x.code, order["b"][y.scheme], rank, -link.confidence, y.code

    rows = sorted(links, key=key)
    columns: dict[str, list[object]] = {
        "from_scheme": [_label(a, b, k.start.scheme) for k in rows],
        "from_code": [k.start.code for k in rows],
        "to_scheme": [_label(b, a, k.end.scheme) for k in rows],
        "to_code": [k.end.code for k in rows],
        "relation": [k.relation for k in rows],
        "source": [k.source for k in rows],
        "via": [k.via for k in rows],
        "confidence": [k.confidence for k in rows],
        "path": [k.path for k in rows],
    }
    for name in _NAMES:
        columns[f"from_{name}"] = [getattr(a.classes[k.start[1:]], name) for k in rows]
        columns[f"to_{name}"] = [getattr(b.classes[k.end[1:]], name) for k in rows]
    return pa.table({n: columns[n] for n in _TABLE.names}, schema=_TABLE)


def _label(side: Side, other: Side, scheme: str) -> str:
    """Return how a scheme is called: with its edition where the other's is another edition."""
    same = side.standard.id == other.standard.id and side.standard.edition != other.standard.edition
    return f"{scheme}@{side.standard.edition}" if same and scheme in other.schemes else scheme


def _untranslated(links: list[Link], a: Side, b: Side, none: Without) -> pa.Table:
    there = {node for k in links for node in (k.start, k.end)}
    below = {up for n in there for up in (a if n.side == "a" else b).above(n)}
    rows = []
    for side in (a, b):
        for row in side.classes.values():
            node = side.node(row)
            if node in there:
                continue
            reason = "only classes below it" if node in below else "nothing"
            if node in none:
                reason = f"declared to have none: {none[node][1]}"
            names = {name: getattr(row, name) for name in _NAMES}
            rows.append(
                {
                    "side": side.name,
                    "standard": side.standard.key,
                    "scheme": row.scheme,
                    "code": row.code,
                    **names,
                    "leaf": row.leaf,
                    "reason": reason,
                }
            )
    return pa.Table.from_pylist(rows, schema=_UNTRANSLATED)
