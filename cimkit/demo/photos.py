"""Take street photographs of the plan: a pinhole camera, simple colours, real EXIF."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFilter
from PIL.TiffImagePlugin import IFDRational

from cimkit.demo.frame import TURN, Reals, project
from cimkit.demo.plan import Plan
from cimkit.demo.tables import Table

__all__ = ["Shot", "drive", "write_photo", "write_trajectory"]

_SIZE = (960, 640)
_FOCAL = 620.0  # pixels
_EYE = 2.4  # metres above the ground
_SIGHT = 260.0
_PANES = 150.0  # metres beyond which windows are too small to draw
_Face = tuple[float, list[tuple[float, float]], tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Shot:
    """One exposure."""

    uv: tuple[float, float]
    """Of the camera, metres in the street frame."""
    z: float
    """Of the camera, metres."""
    heading: float
    """Degrees clockwise from true north."""
    time: str
    """Local time, ``2026-09-01 10:00:00``; the city keeps UTC+8."""

    @property
    def lonlat(self) -> tuple[float, float]:
        """Longitude and latitude of the camera."""
        lon, lat = project(np.array([self.uv]), "OGC:CRS84")[0]
        return float(lon), float(lat)


def drive(plan: Plan, count: int, first: int = 0) -> list[Shot]:
    """Return exposures 12 m apart along the central avenue, looking ahead, left and right."""
    u = -84.0 + 12.0 * (np.arange(first, first + count) % 110)
    v = -2.4 + 0.4 * (np.arange(first, first + count) // 110)
    eye = plan.terrain.height(np.column_stack([u, v])) + _EYE
    shots = []
    for k in range(count):
        number = first + k
        aside = (0.0, 38.0, -38.0)[number % 3]
        # At the origin of the street frame local grid north is true north; the city is small
        # enough (0.03 degrees of convergence at its edge) to take it so everywhere.
        heading = round((90.0 - TURN - aside) % 360.0, 2)
        minute, second = divmod(number * 4, 60)
        moment = f"2026-09-01 {10 + minute // 60:02d}:{minute % 60:02d}:{second:02d}"
        shots.append(Shot((float(u[k]), float(v[k])), float(eye[k]), heading, moment))
    return shots


def write_photo(
    file: Path,
    plan: Plan,
    trees: Table,
    shot: Shot,
    *,
    position: bool,
    direction: bool,
    blurred: bool = False,
) -> None:
    """Draw what the camera sees and write it as JPEG.

    Parameters
    ----------
    position, direction : bool
        Whether EXIF says where the camera was and where it looked.
    blurred : bool
        Whether it is out of focus (a planted defect).
    """
    image = _draw(plan, trees, shot)
    if blurred:
        image = image.filter(ImageFilter.GaussianBlur(14))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "cimkit", "demo street camera", "cimkit demo"
    stamp = shot.time.replace("-", ":")
    exif[0x0132] = stamp
    # Exposure: DateTimeOriginal, OffsetTimeOriginal, FocalLength, width, height.
    exif.get_ifd(0x8769).update(
        {
            0x9003: stamp,
            0x9011: "+08:00",
            0x920A: IFDRational(16),
            0xA002: _SIZE[0],
            0xA003: _SIZE[1],
        }
    )
    if position:
        lon, lat = shot.lonlat
        gps: dict[int, object] = {
            1: "N",
            2: _sexagesimal(lat),
            3: "E",
            4: _sexagesimal(lon),
            5: b"\x00",
            6: IFDRational(Fraction(round(shot.z * 100), 100)),
            18: "WGS-84",
        }
        if direction:
            gps |= {16: "T", 17: IFDRational(Fraction(round(shot.heading * 100), 100))}
        exif.get_ifd(0x8825).update(gps)
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, "JPEG", quality=86, exif=exif)


def write_trajectory(file: Path, rows: list[tuple[str, Shot]], crs: str) -> None:
    """Write the poses of photographs that carry none, in a projected CRS the file does not name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["image", "easting", "northing", "height", "heading", "time"])
        for name, shot in rows:
            east, north = project(np.array([shot.uv]), crs)[0]
            moment = shot.time.replace(" ", "T") + "+08:00"
            pose = (f"{east:.3f}", f"{north:.3f}", f"{shot.z:.3f}", f"{shot.heading:.2f}")
            table.writerow([name, *pose, moment])


