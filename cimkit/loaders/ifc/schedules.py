"""When tasks, events and schedules of an IFC model begin and end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cimkit.loaders._city.times import moment
from cimkit.loaders.ifc.instances import each, get, members, number, scalars

__all__ = ["Schedules"]

Json = dict[str, Any]
Span = tuple[datetime | None, datetime | None]
# What happened outranks what was planned.
_STARTS = ("ActualStart", "ScheduleStart", "EarlyStart", "StartTime", "ActualDate", "ScheduleDate")
_ENDS = ("ActualFinish", "ScheduleFinish", "EarlyFinish", "FinishTime")
_HELD = ("TaskTime", "EventOccurenceTime", "Usage")


class Schedules:
    """Times of processes and controls, as attributes or, in IFC2X3, by their assignment.

    Parameters
    ----------
    model : ifcopenshell.file
    """

    def __init__(self, model: Any) -> None:
        self._assigned: dict[int, Json] = {}
        for relation in each(model, "IfcRelAssignsTasks"):
            control = get(relation, 7)
            if control is not None and hasattr(control, "is_a"):
                told = scalars(control, model.schema_identifier)
                for one in members(get(relation, 4)):
                    self._assigned[number(one)] = told

    def of(self, one: Any, attributes: Json) -> Span:
        """Return when a process or control begins and ends, UTC where the source names no zone."""
        said = dict(attributes)
        for name in _HELD:
            held = attributes.get(name)
            if isinstance(held, dict):
                said |= held
        said |= self._assigned.get(number(one), {})
        return _first(said, _STARTS), _first(said, _ENDS)


def _first(said: Json, names: tuple[str, ...]) -> datetime | None:
    for name in names:
        found = _time(said.get(name))
        if found is not None:
            return found
    return None


def _time(value: Any) -> datetime | None:
    """Return the moment of an IfcDateTime, or of an IfcDateAndTime or IfcCalendarDate of IFC2X3."""
    if isinstance(value, str):
        return moment(value)
    if not isinstance(value, dict):
        return None
    day = value.get("DateComponent", value)
    clock = value.get("TimeComponent", {})
    try:
        text = "{YearComponent:04d}-{MonthComponent:02d}-{DayComponent:02d}".format(**day)
        hour, minute = clock.get("HourComponent", 0), clock.get("MinuteComponent") or 0
        return moment(f"{text}T{hour:02d}:{minute:02d}:00")
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
