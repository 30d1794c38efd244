"""Poses that photogrammetry exports as XML: Agisoft Metashape, and Bentley's BlocksExchange."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.attitude import from_enu_axes, from_nadir, from_opk, to_hpr
from cimkit.loaders.photo.gpx import bare, child, number
from cimkit.loaders.photo.poses import image_folder, image_name
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["blocks_track", "metashape_track"]

Array = npt.NDArray[np.float64]
Rows = list[tuple[str, Array, Array]]


def metashape_track(file: Path) -> Track:
    """Read the cameras of Metashape: where they were found to be, else where they were said to be.

    ``transform`` takes camera coordinates (x right, y down, z forward) to the chunk, that of the
    chunk or of a component to geocentric ones. ``reference``, in the CRS of the chunk and with
    angles from straight down, is taken where no camera was aligned.

    Raises
    ------
    ValueError
        If it is torn or holds no positions.
    """
    root = _root(file)
    text = next((e.text.strip() for e in root.iter("reference") if e.text and e.text.strip()), "")
    chunks = {c.get("id"): _similarity(c) for c in root.iter("component")}
    chunks |= {None: next((_similarity(c) for c in root.iter("chunk")), None)}
    aligned: Rows = []
    said: Rows = []
    for camera in root.iter("camera"):
        name, own = camera.get("label") or "", _numbers(child(camera, "transform"), 16)
        whole = chunks.get(camera.get("component_id"))
        whole = chunks[None] if whole is None else whole
        if own is not None and whole is not None:
            aligned.append((name, *_geocentric(whole @ own.reshape(4, 4))))
        for told in camera.iterfind("reference"):
            place = np.array([number(told.get(k)) for k in "xyz"])
            turn = np.array([[number(told.get(k)) for k in ("yaw", "pitch", "roll")]])
            if np.isfinite(place[:2]).all():
                whole_turn = bool(np.isfinite(turn).all())
                said.append((name, place, to_hpr(from_nadir(turn))[0] if whole_turn else turn[0]))
    lost = len(said) - len(aligned)
    problems = []
    if aligned and lost > 0:
        problems.append(_unplaced(f"{lost} cameras were not aligned and have no pose."))
    crs = "OGC:CRS84" if aligned else _known(text)
    return _track("Metashape cameras", aligned or said, crs, problems)


def _similarity(element: Any) -> Array | None:
    """Return the matrix of rotation, translation and scale, shape (4, 4)."""
    given = next((e for e in element if bare(e.tag) == "transform"), None)
    if given is None:
        return None
    turn, move = _numbers(child(given, "rotation"), 9), _numbers(child(given, "translation"), 3)
    if turn is None or move is None:
        return _square(_numbers(given.text or "", 16))
    size = number(child(given, "scale"))
    found = np.eye(4)
    found[:3, :3] = turn.reshape(3, 3) * (1.0 if math.isnan(size) else size)
    found[:3, 3] = move
    return found


def _square(values: Array | None) -> Array | None:
    return None if values is None else values.reshape(4, 4)


def _geocentric(pose: Array) -> tuple[Array, Array]:
    """Return longitude, latitude, height; heading, pitch, roll of a camera in geocentric space."""
    from cimkit.geometry.frames import enu_frame, geodetic

    place = geodetic(pose[None, :3, 3])[0]
    turn = pose[:3, :3] / np.cbrt(np.linalg.det(pose[:3, :3]))
    local = enu_frame(pose[:3, 3])[:3, :3].T @ turn  # columns: right, down, forward
    body = from_enu_axes(local[None, :, 2], local[None, :, 0], local[None, :, 1])
    return place, to_hpr(body)[0]


def blocks_track(file: Path) -> Track:
    """Read the photographs of a BlocksExchange (Bentley iTwin Capture, DJI Terra).

    A rotation takes the axes of the block to those of the camera: x right, y down, z forward; as a
    matrix or as omega, phi, kappa.

    Raises
    ------
    ValueError
        If it is torn or holds no positions.
    """
    root = _root(file)
    systems = {child(s, "Id"): child(s, "Definition").strip() for s in root.iter("SRS")}
    used = next((e.text or "" for e in root.iter("SRSId")), "")
    rows: Rows = []
    lost = 0
    for photo in root.iter("Photo"):
        pose = next((e for e in photo if bare(e.tag) == "Pose"), None)
        centre = None if pose is None else pose.find("Center")
        if pose is None or centre is None:
            lost += 1
            continue
        place = np.array([number(child(centre, k)) for k in "xyz"])
        rows.append((child(photo, "ImagePath"), place, _turn(pose.find("Rotation"))))
    problems = [_unplaced(f"{lost} photographs have no pose.")] if lost and rows else []
    return _track("BlocksExchange", rows, _known(systems.get(used, "")), problems)


def _turn(rotation: Any) -> Array:
    nothing = np.full(3, np.nan)
    if rotation is None:
        return nothing
    m = np.array([[number(child(rotation, f"M_{r}{c}")) for c in range(3)] for r in range(3)])
    if np.isfinite(m).all():
        return np.asarray(to_hpr(from_enu_axes(m[None, 2], m[None, 0], m[None, 1]))[0])
    opk = np.array([[number(child(rotation, k)) for k in ("Omega", "Phi", "Kappa")]])
    return np.asarray(to_hpr(from_opk(opk))[0]) if np.isfinite(opk).all() else nothing


def _root(file: Path) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.parse(str(file), parser).getroot()
    except etree.XMLSyntaxError as error:
        raise ValueError(f"the XML is torn: {error}") from error


def _numbers(text: str, count: int) -> Array | None:
    values = np.array([number(word) for word in text.split()])
    return values if len(values) == count and bool(np.isfinite(values).all()) else None


def _known(text: str) -> str | None:
    from cimkit.errors import UsageError
    from cimkit.geometry.crs import parse_crs

    try:
        parse_crs(text)
    except UsageError:
        return None  # "Local Coordinates (m)"
    return text


def _unplaced(message: str) -> Problem:
    return Problem("pose-without-position", message)


def _track(what: str, rows: Rows, crs: str | None, problems: list[Problem]) -> Track:
    from cimkit.loaders.photo.table_angles import grid_to_true
    from cimkit.loaders.photo.tabular import placed_track

    if not rows:
        raise ValueError(f"the {what} have no positions")
    names = [name for name, _, _ in rows]
    folders = tuple(map(image_folder, names))
    xyz = np.array([place for _, place, _ in rows])
    track = Track(
        what=what,
        xyz=xyz,
        lonlat=np.full((len(xyz), 2), np.nan),
        hpr=np.array([turn for _, _, turn in rows]) if crs else np.full((len(xyz), 3), np.nan),
        time=np.full(len(xyz), np.nan),
        names=tuple(map(image_name, names)),
        folders=folders if any(folders) else (),
        crs=crs,
        crs_origin="declared" if crs else "none",
        encoding="utf-8",
        problems=tuple(problems),
    )
    return grid_to_true(placed_track(track)) if crs else track
