"""E57: several scans with poses, by pye57."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.model import Problem

__all__ = ["chunks", "facts"]

_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
_COLORS = ("colorRed", "colorGreen", "colorBlue")


def _open(file: Path) -> Any:
    import pye57
    from pye57.libe57 import E57Exception

    try:
        return pye57.E57(str(file))
    except (E57Exception, RuntimeError, OSError) as error:
        raise SourceUnreadable(
            f"the E57 file cannot be opened: {str(error).strip().splitlines()[0]}",
            where=file.name,
            mend="Deliver it again; the file is damaged.",
        ) from error


def facts(file: Path) -> CloudFacts:
    """Return what the XML section of an E57 file says.

    Raises
    ------
    SourceUnreadable
        If a checksum or the structure is broken.
    """
    opened = _open(file)
    try:
        scans = [opened.get_header(i) for i in range(opened.scan_count)]
        found = CloudFacts(
            format="E57 1.0",
            points=sum(int(s.point_count) for s in scans),
            media_type="model/e57",
            counts={"scans": len(scans)},
            properties={
                "scans": [
                    {
                        "points": int(s.point_count),
                        "fields": list(s.point_fields),
                        "pose": bool(s.has_pose()),
                    }
                    for s in scans
                ]
            },
        )
        root = opened.root
        text = (
            root["coordinateMetadata"].value() if root.isDefined("coordinateMetadata") else ""
        ).strip()
    finally:
        opened.close()
    if text:
        from cimkit.geometry.crs import crs_name, parse_crs

        try:
            found.crs = crs_name(parse_crs(text))
        except CimkitError as error:
            found.problems.append(
                Problem(
                    code="crs-unknown",
                    message=f"coordinateMetadata is not understood: {error.what}.",
                    got=text[:120],
                    expected="WKT or an EPSG code",
                    hint='In the delivery sheet: crs = "EPSG:…".',
                )
            )
    return found


def chunks(file: Path, size: int) -> Iterator[PointChunk]:
    """Yield the valid points of all scans, each scan moved by its pose.

    Raises
    ------
    SourceUnreadable
        Where a scan cannot be decoded, after those that could be.
    """
    from pye57.libe57 import E57Exception

    opened = _open(file)
    try:
        for index in range(opened.scan_count):
            try:
                yield from _scan(opened, index, size)
            except E57Exception as error:
                raise SourceUnreadable(
                    f"scan {index} breaks off: {str(error).strip().splitlines()[0]}",
                    where=file.name,
                ) from error
    finally:
        opened.close()


def _scan(opened: Any, index: int, size: int) -> Iterator[PointChunk]:
    from pye57 import libe57

    header = opened.get_header(index)
    present = set(header.point_fields)
    axes = _CARTESIAN if set(_CARTESIAN) <= present else _SPHERICAL
    if not set(axes) <= present or not header.point_count:
        return
    state = "cartesianInvalidState" if axes is _CARTESIAN else "sphericalInvalidState"
    wanted = [f for f in (*axes, *_COLORS, "intensity", state) if f in present]
    capacity = min(size, int(header.point_count))
    # float64 for every field: colours may be 16-bit or real, which 8-bit buffers refuse.
    fields = {name: np.zeros(capacity) for name in wanted}
    buffers = libe57.VectorSourceDestBuffer()
    for name, values in fields.items():
        buffers.append(
            libe57.SourceDestBuffer(opened.image_file, name, values, capacity, True, True)
        )
    reader = header.points.reader(buffers)
    colors = _color_range(header) if set(_COLORS) <= present else None
    while count := int(reader.read()):
        got = {name: values[:count] for name, values in fields.items()}
        valid = got[state] == 0 if state in got else np.ones(count, bool)
        xyz = np.column_stack([got[a] for a in axes])
        if axes is _SPHERICAL:
            xyz = _to_cartesian(xyz)
        if header.has_pose():
            xyz = opened.to_global(xyz, header.rotation, header.translation)
        valid &= np.isfinite(xyz).all(axis=1)
        rgb = None
        if colors is not None:
            raw = np.column_stack([got[c] for c in _COLORS])
            rgb = (np.clip((raw - colors[0]) / colors[1], 0, 1) * 255).round().astype(np.uint8)
        yield PointChunk(
            xyz=np.ascontiguousarray(xyz[valid], np.float64),
            rgb=rgb[valid] if rgb is not None else None,
            intensity=_intensity(got["intensity"][valid], header) if "intensity" in got else None,
        )
    reader.close()


def _to_cartesian(rae: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return x, y, z of range, azimuth, elevation (radians; ASTM E2807, 8.4.4)."""
    reach, azimuth, elevation = rae.T
    flat = reach * np.cos(elevation)
    return np.column_stack(
        [flat * np.cos(azimuth), flat * np.sin(azimuth), reach * np.sin(elevation)]
    )


def _limit(header: Any, group: str, name: str, default: float) -> float:
    node = header.node
    if node.isDefined(group) and node[group].isDefined(name):
        return float(node[group][name].value())
    return default


def _color_range(header: Any) -> tuple[float, float]:
    """Return the least colour value and the width of the range."""
    low = _limit(header, "colorLimits", "colorRedMinimum", 0.0)
    high = _limit(header, "colorLimits", "colorRedMaximum", 255.0)
    return low, (high - low) or 255.0


def _intensity(values: npt.NDArray[np.float64], header: Any) -> npt.NDArray[np.uint16]:
    low = _limit(header, "intensityLimits", "intensityMinimum", 0.0)
    high = _limit(header, "intensityLimits", "intensityMaximum", 1.0)
    width = (high - low) or 1.0
    scaled: npt.NDArray[np.uint16] = (
        (np.clip((values - low) / width, 0, 1) * 65535).round().astype(np.uint16)
    )
    return scaled
