"""E57: several scans with poses, by pye57."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.loaders.pointcloud.e57_header import Node, images, scans
from cimkit.loaders.pointcloud.roles import role
from cimkit.model import Problem

__all__ = ["chunks", "facts", "matrix"]

_AXES = {
    "cartesian": ("cartesianX", "cartesianY", "cartesianZ"),
    "spherical": ("sphericalRange", "sphericalAzimuth", "sphericalElevation"),
}
_COLORS = ("colorRed", "colorGreen", "colorBlue")
_OWN = {
    *_AXES["cartesian"], *_AXES["spherical"], *_COLORS, "intensity", "timeStamp", "returnIndex",
    "returnCount", "cartesianInvalidState", "sphericalInvalidState", "isColorInvalid",
    "isIntensityInvalid", "isTimeStampInvalid",
}  # fmt: skip


def _open(file: Path) -> Any:
    import pye57
    from pye57.libe57 import E57Exception

    try:
        return pye57.E57(str(file))
    except (E57Exception, RuntimeError, OSError, ValueError) as error:
        raise SourceUnreadable(
            f"the E57 file cannot be opened: {_why(error)}",
            where=file.name,
            mend="Deliver it again; the file is damaged.",
        ) from error


def _why(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def facts(file: Path, *, quick: bool = False) -> CloudFacts:
    """Return what the XML section of an E57 file says.

    Raises
    ------
    SourceUnreadable
        If a checksum or the structure is broken.
    """
    opened = _open(file)
    try:
        root = Node(opened.root)
        held, wrong = scans(root)
        pictures = images(root)
        text = str(root.get("coordinateMetadata") or "").strip()
        version = f"{root.get('versionMajor', 1)}.{root.get('versionMinor', 0)}"
        found = CloudFacts(
            format=f"E57 {version}",
            points=sum(s["points"] for s in held),
            media_type="model/e57",
            counts={"scans": len(held)} | ({"images": len(pictures)} if pictures else {}),
            properties={
                "guid": root.get("guid"),
                "library": root.get("e57LibraryVersion"),
                "created": root.moment("creationDateTime"),
                "scans": held,
                "images": pictures,
                "extensions": root.extensions(opened.image_file),
            },
            problems=wrong,
        )
    finally:
        opened.close()
    found.properties = {k: v for k, v in found.properties.items() if v not in (None, [], {}, "")}
    starts = [s["acquisition_start"] for s in held if s.get("acquisition_start")]
    ends = [
        s.get("acquisition_end") or s["acquisition_start"]
        for s in held
        if s.get("acquisition_start")
    ]
    if starts:
        found.observed = min(starts), max(ends)
    boxes = [s["box"] for s in held if s["points"]]
    if boxes and all(b is not None for b in boxes):
        low, high = np.min([b[:3] for b in boxes], 0), np.max([b[3:] for b in boxes], 0)
        found.properties["box_of_bounds"] = [*map(float, low), *map(float, high)]
    if text:
        _crs(text, found)
    return found


def _crs(text: str, found: CloudFacts) -> None:
    from cimkit.geometry.crs import crs_name, parse_crs

    try:
        crs = parse_crs(text)
    except CimkitError as error:
        found.problems.append(
            Problem(
                "crs-unknown",
                f"coordinateMetadata is not understood: {error.what}.",
                got=text[:120],
                expected="WKT or an EPSG code",
                hint='In the delivery sheet: crs = "EPSG:…".',
            )
        )
        return
    found.crs = crs_name(crs)
    if crs.is_compound and len(crs.sub_crs_list) > 1:
        vertical = crs.sub_crs_list[1]
        found.vertical_datum = crs_name(vertical) if vertical.to_epsg() else vertical.name
        found.z_unit_m = float(vertical.axis_info[0].unit_conversion_factor)


def chunks(
    file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
) -> Iterator[PointChunk]:
    """Yield the valid points of all scans, each scan moved by its pose.

    Raises
    ------
    SourceUnreadable
        If the file cannot be opened.
    """
    from pye57.libe57 import E57Exception

    opened = _open(file)
    came = promised = 0
    tally = {"invalid": 0, "directions": 0}
    broken: list[str] = []
    try:
        root = Node(opened.root)
        held, _ = scans(root)
        for index, scan in enumerate(held):
            promised += scan["points"]
            try:
                for chunk, count in _scan(opened, index, scan, size, wanted, tally):
                    came += count
                    yield chunk
            except (E57Exception, RuntimeError, ValueError, MemoryError) as error:
                broken.append(f"scan {index}: {_why(error)}")
    finally:
        opened.close()
    if broken:
        problems.append(
            Problem(
                "points-truncated",
                f"Only {came:,} of the {promised:,} points could be read: {broken[0]}.",
                "error",
                "; ".join(broken[:3]),
                f"{came} points",
                f"{promised} points",
                "Deliver the file again.",
            )
        )
    if tally["invalid"]:
        problems.append(
            Problem(
                "points-invalid",
                f"{tally['invalid']:,} of {promised:,} points are marked as invalid; they were "
                "left out"
                + (
                    f", {tally['directions']:,} of them have only a direction."
                    if tally["directions"]
                    else "."
                ),
                "info",
                got=f"{tally['invalid']} points",
            )
        )


def _scan(
    opened: Any,
    index: int,
    scan: dict[str, Any],
    size: int,
    wanted: frozenset[str],
    tally: dict[str, int],
) -> Iterator[tuple[PointChunk, int]]:
    from pye57 import libe57

    present = set(scan["fields"])
    style = "cartesian" if set(_AXES["cartesian"]) <= present else "spherical"
    axes, state = _AXES[style], f"{style}InvalidState"
    if not set(axes) <= present or not scan["points"]:
        return
    names = [*axes, *(f for f in (state, "isColorInvalid", "isIntensityInvalid") if f in present)]
    if set(_COLORS) <= present and wanted & {"rgb", "color_peak"}:
        names += _COLORS
    for field, one in (
        ("intensity", "intensity"),
        ("timeStamp", "gps_time"),
        ("returnIndex", "returns"),
        ("returnCount", "returns"),
    ):
        if field in present and one in wanted:
            names.append(field)
    names += [
        f
        for f in scan["fields"]
        if f not in _OWN and f not in scan["texts"] and ("extra" in wanted or f in wanted)
    ]
    capacity = min(size, scan["points"])
    # float64 for every field: colours may be 16-bit or real, which 8-bit buffers refuse.
    fields = {name: np.zeros(capacity) for name in dict.fromkeys(names)}
    buffers = libe57.VectorSourceDestBuffer()
    for name, values in fields.items():
        buffers.append(
            libe57.SourceDestBuffer(opened.image_file, name, values, capacity, True, True)
        )
    reader = opened.data3d[index]["points"].reader(buffers)
    try:
        while count := int(reader.read()):
            got = {name: values[:count] for name, values in fields.items()}
            yield _chunk(got, axes, state, scan, index, tally), count
    finally:
        reader.close()


def _chunk(
    got: dict[str, npt.NDArray[np.float64]],
    axes: tuple[str, ...],
    state: str,
    scan: dict[str, Any],
    index: int,
    tally: dict[str, int],
) -> PointChunk:
    xyz = np.column_stack([got[a] for a in axes])
    if state.startswith("spherical"):
        xyz = _to_cartesian(xyz)
    valid = np.isfinite(xyz).all(axis=1)
    if state in got:
        valid &= got[state] == 0
        tally["directions"] += int((got[state] == 1).sum())
    tally["invalid"] += int(len(xyz) - valid.sum())
    xyz = xyz[valid]
    if scan.get("rotation"):
        xyz = xyz @ matrix(scan["rotation"]).T
    if scan.get("translation"):
        xyz = xyz + np.array(scan["translation"])
    plain: dict[str, Any] = {}
    if _COLORS[0] in got:
        plain |= _colors(np.column_stack([got[c][valid] for c in _COLORS]), scan)
    if "intensity" in got:
        plain["intensity"] = _spread(got["intensity"][valid], scan.get("intensity_limits"))
    if "timeStamp" in got:
        plain["gps_time"] = got["timeStamp"][valid].copy()
    if "returnIndex" in got:  # counts from 0 in E57
        plain["return_number"] = np.clip(got["returnIndex"][valid] + 1, 0, 255).astype(np.uint8)
    if "returnCount" in got:
        plain["return_count"] = np.clip(got["returnCount"][valid], 0, 255).astype(np.uint8)
    extra = {n: v[valid].copy() for n, v in got.items() if n not in _OWN}
    for name in [n for n in extra if role(n.split(":")[-1]) == "classification"]:
        plain["classification"] = np.clip(extra.pop(name), 0, 255).astype(np.uint8)
    return PointChunk(xyz=xyz, extra=extra, scan=index, **plain)


def _to_cartesian(rae: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return x, y, z of range, azimuth, elevation (radians; ASTM E2807, 8.4.4)."""
    reach, azimuth, elevation = rae.T
    flat = reach * np.cos(elevation)
    return np.column_stack(
        [flat * np.cos(azimuth), flat * np.sin(azimuth), reach * np.sin(elevation)]
    )


def matrix(wxyz: list[float]) -> npt.NDArray[np.float64]:
    """Return the rotation matrix of a quaternion, made a unit one."""
    w, x, y, z = np.array(wxyz) / np.linalg.norm(wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _colors(raw: npt.NDArray[np.float64], scan: dict[str, Any]) -> dict[str, Any]:
    low, high = scan.get("color_limits") or (0.0, 255.0)
    rgb = (np.clip((raw - low) / ((high - low) or 255.0), 0, 1) * 255).round().astype(np.uint8)
    return {"rgb": rgb, "color_peak": 256 if rgb.any() else 0}


def _spread(values: npt.NDArray[np.float64], limits: Any) -> npt.NDArray[np.uint16]:
    low, high = limits or (0.0, 1.0)
    scaled: npt.NDArray[np.uint16] = (
        (np.clip((values - low) / ((high - low) or 1.0), 0, 1) * 65535).round().astype(np.uint16)
    )
    return scaled
