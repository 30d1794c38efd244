"""Tables as offices keep them: CSV and workbooks with titles, merged cells and footnotes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Loss, Row
from cimkit.standard.formats._spec import FormatSpec
from cimkit.standard.office._header import Header, find_header, said_header
from cimkit.standard.office._rows import Entry, entries_of
from cimkit.standard.office._tables import Grid, text_grids, workbook_grids

__all__ = ["SPEC", "read"]

SPEC = FormatSpec(
    name="table", title="Table of an office (CSV, XLSX)", suffixes=(".csv", ".xlsx", ".txt", ".tsv")
)

_COPIED = ("name_zh", "name_ja", "name_en", "parent", "definition")


def read(
    file: Path, *, id: str, edition: str, columns: Mapping[str, str] | None = None
) -> tuple[Draft, list[Loss]]:
    """Read the classes of a table; where they stand and what columns mean is found out.

    Parameters
    ----------
    file : Path
        CSV (UTF-8, UTF-16, GB 18030, Shift_JIS, Big5; comma, semicolon or tab) or XLSX.
    id, edition : str
        Of the package.
    columns : mapping, optional
        Column by role where it is known: ``{"code": "C", "name": "分类名称"}``; see `ROLES`.

    Returns
    -------
    tuple
        The package, whose ``NOTES.md`` says what was found out, and what was not taken. No row
        is marked verified: that takes a person who compares it.

    Raises
    ------
    StandardError
        If there is no table of codes and names in the file.
    UsageError
        If `columns` names what is not there.
    """
    tables, losses = read_tables(file, columns or {})
    draft = Draft(head={"id": id, "edition": edition, "titles": {"en": id}})
    notes = [f"# Imported from {file.name}", ""]
    taken: dict[str, Entry] = {}
    for grid, header, entries, how in tables:
        notes.append(f"- {grid.name}: {header.said()}; {len(entries)} classes; parents {how}.")
        for entry in entries:
            old = taken.setdefault(entry.code, entry)
            if old is not entry:
                losses.append(Loss("classes", entry.code, f"{entry.place}: also in {old.place}."))
    titles = [t for _, header, _, _ in tables for t in header.titles.values()]
    language = language_of([e.cells.get("name", "") for e in taken.values()], titles)
    draft.classes = [_row(e, language, file.name, set(taken), losses) for e in taken.values()]
    said = [x for x in ("zh", "ja", "en") if any(row.get(f"name_{x}") for row in draft.classes)]
    draft.head["languages"] = said
    notes += ["", "No row is verified yet. Not taken:", ""]
    notes += [f"- {loss.what} {loss.which}: {loss.why}" for loss in losses]
    draft.files["NOTES.md"] = ("\n".join(notes) + "\n").encode()
    return draft, losses


def read_tables(
    file: Path, columns: Mapping[str, str]
) -> tuple[list[tuple[Grid, Header, list[Entry], str]], list[Loss]]:
    """Return the tables in a file: grid, header, classes, how parents were found; and losses."""

    def header_of(grid: Grid) -> Header:
        return said_header(grid, columns) if columns else find_header(grid)

    if file.suffix.lower() in (".xlsx", ".xlsm"):
        pairs = [(grid, header_of(grid)) for grid in workbook_grids(file)]
    else:
        # The right encoding and separator are those with which the header makes sense.
        grids = list(text_grids(file))
        best = max(grids, key=lambda g: find_header(g).score, default=None)
        pairs = [] if best is None else [(best, header_of(best))]
    losses = [
        Loss("sheets", grid.name, "No header with a code and a name in it.")
        for grid, header in pairs
        if not header.score
    ]
    tables = []
    for grid, header in pairs:
        if header.score:
            entries, more, how = entries_of(grid, header)
            tables.append((grid, header, entries, how))
            losses += more + _columns_left(grid, header)
    if not any(entries for _, _, entries, _ in tables):
        raise StandardError(
            "no table of codes and names was found",
            where=file.name,
            expected="a header such as 代码 and 名称, コード and 名称, code and name",
            mend="Say which columns they are: code=A, name=B.",
        )
    return tables, losses


def _columns_left(grid: Grid, header: Header) -> list[Loss]:
    flat = "code" in header.roles
    taken = {
        column
        for role, column in header.roles.items()
        if role not in ("note", "level") and not (flat and re.fullmatch("name[0-9]", role))
    }
    return [
        Loss("columns", title, f"{grid.name}: a class has no field for it.")
        for at, title in header.titles.items()
        if at not in taken
        and any(grid.cell(r, at).text.strip() for r in range(header.row, len(grid.rows)))
    ]


def language_of(names: list[str], titles: Sequence[str] = ()) -> str:
    """Return the language that names are in: ja if there are kana, zh if Han signs, else en.

    Names of Han signs alone are Japanese below headers with kana.
    """
    text = "".join(names)
    kana, han = (re.compile(signs) for signs in ("[\u3041-\u30fa]", "[\u4e00-\u9fff]"))
    if kana.search(text):
        return "ja"
    if not han.search(text):
        return "en"
    return "ja" if kana.search("".join(titles)) else "zh"


def _row(entry: Entry, language: str, file: str, codes: set[str], losses: list[Loss]) -> Row:
    row = {"code": entry.code, **{k: entry.cells[k] for k in _COPIED if entry.cells.get(k)}}
    if entry.cells.get("name"):
        row.setdefault(f"name_{language}", entry.cells["name"])
    if row.get("parent") and row["parent"] not in codes:
        why = f"{entry.place}: its parent {row['parent']} is not in the table; it stands on top."
        losses.append(Loss("classes", entry.code, why))
        del row["parent"]
    return {**row, "code_origin": f"table {file}", "verified": "no", "source": entry.place}
