"""Cells of a fixture as the values that a loader would have read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from cimkit.errors import StandardError
from cimkit.model import LAKE
from cimkit.standard import Place

__all__ = ["check_json", "placed", "read_shape", "typed", "value"]


def value(text: str) -> Any:
    """Return what a loader would have read: a number where the text is one and no code."""
    if text[0] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            return text
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if str(value) == text and abs(value) < 2**53:
            return value
    return text


def typed(
    table: str, place: Place, cells: dict[str, str], aside: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the cells that are not empty as values of the columns of a table."""
    schema = LAKE[table]
    row: dict[str, Any] = {}
    for column, text in cells.items():
        if column in aside or not text:
            continue
        if column not in schema.names:
            known = sorted({*schema.names, *aside})
            raise StandardError(
                "no such column", where=place.cell(column), got=column, expected=", ".join(known)
            )
        kind = schema.field(column).type
        try:
            if pa.types.is_floating(kind) or pa.types.is_integer(kind):
                row[column] = (float if pa.types.is_floating(kind) else int)(text)
            elif pa.types.is_timestamp(kind):
                time = datetime.fromisoformat(text)
                row[column] = time if time.tzinfo else time.replace(tzinfo=UTC)
            elif pa.types.is_list(kind):
                row[column] = text.split("|")
            elif pa.types.is_string(kind):
                row[column] = text
            else:
                raise ValueError
        except ValueError as error:
            raise StandardError(
                "a cell is not what its column wants",
                where=place.cell(column),
                got=text,
                expected=str(kind),
            ) from error
    return row


def read_shape(place: Place, text: str) -> Any:
    if not text:
        return None
    import shapely

    try:
        return shapely.from_wkt(text)
    except shapely.errors.GEOSException as error:
        raise StandardError(
            f"a geometry that cannot be read: {str(error).strip()}",
            where=place.cell("geometry"),
            got=text,
            mend="Write it as WKT in longitude and latitude: POINT (121.5 31.2).",
        ) from error


def placed(shape: Any) -> dict[str, Any]:
    """Return the columns geometry and bbox of a shape."""
    import shapely

    if shape is None:
        return {}
    said: dict[str, Any] = {"geometry": shapely.to_wkb(shapely.force_2d(shape))}
    if not shape.is_empty:
        said["bbox"] = dict(zip(("xmin", "ymin", "xmax", "ymax"), shape.bounds, strict=True))
    return said


def check_json(place: Place, column: str, text: str | None, kind: type) -> None:
    if not text:
        return
    try:
        fits = isinstance(json.loads(text), kind)
    except ValueError:
        fits = False
    if not fits:
        wanted = "a JSON list of problems" if kind is list else "a JSON object"
        raise StandardError(
            "not the JSON that is wanted", where=place.cell(column), got=text, expected=wanted
        )
