"""What the cells of a workbook say, as texts: what was typed, not what the program made of it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.workbook._layout import COMPARED, KIND, TEXT_KEYS
from cimkit.standard.workbook._values import kind_of_key

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """Return what a text of a workbook stands for: XML cannot say every character."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)


def is_empty(cell: Any, formulas: Collection[str], where: str) -> bool:
    """Return whether a cell says nothing; raises `StandardError` on a formula without a value."""
    # A formula may give an empty text; then the cell has the type of a text.
    if cell.value is None and cell.coordinate in formulas and cell.data_type != "str":
        raise StandardError(
            "a formula whose value was not saved",
            where=where,
            mend="Open the file in Excel, WPS or LibreOffice and save it again.",
        )
    return cell.value is None


def kind_of(name: str, column: str, cells: list[Any], letters: dict[str, str]) -> str:
    """Return what stands in a cell of a sheet's column, as `text_of` wants it."""
    if column == "value" and name == "mapping":
        ops = [str(c.value).strip() for c in cells if c.column_letter == letters.get("op")]
        return "number" if ops and ops[0] in COMPARED else "code"
    if column == "value" and name == "standard":
        keys = [str(c.value).strip() for c in cells if c.column_letter == letters.get("key")]
        if keys == ["jurisdiction.division"]:
            return "code"
        return "whole" if keys and kind_of_key(keys[0]) in TEXT_KEYS else "any"
    return KIND.get(f"{name}.{column}", "text")


def text_of(cell: Any, kind: str, where: str) -> str:
    """Return the text of a cell.

    Parameters
    ----------
    cell : openpyxl cell
        With a value.
    kind : str
        What stands in its column: text, code, number, date, any, or whole: a text that may look
        like a whole number.
    where : str
        Its place.

    Raises
    ------
    StandardError
        If the program made something else of what was typed and it cannot be known what.
    """
    value = cell.value
    if isinstance(value, str):
        if cell.data_type == "e":
            raise StandardError("an error value", where=where, got=value, mend="Mend the formula.")
        return unescaped(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    dated = isinstance(value, datetime.datetime) and value.time() == datetime.time()
    if dated and kind in ("date", "any", "whole"):
        return str(value.date().isoformat())
    if kind == "code" and isinstance(value, int):
        zeros = str(cell.number_format)
        if re.fullmatch("0{2,}", zeros) and value >= 0:
            return f"{value:0{len(zeros)}d}"
    if isinstance(value, float if kind == "whole" else (int, float)) and kind in ("code", "whole"):
        raise StandardError(
            "the program turned this into a number: zeros before or behind it may be lost",
            where=where,
            got=value,
            expected="text",
            mend="Format the column as text and type it again, or give codes the number format "
            "0000 with as many zeros as they have digits.",
        )
    if isinstance(value, (int, float)):
        return repr(value)
    raise StandardError(
        "the program turned this into a date or a time",
        where=where,
        got=str(value),
        mend="Format the column as text and type it again.",
    )
