"""Poses of photographs from the file of poses that the delivery sheet names."""

from __future__ import annotations

import math
from pathlib import Path, PurePosixPath

from cimkit.loaders._delivery.renamed import meant
from cimkit.loaders.photo.shot import Shot
from cimkit.loaders.photo.track import Pose, Track
from cimkit.loaders.photo.tracks import UNUSABLE, cached_track
from cimkit.model import Declaration, Problem

__all__ = ["apply_trajectory"]


def apply_trajectory(
    name: str,
    shot: Shot,
    declared: Declaration,
    root: Path,
    problems: list[Problem],
) -> None:
    """Overwrite the pose of a shot by the one that belongs to it: by its name, else by its time.

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
        ``trajectory-unreadable``, ``trajectory-row-missing`` and ``trajectory-position-invalid``
        are appended.
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
    pose = track.named(PurePosixPath(name).name.lower())
    by = "name"
    if pose is None and shot.moment is not None:
        offset = float(trajectory.time_offset or 0)
        gap = float(trajectory.longest_gap) if trajectory.longest_gap else None
        pose, by = track.at(shot.moment.timestamp() + offset, gap), "time"
    if pose is None:
        problems.append(_missing(name, shot, track, trajectory.file))
        return
    _overwrite(shot, pose, track, by, trajectory.file, problems)


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
        from datetime import UTC, datetime

        shot.moment = datetime.fromtimestamp(pose.time, UTC)
        shot.origins["time"] = "trajectory"
    if by == "name" and 0 <= pose.row < len(track.more) and track.more[pose.row]:
        row = track.more[pose.row]
        if isinstance(sequence := row.get("sequence"), str):
            shot.sequence = sequence
        shot.more["trajectory_row"] = row
