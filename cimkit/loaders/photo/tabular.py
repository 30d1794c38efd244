"""A table of poses as a track: its columns become positions, angles and times."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.poses import PoseTable, image_folder, image_name, read_poses
from cimkit.loaders.photo.table_angles import table_angles
from cimkit.loaders.photo.table_time import table_times
from cimkit.loaders.photo.track import Track
from cimkit.model import Declaration, Problem, Trajectory

__all__ = ["placed_track", "table_track"]

Array = npt.NDArray[np.float64]

_WKT = re.compile(r"CoordinateSystem:\s*(.+)", re.IGNORECASE)
_UTM = re.compile(r"WGS ?84 UTM (\d{1,2})\s*([NS])", re.IGNORECASE)


def table_track(file: Path, declared: Declaration) -> Track:
    """Read a table of poses.

    Parameters
    ----------
    file : Path
        Text.
    declared : Declaration
        What the sheet says: ``trajectory``, ``crs``, ``encoding`` and ``time_zone``.

    Raises
    ------
    OSError, csv.Error, SheetError, UnicodeDecodeError
        If it cannot be read as the sheet says.
    """
    named = declared.trajectory or Trajectory("")
    problems: list[Problem] = []
    table = _with_columns(read_poses(file, declared.trajectory, declared.encoding), problems)
    columns = table.columns
    xyz = np.column_stack([table.numbers(c) for c in (columns.x, columns.y, columns.z)])
    said, origin = _crs(table, declared)
    images = table.texts(columns.image) if columns.image else []
    folders = tuple(map(image_folder, images))
    track = Track(
        what="table of poses",
        xyz=xyz,
        lonlat=np.full((len(xyz), 2), np.nan),
        hpr=np.full((len(xyz), 3), np.nan),
        time=table_times(table, named, named.time_zone or declared.time_zone, problems),
        names=tuple(map(image_name, images)),
        folders=folders if any(folders) else (),
        crs=said,
        crs_origin=origin,
        encoding=table.encoding,
        columns={f: v for f in columns.__slots__ if (v := getattr(columns, f))},
        header=table.header,
        more=_more(table) if images else (),
    )
    track = placed_track(track)
    hpr = table_angles(table, named, track, problems)
    return replace(track, hpr=hpr, problems=tuple(problems))


def placed_track(track: Track) -> Track:
    """Return the track with the CRS84 degrees of its positions, by its CRS or as degrees."""
    from cimkit.errors import UsageError
    from cimkit.geometry.crs import parse_crs, to_crs84

    xy = track.xyz[:, :2]
    lonlat = np.array(xy)
    if track.crs is not None:
        try:
            lonlat = to_crs84(xy, parse_crs(track.crs))
        except UsageError:
            lonlat = np.full_like(xy, np.nan)  # the probe of the table says so
    with np.errstate(invalid="ignore"):
        off = ~((np.abs(lonlat[:, 0]) <= 180) & (np.abs(lonlat[:, 1]) <= 90))
    lonlat[off] = np.nan
    return replace(track, lonlat=lonlat)


def _with_columns(table: PoseTable, problems: list[Problem]) -> PoseTable:
    """Name the columns of a table without a header, where their values leave no doubt.

    OpenDroneMap and OpenSfM write the projection in front and x before y; Pix4D writes latitude
    before longitude.
    """
    columns = table.columns
    if not table.headless or columns.x or not table.cells:
        return table
    projected = bool(table.remarks) and not _is_remark(table.remarks[0])
    x, y = "2", "3"
    if not projected:
        first, second = table.numbers("2"), table.numbers("3")
        wide = [bool(np.nanmax(np.abs(v), initial=0.0) > 90) for v in (first, second)]
        if wide == [False, True]:
            x, y = "3", "2"
        elif wide != [True, False]:
            problems.append(
                Problem(
                    code="pose-columns-unknown",
                    message="The table has no header, and its numbers do not tell longitude from "
                    "latitude: its positions are not used.",
                    got=", ".join(table.cells[0][:4]),
                    hint='In the delivery sheet: trajectory = { …, x = "3", y = "2" }, as '
                    "Pix4D writes it.",
                    proposal=(("trajectory_x", "3"), ("trajectory_y", "2")),
                )
            )
            return replace(table, columns=replace(columns, image=columns.image or "1"))
    z = columns.z or ("4" if "4" in table.header else "")
    if len(table.header) > 6:
        problems.append(
            Problem(
                code="pose-columns-unknown",
                message=f"The table has no header: its first four columns were taken as photograph "
                f"and position, the other {len(table.header) - 4} are kept with each photograph.",
                severity="info",
                got=", ".join(table.cells[0][:7]),
                hint='Where they are angles, in the delivery sheet: trajectory = { …, omega = "5", '
                'phi = "6", kappa = "7" }, or heading, pitch and roll.',
            )
        )
    return replace(table, columns=replace(columns, image=columns.image or "1", x=x, y=y, z=z))


def _is_remark(line: str) -> bool:
    return not re.match(r"\s*(EPSG:\d+|WGS ?84|\+proj=)", line, re.IGNORECASE)


def _crs(table: PoseTable, declared: Declaration) -> tuple[str | None, str]:
    """Return the CRS of the positions and who says it: the sheet, or a line over the table."""
    named = declared.trajectory
    if named is not None and named.crs:
        return named.crs, "sheet"
    if declared.crs and not _degrees_after_all(table, declared.crs):
        return declared.crs, "sheet"
    for line in table.remarks:
        if match := _UTM.search(line):
            south = match[2].upper() == "S"
            return f"EPSG:{(32700 if south else 32600) + int(match[1])}", "declared"
        if match := _WKT.search(line):
            return _known(match[1].strip()), "declared"
        if not _is_remark(line):
            plain = re.sub(r"\s+", "", line).upper()
            return ("OGC:CRS84" if plain == "WGS84" else line.strip()), "declared"
    return None, "none"


def _degrees_after_all(table: PoseTable, crs: str) -> bool:
    """Tell degrees under a CRS in metres, which was meant for the rest of the delivery."""
    from cimkit.geometry.crs import is_geographic, parse_crs

    x, y = table.numbers(table.columns.x), table.numbers(table.columns.y)
    small = np.nanmax(np.abs(x), initial=0.0) <= 180 and np.nanmax(np.abs(y), initial=0.0) <= 90
    return bool(small and not is_geographic(parse_crs(crs)))


def _known(text: str) -> str | None:
    from cimkit.errors import UsageError
    from cimkit.geometry.crs import parse_crs

    try:
        parse_crs(text)
    except UsageError:
        return None  # Metashape's "Local Coordinates (m)"
    return text


def _more(table: PoseTable) -> tuple[dict[str, object], ...]:
    """Return what else the rows say, column by column."""
    used = {getattr(table.columns, name) for name in ("image", "x", "y", "z")}
    kept = [(n, c) for n, c in enumerate(table.header) if c not in used and c.strip()]
    if not kept:
        return ()
    return tuple(
        {c: row[n].strip() for n, c in kept if n < len(row) and row[n].strip()}
        for row in table.cells
    )
