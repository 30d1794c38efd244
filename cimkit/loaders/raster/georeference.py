"""Where a raster's pixels lie: its own transform, control points, coefficients and sidecars."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, parse_crs, to_crs84
from cimkit.loaders.raster.formats import WORLD
from cimkit.loaders.raster.tiff import Tiff
from cimkit.model import Problem

__all__ = ["Georeference", "georeference"]

Affine6 = tuple[float, float, float, float, float, float]


@dataclass(slots=True)
class Georeference:
    """How to get from pixels to places."""

    crs: str | None = None
    """``EPSG:n`` or WKT; None if nothing says so."""
    matrix: Affine6 | None = None
    """(a, b, c, d, e, f): x = a column + b row + c, y = d column + e row + f; None: nowhere."""
    by: str = ""
    """What places it: transform (its own, or as GDAL finds it), world-file, gcps or rpcs."""
    residual: float | None = None
    """Greatest distance between a control point and where the fit puts it, in units of the CRS."""
    problems: list[Problem] = field(default_factory=list)
    """What is missing or contradicts itself."""

    def positions(
        self, column: npt.NDArray[np.float64], row: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return the places (n, 2) of positions in the grid; (0, 0) is its upper left corner."""
        a, b, c, d, e, f = self.matrix or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        return np.column_stack([a * column + b * row + c, d * column + e * row + f])


def georeference(dataset: Any, tiff: Tiff | None, sidecars: dict[str, Path]) -> Georeference:
    """Find out where a raster lies, and what its sidecars say to that.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
        The raster.
    tiff : Tiff or None
        The directories of the file, if it is a TIFF.
    sidecars : dict
        The delivered files that belong to it, by suffix in lower case.
    """
    found = Georeference(crs=_crs(dataset.crs or dataset.gcps[1]))
    own = tuple(dataset.transform)[:6]
    if not np.isfinite(own).all():
        _say(found, "transform-invalid", "Its transform holds what is no number.", str(own))
    elif not dataset.transform.is_identity:
        found.matrix, found.by = own, "transform"
    elif dataset.gcps[0]:
        found.crs = _crs(dataset.gcps[1] or dataset.crs)
        _by_points(dataset, found)
    elif dataset.rpcs is not None:
        _by_coefficients(dataset, found)
    _world_file(dataset, found, sidecars)
    if found.matrix is not None:
        _degenerate(found)
    _prj(found, sidecars, dataset)
    _two_georeferences(dataset, tiff, found)
    return found


def _say(found: Georeference, code: str, message: str, got: str, **more: Any) -> None:
    given = {"severity": "error"} | more
    found.problems.append(Problem(code, message, got=got, **given))


def _crs(own: Any) -> str | None:
    if not own:
        return None
    named = own.to_authority(confidence_threshold=100)
    return ":".join(named) if named and named[0] == "EPSG" else str(own.to_wkt())


def _by_points(dataset: Any, found: Georeference) -> None:
    points = dataset.gcps[0]
    at = np.array([[p.col, p.row, 1.0] for p in points])
    there = np.array([[p.x, p.y] for p in points])
    if not (np.isfinite(at).all() and np.isfinite(there).all()):
        why = "Its ground control points hold what is no number, and so place nothing."
        _say(found, "control-points-degenerate", why, f"{len(points)} points")
        return
    # GDAL's own fit gives whatever lies in memory if the points are on one line
    fit, _, rank, _ = np.linalg.lstsq(at, there)
    if rank < 3:
        why = "Its ground control points lie on one line, and so place nothing."
        _say(found, "control-points-degenerate", why, f"{len(points)} points")
        return
    found.matrix, found.by = tuple(fit.T.ravel().tolist()), "gcps"
    apart = np.linalg.norm(at @ fit - there, axis=1)
    found.residual = float(apart.max())
    pixel = float(np.sqrt(abs(np.linalg.det(fit[:2]))))
    if found.residual > 2 * pixel:
        _say(
            found,
            "control-points-strained",
            "Its ground control points do not fit a plane; it is placed only roughly.",
            f"{found.residual / pixel:.1f} pixels at the worst of {len(points)} points",
            severity="warning",
            hint="Warp it (gdalwarp -tps) and deliver the result.",
        )


def _by_coefficients(dataset: Any, found: Georeference) -> None:
    """Place the corners by rational polynomials, at the height these are made for."""
    from rasterio.rpc import RPC
    from rasterio.transform import RPCTransformer

    rpc: RPC = dataset.rpcs
    corners = [(0, 0), (0, dataset.width), (dataset.height, 0), (dataset.height, dataset.width)]
    try:
        with RPCTransformer(rpc) as to:
            rows, columns = zip(*corners, strict=True)
            x, y = to.xy(rows, columns, zs=[rpc.height_off] * 4, offset="ul")
    except (ValueError, RuntimeError) as error:
        _say(found, "rpc-unusable", "Its rational polynomials place nothing.", str(error))
        return
    at = np.array([[c, r, 1.0] for r, c in corners])
    there = np.column_stack([x, y])
    if not np.isfinite(there).all():
        _say(found, "rpc-unusable", "Its rational polynomials place nothing.", str(there.tolist()))
        return
    fit = np.linalg.lstsq(at, there)[0]
    found.matrix, found.by, found.crs = tuple(fit.T.ravel().tolist()), "rpcs", "EPSG:4326"
    _say(
        found,
        "rpc-only",
        "Only rational polynomials (RPC) place it: its outline is that at one height, without "
        "the relief.",
        f"height {rpc.height_off:g} m",
        severity="warning",
        hint="Orthorectify it on a terrain model.",
    )


