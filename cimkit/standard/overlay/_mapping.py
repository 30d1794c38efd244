"""Merge the mapping of a chain of packages, and its level rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.classification._conditions import check_row
from cimkit.standard.overlay._classes import Classes, Key
from cimkit.standard.overlay._schemes import Schemes
from cimkit.standard.overlay._sieve import Sieve
from cimkit.standard.package._package import Package
from cimkit.standard.package._place import Place
from cimkit.standard.rows import NO_CLASS, ClassRow, Level, LevelRule, MappingRow

_CONDITIONS = (
    *("kind", "layer", "source_class", "predefined_type", "field", "op", "value", "sql"),
)
_Row = tuple[int, Place, dict[str, str]]
"""Number of the package in the chain, place, cells."""


def merge_mapping(
    chain: Sequence[Package],
    schemes: Schemes,
    classes: Classes,
    there: Mapping[Key, ClassRow],
    sieve: Sieve,
) -> tuple[MappingRow, ...]:
    """Return the mapping, the package's own rows before those of its parents.

    What a parent maps to a class that was retired, or whose code was given to another thing, goes
    to the one class that replaces it, or nowhere.

    Parameters
    ----------
    chain : sequence of Package
        Every parent before its child.
    schemes : Schemes
        For the column ``scheme``.
    classes : Classes
        Of the whole chain.
    there : mapping
        Those of them that did not stay behind.
    sieve : Sieve
        Counts the rows to classes that did.

    Raises
    ------
    StandardError
        If a row speaks of a class that is not there, cannot be compiled, or changes nothing.
    """
    heirs: dict[Key, list[str]] = {}
    for (scheme, code), heir in there.items():
        for gone in heir.replaces:
            if gone != code:
                heirs.setdefault((scheme, gone), []).append(code)
    used = {scheme for scheme, _ in there}
    out = []
    last = len(chain) - 1
    for number, place, cells in sorted(_in_force(chain, schemes), key=lambda row: -row[0]):
        package = chain[number]
        scheme, code = schemes.named(package, cells["scheme"], place), cells["class"]
        row = classes.rows.get((scheme, code))
        if row is None and not (code == NO_CLASS and scheme in used):
            raise StandardError(
                "a mapping to a class that is not there",
                where=place.cell("class"),
                got=f"{scheme} {code}",
            )
        if row is not None and (row.retired or number < classes.since.get((scheme, code), 0)):
            if number == last:
                raise StandardError(
                    "a mapping to a retired class", where=place.cell("class"), got=code
                )
            left = heirs.get((scheme, code), [])
            if len(left) != 1:
                continue
            code = left[0]
        if sieve.gone(scheme, code):
            sieve.count("mapping")
            continue
        mapped = MappingRow(
            rule=f"{package.id}/{place.removeprefix(package.files.where(''))}",
            class_code=code,
            scheme=scheme,
            confidence=confidence_in(cells, place),
            level=sieve.level(cells["level"]),
            source=cells["source"],
            depth=last - number,
            origin=place,
            **{k: cells[k] for k in _CONDITIONS},
        )
        check_row(mapped, place)
        out.append(mapped)
    return tuple(out)


def _in_force(chain: Sequence[Package], schemes: Schemes) -> list[_Row]:
    """Return the rows that no package takes back, in the order of the chain."""
    found: dict[int, _Row] = {}
    index: dict[tuple[str, str], set[int]] = {}
    keys = count()
    for number, package in enumerate(chain):
        mine: list[tuple[_Row, dict[str, str]]] = []
        for place, cells in package.mapping:
            change = cells["change"]
            if change not in ("", "add", "retire", "replace"):
                raise StandardError(
                    "no such change",
                    where=place.cell("change"),
                    got=change,
                    expected="add | retire | replace",
                )
            plain = {k: cells[k].strip().casefold() for k in (*_CONDITIONS, "class")}
            plain["scheme"] = schemes.named(package, cells["scheme"], place)
            if change in ("retire", "replace"):
                asked = {k: v for k, v in plain.items() if v or change == "replace"}
                if change == "replace":
                    del asked["class"]
                if not {*asked} - {"scheme"}:
                    raise StandardError("a retired mapping without a condition", where=place)
                gone = _agreeing(index, asked) & found.keys()
                if not gone:
                    raise StandardError(
                        f"no mapping of a parent to {change}",
                        where=place,
                        got=", ".join(f"{k} {v}" for k, v in asked.items() if v),
                        mend="Write its conditions as the parent does"
                        + ("; a blank cell stands for any." if change == "retire" else "."),
                    )
                for key in gone:
                    del found[key]
            if change != "retire":
                mine.append(((number, place, cells), plain))
        for row, plain in mine:
            key = next(keys)
            found[key] = row
            for pair in plain.items():
                index.setdefault(pair, set()).add(key)
    return list(found.values())


def _agreeing(index: Mapping[tuple[str, str], set[int]], asked: Mapping[str, str]) -> set[int]:
    """Return the rows that have all these values."""
    sets = sorted((index.get(pair, set()) for pair in asked.items()), key=len)
    return sets[0].intersection(*sets[1:])


def confidence_in(cells: Mapping[str, str], place: Place) -> float:
    """Return what the column ``confidence`` says; raises `StandardError`."""
    text, at = cells["confidence"], place.cell("confidence")
    mend = "Write e.g. 0.9; an empty cell is 1."
    try:
        value = float(text or 1)
    except ValueError as error:
        raise StandardError("`confidence` is a number", where=at, got=text, mend=mend) from error
    if not 0 < value <= 1:
        raise StandardError("`confidence` is above 0 and at most 1", where=at, got=text, mend=mend)
    return value


def conditions_in(cells: Mapping[str, str], place: Place) -> None:
    """Raise `StandardError` if the conditions of a row, whatever its class, cannot be compiled."""
    if cells["change"] != "retire":
        said: dict[str, Any] = {k: cells[k] for k in _CONDITIONS}
        check_row(MappingRow(rule="", class_code="", scheme="", **said), place)


def merge_level_rules(
    chain: Sequence[Package],
    levels: Sequence[Level],
    scheme: str,
    sieve: Sieve,
) -> tuple[LevelRule, ...]:
    """Return the level rules, the package's own before those of its parents.

    A parent's rule to a level that an overlay's own list of levels does not have falls away.

    Raises
    ------
    StandardError
        If the package with the levels, or one that extends it, names a level that is not there.
    """
    written = {level.code for package in chain for level in package.levels}
    here = {level.code for level in levels}
    since = max((n for n, p in enumerate(chain) if p.levels), default=0)
    out = []
    for number, package in reversed(list(enumerate(chain))):
        for place, cells in package.level_rules:
            level = cells["level"]
            if level not in here:
                if (number >= since and sieve.level(level)) or level not in written:
                    raise StandardError(
                        "no such level",
                        where=place.cell("level"),
                        got=level,
                        expected=", ".join(sorted(here)),
                    )
                if not sieve.level(level):
                    sieve.count("level_rules")
                continue
            code = cells["class"]
            if code and sieve.gone(scheme, code):
                sieve.count("level_rules")
                continue
            said = {k: v for k, v in cells.items() if k != "class"}
            depth = len(chain) - 1 - number
            out.append(LevelRule(class_code=code, depth=depth, origin=place, **said))
    return tuple(out)
