"""Poses that were computed from the photographs: OpenSfM, COLMAP; and Mapillary's descriptions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.attitude import from_enu_axes, to_hpr
from cimkit.loaders.photo.mapillary import captured
from cimkit.loaders.photo.poses import image_folder, image_name
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["colmap_track", "is_colmap", "json_kind", "json_track"]

Array = npt.NDArray[np.float64]

_LLA = ("latitude", "longitude", "altitude")
_NAMED = re.compile(rb'^\s*\{\s*"[^"]+\.(jpe?g|png|tiff?|heic)"\s*:\s*\{', re.IGNORECASE)


def json_kind(start: bytes) -> str:
    """Return ``mapillary``, ``opensfm`` or ``overrides`` of a JSON that holds poses, else "".

    Examples
    --------
    >>> json_kind(b'{"a.jpg": {"gps": {"latitude": 1}}}')
    'overrides'
    """
    if start.lstrip()[:1] not in (b"[", b"{"):
        return ""
    if b'"MAPLatitude"' in start and b'"filename"' in start:
        return "mapillary"
    if b'"cameras"' in start and b'"projection_type"' in start:
        return "opensfm"
    return "overrides" if _NAMED.match(start) and b'"gps"' in start else ""


def json_track(file: Path) -> Track:
    """Read the poses of a JSON of Mapillary's tools or of OpenSfM.

    Parameters
    ----------
    file : Path
        ``mapillary_image_description.json``, ``reconstruction.json`` (with
        ``reference_lla.json`` beside it if it does not hold the reference itself) or
        ``exif_overrides.json``.

    Raises
    ------
    ValueError
        If it is no JSON, or holds no poses.
    """
    raw = file.read_bytes()
    kind = json_kind(raw[:65_536])
    try:
        said = json.loads(raw)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deep") from error
    if kind == "mapillary" and isinstance(said, list):
        return _mapillary(said)
    if kind == "opensfm":
        return _opensfm(said if isinstance(said, list) else [said], file)
    if isinstance(said, dict):
        return _overrides(said)
    raise ValueError("the JSON holds no poses")


def _real(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def _folders(names: list[str]) -> tuple[str, ...]:
    folders = tuple(map(image_folder, names))
    return folders if any(folders) else ()


def _track(
    what: str, rows: list[list[float]], names: list[str], more: list[dict[str, object]], **held: Any
) -> Track:
    """Return the track of rows of longitude, latitude, height, heading, seconds."""
    if not rows:
        raise ValueError("there are no poses")
    data = np.array(rows, dtype=float)
    hpr = np.full((len(data), 3), np.nan)
    hpr[:, 0] = data[:, 3] % 360
    return Track(
        what=what,
        xyz=data[:, :3],
        lonlat=data[:, :2].copy(),
        hpr=hpr,
        time=data[:, 4],
        names=tuple(map(image_name, names)),
        folders=_folders(names),
        crs="OGC:CRS84",
        crs_origin="declared",
        encoding="utf-8",
        more=tuple(more),
        **held,
    )


def _mapillary(said: list[Any]) -> Track:
    rows, names, more = list[list[float]](), list[str](), list[dict[str, object]]()
    failed: list[str] = []
    for one in said:
        if not isinstance(one, dict) or "filename" not in one:
            continue
        if "error" in one or "MAPLatitude" not in one:
            failed.append(image_name(str(one["filename"])))
            continue
        compass = one.get("MAPCompassHeading")
        heading = _real(compass.get("TrueHeading")) if isinstance(compass, dict) else math.nan
        moment = captured(one.get("MAPCaptureTime", ""))
        seconds = moment.timestamp() if moment else math.nan
        place = [_real(one.get(n)) for n in ("MAPLongitude", "MAPLatitude", "MAPAltitude")]
        rows.append([*place, heading if heading >= 0 else math.nan, seconds])
        names.append(str(one["filename"]))
        sequence = one.get("MAPSequenceUUID")
        more.append({"sequence": sequence} if isinstance(sequence, str) else {})
    problems: tuple[Problem, ...] = ()
    if failed:
        problems = (
            Problem(
                "pose-without-position",
                f"{len(failed)} of {len(said)} photographs have no pose: Mapillary's tools could "
                "not find it.",
                got=", ".join(failed[:3]),
            ),
        )
    return _track("Mapillary image descriptions", rows, names, more, problems=problems)


def _overrides(said: Mapping[str, Any]) -> Track:
    rows, names, more = list[list[float]](), list[str](), list[dict[str, object]]()
    for name, one in said.items():
        gps = one.get("gps") if isinstance(one, dict) else None
        if not isinstance(gps, dict):
            continue
        compass = one.get("compass")
        heading = _real(compass.get("angle")) if isinstance(compass, dict) else math.nan
        lat, lon, height = (_real(gps.get(n)) for n in _LLA)
        rows.append([lon, lat, height, heading, _real(one.get("capture_time"))])
        names.append(str(name))
        more.append({"dop": gps["dop"]} if "dop" in gps else {})
    return _track("OpenSfM overrides of EXIF", rows, names, more)


def _rotation(vector: Any) -> Array:
    """Return the matrix of an angle-axis vector (Rodrigues)."""
    axis = np.array([_real(v) for v in vector], dtype=float)
    angle = float(np.linalg.norm(axis))
    if not angle > 1e-15:
        return np.eye(3)
    x, y, z = axis / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross))


def _opensfm(said: list[Any], file: Path) -> Track:
    """Place the shots: they take world to camera, the world is east, north, up at a reference.

    The camera looks along its z axis, x to the right and y down.
    """
    from cimkit.geometry.frames import ecef, enu_frame, geodetic

    rows, names, more = list[list[float]](), list[str](), list[dict[str, object]]()
    angles: list[Array] = []
    lost = 0
    for part in said:
        shots = part.get("shots") if isinstance(part, dict) else None
        if not isinstance(shots, dict):
            continue
        reference = _reference(part.get("reference_lla"), file)
        if reference is None:
            lost += len(shots)
            continue
        lat, lon, height = reference
        frame = enu_frame(ecef([lon], [lat], [height])[0])
        for name, shot in shots.items():
            if not isinstance(shot, dict) or len(shot.get("rotation", ())) != 3:
                continue
            turn = _rotation(shot["rotation"])
            moved = np.array([_real(v) for v in shot.get("translation", (0, 0, 0))], dtype=float)
            centre = -turn.T @ moved
            lon_, lat_, up = geodetic((frame[:3, :3] @ centre + frame[:3, 3])[None])[0]
            axes = turn.T  # columns: right, down, forward of the camera in east, north, up
            body = from_enu_axes(axes[None, :, 2], axes[None, :, 0], axes[None, :, 1])
            angles.append(to_hpr(body)[0])
            rows.append([lon_, lat_, up, math.nan, _real(shot.get("capture_time"))])
            names.append(str(name))
            more.append({"camera_model": str(shot["camera"])} if "camera" in shot else {})
    if not rows and lost:
        raise ValueError(f"nothing says where the reference of its {lost} shots lies")
    track = _track("OpenSfM reconstruction", rows, names, more)
    hpr = np.array(angles, dtype=float)
    from dataclasses import replace

    return replace(track, hpr=hpr)


def _reference(said: Any, file: Path) -> tuple[float, float, float] | None:
    beside = file.with_name("reference_lla.json")
    if not isinstance(said, dict) and beside.is_file():
        try:
            said = json.loads(beside.read_bytes()[:10_000])
        except ValueError:
            return None
    if not isinstance(said, dict):
        return None
    lat, lon, height = (_real(said.get(n)) for n in _LLA)
    return (
        None
        if math.isnan(lat) or math.isnan(lon)
        else (lat, lon, 0.0 if height != height else height)
    )


def is_colmap(start: bytes) -> bool:
    """Tell whether a text begins as COLMAP's images.txt."""
    return start.lstrip().startswith(b"# Image list with two lines of data per image")


