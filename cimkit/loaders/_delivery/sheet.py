"""The delivery sheet on disk: TOML for those who write, tables for those who fill in cells."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from cimkit.errors import SheetError
from cimkit.loaders._delivery.local_grid import declared_grid, with_grids
from cimkit.loaders._delivery.sheet_mistakes import contradictions, raise_all, told
from cimkit.loaders._delivery.sheet_proposals import accepted
from cimkit.loaders._delivery.sheet_tables import SheetCells, read_text, read_workbook
from cimkit.loaders._delivery.sheet_values import (
    PLACE,
    POSES,
    glob_of,
    place_of,
    plain,
    text_of,
    trajectory_of,
)
from cimkit.model import Declaration, Sheet, SheetRow

__all__ = ["COLUMNS", "read_sheet"]

_PLAIN = tuple(
    f.name
    for f in dataclasses.fields(Declaration)
    if f.name not in ("local_crs", "place", "trajectory")
)
COLUMNS = ("glob", *_PLAIN, "local_crs", *PLACE, *POSES, "accept", "proposed", "detected")
"""What a row may say."""
_DELIVERY = ("name", "author", "message", "standard", "date")


def read_sheet(file: Path) -> Sheet:
    """Read a delivery sheet.

    Parameters
    ----------
    file : Path
        ``.toml``: a table ``[delivery]`` and one ``[[source]]`` per row. ``.xlsx``: a sheet
        *sources* with one row per glob and a sheet *delivery* with names and values. ``.csv``: the
        rows of *sources*, and above them those of *delivery*. Columns:
        ``glob``, the fields of `Declaration` (``local_crs`` is the path of a definition, relative
        to the sheet), ``place_*``, ``trajectory_*``, ``detected``, and ``proposed``, which holds if
        ``accept`` says yes.

    Raises
    ------
    SheetError
        If it cannot be read or says what cannot be: all mistakes at once, each with its row or
        cell.
    """
    file = Path(file)
    if not file.is_file():
        raise SheetError("there is no such delivery sheet", where=str(file))
    delivery: dict[str, Any]
    suffix = file.suffix.lower()
    if suffix == ".toml":
        delivery, rows = _read_toml(file)
    elif suffix == ".xlsx":
        delivery, rows = read_workbook(file)
    elif suffix in (".csv", ".tsv", ".txt"):
        delivery, rows = read_text(file, COLUMNS)
    else:
        raise SheetError(
            "a delivery sheet is .toml, .xlsx or .csv", where=str(file), got=file.suffix
        )
    for name in delivery:
        if name not in _DELIVERY:
            raise SheetError(
                "unknown name in delivery",
                where=str(file),
                got=name,
                expected=", ".join(difflib.get_close_matches(name, _DELIVERY, 1) or _DELIVERY),
            )
    if delivery.get("date") is not None:
        delivery["date"] = _day(delivery["date"], file)
    mistakes: list[SheetError] = []
    found = [_row(values, places, file, mistakes) for places, values in rows]
    mistakes += contradictions([row for row, _ in found], [places for _, places in found])
    raise_all(mistakes, file)
    return Sheet(with_grids(tuple(row for row, _ in found), file), delivery or None)


def _day(said: Any, file: Path) -> str:
    """Return the day of a delivery as ``YYYY-MM-DD``, "" if the cell was left empty."""
    text = str(plain(said))
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise SheetError(
            "`date` is the day of the delivery",
            where=f"{file}, delivery",
            got=text,
            expected="YYYY-MM-DD",
        ) from error


def _read_toml(file: Path) -> tuple[dict[str, Any], Iterator[SheetCells]]:
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SheetError(
            "the sheet is no UTF-8", where=str(file), mend="Save it as UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SheetError("the sheet is no TOML", where=str(file), got=str(error)) from error
    for name in said:
        if name not in ("delivery", "source"):
            raise SheetError(
                "unknown table", where=str(file), got=name, expected="[delivery] or [[source]]"
            )
    tables = said.get("source", [])
    if not isinstance(tables, list):
        raise SheetError("sources are written [[source]]", where=str(file), got="[source]")

    def rows() -> Iterator[SheetCells]:
        for number, table in enumerate(tables, 1):
            values: dict[str, Any] = {}
            for name, value in table.items():
                if isinstance(
                    value, Mapping
                ):  # place = { easting = … } is as good as place_easting
                    values |= {f"{name}_{inner}": v for inner, v in value.items()}
                else:
                    values[name] = value
            row = f"{file}: [[source]] {number} ({table.get('glob', 'no glob')})"
            yield {name: f"{row}: {name}" for name in (*values, "")}, values

    return dict(said.get("delivery", {})), rows()


def _row(
    said: dict[str, Any], places: dict[str, str], file: Path, mistakes: list[SheetError]
) -> tuple[SheetRow, dict[str, str]]:
    """Return a row and where its values stand; what cannot be is added to the mistakes."""
    with told(mistakes):
        accepted(said, places)
    values = {name: value for name, value in said.items() if name in COLUMNS}
    for name in said.keys() - values.keys():
        near = difflib.get_close_matches(name, COLUMNS, 1)
        mistakes.append(
            SheetError(
                "unknown column",
                where=places.get(name, places[""]),
                got=name,
                expected=", ".join(near or COLUMNS),
            )
        )
    with told(mistakes):
        glob_of(values, places)
    declared: dict[str, Any] = {}
    for name in _PLAIN:
        if name in values:
            with told(mistakes):
                declared[name] = text_of(name, values[name], places[name])
    if "crs" in declared and "epoch" not in declared:
        from cimkit.geometry.epoch import split_epoch

        declared["epoch"] = split_epoch(declared["crs"])[1]
    if "local_crs" in values:
        with told(mistakes):
            path, where = values["local_crs"], places["local_crs"]
            declared["local_crs"] = grid = declared_grid(declared.get("crs"), path, file, where)
            declared["crs"] = grid.name
    with told(mistakes):
        declared["place"] = place_of(values, places)
    with told(mistakes):
        declared["trajectory"] = trajectory_of(values, places)
    row = SheetRow(
        str(values.get("glob")), Declaration(**declared), str(values.get("detected", ""))
    )
    return row, places