def _degenerate(found: Georeference) -> None:
    a, b, _, d, e, _ = found.matrix or (1, 0, 0, 0, 1, 0)
    if not a * e - b * d:
        _say(
            found,
            "pixel-size-zero",
            "Its pixels have no size, so it is not placed.",
            f"{a:g} by {e:g}",
        )
        found.matrix = None
    elif not b and not d and (e > 0 or a < 0):
        _say(
            found,
            "axis-flipped",
            "Its rows run from south to north, or its columns from east to west; it is placed "
            "as it says, but many programs will show it turned over.",
            f"{a:g} by {e:g}",
            severity="info",
        )


def _world_file(dataset: Any, found: Georeference, sidecars: dict[str, Path]) -> None:
    """Hold a world file against what the file itself says."""
    file = next((sidecars[s] for s in WORLD if s in sidecars), None)
    if file is None:
        return
    try:
        words = file.read_bytes()[:4096].decode("latin-1").replace(",", ".").split()
        a, d, b, e, c, f = (float(w) for w in words[:6])
    except (OSError, ValueError):
        _say(
            found,
            "world-file-broken",
            "Its world file does not hold six numbers.",
            file.name,
            severity="error" if found.matrix is None else "warning",
        )
        return
    corner = (a, b, c - a / 2 - b / 2, d, e, f - d / 2 - e / 2)
    if found.matrix is None:  # GDAL reads no world file of some formats
        found.matrix, found.by = corner, "world-file"
    if found.by != "transform":
        return
    own = np.array(found.matrix).reshape(2, 3)
    said = np.array(corner).reshape(2, 3)
    ends = np.array([[0, 0, 1], [dataset.width, dataset.height, 1]], dtype=float)
    step = float(np.sqrt(abs(np.linalg.det(own[:, :2]))))
    apart = np.linalg.norm(ends @ own.T - ends @ said.T, axis=1).max() / step
    if apart <= 0.1:
        return
    half = abs(apart - np.hypot(0.5, 0.5)) < 0.1
    _say(
        found,
        "world-file-contradicts",
        "Its world file places it half a pixel away from where the file itself says."
        if half
        else "Its world file places it elsewhere than the file itself, which is obeyed.",
        f"{apart:.2f} pixels apart",
        severity="warning",
        place=file.name,
        hint="Does the world file name the corner, and not the middle, of the first pixel?"
        if half
        else "Remove the one that is wrong.",
    )


def _prj(found: Georeference, sidecars: dict[str, Path], dataset: Any) -> None:
    """Take the CRS from a .prj where the file says none, else hold it against the file's."""
    file = sidecars.get(".prj") or sidecars.get(".qpj")
    if file is None:
        return
    text = file.read_bytes()[:65_536].decode("utf-8", "replace").strip("\ufeff \r\n\t\0")
    try:
        said = parse_crs(text)
    except UsageError:
        if found.crs is None:
            message = "Its .prj names no coordinate system that is known."
            _say(found, "prj-unreadable", message, text[:200], severity="warning", place=file.name)
        return
    if found.crs is None:
        found.crs = crs_name(said)
        return
    try:
        own = parse_crs(found.crs)
    except UsageError:
        return  # the placing says that nobody knows it
    away = _apart_m(found, own, said, dataset)
    if away is not None and away > 1:
        _say(
            found,
            "crs-contradicts-sidecar",
            "Its .prj names another coordinate system than the file itself, which is obeyed.",
            said.name,
            expected=own.name,
            severity="warning",
            place=file.name,
            hint=f"The two places are {away:.0f} m apart.",
        )


def _apart_m(found: Georeference, own: CRS, said: CRS, dataset: Any) -> float | None:
    """Return the distance between where two CRS put the middle; None if one puts it nowhere."""
    if found.matrix is None:
        return None
    middle = np.array([dataset.width / 2]), np.array([dataset.height / 2])
    try:
        here, there = (to_crs84(found.positions(*middle), crs)[0] for crs in (own, said))
    except (ValueError, RuntimeError):
        return None
    if not np.isfinite([here, there]).all():
        return None if not np.isfinite(here).all() else 2e7
    metres = 111_320 * np.array([np.cos(np.radians(here[1])), 1.0])
    return float(np.linalg.norm((here - there) * metres))


def _two_georeferences(dataset: Any, tiff: Tiff | None, found: Georeference) -> None:
    """Tell of an .aux.xml (PAM) that moves a TIFF away from what its own tags say."""
    tags = tiff.directories[0].reals if tiff and tiff.directories else {}
    scale, tie = tags.get(33550), tags.get(33922)
    if found.matrix is None or found.by != "transform" or not scale or not tie or len(tie) != 6:
        return
    a, b, c, d, e, f = found.matrix
    if b or d or len(scale) < 2:
        return
    own = np.array([tie[3] - tie[0] * scale[0], tie[4] + tie[1] * scale[1]])
    shift = (np.array([c, f]) - own) / np.array([a or 1.0, e or 1.0])
    if np.abs(shift).max() > 0.6:
        _say(
            found,
            "pam-contradicts",
            "Its .aux.xml places it elsewhere than the file itself, and is obeyed as GDAL does.",
            f"{np.abs(shift).max():.1f} pixels apart",
            severity="warning",
            hint="Remove the one that is wrong.",
        )
