"""The delivery sheet on disk: TOML for those who write, a workbook for those who fill in cells."""

from __future__ import annotations

import codecs
import dataclasses
import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cimkit.errors import SheetError, UsageError
from cimkit.loaders.photo.clock import time_zone
from cimkit.model import Declaration, Place, Sheet, SheetRow, Trajectory

__all__ = ["COLUMNS", "read_sheet"]

_PLAIN = tuple(
    f.name for f in dataclasses.fields(Declaration) if f.name not in ("place", "trajectory")
)
_PLACE = tuple(f"place_{f.name}" for f in dataclasses.fields(Place))
_POSES = tuple(f"trajectory_{f.name}" for f in dataclasses.fields(Trajectory))
COLUMNS = ("glob", *_PLAIN, *_PLACE, *_POSES, "detected")
"""What a row may say."""
_DELIVERY = ("name", "author", "message", "standard", "date")
_Row = tuple[dict[str, str], dict[str, Any]]
"""Where each value of a row stands ("" for the row itself), and the values."""
_CHOICES = {
    "action": ("replace", "extend", "patch"),
    "access": ("public", "internal", "secret"),
}
_REAL = r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_THREE = rf"{_REAL}(?:\s*[,;\s]\s*{_REAL}){{2}}"
_SETTINGS = {
    "angles": ("vehicle|nadir|opk", "vehicle, nadir or opk"),
    "angle_unit": ("deg|rad|gon", "deg, rad or gon"),
    "time_scale": (
        "utc|local|gps|gps-week|utc-day|gps-day",
        "utc, local, gps, gps-week, utc-day or gps-day",
    ),
    "time_offset": (_REAL, "seconds"),
    "longest_gap": (_REAL, "seconds"),
    "lever_arm": (_THREE, "x, y, z in metres: forward, right, down"),
    "boresight": (_THREE, "roll, pitch, yaw in degrees"),
}
"""What may stand in the settings of a trajectory."""


def read_sheet(file: Path) -> Sheet:
    """Read a delivery sheet.

    Parameters
    ----------
    file : Path
        ``.toml``: a table ``[delivery]`` and one ``[[source]]`` per row. ``.xlsx``: a sheet
        *sources* with one row per glob and a sheet *delivery* with names and values. Columns:
        ``glob``, the fields of `Declaration`, ``place_*``, ``trajectory_*`` and ``detected``.

    Raises
    ------
    SheetError
        If it cannot be read or says what cannot be; the error names the row or the cell.
    """
    file = Path(file)
    if not file.is_file():
        raise SheetError("there is no such delivery sheet", where=str(file))
    rows: Iterator[_Row]
    if file.suffix.lower() == ".xlsx":
        delivery, rows = _read_workbook(file)
    elif file.suffix.lower() == ".toml":
        delivery, rows = _read_toml(file)
    else:
        raise SheetError("a delivery sheet is .toml or .xlsx", where=str(file), got=file.suffix)
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
    return Sheet(tuple(_row(values, places) for places, values in rows), delivery or None)


def _day(said: Any, file: Path) -> str:
    """Return the day of a delivery as ``YYYY-MM-DD``, "" if the cell was left empty."""
    text = str(_plain(said))
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise SheetError(
            "`date` is the day of the delivery",
            where=f"{file}, delivery",
            got=text,
            expected="YYYY-MM-DD",
        ) from error


def _read_toml(
    file: Path,
) -> tuple[dict[str, Any], Iterator[tuple[dict[str, str], dict[str, Any]]]]:
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

    def rows() -> Iterator[_Row]:
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


