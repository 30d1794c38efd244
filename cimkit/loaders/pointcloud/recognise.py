"""Recognising a point cloud by its content."""

from __future__ import annotations

import re

from cimkit.loaders._spec import Head
from cimkit.loaders.pointcloud.columns import Table, look
from cimkit.loaders.pointcloud.ept import is_ept
from cimkit.loaders.pointcloud.pcd import is_pcd
from cimkit.loaders.pointcloud.ply import is_ply
from cimkit.loaders.pointcloud.ptx import is_ptx

__all__ = ["sniff"]

_OWN = (".xyz", ".pts", ".ptx", ".xyzi", ".xyzrgb", ".xyzn", ".xyzrgbn", ".xyb", ".neu", ".3d")
_ANY = (".txt", ".asc", ".csv", ".dat", ".tsv")
_POSE = re.compile(
    r"^(roll|pitch|yaw|heading|omega|phi|kappa|image|photo|file|picture|qw|qx|wkt|geom"
    r"|航向|侧滚|俯仰|照片|影像|写真|画像)",
    re.IGNORECASE,
)
_GRID = re.compile(r"(ncols|nrows|north|south|xll(corner|center)|cellsize)\b", re.IGNORECASE)
_CLOUD = {
    *("red", "rgb", "intensity", "classification", "return_number", "return_count", "gps_time"),
    *("normal_x", "nir", "scan_angle", "edge", "point_source"),
}
_MANY = 100  # lines of x, y, z that are more likely a cloud than a list of places
_WIDE = 40  # columns without names: a matrix
_FEW = 5  # the same, in a text that is no CSV


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is a point cloud, 0 to 100."""
    start = head.start
    if head.is_dir:
        return 0
    if start[:4] == b"LASF" or start[:8] == b"ASTM-E57":
        return 95
    if is_ply(start) or is_pcd(start):
        return 90
    if head.name.endswith(".json"):
        return 95 if is_ept(start) else 0
    if not head.name.endswith(_OWN + _ANY):
        return 0
    if is_ptx(start):
        return 90
    table = look(start)
    if table is None or not {"x", "y"} <= set(table.roles.values()) or table.texts:
        return 0
    return _text(table, head.name)


def _text(table: Table, name: str) -> int:
    roles = set(table.roles.values())
    words = [w for line in table.comments for w in re.split(r"[,;\t]", line)]
    if "z" not in roles or any(_POSE.match(w.strip()) for w in (*table.header, *words)):
        return 0
    if name.endswith(".pts") and table.promised is not None:
        return 85
    if name.endswith(_OWN):
        return 70
    angular = any(
        h.strip().lower()[:3] in ("lon", "lat", "lng", "经度", "纬度", "経度", "緯度")
        for h in table.header
    )
    if table.header:
        if angular and not roles & (_CLOUD - {"gps_time"}):
            return 0  # a table of places with attributes
        unknown = [n for n in table.names if n not in table.roles]
        if roles & (_CLOUD - {"gps_time"}):
            return 60
        many = _MANY if name.endswith((".csv", ".tsv")) else _FEW
        return 40 if len(table.sample) >= many and not unknown and "id" not in roles else 0
    if len(table.names) > _WIDE or _pose_lines(table) or _names_others(table) or _ranks(table):
        return 0
    return 40 if len(table.sample) >= 3 and "id" not in roles else 0


def _ranks(table: Table) -> bool:
    """Tell numbers without names that no surveyor would write: all whole, or shares of one."""
    import numpy as np

    held = table.sample[:, [table.names.index(axis) for axis in "xyz"]]
    held = held[np.isfinite(held).all(axis=1)]
    return bool((held == np.rint(held)).all() or ((held >= 0) & (held <= 1)).all())


def _names_others(table: Table) -> bool:
    """Tell a table whose lines before the numbers name other things than x, y and z."""
    if any(_GRID.match(line) for line in table.comments):
        return True
    if not table.comments or table.comments[-1].startswith(("#", "/", "%", "!")):
        return False
    cells = [c.strip(' "') for c in re.split(r"[,;\t]", table.comments[-1])]
    while cells and not cells[-1]:
        cells.pop()
    return len(cells) == len(table.names) and any(c and not c[0].isdigit() for c in cells)


def _pose_lines(table: Table) -> bool:
    """Tell lines of time, place and angles: the first number grows evenly."""
    import numpy as np

    held = table.sample
    if held.shape[1] < 6 or len(held) < 3 or {"red", "normal_x"} & set(table.roles.values()):
        return False
    steps = np.diff(held[:, 0])
    return bool((steps > 0).all() and steps.max() < 100 * max(float(np.median(steps)), 1e-9))
