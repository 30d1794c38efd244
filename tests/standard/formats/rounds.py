"""What it means that import(export(x)) is x minus the losses, as a machine checks it.

`unequal` blots out of both what the losses name - tables, columns, rows, cells - and compares the
rest as sets of rows. What a writer forgets to name stays in one of the two and is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cimkit.standard.draft import Draft, Loss, Row
from cimkit.standard.formats._losses import standard_row, tables

PARTS = (
    *("classes", "attributes", "mapping", "domains", "levels", "level_rules", "models"),
    "crosswalk",
)
INVENTED = ("classes.source", "standard.note", "standard.titles.en", "schemes.titles.en")
"""Columns that an import may fill though the format does not carry them: where it is from."""
_DEFAULTS = {
    *(("classes", "access", "public"), ("attributes", "access", "public")),
    *(("attributes", "type", "text"), ("attributes", "obligation", "O")),
    *(("mapping", "confidence", "1"),),
}
_ANY = "\0any"

Fact = tuple[str, frozenset[tuple[str, str]]]


def unequal(
    before: Draft, after: Draft, losses: Sequence[Loss], invented: Iterable[str] = INVENTED
) -> list[str]:
    """Return what is in one of the two only, apart from the losses."""
    whole = {loss.what for loss in losses if not loss.columns and not loss.rows}
    gone = {(loss.what, c) for loss in losses if not loss.rows for c in loss.columns}
    lost = {(x.what, n) for x in losses if not x.columns for n in x.rows}
    said_before = {
        (part, column)
        for part, table, rows in tables(before)
        for number, row in enumerate(rows)
        for column in row
        if (table, number) not in lost and not {part, table} & whole
    }
    free = {f for f in invented if tuple(f.split(".", 1)) not in said_before - gone}

    def facts(draft: Draft, *, mine: bool) -> Iterator[Fact]:
        for part, table, rows in tables(draft):
            if {part, table} & whole:
                continue
            if part == "domains" and ("domains", "name") not in gone:
                yield table, frozenset()
            for number, row in enumerate(rows):
                here = [x for x in losses if x.what == table and number in x.rows] if mine else []
                if any(not x.columns for x in here):
                    continue
                blotted = {c for x in here for c in x.columns}
                cells = set()
                for column in {*row, *blotted}:
                    text = row.get(column, "")
                    said = bool(text) and (part, column, text) not in _DEFAULTS
                    if (mine and (part, column) in gone) or (
                        not mine and f"{part}.{column}" in free
                    ):
                        continue
                    if column in blotted:
                        cells.add((column, _ANY))
                    elif said and (column, text) != ("verified", "no"):
                        cells.add((column, text))
                name = table if part == "domains" and ("domains", "name") not in gone else part
                # A row for several classes says the same as a row for each of them.
                where = next((text for column, text in cells if column == "class"), "")
                if part == "attributes" and where not in ("", _ANY):
                    cells -= {("class", where)}
                    for code in where.split():
                        yield name, frozenset({*cells, ("class", code)})
                elif cells:
                    yield name, frozenset(cells)

    for table in {"rules", "naming", "files"} - {*invented}:
        if getattr(after, table) and table in whole:
            return [f"{table} came from nowhere"]
        if table not in whole and getattr(before, table) != getattr(after, table):
            return [f"{table} differ"]
    one, other = set(facts(before, mine=True)), set(facts(after, mine=False))
    # Of a row of which no cell is sure nothing need be left.
    sure = [f for f in one if any(text != _ANY for _, text in f[1]) or not f[1]]
    missing = [f for f in sure if not any(_fits(f, g) for g in other)]
    extra = [g for g in other if not any(_fits(f, g) for f in one)]
    return [f"gone: {_shown(f)}" for f in missing] + [f"new: {_shown(g)}" for g in extra]


def _fits(fact: Fact, found: Fact) -> bool:
    if fact[0] != found[0]:
        return False
    wild = {c for c, text in fact[1] if text == _ANY}
    mine = {(c, text) for c, text in fact[1] if c not in wild}
    return mine == {(c, text) for c, text in found[1] if c not in wild}


def _shown(fact: Fact) -> tuple[str, Row]:
    return fact[0], dict(sorted(fact[1]))


__all__ = ["INVENTED", "PARTS", "standard_row", "unequal"]