def _read_workbook(file: Path) -> tuple[dict[str, Any], Iterator[_Row]]:
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(file, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise SheetError("the sheet is no workbook", where=str(file), got=str(error)) from error
    if "sources" not in book.sheetnames:
        raise SheetError(
            "the workbook has no such sheet",
            where=str(file),
            got=", ".join(book.sheetnames),
            expected="sources",
        )
    delivery = {}
    if "delivery" in book.sheetnames:
        for cells in book["delivery"].iter_rows(values_only=True):
            if cells and cells[0] not in (None, "") and len(cells) > 1 and cells[1] is not None:
                delivery[str(cells[0]).strip()] = _plain(cells[1])
    sheet = book["sources"]

    def rows() -> Iterator[_Row]:
        header: dict[int, str] = {}
        for cells in sheet.iter_rows():
            if not header:
                header = {c.column: str(c.value).strip() for c in cells if c.value is not None}
                continue
            filled = [c for c in cells if c.value not in (None, "") and c.column in header]
            if not filled:
                continue
            places = {header[c.column]: f"{file}: sources!{c.coordinate}" for c in filled}
            places[""] = f"{file}: sources!{cells[0].row}:{cells[0].row}"
            yield places, {header[c.column]: _plain(c.value) for c in filled}

    return delivery, rows()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else value


def _row(values: dict[str, Any], places: dict[str, str]) -> SheetRow:
    for name in values:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, 1)
            raise SheetError(
                "unknown column",
                where=places.get(name, places[""]),
                got=name,
                expected=", ".join(near or COLUMNS),
            )
    if not values.get("glob"):
        raise SheetError(
            "a row without a glob", where=places[""], mend='Write "*" for all sources.'
        )
    if not isinstance(values["glob"], str):
        raise SheetError(
            "a glob is one text",
            where=places.get("glob", places[""]),
            got=values["glob"],
            mend="Write one row for each.",
        )
    declared: dict[str, Any] = {
        name: _text(name, values[name], places[name]) for name in _PLAIN if name in values
    }
    return SheetRow(
        str(values["glob"]),
        Declaration(
            **declared,
            place=_place(values, places),
            trajectory=_trajectory(values, places),
        ),
        str(values.get("detected", "")),
    )


def _text(name: str, value: Any, where: str) -> str:
    text = _plain(value)
    if isinstance(text, float) and text.is_integer():
        text = int(text)  # a workbook makes 4544.0 of 4544
    text = str(text)
    try:
        if name == "crs":
            from cimkit.geometry.crs import parse_crs

            parse_crs(text)
        elif name == "encoding":
            codecs.lookup(text)
        elif name == "observed":
            datetime.fromisoformat(text)
        elif name == "epoch":
            float(text)
        elif name == "time_zone":
            time_zone(text)
    except (UsageError, LookupError, ValueError) as error:
        expected = {
            "crs": "EPSG:n, WKT, or a PROJ string",
            "encoding": "gb18030, big5, cp932, utf-8 …",
            "observed": "2026-09-01 or 2026-09-01T08:00:00Z",
            "epoch": "a decimal year, 2024.5",
            "time_zone": "+08:00, or a name like Asia/Shanghai",
        }[name]
        raise SheetError(f"no such {name}", where=where, got=text, expected=expected) from error
    if name in _CHOICES and text not in _CHOICES[name]:
        raise SheetError(
            f"no such {name}", where=where, got=text, expected=", ".join(_CHOICES[name])
        )
    return text


def _place(values: dict[str, Any], places: dict[str, str]) -> Place | None:
    given = {name.removeprefix("place_"): values[name] for name in _PLACE if name in values}
    if not given:
        return None
    for name in ("easting", "northing"):
        if name not in given:
            raise SheetError(
                "a place without coordinates", where=places[""], expected=f"place_{name}"
            )
    numbers = {}
    for name, value in given.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError) as error:
            where = places[f"place_{name}"]
            raise SheetError("no number", where=where, got=value, expected="a number") from error
    return Place(**numbers)


def _trajectory(values: dict[str, Any], places: dict[str, str]) -> Trajectory | None:
    given = {
        name.removeprefix("trajectory_"): str(values[name]) for name in _POSES if name in values
    }
    if not given:
        return None
    if "file" not in given:
        raise SheetError(
            "a trajectory without its table", where=places[""], expected="trajectory_file"
        )
    if "crs" in given:
        _text("crs", given["crs"], places["trajectory_crs"])
    if "time_zone" in given:
        _text("time_zone", given["time_zone"], places["trajectory_time_zone"])
    for name, (pattern, expected) in _SETTINGS.items():
        if name in given and not re.fullmatch(pattern, given[name].strip(" []()")):
            raise SheetError(
                f"no such {name}",
                where=places[f"trajectory_{name}"],
                got=given[name],
                expected=expected,
            )
    return Trajectory(**given)
