"""Shapefiles without a .prj get one that says what the delivery sheet says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.checks._fix._spec import Change, FixSpec, Left
from cimkit.errors import CimkitError

if TYPE_CHECKING:
    from cimkit.checks._fix._spec import Job

__all__ = ["SPEC", "run"]

SPEC = FixSpec(
    "shapefile_prj",
    order=20,
    title={
        "en": ".prj written from the delivery sheet",
        "zh": "按交付说明表写入 .prj",
        "ja": "納品シートから .prj を作成",
    },
)


def run(job: Job) -> Iterator[Change]:
    """Write ``.prj`` in the form of ESRI, which all programs read.

    A local grid that the sheet only names stays where its owner keeps it. A system that this form
    cannot say without loss is left.
    """
    for path in job.assets:
        file = job.file(path)
        said = job.declared(path).crs
        if file is None or file.suffix.lower() != ".shp" or not said:
            continue
        stem = file.stem.casefold()
        beside = [p for p in file.parent.iterdir() if p.stem.casefold() == stem]
        if any(p.suffix.lower() == ".prj" for p in beside):
            continue
        if said.startswith("local:"):
            job.left.append(Left(SPEC.name, path, f"{said} is defined by its owner alone"))
            continue
        text = _esri(said)
        if text is None:
            job.left.append(Left(SPEC.name, path, f"a .prj cannot say {said[:60]} without loss"))
            continue
        file.with_suffix(".prj").write_text(text, encoding="ascii", newline="")
        yield Change(SPEC.name, path, "", "", text)


def _esri(said: str) -> str | None:
    """Return a system in the WKT of ESRI, or None if reading it again gives another one."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    from cimkit.geometry.crs import parse_crs

    try:
        meant = CRS.from_wkt(parse_crs(said).to_wkt())
        text: str = meant.to_wkt("WKT1_ESRI")
        again = CRS.from_wkt(text)
    except (CRSError, CimkitError):
        return None
    same = again.equals(meant, ignore_axis_order=True) or _places_alike(meant, again)
    return text if same and text.isascii() else None


def _places_alike(meant: object, again: object) -> bool:
    """Return whether two systems put the same coordinates within a millimetre of each other."""
    from pyproj import CRS, Transformer

    assert isinstance(meant, CRS)
    assert isinstance(again, CRS)
    area = meant.area_of_use
    if meant.is_geographic != again.is_geographic:
        return False
    lon, lat = (
        ((area.west + area.east) / 2, (area.south + area.north) / 2) if area else _origin(meant)
    )
    found = []
    for crs in (meant, again):
        # Within one datum: whether names of datums are known is not what is asked.
        geodetic = crs.geodetic_crs
        if geodetic is None:
            return False
        found.append(Transformer.from_crs(geodetic, crs, always_xy=True).transform(lon, lat))
    (x, y), (u, v) = found
    ellipsoids = [c.ellipsoid and c.ellipsoid.inverse_flattening for c in (meant, again)]
    return abs(x - u) < 1e-3 and abs(y - v) < 1e-3 and ellipsoids[0] == ellipsoids[1]


def _origin(crs: object) -> tuple[float, float]:
    from pyproj import CRS

    assert isinstance(crs, CRS)
    operation = crs.coordinate_operation
    values = {p.name: p.value for p in operation.params} if operation else {}
    lon = values.get("Longitude of natural origin", 0.0)
    lat = values.get("Latitude of natural origin", 0.0)
    return float(lon) + 0.01, float(lat) + 0.01
