"""Poses of photographs from a table that the delivery sheet names."""

from __future__ import annotations

import csv
import math
from functools import lru_cache
from pathlib import Path, PurePosixPath

from cimkit.errors import SheetError
from cimkit.loaders.photo.poses import Columns, Row, image_name, moment, number, read_poses
from cimkit.loaders.photo.shot import Shot
from cimkit.model import Declaration, Problem, Trajectory

__all__ = ["apply_trajectory"]

_MOST_SECONDS = 1.0


def apply_trajectory(
    name: str,
    shot: Shot,
    declared: Declaration,
    root: Path,
    problems: list[Problem],
) -> None:
    """Overwrite the pose of a shot by the row of the table that belongs to it.

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
        ``trajectory-unreadable`` and ``trajectory-row-missing`` are appended.
    """
    trajectory, encoding = declared.trajectory, declared.encoding
    if trajectory is None:
        return
    file = root / trajectory.file
    try:
        columns, by_name, by_time = _table(str(file), file.stat().st_mtime_ns, trajectory, encoding)
    except (OSError, UnicodeDecodeError, csv.Error, SheetError) as error:
        problems.append(
            Problem(
                code="trajectory-unreadable",
                message=f"The trajectory that the sheet names cannot be used: {error}",
                severity="error",
                place=trajectory.file,
                hint="Correct trajectory.file and its columns in the delivery sheet.",
            )
        )
        return
    base = PurePosixPath(name).name.lower()
    row = by_name.get(base) or by_name.get(base.rpartition(".")[0])
    if row is None and shot.moment is not None and by_time:
        stamp = shot.moment.timestamp()
        nearest = min(by_time, key=lambda t: abs(t - stamp))
        row = by_time[nearest] if abs(nearest - stamp) <= _MOST_SECONDS else None
    if row is None:
        problems.append(
            Problem(
                code="trajectory-row-missing",
                message="The trajectory has no row for this photograph.",
                place=trajectory.file,
                got=base,
                expected="its file name in the image column, or a row within 1 s of its time",
            )
        )
        return
    _overwrite(shot, row, columns, trajectory, problems)


@lru_cache(maxsize=4)
def _table(
    file: str, _changed: int, trajectory: Trajectory, encoding: str | None
) -> tuple[Columns, dict[str, Row], dict[float, Row]]:
    """Return the rows by image name and by time; cached, as every photograph asks."""
    table = read_poses(Path(file), trajectory, encoding)
    by_name: dict[str, Row] = {}
    by_time: dict[float, Row] = {}
    for row in table.rows:
        base = image_name(row.get(table.columns.image) or "")
        if base:
            by_name[base] = row
            by_name.setdefault(base.rpartition(".")[0] or base, row)
        # A clock that the sheet does not name may count from anywhere.
        stamp = moment(row, trajectory.time) if trajectory.time else None
        if stamp is not None:
            by_time[stamp] = row
    return table.columns, by_name, by_time


def _overwrite(
    shot: Shot, row: Row, columns: Columns, trajectory: Trajectory, problems: list[Problem]
) -> None:
    import numpy as np

    from cimkit.geometry.crs import parse_crs, to_crs84

    x, y = number(row, columns.x), number(row, columns.y)
    z, heading = number(row, columns.z), number(row, columns.heading)
    if x is not None and y is not None:
        crs = parse_crs(trajectory.crs or "OGC:CRS84")
        lon, lat = (float(v) for v in to_crs84(np.array([[x, y]]), crs)[0])
        if math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90:
            shot.longitude, shot.latitude, shot.surveyed = lon, lat, (x, y)
            shot.surveyed_crs, shot.datum = trajectory.crs or None, ""
            shot.origins["position"] = "trajectory"
        else:
            problems.append(
                Problem(
                    code="trajectory-position-invalid",
                    message="The trajectory's row is no position in its CRS.",
                    place=trajectory.file,
                    got=f"{x:g}, {y:g}",
                    expected=f"coordinates in {trajectory.crs or 'degrees'}",
                )
            )
    if z is not None:
        shot.altitude, shot.altitude_of = z, ""
    if heading is not None:
        shot.heading, shot.heading_ref = heading % 360, "T"
        shot.origins["heading"] = "trajectory"
