"""Photographs: JPEG, MPO, PNG, HEIC, with EXIF, XMP and a trajectory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders.photo.exif import Shot
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPEC", "probe", "read", "sniff"]

_Origin = Literal["declared", "assumed", "sheet", "none"]

SPEC = LoaderSpec(name="photo", kind="imagery", title="Photograph", version=3)

_MEDIA = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "HEIF": "image/heic"}
_HEIC = {b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc", b"avif"}


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is a photograph, 0 to 100."""
    start = head.start
    if start[:3] == b"\xff\xd8\xff":
        return 70
    if start[:8] == b"\x89PNG\r\n\x1a\n":
        return 60
    return 70 if start[4:8] == b"ftyp" and start[8:12] in _HEIC else 0


def probe(source: Source, options: ReadOptions) -> Asset:
    """Find out size, place, direction and time of a photograph.

    What the sheet's trajectory says of it outranks its EXIF, which outranks its XMP.

    Raises
    ------
    SourceUnreadable
        If it is no image that Pillow can open.
    """
    from cimkit.loaders.photo.exif import exif
    from cimkit.loaders.photo.trajectory import apply_trajectory
    from cimkit.loaders.photo.xmp import xmp

    problems: list[Problem] = []
    name, width, height, packet = _open(source, problems, decode=False)
    shot = exif(source.file, problems)
    if packet:
        xmp(packet, shot, problems)
    if options.declared.trajectory is not None:
        apply_trajectory(
            source.path,
            shot,
            options.declared.trajectory,
            options.root,
            problems,
            options.declared.encoding,
        )
    panorama = _is_panorama(shot, width, height)
    if shot.heading_ref == "M":
        problems.append(
            Problem(
                code="heading-magnetic",
                message="The direction is against magnetic north; the declination is not applied.",
                severity="info",
                got=f"{shot.heading:g} M",
                expected="degrees from true north",
            )
        )
    position = None
    if shot.longitude is not None and shot.latitude is not None:
        position = shot.longitude, shot.latitude
    moment = shot.moment.isoformat().replace("+00:00", "Z") if shot.moment else None
    folder = str(PurePosixPath(source.path).parent)
    crs, origin = _crs(shot, options)
    return Asset(
        path=source.path,
        kind="imagery",
        format=name,
        media_type=_MEDIA.get(name, "image/*"),
        counts={"width": width, "height": height},
        crs=crs,
        crs_origin=origin,
        bbox=(*shot.surveyed, *shot.surveyed) if shot.surveyed else None,
        bbox_wgs84=(*position, *position) if position else None,
        position=position,
        observed_start=moment,
        observed_end=moment,
        sequence=folder if folder != "." else None,
        properties=_properties(source, shot, (width, height), panorama),
        problems=tuple(problems),
    )


def _crs(shot: Shot, options: ReadOptions) -> tuple[str | None, _Origin]:
    """Return the CRS of the position and who says so; EXIF and XMP are in degrees by definition."""
    if shot.longitude is None or shot.latitude is None:
        return None, "none"
    trajectory = options.declared.trajectory
    if shot.surveyed is None or trajectory is None:
        return "OGC:CRS84", "declared"
    if not trajectory.crs:
        return "OGC:CRS84", "assumed"
    from cimkit.geometry.crs import crs_name, parse_crs

    return crs_name(parse_crs(trajectory.crs)), "sheet"


