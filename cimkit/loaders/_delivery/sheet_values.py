"""What may stand in the cells of a delivery sheet: each value read, or refused with its place."""

from __future__ import annotations

import codecs
import dataclasses
import re
from datetime import date, datetime
from typing import Any

from cimkit.errors import SheetError, UsageError
from cimkit.loaders._delivery.local_grid import is_local
from cimkit.loaders.photo.clock import time_zone
from cimkit.model import Place, Trajectory

__all__ = ["PLACE", "POSES", "glob_of", "place_of", "plain", "text_of", "trajectory_of"]

PLACE = tuple(f"place_{f.name}" for f in dataclasses.fields(Place))
POSES = tuple(f"trajectory_{f.name}" for f in dataclasses.fields(Trajectory))
_CHOICES = {
    "action": ("replace", "extend", "patch"),
    "access": ("public", "internal", "secret"),
}
_DAY = re.compile(r"(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?(?: 0?0:00(?::00)?)?")
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


def plain(value: Any) -> Any:
    """Return a cell as TOML would have it: days as text, texts without blanks around them."""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    day = _DAY.fullmatch(value.strip())  # as office programs write days into text
    return f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}" if day else value.strip()


def glob_of(values: dict[str, Any], places: dict[str, str]) -> str:
    """Return the glob of a row.

    Raises
    ------
    SheetError
        If it has none, or several.
    """
    glob = values.get("glob")
    if not glob:
        raise SheetError(
            "a row without a glob", where=places[""], mend='Write "*" for all sources.'
        )
    if not isinstance(glob, str):
        raise SheetError(
            "a glob is one text",
            where=places.get("glob", places[""]),
            got=glob,
            mend="Write one row for each.",
        )
    return glob


def text_of(name: str, value: Any, where: str) -> str:
    """Return the value of a column as text.

    Raises
    ------
    SheetError
        If it is none that the column may have.
    """
    text = plain(value)
    if isinstance(text, float) and text.is_integer():
        text = int(text)  # a workbook makes 4544.0 of 4544
    text = str(text)
    try:
        if name == "crs":
            from cimkit.geometry.crs import parse_crs

            if not is_local(text):  # of which it is seen later whether there is a definition
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
        mend = error.mend if name == "crs" and isinstance(error, UsageError) else ""
        raise SheetError(
            f"no such {name}", where=where, got=text, expected=expected, mend=mend
        ) from error
    if name in _CHOICES and text not in _CHOICES[name]:
        raise SheetError(
            f"no such {name}", where=where, got=text, expected=", ".join(_CHOICES[name])
        )
    return text


def place_of(values: dict[str, Any], places: dict[str, str]) -> Place | None:
    """Return what the columns ``place_*`` of a row say."""
    given = {name.removeprefix("place_"): values[name] for name in PLACE if name in values}
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
            comma = isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+,\d+\s*", value)
            raise SheetError(
                "no number",
                where=places[f"place_{name}"],
                got=value,
                expected="a number",
                mend=f"Write {value.strip().replace(',', '.')}." if comma else "",
            ) from error
    return Place(**numbers)


def trajectory_of(values: dict[str, Any], places: dict[str, str]) -> Trajectory | None:
    """Return what the columns ``trajectory_*`` of a row say."""
    given = {
        name.removeprefix("trajectory_"): str(values[name]) for name in POSES if name in values
    }
    if not given:
        return None
    if "file" not in given:
        raise SheetError(
            "a trajectory without its table", where=places[""], expected="trajectory_file"
        )
    if "crs" in given:
        text_of("crs", given["crs"], places["trajectory_crs"])
    if "time_zone" in given:
        text_of("time_zone", given["time_zone"], places["trajectory_time_zone"])
    for name, (pattern, expected) in _SETTINGS.items():
        if name in given and not re.fullmatch(pattern, given[name].strip(" []()")):
            raise SheetError(
                f"no such {name}",
                where=places[f"trajectory_{name}"],
                got=given[name],
                expected=expected,
            )
    return Trajectory(**given)
