"""Files that hold poses, whatever their format: recognised, and read as a track."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from cimkit.errors import SheetError
from cimkit.loaders.photo.dji import is_marks, is_subtitles, marks_track, subtitles_track
from cimkit.loaders.photo.motion import with_course, with_lever_arm
from cimkit.loaders.photo.nmea import is_nmea, nmea_track
from cimkit.loaders.photo.photogrammetry import blocks_track, metashape_track
from cimkit.loaders.photo.poses import ORIENTED, is_orientations, is_pose_table
from cimkit.loaders.photo.reconstructed import colmap_track, is_colmap, json_kind, json_track
from cimkit.loaders.photo.rtklib import is_pos, pos_track
from cimkit.loaders.photo.sports import igc_track, is_igc, kml_track, tcx_track
from cimkit.loaders.photo.track import Track
from cimkit.model import Declaration, Trajectory

__all__ = ["UNUSABLE", "cached_track", "read_track", "track_kind"]

UNUSABLE = (OSError, ValueError, csv.Error, SheetError, LookupError, ArithmeticError)
"""What `read_track` raises over a file that holds no poses."""

_MOST_TEXT = 500_000_000
"""Bytes of a text of poses: at 200 Hz it is a day."""
_XML = {
    "gpx": re.compile(rb"\A[^\0]{0,4000}<(\w+:)?gpx[\s>]"),
    "tcx": re.compile(rb"\A[^\0]{0,4000}<(\w+:)?TrainingCenterDatabase[\s>]"),
    "blocks": re.compile(rb"\A[^\0]{0,4000}<BlocksExchange[\s>]"),
    "kml": re.compile(rb"<kml[\s>].*<gx:(Track|coord)>", re.DOTALL),
    "metashape": re.compile(
        rb"\A[^\0]{0,200}<document version.{0,400}<chunk .*<sensors", re.DOTALL
    ),
}
"""What the first bytes of an XML of each kind have in them."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")


def track_kind(start: bytes, name: str, size: int) -> str:
    """Return what kind of poses a file holds, "" if it holds none.

    Parameters
    ----------
    start : bytes
        Its first bytes.
    name : str
        Its file name in small letters: binary records are believed in files so named only.
    size : int
        Of the file.

    Returns
    -------
    str
        gpx, tcx, kml, igc, fit, nmea, rtklib, sbet, marks, subtitles, colmap, mapillary, opensfm,
        overrides, metashape, blocks, table or "".
    """
    if name.endswith((".out", ".sbet")) or "sbet" in name:
        from cimkit.loaders.photo.sbet import is_sbet

        if is_sbet(start, size):
            return "sbet"
    if start[8:12] == b".FIT":
        return "fit"
    if b"\0" in start[:1024]:
        return ""
    if start[:2048].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return next((kind for kind, pattern in _XML.items() if pattern.search(start)), "")
    if is_nmea(start):
        return "nmea"
    if is_pos(start):
        return "rtklib"
    if is_colmap(start):
        return "colmap"
    if is_marks(start):
        return "marks"
    if is_igc(start):
        return "igc"
    if name.endswith(".srt") and is_subtitles(start):
        return "subtitles"
    if name.endswith(ORIENTED) and is_orientations(start):
        return "table"
    return json_kind(start) or ("table" if is_pose_table(start) else "")


_PLAIN: dict[str, Callable[[Path], Track]] = {
    "tcx": tcx_track,
    "kml": kml_track,
    "igc": igc_track,
    "marks": marks_track,
    "metashape": metashape_track,
    "blocks": blocks_track,
}
"""Formats of which the sheet has nothing to say."""


def read_track(file: Path, declared: Declaration) -> Track:
    """Read the poses that a file holds, of the camera if the sheet says how it is mounted.

    Parameters
    ----------
    file : Path
        Of any of the kinds of `track_kind`.
    declared : Declaration
        What the sheet says of it.

    Raises
    ------
    OSError, ValueError, csv.Error, SheetError, …
        `UNUSABLE`, if it holds none, or not as the sheet says.
    """
    from cimkit.loaders.photo.gpx import gpx_track
    from cimkit.loaders.photo.sbet import sbet_track
    from cimkit.loaders.photo.tabular import table_track

    named = declared.trajectory or Trajectory("")
    size = file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(65_536)
    kind = track_kind(start, file.name.lower(), size)
    if kind != "sbet" and size > _MOST_TEXT:  # SBET is mapped, all others are held as a whole
        raise SheetError(
            "the file of poses is too large",
            where=file.name,
            got=f"{size:,} bytes",
            expected=f"at most {_MOST_TEXT:,}: thin it, or deliver one for each drive",
        )
    if kind == "gpx":
        track = gpx_track(file)
    elif kind == "nmea":
        track = nmea_track(file, named.date)
    elif kind == "rtklib":
        track = pos_track(file)
    elif kind == "sbet":
        track = sbet_track(file, named)
    elif kind == "colmap":
        track = colmap_track(file, named.crs or declared.crs)
    elif kind in ("mapillary", "opensfm", "overrides"):
        track = json_track(file)
    elif kind in _PLAIN:
        track = _PLAIN[kind](file)
    elif kind == "subtitles":
        track = subtitles_track(file, named.time_zone or declared.time_zone)
    elif not kind and start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise ValueError("the XML holds no positions that are known")
    elif kind == "fit":
        raise ValueError("Garmin's FIT is not read: export it as GPX or TCX")
    else:
        track = table_track(file, declared)
    if kind not in ("table", "colmap", "metashape", "blocks", ""):
        track = _on_earth(track)
    if named.lever_arm or named.boresight:
        track = with_lever_arm(track, _three(named.lever_arm), _three(named.boresight))
    return with_course(track)


def _on_earth(track: Track) -> Track:
    """Return the track without positions that are none: degrees of a damaged line."""
    with np.errstate(invalid="ignore"):
        off = ~((np.abs(track.lonlat[:, 0]) <= 180) & (np.abs(track.lonlat[:, 1]) <= 90))
    if not off.any():
        return track
    lonlat, xyz = track.lonlat.copy(), track.xyz.copy()
    lonlat[off], xyz[off] = np.nan, np.nan
    return replace(track, lonlat=lonlat, xyz=xyz)


def _three(text: str) -> tuple[float, float, float]:
    found = [float(v) for v in _NUMBER.findall(text)] or [0.0, 0.0, 0.0]
    if len(found) != 3:
        raise SheetError("three numbers are wanted", got=text, expected="0.1, 0, -1.2")
    return found[0], found[1], found[2]


@lru_cache(maxsize=4)
def _cached(file: str, _changed: int, declared: Declaration) -> Track:
    return read_track(Path(file), declared)


def cached_track(file: Path, declared: Declaration) -> Track:
    """Return the track of a file; it is read once, as every photograph asks for it."""
    about = Declaration(
        crs=None if declared.trajectory and declared.trajectory.crs else declared.crs,
        encoding=declared.encoding,
        time_zone=declared.time_zone,
        trajectory=declared.trajectory,
    )
    return _cached(str(file), file.stat().st_mtime_ns, about)