def _open(
    source: Source, problems: list[Problem], *, decode: bool
) -> tuple[str, int, int, bytes | None]:
    """Return format, width, height as stored, and the XMP packet."""
    import pillow_heif
    from PIL import Image, UnidentifiedImageError

    pillow_heif.register_heif_opener()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # panoramas are large
        try:
            with Image.open(source.file) as image:
                if decode:
                    image.draft("RGB", (image.width // 8, image.height // 8))
                    image.load()
                packet = image.info.get("xmp")
                found = (image.format or "", image.width, image.height, packet)
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            SyntaxError,
            EOFError,
            IndexError,
            OverflowError,
        ) as error:
            raise SourceUnreadable(
                f"the image cannot be opened: {error}".replace(str(source.file), source.path),
                where=source.path,
                mend="Deliver the camera's own file.",
            ) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    for warning in said:
        problems.append(
            Problem(
                code="exif-corrupt",
                message="The metadata of the photograph are damaged.",
                got=str(warning.message)[:200],
                hint="Deliver the camera's own file, or a trajectory.",
            )
        )
    if isinstance(found[3], str):
        return found[0], found[1], found[2], found[3].encode()
    return found


def _is_panorama(shot: Shot, width: int, height: int) -> bool:
    """Tell a full sphere: the metadata say so, or the image is twice as wide as high."""
    if shot.panorama:
        return "equirectangular" in shot.panorama.lower()
    return width >= 1024 and abs(width / height - 2) < 0.005


def _properties(
    source: Source, shot: Shot, size: tuple[int, int], panorama: bool
) -> dict[str, Any]:
    found = {
        "camera": shot.camera,
        "heading": shot.heading,
        "heading_ref": shot.heading_ref,
        "heading_origin": shot.origins.get("heading"),
        "position_origin": shot.origins.get("position", "none"),
        "pitch": shot.pitch,
        "roll": shot.roll,
        "altitude": shot.altitude,
        "orientation": shot.orientation,
        "local_time": shot.local_time,
        "image": source.path,
        "width": size[0],
        "height": size[1],
        "panorama": panorama,
    }
    return {k: v for k, v in found.items() if v is not None}


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Yield the one object that a photograph is: a point, its direction and its time.

    It is decoded once at an eighth of its size, so that a torn file is noticed.

    Yields
    ------
    name, table
        ``objects`` with one row; the key is the hash of the content.
    """
    import hashlib
    from datetime import datetime

    import orjson
    import pyarrow as pa
    import shapely

    from cimkit.model import STAGED

    try:
        _open(source, [], decode=True)
    except SourceUnreadable as error:
        options.problems.append(
            Problem(
                code="image-truncated",
                message="The image opens but cannot be decoded to its end.",
                severity="error",
                got=error.what[:200],
                expected="a whole image",
                hint="Deliver the camera's own file.",
            )
        )
    sha256 = asset.sha256 or hashlib.sha256(source.file.read_bytes()).hexdigest()
    held = {k: v for k, v in asset.properties.items() if k != "position_origin"}
    text = orjson.dumps(held, option=orjson.OPT_SORT_KEYS).decode()
    # Where it lies is no attribute of the photograph: a renamed file is the same object.
    lasting = orjson.dumps(
        {k: v for k, v in held.items() if k != "image"}, option=orjson.OPT_SORT_KEYS
    )
    row: dict[str, Any] = {
        "source_layer": "",
        "source_key": sha256,
        "key_origin": "sha256",
        "source_class": "panorama" if asset.properties.get("panorama") else "photograph",
        "kind": "imagery",
        "name": PurePosixPath(source.path).name,
        "z_min": asset.properties.get("altitude"),
        "z_max": asset.properties.get("altitude"),
        "position_origin": asset.properties.get("position_origin", "none"),
        "properties": text,
        "place": "",
    }
    place = b""
    if asset.position is not None:
        x, y = asset.position
        place = shapely.to_wkb(shapely.Point(x, y))
        row |= {"geometry": place, "bbox": {"xmin": x, "ymin": y, "xmax": x, "ymax": y}}
    if asset.observed_start:
        row["observed"] = datetime.fromisoformat(asset.observed_start)
    row["content_hash"] = "".join(hashlib.sha256(b).hexdigest()[:16] for b in (place, lasting))
    yield "objects", pa.Table.from_pylist([row], STAGED["objects"])
