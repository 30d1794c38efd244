"""The images in a cloud (E57) as objects: each stands where its pose says."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.model import STAGED, Asset

if TYPE_CHECKING:
    from cimkit.loaders.pointcloud.place import Standing

__all__ = ["views"]

_AHEAD = 10.0  # units of the source in front of a camera, to tell where it looks
_STEEP = 80.0  # degrees of pitch from which a heading says nothing
LAYER = "images2D"
"""The layer of the rows: names of images need not differ from that of the cloud."""


def views(
    images: list[dict[str, Any]], key: str, asset: Asset, standing: Standing
) -> Iterator[tuple[str, pa.Table]]:
    """Yield a row for each image that has a pose or a guid, and its relation to the cloud.

    Parameters
    ----------
    images : list of dict
        As `e57_header.images` describes them.
    key : str
        Source key of the cloud.
    asset : Asset
    standing : Standing

    Yields
    ------
    name, table
        ``objects``: points in the layer ``images2D``; the properties have camera, heading and
        pitch in degrees and the field of view. ``relations``: ``imageOf`` the cloud.
    """
    if not images:
        return
    rows = [_row(number, image, asset, standing) for number, image in enumerate(images)]
    yield "objects", pa.Table.from_pylist(rows, STAGED["objects"])
    pairs = [
        {"source_layer": LAYER, "source_key": row["source_key"], "relation": "imageOf",
         "other_layer": "", "other_key": key}
        for row in rows
    ]  # fmt: skip
    yield "relations", pa.Table.from_pylist(pairs, STAGED["relations"])


def _row(number: int, image: dict[str, Any], asset: Asset, standing: Standing) -> dict[str, Any]:
    import orjson
    import shapely

    held = {**image, "number": number} | _optics(image)
    row: dict[str, Any] = {
        "source_layer": LAYER,
        "source_key": str(image.get("guid") or f"{number}"),
        "key_origin": "id",
        "source_class": "panorama" if image.get("kind") == "spherical" else "photograph",
        "kind": "imagery",
        "name": str(image.get("name") or f"image {number + 1}"),
        "position_origin": "none",
        "place": "",
    }
    place = b""
    at = image.get("translation")
    if at is not None:
        row["z_min"] = row["z_max"] = at[2] * standing.z_unit
        found = _placed(at, image, asset, standing)
        if found is not None:
            (x, y), angles = found
            held |= angles
            place = shapely.to_wkb(shapely.Point(x, y))
            row |= {
                "geometry": place,
                "bbox": {"xmin": x, "ymin": y, "xmax": x, "ymax": y},
                "position_origin": "sheet" if asset.crs_origin == "sheet" else "file",
            }
    if image.get("acquired"):
        row["observed"] = datetime.fromisoformat(image["acquired"])
    text = orjson.dumps(held, option=orjson.OPT_SORT_KEYS)
    row["properties"] = text.decode()
    row["content_hash"] = "".join(hashlib.sha256(b).hexdigest()[:16] for b in (place, text))
    return row


def _optics(image: dict[str, Any]) -> dict[str, float]:
    """Return the horizontal field of view in degrees, where the representation says it."""
    if image.get("kind") == "spherical":
        wide = (image.get("width") or 0) * (image.get("pixelWidth") or 0.0)
        return {"field_of_view": min(math.degrees(wide), 360.0)} if wide > 0 else {}
    focal, pixel, width = (image.get(n) for n in ("focalLength", "pixelWidth", "width"))
    if image.get("kind") != "pinhole" or not focal or not pixel or not width or focal <= 0:
        return {}
    return {"field_of_view": math.degrees(2 * math.atan(width * pixel / 2 / focal))}


def _placed(
    at: list[float], image: dict[str, Any], asset: Asset, standing: Standing
) -> tuple[tuple[float, float], dict[str, float]] | None:
    """Return longitude, latitude, and heading and pitch of the camera, which looks along -z."""
    from pyproj import Geod

    from cimkit.geometry.crs import to_crs84
    from cimkit.loaders.pointcloud.e57 import matrix

    if standing.usable is None or asset.bbox_wgs84 is None:
        return None
    look = matrix(image.get("rotation") or [1.0, 0.0, 0.0, 0.0]) @ np.array([0.0, 0.0, -1.0])
    if image.get("kind") == "spherical":  # its middle is the x axis
        look = matrix(image.get("rotation") or [1.0, 0.0, 0.0, 0.0]) @ np.array([1.0, 0.0, 0.0])
    flat = np.array([at[:2], [at[0] + _AHEAD * look[0], at[1] + _AHEAD * look[1]]])
    here, ahead = to_crs84(flat, standing.usable).tolist()
    if not all(map(math.isfinite, here)):
        return None
    pitch = math.degrees(math.asin(min(max(float(look[2]), -1.0), 1.0)))
    angles = {"pitch": round(pitch, 3)}
    if abs(pitch) < _STEEP and all(map(math.isfinite, ahead)):
        heading = Geod(ellps="WGS84").inv(*here, *ahead)[0] % 360
        angles["heading"] = round(heading, 3)
    return (here[0], here[1]), angles
