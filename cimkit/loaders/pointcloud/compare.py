"""What a header says of a cloud, held against its points."""

from __future__ import annotations

import datetime

from cimkit.loaders.pointcloud.chunk import CloudFacts
from cimkit.loaders.pointcloud.gps_time import ADJUSTMENT, WEEK, gps_to_utc, week_to_utc
from cimkit.loaders.pointcloud.survey import PARTED
from cimkit.loaders.pointcloud.tally import Tally
from cimkit.model import Problem

__all__ = ["contradictions", "observed"]

_REWRITE = "Rewrite the header from the content."
_LEFT_OUT = ("points-invalid", "points-without-place", "scan-without-return", "lines-unreadable")
_EARLIEST = datetime.datetime(1995, 1, 1, tzinfo=datetime.UTC)  # before airborne laser scanning


def contradictions(tally: Tally, facts: CloudFacts, met: list[Problem]) -> list[Problem]:
    """Return where header and points disagree.

    Parameters
    ----------
    tally : Tally
    facts : CloudFacts
    met : list of Problem
        What reading the points met: of points that are missing it is told there.
    """
    parted = any(p.code in PARTED for p in (*met, *facts.problems))
    found: list[Problem] = []
    left_out = any(p.code in _LEFT_OUT for p in met)
    if facts.counted and tally.points != facts.points and not parted and not left_out:
        found.append(
            Problem(
                "point-count-contradiction",
                "The header counts other points than the file holds.",
                got=f"{tally.points} points",
                expected=f"{facts.points} points",
                hint=_REWRITE,
            )
        )
    found += _box(tally, facts, parted)
    if not parted:
        found += _returns(tally, facts)
    found += _time(tally, facts)
    if facts.format.split()[0] in ("LAS", "LAZ", "COPC"):
        found += _colors(tally)
    return found


def _box(tally: Tally, facts: CloudFacts, parted: bool) -> list[Problem]:
    box = tally.box()
    if facts.bbox is None or box is None:
        return []
    steps = [abs(s) for s in facts.properties.get("scales", (0.0,) * 3)]
    slack = [
        max(1e-6 * max(1.0, abs(facts.bbox[i]), abs(facts.bbox[i + 3])), steps[i], facts.rounded)
        for i in range(3)
    ]
    outside = [
        axis
        for i, axis in enumerate("xyz")
        if box[i] < facts.bbox[i] - slack[i] or box[i + 3] > facts.bbox[i + 3] + slack[i]
    ]
    loose = [
        axis
        for i, axis in enumerate("xyz")
        if box[i] > facts.bbox[i] + slack[i] + 0.01 * (facts.bbox[i + 3] - facts.bbox[i])
        or box[i + 3] < facts.bbox[i + 3] - slack[i] - 0.01 * (facts.bbox[i + 3] - facts.bbox[i])
    ]
    got = str([round(float(v), 3) for v in box])
    expected = str([round(v, 3) for v in facts.bbox])
    if outside:
        return [
            Problem(
                "bbox-contradiction",
                "Points lie outside the box of the header.",
                place=", ".join(outside),
                got=got,
                expected=expected,
                hint=_REWRITE,
            )
        ]
    if loose and not parted:
        return [
            Problem(
                "bbox-contradiction",
                "The box of the header is larger than the points need.",
                "info",
                ", ".join(loose),
                got,
                expected,
                _REWRITE,
            )
        ]
    return []


def _returns(tally: Tally, facts: CloudFacts) -> list[Problem]:
    found: list[Problem] = []
    if facts.returns is not None and tally.returns.any():
        own = tuple(int(n) for n in tally.returns[1 : len(facts.returns) + 1])
        if own != facts.returns:
            found.append(
                Problem(
                    "returns-contradiction",
                    "The header counts the points by return differently from the points.",
                    place="number of points by return",
                    got=str(list(own)),
                    expected=str(list(facts.returns)),
                    hint=_REWRITE,
                )
            )
    if tally.astray:
        found.append(
            Problem(
                "return-number-invalid",
                f"{tally.astray:,} points have return number 0, or one above the returns of their "
                "pulse.",
                "info",
                got=f"{tally.astray} points",
                expected="1 to the number of returns",
            )
        )
    return found


def _time(tally: Tally, facts: CloudFacts) -> list[Problem]:
    if facts.gps is None or tally.time is None:
        return []
    low, high = tally.time
    if facts.gps == "week":
        if low >= -1 and high <= WEEK + 1:
            return []
        weeks = "adjusted standard GPS time" if _standard(low, high) else "no GPS time"
        return [
            Problem(
                "gps-time-contradiction",
                "The header says that times are seconds of a GPS week, but they look like "
                f"{weeks}.",
                place="global encoding, bit 0",
                got=f"{low:.3f} to {high:.3f}",
                expected=f"0 to {WEEK:.0f}",
                hint="Set the bit of standard GPS time."
                if _standard(low, high)
                else "Export the times again.",
            )
        ]
    week = _of_a_week(tally, facts)
    if not week and _standard(low, high):
        return []
    return [
        Problem(
            "gps-time-contradiction" if week else "gps-time-implausible",
            "The header says that times are adjusted standard GPS time, but they look like seconds "
            "of a GPS week; no moment was taken from them."
            if week
            else "The times lie where no survey can have been; no moment was taken from them.",
            place="global encoding, bit 0" if week else "",
            got=f"{low:.3f} to {high:.3f}",
            expected="seconds since 1980-01-06 less 1,000,000,000",
        )
    ]


def _of_a_week(tally: Tally, facts: CloudFacts) -> bool:
    """Tell whether standard times look like seconds of a week.

    As standard times they are of one week of September 2011; a file of then may mean that.
    """
    low, high = tally.time or (-1.0, -1.0)
    return low >= 0 and high <= WEEK and not (facts.created or "").startswith(("2011", "2012"))


def _standard(low: float, high: float) -> bool:
    try:
        first, last = gps_to_utc(low + ADJUSTMENT), gps_to_utc(high + ADJUSTMENT)
    except OverflowError:
        return False
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)
    return first >= _EARLIEST and last <= soon


def observed(tally: Tally, facts: CloudFacts) -> tuple[tuple[str, str] | None, str]:
    """Return the first and last moment of a cloud in UTC, and how they are known.

    Seconds of a week say when only together with the week: they are looked for in the week before
    the file was made, which is likely and not certain, and so not taken for a moment.
    """
    if tally.time is None or facts.gps is None:
        return facts.observed, "header" if facts.observed else "none"
    low, high = tally.time
    if facts.gps == "standard" and _standard(low, high) and not _of_a_week(tally, facts):
        moments = gps_to_utc(low + ADJUSTMENT), gps_to_utc(high + ADJUSTMENT)
        return (moments[0].isoformat(), moments[1].isoformat()), "gps time"
    if facts.gps == "week" and facts.created and low >= 0 and high <= WEEK:
        likely = week_to_utc(low, facts.created)
        return None, f"seconds of a week; the last such before the file: {likely.isoformat()}"
    return None, "none"


def _colors(tally: Tally) -> list[Problem]:
    if tally.color is None or not tally.color:
        return []
    if tally.peaks == {True, False}:
        return []
    if tally.color <= 255 and tally.points > 100:
        return [
            Problem(
                "rgb-8-bit",
                "Colours of 8 bits stand in fields of 16 bits as they are; they were read as 8 "
                "bits.",
                "warning",
                got=f"0 to {tally.color}",
                expected="0 to 65535",
                hint="Multiply colours by 256 when exporting (LAS 1.4 R15, 2.5).",
            )
        ]
    return []
