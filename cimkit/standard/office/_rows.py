"""Make classes of the rows of an office's table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from cimkit.standard.draft import Loss, Row
from cimkit.standard.office._header import Header, plain
from cimkit.standard.office._tables import Cell, Grid

_CODE = re.compile(r"[0-9A-Za-z]+(?:[.\-_/:][0-9A-Za-z]+)*")
_ENOUGH = 0.5
"""Share of the codes that a way of finding parents must explain."""


@dataclass(frozen=True)
class Entry:
    """One class as a table says it."""

    code: str
    cells: Row
    place: str
    depth: int = 0


def entries_of(grid: Grid, header: Header) -> tuple[list[Entry], list[Loss], str]:
    """Return the classes of a table, what was not taken, and how parents were found."""
    losses: list[Loss] = []
    levels = sorted(int(r[4:]) for r in header.roles if re.fullmatch("code[0-9]", r))
    read = _levelled if levels else _flat
    found, how = read(grid, header, levels, losses)
    first: dict[str, Entry] = {}
    for entry in found:
        old = first.setdefault(entry.code, entry)
        if old is not entry and _name(old) != _name(entry):
            why = f"stands twice: {_name(old)!r} ({old.place}) was taken, {_name(entry)!r} not."
            losses.append(Loss("classes", entry.code, f"{entry.place}: {why}"))
    entries = list(first.values())
    if not levels and "parent" not in header.roles:
        entries, how = _with_parents(entries, header)
    return entries, losses, how


def code_text(text: str) -> str:
    """Return a code with full-width signs made narrow and no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _name(entry: Entry) -> str:
    names = (entry.cells.get(k, "") for k in ("name", "name_zh", "name_ja", "name_en"))
    return next(filter(None, names), "")


def _cells(grid: Grid, header: Header, row: int) -> Row:
    cells = {}
    for role, column in header.roles.items():
        text = grid.cell(row, column).text.strip()
        if text and not re.fullmatch("code[0-9]?|name[0-9]", role):
            cells[role] = code_text(text) if role == "parent" else " ".join(text.split())
    return cells


def _left(grid: Grid, header: Header, row: int, losses: list[Loss]) -> bool:
    """Return whether a row is no class though it says something; the loss says which."""
    texts = [c.text.strip() for c in grid.rows[row] if c.text.strip()]
    if not texts:
        return True
    same = [
        plain(grid.cell(row, at).text) in plain(title) and grid.cell(row, at).text.strip()
        for at, title in header.titles.items()
    ]
    if same and all(same):
        losses.append(Loss("rows", grid.place(row), "The header again."))
        return True
    if len(dict.fromkeys(texts)) == 1 and not _CODE.fullmatch(code_text(texts[0])):
        losses.append(Loss("rows", grid.place(row), f"No class: {texts[0][:60]!r}."))
        return True
    return False


def _flat(
    grid: Grid, header: Header, levels: list[int], losses: list[Loss]
) -> tuple[list[Entry], str]:
    at = header.roles["code"]
    named = min((r, c) for r, c in header.roles.items() if r.startswith("name"))[1]
    found = []
    numbers = 0
    for row in range(header.row, len(grid.rows)):
        if _left(grid, header, row, losses):
            continue
        cell = grid.cell(row, at)
        code = code_text(cell.text)
        if not _CODE.fullmatch(code):
            why = f"No code in {grid.place(row, at)}: {cell.text.strip()[:40]!r}."
            losses.append(Loss("rows", grid.place(row), why))
            continue
        numbers += cell.number
        cells = _cells(grid, header, row)
        found.append(Entry(code, cells, grid.place(row), _depth(grid.cell(row, named))))
    if numbers:
        why = "The workbook holds them as numbers: zeros in front may be lost."
        losses.append(Loss("codes", f"{numbers} of {len(found)}", why))
    return found, "from the column parent"


def _depth(cell: Cell) -> int:
    lead = cell.text[: len(cell.text) - len(cell.text.lstrip())]
    return cell.indent * 2 + sum(2 if sign in "\u3000\t" else 1 for sign in lead)