def colmap_track(file: Path, crs: str | None) -> Track:
    """Read COLMAP's images.txt.

    Parameters
    ----------
    file : Path
        Text: quaternion (w, x, y, z) and translation from world to camera, two lines an image.
    crs : str or None
        Of the world, as the sheet declares it: its axes are then east, north and up. Without it
        the poses are in a frame of their own and place nothing.

    Raises
    ------
    ValueError
        If it holds no poses.
    """
    rows, names, angles = list[list[float]](), list[str](), list[Array]()
    more: list[dict[str, object]] = []
    pose = True
    with file.open("r", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            if pose and (words := line.split(maxsplit=9)) and len(words) == 10:
                w, x, y, z, tx, ty, tz = (_real(v) for v in words[1:8])
                turn = _of_quaternion(w, x, y, z)
                rows.append(list(-turn.T @ np.array([tx, ty, tz])))
                body = from_enu_axes(turn.T[None, :, 2], turn.T[None, :, 0], turn.T[None, :, 1])
                angles.append(to_hpr(body)[0])
                names.append(words[9])
                more.append({"camera_id": words[8]})
            pose = not pose
    if not rows:
        raise ValueError("there are no poses")
    from cimkit.loaders.photo.tabular import placed_track

    xyz = np.array(rows, dtype=float)
    nothing = np.full((len(xyz), 3), np.nan)
    track = Track(
        what="COLMAP images",
        xyz=xyz,
        lonlat=nothing[:, :2].copy(),
        hpr=np.array(angles) if crs else nothing,
        time=nothing[:, 0].copy(),
        names=tuple(map(image_name, names)),
        folders=_folders(names),
        crs=crs,
        crs_origin="sheet" if crs else "none",
        more=tuple(more),
    )
    return placed_track(track) if crs else track


def _of_quaternion(w: float, x: float, y: float, z: float) -> Array:
    size = math.sqrt(w * w + x * x + y * y + z * z) or 1.0
    w, x, y, z = w / size, x / size, y / size, z / size
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
