"""Compare a table that was bought, or received, with what a standard says of the same codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.standard.draft import Draft, Row
from cimkit.standard.formats.table import language_of, read_tables
from cimkit.standard.model import Standard
from cimkit.standard.office._rows import Entry
from cimkit.standard.overlay._changes import plain_name
from cimkit.standard.rows import ClassRow

__all__ = ["CHANGES", "compare_table", "corrections"]

CHANGES = ("same", "name differs", "code differs", "only in the table", "only in the standard")
"""What a row of a comparison may say."""
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("change", "code", "name", "table_code", "table_name")]
    + [("verified", pa.bool_()), ("place", pa.string()), ("origin", pa.string())]
)


@dataclass(frozen=True, slots=True)
class _Pair:
    change: str
    row: ClassRow | None
    entry: Entry | None


def compare_table(
    standard: Standard,
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    scheme: str = "",
) -> pa.Table:
    """Compare the classes of an office's table with a standard's.

    Parameters
    ----------
    standard : Standard
        With all its rows: ask for ``load("id+unverified")`` where provisional ones are off.
    file : str or Path
        CSV or XLSX, as `cimkit.standard.formats.table` reads it.
    columns : mapping, optional
        Column by role, where it is known.
    scheme : str, optional
        Scheme of the standard that the table is; the primary one.

    Returns
    -------
    pyarrow.Table
        ``change`` (one of `CHANGES`), ``code`` and ``name`` in the standard, ``table_code`` and
        ``table_name``, ``verified`` (whether the standard's row is), ``place`` in the table,
        ``origin`` of the standard's row; ordered by code. Of ``code differs`` the name is the same.

    Raises
    ------
    StandardError
        If there is no table of codes and names in the file.
    UsageError
        If `columns` or `scheme` names what is not there.
    """
    pairs, language = _pairs(standard, Path(file), columns or {}, scheme)
    rows = [
        {
            "change": p.change,
            "code": p.row.code if p.row else "",
            "name": p.row.name(language) if p.row else "",
            "table_code": p.entry.code if p.entry else "",
            "table_name": _names(p.entry, language)[0] if p.entry else "",
            "verified": p.row.verified if p.row else None,
            "place": p.entry.place if p.entry else "",
            "origin": str(p.row.origin) if p.row else "",
        }
        for p in pairs
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def corrections(
    standard: Standard,
    file: str | Path,
    *,
    id: str,
    edition: str,
    columns: Mapping[str, str] | None = None,
    scheme: str = "",
) -> Draft:
    """Return an overlay that makes the standard say what the table says, row by row declared.

    What is the same becomes verified, another name is ``rename``, another place in the tree
    ``replace``, what is new ``add``; a class that the table has not is ``retire``, unless a class
    below it stays. A class whose code alone differs is retired and added under the table's code,
    which ``replaces`` the old one. The source of every row is the file's name.

    Raises
    ------
    StandardError
        If there is no table of codes and names in the file.
    UsageError
        If `columns` or `scheme` names what is not there.
    """
    file = Path(file)
    pairs, language = _pairs(standard, file, columns or {}, scheme)
    own = scheme or standard.scheme
    kept = {p.entry.code for p in pairs if p.entry}
    staying = _staying(pairs)
    rows: list[Row] = []
    for pair in pairs:
        entry, old = pair.entry, pair.row
        gone = old is not None and (entry is None or pair.change == "code differs")
        if old is not None and gone and old.code not in kept | staying:
            rows.append({"change": "retire", "code": old.code})
        if entry is not None:
            rows.append(_correction(pair, entry, language, kept | staying, file.name))
    if own != standard.scheme:
        rows = [{**row, "scheme": own} for row in rows]
    head = {
        "id": id,
        "edition": edition,
        "status": "draft",
        "titles": {"en": f"{standard.titles['en']}, corrected by {file.name}"},
        "extends": [standard.key],
    }
    return Draft(head, classes=[{c: t for c, t in row.items() if t} for row in rows])


def _correction(pair: _Pair, entry: Entry, language: str, codes: set[str], file: str) -> Row:
    old = pair.row
    parent = entry.cells.get("parent", "")
    moved = (
        old is not None and pair.change != "code differs" and bool(parent) and parent != old.parent
    )
    name, said = _names(entry, language)
    row = {
        "code": entry.code,
        f"name_{said}": name,
        "definition": entry.cells.get("definition", ""),
    }
    if old is None or pair.change == "code differs":
        row["change"] = "add"
        row["parent"] = parent if parent in codes else ""
        row["replaces"] = old.code if old else ""
    elif moved:
        row["change"] = "replace"
        row["parent"] = parent
    else:
        row["change"] = "rename" if pair.change == "name differs" else ""
    if old is not None and (moved or pair.change == "code differs"):
        row |= {"geometry": " ".join(old.geometry), "level": old.level}
        for key in ("name_zh", "name_ja", "name_en"):
            row.setdefault(key, getattr(old, key))
    return {**row, "code_origin": f"table {file}", "verified": "yes", "source": file}


def _staying(pairs: list[_Pair]) -> set[str]:
    """Return codes that only the standard has, but that a class of the table stands below."""
    parents = {p.row.code: p.row.parent for p in pairs if p.row}
    found: set[str] = set()
    for pair in pairs:
        at = ""
        if pair.entry is not None and pair.change != "code differs":
            at = pair.entry.cells.get("parent", "") or parents.get(pair.entry.code, "")
        while at and at not in found:
            found.add(at)
            at = parents.get(at, "")
    return found


def _pairs(
    standard: Standard, file: Path, columns: Mapping[str, str], scheme: str
) -> tuple[list[_Pair], str]:
    own = scheme or standard.scheme
    rows = {c.code: c for c in standard.class_rows if c.scheme == own and not c.retired}
    if not rows:
        known = sorted({c.scheme for c in standard.class_rows})
        raise UsageError("no such scheme in the standard", got=own, expected=", ".join(known))
    tables, _ = read_tables(file, columns)
    entries: dict[str, Entry] = {}
    for _, _, found, _ in tables:
        for entry in found:
            entries.setdefault(entry.code, entry)
    language = language_of([e.cells.get("name", "") for e in entries.values()])
    free: dict[str, list[ClassRow]] = {}
    for row in rows.values():
        if row.code not in entries:
            free.setdefault(plain_name(row.name(language)), []).append(row)

    def by_name(name: str) -> list[ClassRow]:
        return free.get(plain_name(name), [])

    pairs = []
    taken = set()
    for code, entry in entries.items():
        name, said = _names(entry, language)
        if code in rows:
            change = "same" if _same(rows[code], name, said) else "name differs"
            pairs.append(_Pair(change, rows[code], entry))
        elif (
            len(same := free.get(plain_name(name), [])) == 1 and name and same[0].code not in taken
        ):
            taken.add(same[0].code)
            pairs.append(_Pair("code differs", same[0], entry))
        else:
            pairs.append(_Pair("only in the table", None, entry))
    left = (r for c, r in rows.items() if c not in entries and c not in taken)
    pairs += [_Pair("only in the standard", row, None) for row in left]
    return sorted(
        pairs, key=lambda p: p.entry.code if p.entry else p.row.code if p.row else ""
    ), language


def _names(entry: Entry, language: str) -> tuple[str, str]:
    """Return the name that a table gives, and its language."""
    for key in ("name", f"name_{language}", "name_zh", "name_ja", "name_en"):
        if entry.cells.get(key):
            return entry.cells[key], language if key == "name" else key[-2:]
    return "", language


def _same(row: ClassRow, name: str, language: str) -> bool:
    known = getattr(row, f"name_{language}")
    names = [known] if known else [row.name_zh, row.name_ja, row.name_en]
    return plain_name(name) in map(plain_name, names)
