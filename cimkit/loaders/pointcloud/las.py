"""LAS, LAZ and COPC, by laspy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.model import Problem

__all__ = ["chunks", "facts"]

_USER_DEFINED = 32767
_SMALL = 50_000
_FOOT = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937}


def _open(file: Path) -> Any:
    import laspy
    from laspy.errors import LaspyException

    try:
        return laspy.open(file)
    except (LaspyException, ValueError, EOFError, OSError, IndexError, OverflowError) as error:
        raise SourceUnreadable(
            f"the LAS header cannot be read: {error}",
            where=file.name,
            mend="Export the tile again; the file may have been cut off in transfer.",
        ) from error


def facts(file: Path) -> CloudFacts:
    """Return what a LAS header and its variable-length records say.

    Raises
    ------
    SourceUnreadable
        If it is no LAS file or the header is broken.
    """
    with _open(file) as reader:
        header = reader.header
        packed = bool(header.are_points_compressed)
        copc = any(v.user_id == "copc" for v in header.vlrs)
        name = "COPC LAS" if copc else "LAZ" if packed else "LAS"
        found = CloudFacts(
            format=f"{name} {header.version}",
            points=int(header.point_count),
            media_type="application/vnd.laszip" if packed else "application/vnd.las",
            standard_time=header.global_encoding.gps_time_type.value == 1,
            properties={
                "point_format": header.point_format.id,
                "dimensions": list(header.point_format.dimension_names),
                "scales": [float(v) for v in header.scales],
                "software": str(header.generating_software).strip("\0 ") or None,
                "created": header.creation_date.isoformat() if header.creation_date else None,
            },
        )
        if header.point_count:
            found.bbox = (*map(float, header.mins), *map(float, header.maxs))
        _crs(header, found)
    return found


def _crs(header: Any, found: CloudFacts) -> None:
    """Find the CRS: the header's bit says whether WKT or GeoTIFF keys are meant."""
    records = [v for v in (*header.vlrs, *(header.evlrs or ())) if v.user_id == "LASF_Projection"]
    wkts = [r for r in records if r.record_id == 2112]
    keys = [r for r in records if r.record_id == 34735]
    by_wkt = _parsed(wkts[0].string if wkts else "", found)
    by_keys = _from_keys(keys[0].geo_keys if keys else [], found)
    first, second = (by_wkt, by_keys) if header.global_encoding.wkt else (by_keys, by_wkt)
    chosen = first or second
    if chosen is None:
        if keys and not wkts:
            found.problems.append(
                Problem(
                    code="crs-unknown",
                    message="The GeoTIFF keys describe a CRS of their own without an EPSG code.",
                    place="VLR 34735",
                    got="user-defined keys",
                    expected="an EPSG code or WKT",
                    hint='In the delivery sheet: crs = "EPSG:…".',
                )
            )
        return
    from cimkit.geometry.crs import crs_name

    found.crs = crs_name(chosen)
    if chosen.is_compound and len(chosen.sub_crs_list) > 1:
        vertical = chosen.sub_crs_list[1]
        found.vertical_datum = crs_name(vertical) if vertical.to_epsg() else vertical.name
        found.z_unit_m = float(vertical.axis_info[0].unit_conversion_factor)
    if by_wkt is not None and by_keys is not None:
        _compare(header, by_wkt, by_keys, "WKT" if chosen is by_wkt else "GeoTIFF keys", found)


def _parsed(text: str, found: CloudFacts) -> Any:
    from cimkit.geometry.crs import parse_crs

    text = text.strip("\0 \n")
    if not text:
        return None
    try:
        return parse_crs(text)
    except CimkitError as error:
        found.problems.append(
            Problem(
                code="crs-unknown",
                message=f"The CRS in the file is not understood: {error.what}.",
                place="VLR 2112",
                got=text[:120],
                expected="WKT or an EPSG code",
                hint='In the delivery sheet: crs = "EPSG:…".',
            )
        )
        return None


