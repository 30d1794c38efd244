"""The CRS of a LAS file: WKT or GeoTIFF keys, which of them holds, and whether they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cimkit.errors import CimkitError
from cimkit.loaders.pointcloud.chunk import CloudFacts
from cimkit.loaders.pointcloud.geokeys import read_geokeys
from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.loaders.pointcloud.las_records import Records
from cimkit.model import Problem

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["read_crs"]

_NAMELESS = ("", "unnamed", "unknown", "undefined", "none")
_SHEET = 'In the delivery sheet: crs = "EPSG:…".'


def read_crs(head: LasHeader, records: Records, found: CloudFacts) -> None:
    """Find the CRS and write it into the facts.

    From LAS 1.4 on the header's bit says whether WKT or keys are meant; before that only the keys
    are in the standard (LAS 1.4 R15, 2.4 and 2.7).
    """
    from cimkit.geometry.crs import crs_name

    wkts = [r for r in records.get("LASF_Projection", 2112) if r.data.strip(b"\0 \r\n")]
    wkts = wkts or [r for r in records.get("liblas", 2112) if r.data.strip(b"\0 \r\n")]
    by_wkt = _by_wkt([r.data for r in wkts], found)
    keys = [
        b"".join(r.data for r in records.get("LASF_Projection", number)[:1])
        for number in (34735, 34736, 34737)
    ]
    keyed = read_geokeys(keys[0], keys[1], keys[2])
    chosen, obeyed = (by_wkt, "WKT") if head.wkt else (keyed.crs, "GeoTIFF keys")
    if chosen is None:
        chosen, obeyed = (keyed.crs, "GeoTIFF keys") if head.wkt else (by_wkt, "WKT")
    found.problems += keyed.problems
    _bit(head, bool(wkts), keyed.keys > 0, found)
    if chosen is None:
        if keyed.keys and (keys[1] or keyed.citation.lower() not in _NAMELESS) and not wkts:
            found.problems.append(
                Problem(
                    "crs-unknown",
                    "The GeoTIFF keys describe a CRS that is not understood.",
                    place="VLR 34735",
                    got=keyed.citation or f"{keyed.keys} user-defined keys",
                    expected="an EPSG code or WKT",
                    hint=_SHEET,
                )
            )
    else:
        found.crs = crs_name(chosen)
        found.properties["crs_from"] = obeyed
    if obeyed == "GeoTIFF keys" or chosen is None:
        found.vertical_datum, found.z_unit_m = keyed.vertical, keyed.z_unit_m
    if chosen is not None and chosen.is_compound and len(chosen.sub_crs_list) > 1:
        vertical = chosen.sub_crs_list[1]
        found.vertical_datum = crs_name(vertical) if vertical.to_epsg() else vertical.name
        found.z_unit_m = float(vertical.axis_info[0].unit_conversion_factor)
    elif chosen is not None and found.z_unit_m is None and len(chosen.axis_info) > 2:
        found.z_unit_m = float(chosen.axis_info[2].unit_conversion_factor)
    if by_wkt is not None and keyed.crs is not None:
        _compare(head, by_wkt, keyed.crs, obeyed, found)


def _by_wkt(texts: list[bytes], found: CloudFacts) -> CRS | None:
    from cimkit.geometry.crs import parse_crs

    if not texts:
        return None
    raw = texts[0].strip(b"\0 \r\n")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    try:
        return parse_crs(text)
    except CimkitError as error:
        found.problems.append(
            Problem(
                "crs-unknown",
                f"The CRS in the file is not understood: {error.what}.",
                place="VLR 2112",
                got=text[:120],
                expected="WKT or an EPSG code",
                hint=_SHEET,
            )
        )
        return None


def _bit(head: LasHeader, wkt: bool, keys: bool, found: CloudFacts) -> None:
    if head.version < (1, 4) or not (wkt or keys):
        return
    said = "the header's bit says WKT" if head.wkt else "the header's bit says GeoTIFF keys"
    if head.wkt and not wkt:
        met = "only GeoTIFF keys are there"
    elif not head.wkt and not keys:
        met = "only WKT is there"
    elif not head.wkt and head.point_format >= 6 and wkt:
        said, met = f"point format {head.point_format} needs WKT", "the header's bit denies it"
    else:
        return
    found.problems.append(
        Problem(
            "crs-encoding-contradiction",
            f"About the CRS {said}, but {met}; what is there was obeyed.",
            "info",
            "global encoding, bit 4",
            str(int(head.wkt)),
            str(int(not head.wkt)),
        )
    )


def _compare(head: LasHeader, wkt: CRS, keys: CRS, obeyed: str, found: CloudFacts) -> None:
    from pyproj import Geod

    from cimkit.geometry.crs import crs_name, to_crs84

    middle = ((np.asarray(head.low) + np.asarray(head.high)) / 2)[None, :2]
    a, b = to_crs84(middle, wkt)[0], to_crs84(middle, keys)[0]
    if not np.isfinite(b).all() and not np.isfinite(a).all():
        metres = 0.0 if crs_name(wkt) == crs_name(keys) else float("inf")
    elif np.isfinite([*a, *b]).all():
        metres = Geod(ellps="WGS84").inv(a[0], a[1], b[0], b[1])[2]
    else:
        metres = float("inf")
    if metres <= 1.0:
        return
    other = keys if obeyed == "WKT" else wkt
    away = (
        f"{metres:,.0f} m apart at the middle of the cloud"
        if np.isfinite(metres)
        else ("of which one cannot hold its coordinates")
    )
    found.problems.append(
        Problem(
            "crs-contradiction",
            f"WKT and GeoTIFF keys name two CRSs, {away}; the {obeyed} were obeyed, as the header "
            "says.",
            place="VLR 2112, VLR 34735",
            got=f"GeoTIFF keys {_short(keys)}",
            expected=f"WKT {wkt.name}",
            hint="Write one CRS; or say in the delivery sheet which one holds.",
            proposal=(("crs", crs_name(other)),) if crs_name(other).startswith("EPSG:") else (),
        )
    )


def _short(crs: CRS) -> str:
    from cimkit.geometry.crs import crs_name

    name = crs_name(crs)
    return name if name.startswith("EPSG:") else crs.name