def _levelled(
    grid: Grid, header: Header, levels: list[int], losses: list[Loss]
) -> tuple[list[Entry], str]:
    """Read a table that has a column of codes for each level."""
    rows = []
    above: dict[int, tuple[str, str]] = {}
    for row in range(header.row, len(grid.rows)):
        if _left(grid, header, row, losses):
            continue
        deepest = 0
        for level in levels:
            code = code_text(grid.cell(row, header.roles[f"code{level}"]).text)
            name_at = header.roles.get(f"name{level}")
            name = "" if name_at is None else " ".join(grid.cell(row, name_at).text.split())
            if code:
                if above.get(level, ("",))[0] != code:
                    above = {k: v for k, v in above.items() if k < level}
                above[level] = (code, name or above.get(level, ("", ""))[1])
                deepest = level
        if not deepest or not all(_CODE.fullmatch(above[k][0]) for k in above):
            why = "No code in " + ", ".join(header.titles[header.roles[f"code{k}"]] for k in levels)
            losses.append(Loss("rows", grid.place(row), f"{why}."))
            continue
        line = [above[k] for k in levels if k in above and k <= deepest]
        rows.append((row, line))
    for role in header.roles:
        if re.fullmatch("name[0-9]", role) and int(role[4:]) not in levels:
            title = header.titles[header.roles[role]]
            losses.append(Loss("columns", title, "Names without codes are no classes."))
    pairs = [(line[-2][0], line[-1][0]) for _, line in rows if len(line) > 1]
    whole = sum(b.startswith(a) and len(b) > len(a) for a, b in pairs) > _ENOUGH * len(pairs)
    found: dict[str, Entry] = {}
    for row, line in rows:
        parent = ""
        for depth, (part, name) in enumerate(line):
            code = part if whole else parent + part
            said = _cells(grid, header, row) if depth == len(line) - 1 else {}
            cells = {
                **said,
                **({"name": name} if name else {}),
                **({"parent": parent} if parent else {}),
            }
            key = f"{code}\0{name}"
            if key not in found or said:
                found[key] = Entry(code, cells, grid.place(row))
            parent = code
    how = "from the columns of each level, whose codes are "
    return list(found.values()), how + ("whole" if whole else "parts, put together")


def _with_parents(entries: list[Entry], header: Header) -> tuple[list[Entry], str]:
    """Find the parents of a list of codes: the first way that explains enough of them."""
    codes = {e.code for e in entries}
    if _running(codes):
        return entries, "none was found: the codes are running numbers"
    ways: list[tuple[str, Callable[[], list[str]]]] = [
        ("by the beginning of the code", lambda: [_prefix(e.code, codes) for e in entries]),
        ("by the zeros at the code's end", lambda: [_zeros(e.code, codes) for e in entries]),
        ("by how far names are indented", lambda: _stacked(entries, [e.depth for e in entries])),
    ]
    if "level" in header.roles:
        depths = [
            int(d) if (d := re.sub(r"\D", "", e.cells.get("level", ""))) else 0 for e in entries
        ]
        ways.insert(0, ("by the column level", lambda: _stacked(entries, depths)))
    for how, way in ways:
        parents = way()
        # Tops have none; in a tree they are few.
        if any(parents) and sum(map(bool, parents)) >= _ENOUGH * len(entries):
            return [
                Entry(e.code, {**e.cells, **({"parent": p} if p else {})}, e.place, e.depth)
                for e, p in zip(entries, parents, strict=True)
            ], how
    return entries, "none was found: the list is flat"


def _running(codes: set[str]) -> bool:
    """Return whether codes are 1, 2, 3 ...: then 12 is not below 1."""
    numbers = sorted(int(c) for c in codes if c.isdecimal() and str(int(c)) == c)
    return len(numbers) == len(codes) > 9 and numbers[-1] - numbers[0] == len(numbers) - 1


def _prefix(code: str, codes: set[str]) -> str:
    for end in range(len(code) - 1, 0, -1):
        if code[:end] in codes:
            return code[:end]
    return ""


def _zeros(code: str, codes: set[str]) -> str:
    # 14-10.20.03 stands below 14-10.20.00: signs between the groups stay where they are.
    said = re.sub(r"[\W_0]+$", "", code)
    for end in range(len(said) - 1, 0, -1):
        above = code[:end] + re.sub("[0-9]", "0", code[end:])
        if above in codes and above != code:
            return above
    return ""


def _stacked(entries: list[Entry], depths: list[int]) -> list[str]:
    stack: list[tuple[int, str]] = []
    parents = []
    for entry, depth in zip(entries, depths, strict=True):
        while stack and stack[-1][0] >= depth:
            stack.pop()
        parents.append(stack[-1][1] if stack else "")
        stack.append((depth, entry.code))
    return parents
