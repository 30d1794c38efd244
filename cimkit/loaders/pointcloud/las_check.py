"""Where a LAS header contradicts itself or the format."""

from __future__ import annotations

import datetime

from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.model import Problem

__all__ = ["check_header"]


def check_header(head: LasHeader) -> list[Problem]:
    """Return what in a header contradicts itself or the format."""
    found: list[Problem] = []
    least = 375 if head.version >= (1, 4) else 235 if head.version == (1, 3) else 227
    if head.header_size < least:
        found.append(
            Problem(
                "header-size-contradiction",
                f"The header says it is shorter than a header of LAS {head.version[0]}."
                f"{head.version[1]}; fields beyond its end were not read.",
                place="header size",
                got=str(head.header_size),
                expected=f"{least} or more",
            )
        )
    if head.version > (1, 4):
        found.append(
            Problem(
                "version-unknown",
                "The file says it is newer than LAS 1.4; it was read as LAS 1.4.",
                got=f"1.{head.version[1]}",
                expected="1.0 to 1.4",
            )
        )
    found += _counts(head)
    found += _numbers(head)
    # Day and year 0, or 1, are what writers put who do not know.
    if (head.day > 1 or head.year > 1) and (
        head.created is None
        or head.created > (datetime.date.today() + datetime.timedelta(days=2)).isoformat()
    ):
        found.append(
            Problem(
                "creation-date-implausible",
                "The day of creation is none, or lies in the future.",
                "info",
                "creation day and year",
                f"day {head.day} of {head.year}",
                "1 to 366, a year that has been",
            )
        )
    return found


def _counts(head: LasHeader) -> list[Problem]:
    if head.version < (1, 4):
        return []
    legacy, points = head.legacy_points, head.points
    if legacy and legacy != points:
        return [
            Problem(
                "point-count-contradiction",
                "The header counts the points twice and differently; the count of LAS 1.4 was "
                "obeyed.",
                place="legacy number of point records",
                got=str(legacy),
                expected=str(points),
                hint="Rewrite the header from the content.",
            )
        ]
    return []


def _ends(head: LasHeader) -> list[tuple[float, float, float]]:
    return [
        end
        for ends in (head.low, head.high)
        for end in zip(ends, head.scales, head.offsets, strict=True)
    ]


def _numbers(head: LasHeader) -> list[Problem]:
    found: list[Problem] = []
    for i, axis in enumerate("xyz"):
        scale, offset = head.scales[i], head.offsets[i]
        if scale == 0 or not head.reaches(i):
            found.append(
                Problem(
                    "scale-invalid",
                    f"Scale or offset of {axis} is no number to multiply with; all points share "
                    "one coordinate, or have none.",
                    "error",
                    f"scale and offset of {axis}",
                    f"scale {scale:g}, offset {offset:g}",
                    "a scale above 0, e.g. 0.001",
                    "Export the cloud again with a scale.",
                )
            )
        elif scale < 0:
            found.append(
                Problem(
                    "scale-negative",
                    f"The scale of {axis} is below 0; it was obeyed.",
                    place=f"scale of {axis}",
                    got=f"{scale:g}",
                    expected="a scale above 0",
                )
            )
    if not head.points:
        return found
    if head.unscaled:
        found.append(
            Problem(
                "bbox-unscaled",
                "The box of the header stands in the integers of the records; it was scaled and "
                "shifted as the points are.",
                place="header",
                got=str([round((v - o) / s) for v, s, o in _ends(head)]),
                expected=str([round(v, 3) for v in (*head.low, *head.high)]),
                hint="Rewrite the header from the content.",
            )
        )
    if head.box is None:
        found.append(
            Problem(
                "bbox-contradiction",
                "The box of the header is none: a least value exceeds the greatest.",
                place="header",
                got=str([round(v, 3) for v in (*head.low, *head.high)]),
                expected="minima not above maxima",
                hint="Rewrite the header from the content.",
            )
        )
        return found
    for i, axis in enumerate("xyz"):
        scale = abs(head.scales[i])
        if scale == 0 or not head.reaches(i):
            continue
        ends = [(v - head.offsets[i]) / scale for v in (head.low[i], head.high[i])]
        if max(map(abs, ends)) > 2**31 + 1:
            found.append(
                Problem(
                    "coordinates-overflow",
                    f"With this scale and offset {axis} cannot reach the box of the header: 32 "
                    "bits are not enough, and the coordinates have wrapped round.",
                    "error",
                    f"{axis}: scale {head.scales[i]:g}, offset {head.offsets[i]:g}",
                    f"{head.low[i]:g} to {head.high[i]:g}",
                    "a box within 2^31 times the scale about the offset",
                    "Export the cloud again with an offset near it.",
                )
            )
    return found
