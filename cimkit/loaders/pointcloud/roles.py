"""What the columns of a cloud are called, and what they become in a chunk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import PointChunk

__all__ = ["assemble", "role"]

_WORDS = {
    "x": "x|e|east|easting|lon|long|longitude|lng|coordx|xcoord|xcoordinate|pointx|x坐标|横坐标"
    "|东坐标|东|经度|東|経度|x座標|東座標|東距|posx|cartesianx|este|est|ost|rechtswert|longitud"
    "|longitudine|recht",
    "y": "y|n|north|northing|lat|latitude|coordy|ycoord|ycoordinate|pointy|y坐标|纵坐标|北坐标"
    "|北|纬度|緯度|y座標|北座標|posy|cartesiany|norte|nord|hochwert|latitud|latitudine|hoch",
    "z": "z|h|height|elev|elevation|alt|altitude|coordz|zcoord|zcoordinate|pointz|z坐标|高程|高"
    "|高度|海拔|標高|高さ|z座標|楕円体高|大地高|posz|cartesianz|höhe|hoehe|hohe|cota|quota"
    "|altura|altitud|altitude|hauteur",
    "red": "r|red|diffusered|rgbr|colorred|红|红色|赤|rf",
    "green": "g|green|diffusegreen|rgbg|colorgreen|绿|绿色|緑|gf",
    "blue": "b|blue|diffuseblue|rgbb|colorblue|蓝|蓝色|青|bf",
    "rgb": "rgb|rgba|color|packedrgb",
    "intensity": "i|intensity|reflectance|reflectivity|remission|amplitude|强度|反射强度|反射率"
    "|反射強度|強度|反射",
    "classification": "c|class|classification|label|classid|分类|类别|分類|クラス",
    "gps_time": "t|time|gpstime|gpsseconds|timestamp|时间|gps时间|時刻|時間",
    "return_number": "returnnumber|returnno|rn|回波序号|回波次数|返回次数|リターン番号",
    "return_count": "numberofreturns|numreturns|returncount|nr|回波总数|回波数|リターン数",
    "point_source": "pointsourceid|sourceid|pointsource|flightline|航带|航带号|コース",
    "nir": "nir|infrared|nearinfrared|近红外|近赤外",
    "scan_angle": "scanangle|scananglerank|扫描角|スキャン角",
    "user_data": "userdata",
    "edge": "edgeofflightline",
    "direction": "scandirectionflag|scandirection",
    "offset_time": "offsettime",
    "normal_x": "nx|normalx",
    "normal_y": "ny|normaly",
    "normal_z": "nz|normalz",
    "id": "id|no|nr.|num|number|point|pointid|ptid|点号|序号|编号|点名|番号|点番",
}
_ROLES = {word: name for name, words in _WORDS.items() for word in words.split("|")}
_PREFIX = re.compile(r"^(scalar|//|#|attr|vertex)")
_METRES = re.compile(r"[\[(](m|米|°|度|deg)[\])]")
_TURNED = (
    (re.compile(r"[xye]?(坐标|座標)?[东東]方?向?(坐标|座標)?值?[xye]?|[xy](e|east)"), "x"),
    (re.compile(r"[xyn]?(坐标|座標)?北方?向?(坐标|座標)?值?[xyn]?|[xy](n|north)"), "y"),
)
"""Names that say a direction beside their letter: Chinese surveyors call the northing X."""
_UNIT = re.compile(r"[\[(（].*?[\])）]")


def role(name: str) -> str | None:
    """Return what a column's name means, or None.

    Examples
    --------
    >>> role("scalar_GpsTime"), role("高程(m)"), role("//X"), role("roughness")
    ('gps_time', 'z', 'x', None)
    >>> role("X(北)"), role("东坐标Y(m)")  # the letter is the mathematician's or the surveyor's
    ('y', 'x')
    """
    bare = unicodedata.normalize("NFKC", name).strip().strip("\"'").lower()
    text = re.sub(r"[^\w]|_", "", _METRES.sub("", bare))
    for pattern, axis in _TURNED:
        if pattern.fullmatch(text):
            return axis
    bare = re.sub(r"[\s_.:\-]", "", _UNIT.sub("", bare))
    for _ in range(2):
        if bare in _ROLES:
            return _ROLES[bare]
        bare = _PREFIX.sub("", bare)
    return _ROLES.get(bare)


def assemble(
    columns: Mapping[str, npt.NDArray[Any]],
    roles: Mapping[str, str],
    wanted: frozenset[str],
    *,
    scan: int = 0,
) -> tuple[PointChunk, int]:
    """Make a chunk of columns; points without a place are left out.

    Parameters
    ----------
    columns : mapping
        By name, each (n,) or (n, k).
    roles : mapping
        Role by column; what has none becomes an extra field.
    wanted : frozenset of str
    scan : int

    Returns
    -------
    chunk, dropped
    """
    by_role: dict[str, npt.NDArray[Any]] = {}
    for name, held in columns.items():
        by_role.setdefault(roles.get(name, ""), held)
    by_role.pop("", None)
    first = next(iter(columns.values()))
    xyz = np.empty((3, len(first)))
    with np.errstate(all="ignore"):  # damaged files hold any bits
        for i, axis in enumerate("xyz"):
            xyz[i] = by_role.get(axis, 0.0)
    sound = np.isfinite(xyz).all(axis=0)
    keep: Any = slice(None) if sound.all() else sound
    plain: dict[str, Any] = {}
    if wanted & {"rgb", "color_peak"}:
        plain |= _colors(by_role, keep)
    for name, kind in _KINDS.items():
        if name in by_role and (name in wanted or ("returns" in wanted and "return" in name)):
            plain[name] = _whole(by_role[name][keep], kind)
    if "intensity" in by_role and "intensity" in wanted:
        plain["intensity"] = _intensity(by_role["intensity"][keep])
    if "gps_time" in by_role and "gps_time" in wanted:
        plain["gps_time"] = by_role["gps_time"][keep].astype(np.float64)
    known = {"x", "y", "z", "red", "green", "blue", "rgb", *_KINDS, "gps_time"}
    extra = {
        name: held[keep]
        for name, held in columns.items()
        if roles.get(name) not in known and ("extra" in wanted or name in wanted)
    }
    return (
        PointChunk(xyz=xyz.T[keep] if keep is sound else xyz.T, extra=extra, scan=scan, **plain),
        int(len(first) - sound.sum()),
    )


_KINDS: dict[str, Any] = {
    "classification": np.uint8,
    "return_number": np.uint8,
    "return_count": np.uint8,
    "point_source": np.uint16,
    "nir": np.uint16,
}


def _whole(held: npt.NDArray[Any], kind: Any) -> npt.NDArray[Any]:
    if held.dtype == kind:
        return held
    most = np.iinfo(kind).max
    real = np.nan_to_num(held.astype(np.float64), nan=0.0, posinf=most, neginf=0)
    return np.clip(np.rint(real), 0, most).astype(kind)


def _intensity(held: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Keep whole numbers; spread reals of 0 to 1; shift those of -2048 to 2047 (PTS)."""
    if held.dtype.kind == "u" and held.dtype.itemsize <= 2:
        return held.astype(np.uint16)
    real = np.nan_to_num(held.astype(np.float64))
    low, high = (float(real.min()), float(real.max())) if len(real) else (0.0, 0.0)
    if low < 0 and low >= -2048 and high <= 2047:
        real = real + 2048
    elif high <= 1.0 and (real != np.rint(real)).any():
        real = real * 65_535
    return np.clip(np.rint(real), 0, 65_535).astype(np.uint16)


