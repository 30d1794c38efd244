"""Poses of photographs from a table that the delivery sheet names."""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath

from cimkit.errors import SheetError
from cimkit.loaders._photo_exif import Shot
from cimkit.model import Problem, Trajectory

__all__ = ["apply_trajectory"]

Rows = dict[str, dict[str, str]]
_IMAGE = (
    "image",
    "filename",
    "file",
    "photo",
    "name",
    "影像",
    "照片",
    "文件名",
    "画像",
    "ファイル名",
)
_MOST_SECONDS = 1.0


def apply_trajectory(
    name: str, shot: Shot, trajectory: Trajectory, root: Path, problems: list[Problem]
) -> None:
    """Overwrite the pose of a shot by the row of the table that belongs to it.

    Parameters
    ----------
    name : str
        Delivered path of the photograph; the file name is compared, with or without its ending.
    shot : Shot
        Changed in place.
    trajectory : Trajectory
        What the sheet says of the table.
    root : Path
        The delivered folder.
    problems : list of Problem
        ``trajectory-unreadable`` and ``trajectory-row-missing`` are appended.
    """
    file = root / trajectory.file
    try:
        by_name, by_time = _table(str(file), file.stat().st_mtime_ns, trajectory)
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
    _overwrite(shot, row, trajectory, problems)


@lru_cache(maxsize=4)
def _table(
    file: str, _changed: int, trajectory: Trajectory
) -> tuple[Rows, dict[float, dict[str, str]]]:
    """Return the rows by image name and by time; cached, as every photograph asks."""
    raw = Path(file).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("//")]
    if not lines:
        raise SheetError("the table is empty", where=file)
    lines[0] = lines[0].lstrip("# ")
    delimiter = max(",;\t ", key=lines[0].count)
    reader = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
    columns = [c for c in reader.fieldnames or () if c]
    image = trajectory.image or next((c for c in columns if c.strip().lower() in _IMAGE), "")
    for column in (trajectory.image, trajectory.x, trajectory.y, trajectory.z, trajectory.heading):
        if column and column not in columns:
            raise SheetError("no such column", where=file, got=column, expected=", ".join(columns))
    by_name: Rows = {}
    by_time: dict[float, dict[str, str]] = {}
    for row in reader:
        if image and row.get(image):
            base = PurePosixPath(row[image].strip().replace("\\", "/")).name.lower()
            by_name[base] = row
            by_name.setdefault(base.rpartition(".")[0] or base, row)
        stamp = _stamp(row.get(trajectory.time) or "") if trajectory.time else None
        if stamp is not None:
            by_time[stamp] = row
    return by_name, by_time


def _stamp(text: str) -> float | None:
    """Return seconds since 1970 in UTC of ISO 8601 or of a number of seconds."""
    try:
        return float(text)
    except ValueError:
        pass  # not a number: perhaps ISO 8601
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _value(row: dict[str, str], named: str, guesses: tuple[str, ...]) -> float | None:
    for column in (named,) if named else guesses:
        for key in row:
            if key and key.strip().lower() == column.strip().lower():
                try:
                    value = float(row[key])
                except (TypeError, ValueError):
                    return None
                return value if math.isfinite(value) else None
    return None


def _overwrite(
    shot: Shot, row: dict[str, str], trajectory: Trajectory, problems: list[Problem]
) -> None:
    import numpy as np

    from cimkit.geometry.crs import parse_crs, to_crs84

    x = _value(row, trajectory.x, ("lon", "longitude", "easting", "x", "e", "经度", "経度"))
    y = _value(row, trajectory.y, ("lat", "latitude", "northing", "y", "n", "纬度", "緯度"))
    z = _value(row, trajectory.z, ("alt", "altitude", "height", "z", "h", "高程", "標高"))
    heading = _value(row, trajectory.heading, ("heading", "yaw", "azimuth", "航向", "方位角"))
    if x is not None and y is not None:
        crs = parse_crs(trajectory.crs or "OGC:CRS84")
        lon, lat = (float(v) for v in to_crs84(np.array([[x, y]]), crs)[0])
        if math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90:
            shot.longitude, shot.latitude = lon, lat
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
        shot.altitude = z
    if heading is not None:
        shot.heading, shot.heading_ref = heading % 360, "T"
        shot.origins["heading"] = "trajectory"
