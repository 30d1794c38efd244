"""A workbook as a package: the same files as a folder, with places in sheets and cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.package._files import PackageFiles
from cimkit.standard.package._place import Place
from cimkit.standard.package._unpacking import NO_ZIP
from cimkit.standard.package._writing import check_other, package_files
from cimkit.standard.workbook._cells import Report, read_sheets, stop
from cimkit.standard.workbook._gather import Gathered
from cimkit.standard.workbook._layout import FOLDERS


@dataclass(frozen=True)
class WorkbookFiles(PackageFiles):
    """The files that a workbook stands for."""

    gathered: Gathered

    def where(self, name: str) -> str:
        """Return how messages name a file: by the sheet that it is."""
        folder = name.partition("/")[0]
        if name in self.gathered.tables:
            sheet = self.gathered.tables[name][0].name
        elif folder in (*FOLDERS, "rules"):
            sheet = folder
        elif name in ("standard.toml", "naming.toml", ""):
            sheet = name.removesuffix(".toml")
        else:
            sheet = f"files, {name}"
        return f"{self.path.name}, {sheet}"

    def table(self, name: str) -> tuple[list[str], Place, Iterator[tuple[Place, list[str]]]]:
        """Return the columns of a sheet, the place of its header, and its rows of one file.

        A table among the other files, a fixture, is read from its text.
        """
        if name not in self.gathered.tables:
            return super().table(name)
        sheet, lines = self.gathered.tables[name]
        columns = [c for c in sheet.columns if c != FOLDERS.get(sheet.name)]
        rows = ((place, [row.get(c, "") for c in columns]) for place, row in lines)
        return columns, sheet.top, rows

    def section(self, key: str) -> str:
        """Return the place of a table of the head: some have a sheet of their own."""
        has_sheet = key == "code" and ("standard.toml", "segment", 1) in self.gathered.entries
        return f"{self.path.name}, {key}" if has_sheet else super().section(key)

    def segment(self, number: int) -> str:
        """Return the place of a segment: its row."""
        row = self.gathered.entries.get(("standard.toml", "segment", number))
        return super().segment(number) if row is None else row

    def entry(self, name: str, key: str, number: int) -> Place:
        """Return the place of a rule or a template of file names."""
        return self.gathered.entries[name, key, number]


def open_workbook(path: Path, report: Report = stop) -> WorkbookFiles:
    """Read a workbook with a sheet ``standard``; raises `StandardError` as `read_sheets` does.

    A ``report`` that does not raise gets all mistakes; what is wrong is left out.
    """
    sheets = read_sheets(path, report=report)
    if "standard" not in sheets:
        raise StandardError(
            "no standard package", where=str(path), expected="a sheet `standard` in it"
        )
    gathered = Gathered(sheets, report)
    for name in list(gathered.draft.files):
        try:
            check_other(name)
        except StandardError as error:
            del gathered.draft.files[name]
            error.where = gathered.files[name].cell("name") if name in gathered.files else ""
            report(error)
    return WorkbookFiles(path, package_files(gathered.draft), gathered)


def workbook_head(path: Path) -> dict[str, Any] | None:
    """Return what the sheet ``standard`` of a workbook says, None if it is no standard's."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.read("xl/workbook.xml")
    except (*NO_ZIP, KeyError):
        return None
    if not re.search(rb'name="\s*standard\s*"', names, re.IGNORECASE):
        return None
    sheets = read_sheets(path, only="standard")
    return Gathered(sheets).draft.head if sheets else None