def _from_keys(keys: Any, found: CloudFacts) -> Any:
    values = {k.id: k.value_offset for k in keys if k.tiff_tag_location == 0}
    horizontal = values.get(3072, values.get(2048))
    if values.get(3072) == _USER_DEFINED or horizontal in (None, 0, _USER_DEFINED):
        return None
    vertical = values.get(4096)
    if vertical and vertical != _USER_DEFINED and 1024 <= vertical < _USER_DEFINED:
        found.vertical_datum = f"EPSG:{vertical}"
    found.z_unit_m = _FOOT.get(values.get(4099, 0))
    return _parsed(f"EPSG:{horizontal}", found)


def _compare(header: Any, wkt: Any, keys: Any, obeyed: str, found: CloudFacts) -> None:
    from pyproj import Geod

    from cimkit.geometry.crs import crs_name, to_crs84

    middle = ((np.asarray(header.mins) + np.asarray(header.maxs)) / 2)[None, :2]
    a, b = to_crs84(middle, wkt)[0], to_crs84(middle, keys)[0]
    metres = (
        Geod(ellps="WGS84").inv(a[0], a[1], b[0], b[1])[2]
        if np.isfinite([*a, *b]).all()
        else float("inf")
    )
    if metres > 1.0:
        found.problems.append(
            Problem(
                code="crs-contradiction",
                message=f"WKT and GeoTIFF keys name two CRSs, {metres:,.0f} m apart at the middle "
                f"of the cloud; the {obeyed} were obeyed, as the header's bit says.",
                place="VLR 2112, VLR 34735",
                got=f"GeoTIFF keys {crs_name(keys)[:40]}",
                expected=f"WKT {wkt.name}",
                hint="Write one CRS; or say in the delivery sheet which one holds.",
            )
        )


def chunks(file: Path, size: int) -> Iterator[PointChunk]:
    """Yield the points of a LAS file.

    Raises
    ------
    SourceUnreadable
        Where the points end before the header's count, after those that could be read.
    """
    with _open(file) as reader:
        header = reader.header
        whole = int(header.point_count)
        if not header.are_points_compressed:
            held = file.stat().st_size - header.offset_to_point_data
            whole = min(whole, max(held, 0) // header.point_format.size)
        names = set(header.point_format.dimension_names)
        shift: int | None = None
        for points in _pieces(reader, file, whole, size):
            rgb = None
            if "red" in names:
                raw = np.column_stack([points["red"], points["green"], points["blue"]])
                if shift is None:
                    # Many writers put 8-bit colours into the 16-bit fields as they are.
                    shift = 8 if raw.max(initial=0) > 255 else 0
                rgb = np.minimum(raw >> shift, 255).astype(np.uint8)
            yield PointChunk(
                xyz=np.column_stack([points.x, points.y, points.z]).astype(np.float64),
                rgb=rgb,
                intensity=np.asarray(points["intensity"], np.uint16),
                classification=np.asarray(points["classification"], np.uint8),
                gps_time=np.asarray(points["gps_time"], np.float64)
                if "gps_time" in names
                else None,
            )
        if whole < header.point_count:
            raise _broken_off(file, f"{whole} of {header.point_count} points are there")


def _pieces(reader: Any, file: Path, whole: int, size: int) -> Iterator[Any]:
    """Yield point records; where a large piece cannot be read, what a small one still gives."""
    import lazrs
    from laspy.errors import LaspyException

    done = 0
    while done < whole:
        try:
            points = reader.read_points(min(size, whole - done))
        except (LaspyException, lazrs.LazrsError, ValueError, EOFError, OSError) as error:
            if size <= _SMALL:
                raise _broken_off(file, str(error)) from error
            size = _SMALL
            reader.seek(done)
            continue
        if not len(points):
            return
        done += len(points)
        yield points


def _broken_off(file: Path, why: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"the points break off: {why}",
        where=file.name,
        mend="Deliver the tile again; it may have been cut off in transfer.",
    )
