"""What the problems of sources propose for the delivery sheet: gathered, and accepted by a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from cimkit.errors import SheetError
from cimkit.model import Asset

__all__ = ["Proposal", "accepted", "common", "proposals", "written"]

_YES = {"yes", "y", "x", "true", "1", "ok", "是", "对", "可", "√", "✓", "はい", "○"}
_NO = {"no", "n", "false", "0", "否", "不", "いいえ", "×", ""}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One value of one column."""

    column: str
    """Of the sheet."""
    value: str
    """What to write there."""
    codes: tuple[str, ...]
    """The problems that it would mend."""


def proposals(assets: Iterable[Asset], columns: Sequence[str]) -> tuple[Proposal, ...]:
    """Return what the problems of sources propose, each value of a column once.

    Parameters
    ----------
    assets : iterable of Asset
        Those that one row of the sheet is about.
    columns : sequence of str
        Those of the sheet; what is proposed for others is left out.
    """
    found: dict[tuple[str, str], dict[str, None]] = {}
    for asset in assets:
        for problem in asset.problems:
            given = list(problem.proposal)
            names = {column for column, _ in given}
            track = any(n.startswith("trajectory_") for n in names)
            if track and "trajectory_file" not in names and asset.kind == "trajectory":
                given.insert(0, ("trajectory_file", asset.path))
            for column, value in given:
                if column in columns and value and "\n" not in value:
                    found.setdefault((column, value), {})[problem.code] = None
    return tuple(Proposal(c, v, tuple(codes)) for (c, v), codes in found.items())


def common(
    rows: Mapping[str, tuple[Sequence[Asset], tuple[Proposal, ...]]],
) -> dict[str, tuple[Proposal, ...]]:
    """Return globs for what is proposed alike for all files of a kind in a folder.

    Parameters
    ----------
    rows : mapping
        By glob: the sources of a row, and what is proposed for them.

    Returns
    -------
    dict
        By glob, like ``gis/*.shp``: the proposals that two files and more have, and all that the
        glob matches, also in folders below.
    """
    own = {a.path: _values(given) for members, given in rows.values() for a in members}
    kinds: dict[tuple[str, str], list[tuple[Proposal, ...]]] = {}
    for members, given in rows.values():
        path = PurePosixPath(members[0].path)
        kinds.setdefault((str(path.parent), path.suffix), []).append(given)
    found = {}
    for (folder, suffix), each in kinds.items():
        if len(each) > 1 and each[0] and len({tuple(_values(given)) for given in each}) == 1:
            stem = "" if folder == "." else "".join(f"[{c}]" if c in "[*?" else c for c in folder)
            glob = f"{stem}/*{suffix}" if stem else f"*{suffix}"
            matched = [said for path, said in own.items() if fnmatchcase(path, glob)]
            if all(said == _values(each[0]) for said in matched):
                found[glob] = each[0]
    return found


def _values(given: Iterable[Proposal]) -> list[tuple[str, str]]:
    return sorted((p.column, p.value) for p in given)


def written(given: Sequence[Proposal]) -> str:
    """Return proposals as the cell ``proposed`` has them: ``crs = EPSG:4524; …``.

    Of a column with several values none can be accepted; they are joined by ``or``.
    """
    values: dict[str, list[str]] = {}
    for proposal in given:
        values.setdefault(proposal.column, []).append(proposal.value)
    return "; ".join(f"{column} = {' or '.join(several)}" for column, several in values.items())


def accepted(values: dict[str, Any], places: dict[str, str]) -> dict[str, Any]:
    """Return the values of a row with what is proposed in it, if its cell ``accept`` says yes.

    What a person wrote into a cell of the row outranks the proposal for it.

    Raises
    ------
    SheetError
        If it says neither yes nor no, or yes to something that is not one value.
    """
    said = values.pop("accept", None)
    proposed = str(values.pop("proposed", "") or "")
    word = "" if said is None else str(said).strip().lower()
    if word in _NO:
        return values
    where = places.get("accept", places[""])
    if word not in _YES:
        raise SheetError("accept is yes or no", where=where, got=said, expected="yes, no")
    for part in filter(None, (p.strip() for p in proposed.split(";"))):
        pair = re.fullmatch(r"(\w+) *= *(.+)", part)
        if pair is None or " or " in pair[2]:
            raise SheetError(
                "what is proposed is not one value",
                where=where,
                got=part,
                mend="Write the right one into its own column, and take `accept` away.",
            )
        if values.get(pair[1]) in (None, ""):
            values[pair[1]] = pair[2]
            places.setdefault(pair[1], where)
    return values
