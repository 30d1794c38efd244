"""Drafting a delivery sheet from what a probe found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from cimkit.errors import SheetError
from cimkit.loaders._sheet import COLUMNS
from cimkit.model import Asset

__all__ = ["write_sheet"]


def write_sheet(file: Path, assets: Iterable[Asset]) -> None:
    """Draft a delivery sheet: one row for each folder and kind of file, with what was detected.

    Parameters
    ----------
    file : Path
        ``.toml`` or ``.xlsx``. A file that is there is never written over.
    assets : iterable of Asset
        What `cimkit.loaders.probe` gave.

    Raises
    ------
    SheetError
        If the file exists already: somebody may have corrected it.
    """
    file = Path(file)
    if file.exists():
        raise SheetError(
            "there is a sheet already", where=str(file), mend="Give the draft another name."
        )
    rows = list(_drafts(assets))
    if file.suffix.lower() == ".xlsx":
        _write_workbook(file, rows)
    elif file.suffix.lower() == ".toml":
        _write_toml(file, rows)
    else:
        raise SheetError("a delivery sheet is .toml or .xlsx", where=str(file), got=file.suffix)


def _drafts(assets: Iterable[Asset]) -> Iterator[tuple[str, str]]:
    groups: dict[str, list[Asset]] = {}
    for asset in assets:
        if asset.status != "ignored":
            path = PurePosixPath(asset.path)
            folder = "" if str(path.parent) == "." else f"{_escaped(str(path.parent))}/"
            many = asset.kind == "imagery"  # thousands of one drive are one row
            name = f"*{_escaped(path.suffix)}" if many else _escaped(path.name)
            groups.setdefault(folder + name, []).append(asset)
    for glob, members in sorted(groups.items()):
        yield glob, _detected(members)


def _escaped(text: str) -> str:
    return "".join(f"[{c}]" if c in "[*?" else c for c in text)


def _detected(assets: list[Asset]) -> str:
    def all_of(values: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(v for v in values if v))

    said = [all_of(f"{a.kind} {a.format}".strip() for a in assets)]
    if len(assets) > 1:
        said[0] = f"{len(assets)} sources, {said[0]}"
    said.append(
        "crs " + (all_of(f"{a.crs} ({a.crs_origin})" for a in assets if a.crs) or "unknown")
    )
    encodings = all_of(f"{a.encoding} ({a.encoding_origin})" for a in assets if a.encoding)
    if encodings:
        said.append(f"encoding {encodings}")
    problems = {
        p.code: f"{p.code}: {p.message} {p.hint}".strip() for a in assets for p in a.problems
    }
    return "; ".join([*said, *problems.values()])[:1000]


_INTRO = """\
# Delivery sheet: what the files do not say themselves. Later rows outrank earlier ones.
# Fields of a row: glob, dataset, action (replace, extend, patch), owner, producer, crs,
# vertical_datum, epoch, encoding, access (public, internal, secret), observed, key_field,
# place = { easting, northing, height, rotation, scale },
# trajectory = { file, image, x, y, z, heading, time, crs }. `detected` is for the reader only.
"""


def _write_toml(file: Path, rows: list[tuple[str, str]]) -> None:
    parts = [_INTRO, '[delivery]\nname = ""\nauthor = ""\nmessage = ""\n']
    for glob, detected in [("*", "all sources"), *rows]:
        parts.append(f"[[source]]\nglob = {_quoted(glob)}\ndetected = {_quoted(detected)}\n")
    file.write_text("\n".join(parts), encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_workbook(file: Path, rows: list[tuple[str, str]]) -> None:
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "sources"
    sheet.append(COLUMNS)
    for glob, detected in [("*", "all sources"), *rows]:
        shown = ILLEGAL_CHARACTERS_RE.sub("", detected)
        sheet.append([glob, *[None] * (len(COLUMNS) - 2), shown])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    about = book.create_sheet("delivery")
    for name in ("name", "author", "message", "standard"):
        about.append([name, None])
    book.save(file)
