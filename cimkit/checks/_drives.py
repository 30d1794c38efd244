"""Photographs in the order in which a vehicle took them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext, CheckSpec
    from cimkit.standard import Rule

__all__ = ["angle_between", "drives", "metres"]


def drives(context: CheckContext, rule: Rule, spec: CheckSpec) -> None:
    """Make the temporary table ``shots``: the photographs a rule speaks of, with their numbers.

    Columns: path, item_id, object_id, x, y, z, ``drive`` (sequence and folder: several cameras of a
    vehicle have a folder each), ``n`` (order in the drive: by time, then by name), ``t`` (seconds;
    by the camera's own clock where nothing says its zone), heading, heading_origin, pitch, roll,
    width, height, fov, above (metres above the ground it looks down on), camera, panorama, cropped.
    """
    here = scope(rule, spec, context.standard)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE shots AS
        SELECT *, row_number() OVER (PARTITION BY drive ORDER BY t NULLS LAST, path) AS n
        FROM (SELECT path, item_id, object_id, x, y, z,
                     coalesce(sequence, '') || chr(1) || regexp_replace(path, '[^/]*$', '')
                         AS drive,
                     coalesce(epoch(observed), epoch(TRY_CAST(
                         json_extract_string(properties, '/local_time') AS TIMESTAMP))) AS t,
                     {_number("heading")}, {_number("pitch")}, {_number("roll")},
                     {_number("width")}, {_number("height")},
                     {_number("field_of_view", "fov")}, {_number("ground_below_m", "above")},
                     json_extract_string(properties, '/heading_origin') AS heading_origin,
                     json_extract_string(properties, '/camera') AS camera,
                     coalesce(json_extract_string(properties, '/panorama') = 'true', FALSE)
                         AS panorama,
                     json_extract(properties, '/gpano') IS NOT NULL AS cropped
              FROM things WHERE {here})"""
    )


def _number(name: str, column: str = "") -> str:
    text = f"json_extract_string(properties, '/{name}')"
    return f"TRY_CAST({text} AS DOUBLE) AS {column or name}"


def metres(x: str, y: str, other_x: str = "x", other_y: str = "y") -> str:
    """Return SQL for the great-circle distance of two places in degrees, in metres (haversine)."""
    return (
        f"2 * 6371008.8 * asin(sqrt(sin(radians({y} - {other_y}) / 2) ** 2"
        f" + cos(radians({other_y})) * cos(radians({y}))"
        f" * sin(radians({x} - {other_x}) / 2) ** 2))"
    )


def angle_between(one: str, other: str) -> str:
    """Return SQL for the angle from one direction to another, -180 to 180 degrees."""
    return f"((({one} - {other}) % 360 + 540) % 360 - 180)"
