"""Poses of photographs from the file of poses that the delivery sheet names."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from cimkit.loaders._delivery.renamed import meant
from cimkit.loaders.photo.shot import Shot
from cimkit.loaders.photo.track import Pose, Track
from cimkit.loaders.photo.tracks import UNUSABLE, cached_track
from cimkit.model import Declaration, Problem

__all__ = ["apply_trajectory"]

_FAR_S = 60.0
"""Clocks of cameras drift by seconds; another drive is hours away."""


def apply_trajectory(
    name: str,
    shot: Shot,
    declared: Declaration,
    root: Path,
    problems: list[Problem],
) -> None:
    """Overwrite the pose of a shot by the one that belongs to it: by its name, else by its time.

    A row of its name is held against its clock.

    Parameters
    ----------
    name : str
        Delivered path of the photograph; the file name is compared, with or without its ending.
    shot : Shot
        Changed in place.
    declared : Declaration
        What the sheet says of the photograph: ``trajectory``, and the encoding of its table.
    root : Path
        The delivered folder.
    problems : list of Problem
        ``trajectory-unreadable``, ``trajectory-row-missing``, ``trajectory-row-ambiguous``,
        ``trajectory-time-contradiction`` and ``trajectory-position-invalid`` are appended.
    """
    trajectory = declared.trajectory
    if trajectory is None:
        return
    try:
        track = cached_track(meant(root, trajectory.file), declared)
    except UNUSABLE as error:
        problems.append(
            Problem(
                code="trajectory-unreadable",
                message=f"The trajectory that the sheet names cannot be used: {error}".replace(
                    f"{root}/", ""
                ),
                severity="error",
                place=trajectory.file,
                hint="Correct trajectory.file and its columns in the delivery sheet.",
            )
        )
        return
    moment = math.nan
    if shot.moment is not None:
        moment = shot.moment.timestamp() + float(trajectory.time_offset or 0)
    named, by = track.named(name, moment), "name"
    pose = named[0] if len(named) == 1 else None
    if len(named) > 1:
        problems.append(_ambiguous(name, named, trajectory.file))
    elif pose is not None:
        _compare(pose, moment, trajectory.file, problems)
    elif math.isfinite(moment):
        gap = float(trajectory.longest_gap) if trajectory.longest_gap else None
        pose, by = track.at(moment, gap), "time"
    if pose is None and len(named) > 1:
        return
    if pose is None:
        problems.append(_missing(name, shot, track, trajectory.file))
        return
    _overwrite(shot, pose, track, by, trajectory.file, problems)


def _ambiguous(name: str, poses: tuple[Pose, ...], file: str) -> Problem:
    return Problem(
        code="trajectory-row-ambiguous",
        message=f"The trajectory has {len(poses)} rows for a photograph of this name, at different "
        "places; none was taken.",
        place=file,
        got=", ".join(f"row {pose.row + 1}" for pose in poses[:3]),
        expected="the folder in the image column, or times by which they can be told apart",
        hint="Deliver one table for each drive, and name each in the delivery sheet.",
    )


def _compare(pose: Pose, moment: float, file: str, problems: list[Problem]) -> None:
    """Hold a row that was found by its name against the clock of the photograph."""
    apart = abs(pose.time - moment)
    if apart > _FAR_S:  # not if either has no time
        problems.append(
            Problem(
                code="trajectory-time-contradiction",
                message="The trajectory's row of this name is of another time than the photograph; "
                "its pose was taken.",
                place=f"{file}, row {pose.row + 1}",
                got=f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}",
                expected=f"{datetime.fromtimestamp(pose.time, UTC):%Y-%m-%dT%H:%M:%SZ}, "
                f"{apart:,.0f} s away",
                hint="If the camera's clock was wrong all through: trajectory = { …, time_offset = "
                f'"{pose.time - moment:.0f}" }}. Else it may be the row of another drive.',
            )
        )


def _missing(name: str, shot: Shot, track: Track, file: str) -> Problem:
    why = ""
    if not math.isfinite(float(track.time.min(initial=math.inf))):
        why = " Its rows have no times that are understood."
    elif shot.moment is None:
        why = " The photograph's own time is not known in UTC."
    return Problem(
        code="trajectory-row-missing",
        message=f"The trajectory has no row for this photograph.{why}",
        place=file,
        got=PurePosixPath(name).name.lower(),
        expected="its file name in the image column, or poses about its time",
    )


def _overwrite(
    shot: Shot, pose: Pose, track: Track, by: str, file: str, problems: list[Problem]
) -> None:
    if pose.lonlat is not None:
        shot.longitude, shot.latitude = pose.lonlat
        shot.datum, shot.surveyed_crs = "", track.crs if track.crs_origin != "assumed" else None
        shot.surveyed = pose.lonlat
        if math.isfinite(pose.x) and math.isfinite(pose.y):
            shot.surveyed = pose.x, pose.y
        elif track.crs is not None:
            shot.surveyed_crs = None
        shot.origins["position"] = "trajectory"
    elif math.isfinite(pose.x) and math.isfinite(pose.y):
        problems.append(
            Problem(
                code="trajectory-position-invalid",
                message="The trajectory's row is no position in its CRS.",
                place=file,
                got=f"{pose.x:g}, {pose.y:g}",
                expected=f"coordinates in {track.crs or 'degrees'}",
            )
        )
    if math.isfinite(pose.z):
        shot.altitude, shot.altitude_of = pose.z, ""
    heading, pitch, roll = pose.hpr
    if math.isfinite(heading) and not (pose.derived and shot.heading is not None):
        shot.heading, shot.heading_ref = heading, "T"
        shot.origins["heading"] = "derived" if pose.derived else "trajectory"
        shot.pitch = pitch if math.isfinite(pitch) else shot.pitch
        shot.roll = roll if math.isfinite(roll) else shot.roll
    shot.more["trajectory_match"] = by
    if pose.gap_s:
        shot.more["trajectory_gap_s"] = round(pose.gap_s, 3)
    if shot.moment is None and math.isfinite(pose.time):
        shot.moment = datetime.fromtimestamp(pose.time, UTC)
        shot.origins["time"] = "trajectory"
    if by == "name" and 0 <= pose.row < len(track.more) and track.more[pose.row]:
        row = track.more[pose.row]
        if isinstance(sequence := row.get("sequence"), str):
            shot.sequence = sequence
        shot.more["trajectory_row"] = row