def _sexagesimal(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    minutes, seconds = divmod(round(degrees * 3600 * 100_000), 60 * 100_000)
    return (
        IFDRational(minutes // 60),
        IFDRational(minutes % 60),
        IFDRational(Fraction(seconds, 100_000)),
    )


def _draw(plan: Plan, trees: Table, shot: Shot) -> Image.Image:
    width, height = _SIZE
    sky = np.linspace([116, 160, 212], [224, 232, 238], height // 2).astype(np.uint8)
    ground = np.linspace([150, 150, 142], [118, 118, 114], height - height // 2).astype(np.uint8)
    rows = np.vstack([sky, ground])
    image = Image.fromarray(np.broadcast_to(rows[:, None], (height, width, 3)).copy())
    pen = ImageDraw.Draw(image)
    camera = _Camera(shot)
    faces = _markings(plan, camera) + _walls(plan, camera) + _crowns(plan, trees, camera)
    for _, corners, colour in sorted(faces, key=lambda f: -f[0]):
        pen.polygon(corners, fill=colour)
    return image


class _Camera:
    def __init__(self, shot: Shot) -> None:
        angle = np.radians(90.0 - TURN - shot.heading)
        self.at = np.array([*shot.uv, shot.z])
        self.ahead = np.array([np.cos(angle), np.sin(angle)])
        self.right = np.array([np.sin(angle), -np.cos(angle)])

    def see(self, xyz: Reals) -> Reals:
        """Return right, up, ahead in metres, (n, 3)."""
        rel = xyz - self.at
        return np.column_stack([rel[:, :2] @ self.right, rel[:, 2], rel[:, :2] @ self.ahead])

    def face(self, xyz: Reals, colour: Reals, nearer: float = 0.0) -> list[_Face]:
        """Return a polygon in pixels, cut off half a metre in front of the lens."""
        seen = _clipped(self.see(xyz), 0.5)
        if len(seen) < 3:
            return []
        x = _SIZE[0] / 2 + _FOCAL * seen[:, 0] / seen[:, 2]
        y = _SIZE[1] / 2 - _FOCAL * seen[:, 1] / seen[:, 2]
        far = float(seen[:, 2].mean())
        haze = min(0.55, far / _SIGHT * 0.6)
        mixed = np.clip(colour * (1 - haze) + np.array([214, 222, 230]) * haze, 0, 255)
        red, green, blue = mixed.astype(int).tolist()
        corners = list(zip(x.tolist(), y.tolist(), strict=True))
        return [(far - nearer, corners, (red, green, blue))]


def _clipped(points: Reals, near: float) -> Reals:
    if points[:, 2].min() >= near:
        return points
    kept: list[Reals] = []
    for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
        if a[2] >= near:
            kept.append(a)
        if (a[2] >= near) != (b[2] >= near):
            kept.append(a + (b - a) * (near - a[2]) / (b[2] - a[2]))
    return np.array(kept).reshape(-1, 3)


def _walls(plan: Plan, camera: _Camera) -> list[_Face]:
    b = plan.buildings
    around = shapely.Point(camera.at[:2]).buffer(_SIGHT)
    faces: list[_Face] = []
    for row in np.flatnonzero(shapely.intersects(b.outline, around)):
        rng = np.random.default_rng([plan.seed, 8, int(row)])
        plaster = rng.uniform(0.78, 1.0) * rng.uniform(0.9, 1.0, 3)
        base, top = float(b.base_z[row]), float(b.base_z[row] + b.height[row])
        ring = shapely.get_coordinates(b.outline[row].exterior)
        for p, q in pairwise(ring):
            outward = np.array([q[1] - p[1], p[0] - q[0]]) / np.hypot(*(q - p))
            if (camera.at[:2] - p) @ outward <= 0:
                continue
            light = 0.78 + 0.22 * outward @ np.array([0.8, -0.6])
            colour = np.array([232, 222, 205]) * plaster * light
            wall = np.array([[*p, base], [*q, base], [*q, top], [*p, top]])
            faces += (seen := camera.face(wall, colour))
            if seen and seen[0][0] < _PANES and _in_frame(seen[0][1]):
                far = seen[0][0]
                panes = _panes(p, q, base, float(b.height[row] / b.floors[row]), b.floors[row])
                for pane in panes:
                    for _, corners, glass in camera.face(pane, np.array([92, 116, 138])):
                        faces.append((far - 0.01, corners, glass))
    return faces


def _in_frame(corners: list[tuple[float, float]]) -> bool:
    across = [x for x, _ in corners]
    return max(across) > 0 and min(across) < _SIZE[0]


def _panes(p: Reals, q: Reals, base: float, storey: float, floors: int) -> list[Reals]:
    length = float(np.hypot(*(q - p)))
    number = int((length - 1.2) // 3.4)
    along = (q - p) / length
    found = []
    for floor in range(int(floors)):
        low = base + floor * storey + 0.9
        for k in range(number):
            a = p + along * (length * (k + 0.5) / number - 0.75)
            c = a + along * 1.5
            found.append(np.array([[*a, low], [*c, low], [*c, low + 1.6], [*a, low + 1.6]]))
    return found


def _crowns(plan: Plan, trees: Table, camera: _Camera) -> list[_Face]:
    foot = shapely.get_coordinates(trees.geometry, include_z=True)
    near = foot[np.hypot(*(foot[:, :2] - camera.at[:2]).T) < _SIGHT * 0.7]
    turn = np.linspace(0, 2 * np.pi, 13)[:-1]
    side = np.array([*camera.right, 0.0])
    faces: list[_Face] = []
    for k, at in enumerate(near):
        if camera.see(at[None])[0, 2] < 2.5:
            continue
        radius = 1.8 + 0.12 * (k % 6)
        trunk = at + np.outer([-1, 1, 1, -1], side * 0.12) + np.outer([0, 0, 1, 1], [0, 0, 3.0])
        faces += camera.face(trunk, np.array([96, 78, 62]))
        wobble = radius * (1 + 0.1 * np.sin(turn * 5 + k))
        crown = at + np.outer(np.cos(turn) * wobble, side)
        crown[:, 2] += 2.4 + radius + np.sin(turn) * wobble
        faces += camera.face(crown, np.array([74.0, 116.0 + 4 * (k % 5), 58.0]), 0.1)
    return faces


def _markings(plan: Plan, camera: _Camera) -> list[_Face]:
    """Return lane marks and pavements of the streets nearby, drawn before everything else."""
    faces: list[_Face] = []
    s = plan.streets
    middle = (s.start + s.end) / 2
    for row in np.flatnonzero(np.hypot(*(middle - camera.at[:2]).T) < _SIGHT * 0.8):
        along = (s.end[row] - s.start[row]) / np.hypot(*(s.end[row] - s.start[row]))
        left = np.array([-along[1], along[0]])
        half = s.width[row] / 2
        length = float(np.hypot(*(s.end[row] - s.start[row])))
        strips = [(12.0, length - 12.0, o, 1.5, (176, 172, 164)) for o in (1.5 - half, half - 1.5)]
        strips += [(m, m + 4.0, 0.0, 0.09, (236, 236, 230)) for m in np.arange(14, length - 14, 9)]
        for a, c, offset, wide, colour in strips:
            corners = s.start[row] + np.array(
                [
                    along * a + left * (offset - wide),
                    along * c + left * (offset - wide),
                    along * c + left * (offset + wide),
                    along * a + left * (offset + wide),
                ]
            )
            z = plan.terrain.height(corners)
            faces += camera.face(np.column_stack([corners, z]), np.array(colour), -1000.0)
    return faces