def _colors(by_role: Mapping[str, npt.NDArray[Any]], keep: Any) -> dict[str, Any]:
    if "rgb" in by_role and "red" not in by_role:
        packed = by_role["rgb"][keep]
        if packed.ndim != 1 or packed.dtype.itemsize < 4:
            return {}
        # PCL packs 0xRRGGBB into the bits of a float.
        bits = (
            packed.astype(np.float32).view(np.uint32)
            if packed.dtype.kind == "f"
            else (packed.astype(np.uint32))
        )
        rgb = np.column_stack([(bits >> s & 255).astype(np.uint8) for s in (16, 8, 0)])
        return {"rgb": rgb, "color_peak": int(rgb.max(initial=0))}
    if not {"red", "green", "blue"} <= by_role.keys():
        return {}
    raw = np.column_stack([by_role[c][keep] for c in ("red", "green", "blue")])
    if raw.dtype == np.uint8:
        return {"rgb": raw, "color_peak": int(raw.max(initial=0))}
    real = np.nan_to_num(raw.astype(np.float64))
    high = float(real.max(initial=0))
    if raw.dtype.kind == "f" and high <= 1.0:
        real *= 255
    elif high > 255:
        real /= 257
    rgb = np.clip(np.rint(real), 0, 255).astype(np.uint8)
    return {"rgb": rgb, "color_peak": int(high) if high > 1 else int(rgb.max(initial=0))}
