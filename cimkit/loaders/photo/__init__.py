"""Photographs: JPEG, MPO, PNG, WebP, HEIC, AVIF and TIFF of cameras, with all that places them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.loaders._spec import LoaderSpec, ReadOptions
from cimkit.loaders.photo.shot import Shot
from cimkit.loaders.photo.sniff import siblings, sniff
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="photo", kind="imagery", title="Photograph", version=7, together=True)

_MEDIA = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
}


def probe(source: Source, options: ReadOptions) -> Asset:
    """Find out size, place, direction and time of a photograph.

    What the sheet's trajectory says of it outranks its EXIF, which outranks its XMP, which
    outranks what lies beside it. ``counts`` has its pixels as stored, ``properties`` its width and
    height as it is to be seen (EXIF orientation). The footprint is a wedge `view.RANGE_M` long, or
    a circle about a panorama; of a camera that looks down it is the level ground beneath, where its
    height above it is known, and the heading is that of the top of the image.

    Raises
    ------
    SourceUnreadable
        If it is no image that Pillow can open.
    """
    from cimkit.loaders.photo.camera import upright
    from cimkit.loaders.photo.place import observed, placed
    from cimkit.loaders.photo.trajectory import apply_trajectory
    from cimkit.loaders.photo.view import RANGE_M

    problems: list[Problem] = []
    name, counts, shot = _said(source, options, problems)
    if options.declared.trajectory is not None:
        observed(shot, options, problems)
        apply_trajectory(source.path, shot, options.declared, options.root, problems)
    else:
        observed(shot, options, problems)
    width, height = upright(counts["width"], counts["height"], shot.orientation)
    _panorama(shot, width, height, problems)
    if shot.heading is not None and shot.heading_ref == "M":
        problems.append(
            Problem(
                code="heading-magnetic",
                message="The direction is against magnetic north; the declination is not applied.",
                severity="info",
                got=f"{shot.heading:g} M",
                expected="degrees from true north",
            )
        )
    where = placed(shot, source, options, problems)
    moment = shot.moment.isoformat().replace("+00:00", "Z") if shot.moment else None
    seen = _seen(where.position, shot, (width, height)) if where.position else None
    folder = str(PurePosixPath(source.path).parent)
    properties = _properties(source, shot, (width, height))
    if seen is not None and "ground_below_m" not in shot.more:
        properties["view_range_m"] = RANGE_M
    return Asset(
        path=source.path,
        kind="imagery",
        format=name,
        media_type=_MEDIA.get(name, "image/*"),
        counts=counts,
        crs=where.crs,
        crs_origin=where.origin,  # type: ignore[arg-type]
        vertical_datum=where.vertical_datum,
        bbox=(*shot.surveyed, *shot.surveyed) if shot.surveyed else None,
        bbox_wgs84=_box(where.position, seen),
        footprint=seen,
        position=where.position,
        observed_start=moment,
        observed_end=moment,
        sequence=shot.sequence or (folder if folder != "." else None),
        properties=properties,
        problems=tuple(problems),
    )


def _box(
    position: tuple[float, float] | None, seen: bytes | None
) -> tuple[float, float, float, float] | None:
    if seen is not None:
        from cimkit.loaders.photo.view import bounds

        return bounds(seen)
    return (*position, *position) if position else None


def _seen(at: tuple[float, float], shot: Shot, shape: tuple[int, int]) -> bytes | None:
    """Return what it looks at; turn the heading of a camera that looks down into that of its top.

    Its axis keeps its angles in ``axis``.
    """
    from cimkit.loaders.photo.attitude import top_of_image
    from cimkit.loaders.photo.view import DOWNWARD, beneath, view

    heading, pitch, roll = shot.heading, shot.pitch, shot.roll or 0.0
    if pitch is None or pitch > DOWNWARD or heading is None or shot.more.get("panorama"):
        return view(*at, heading, shot.fov)
    axis = heading, pitch, roll
    if roll:
        shot.heading, shot.roll = top_of_image(axis), None
        shot.more["axis"] = dict(zip(("heading", "pitch", "roll"), axis, strict=True))
    above = shot.more.get("altitude_above_start_m")
    found = beneath(*at, axis, shot.fov, shape, above) if isinstance(above, float) else None
    if found is not None:
        shot.more["ground_below_m"] = above
    return found


def _said(
    source: Source, options: ReadOptions, problems: list[Problem]
) -> tuple[str, dict[str, int], Shot]:
    """Return format, counts and what the photograph and the files beside it say.

    Where it is to be read whole its pixels are measured while it is open.
    """
    from cimkit.loaders.photo.beside import sidecars
    from cimkit.loaders.photo.camera import camera
    from cimkit.loaders.photo.exif import exif
    from cimkit.loaders.photo.image import opened, packets, pictures, stored
    from cimkit.loaders.photo.mapillary import described
    from cimkit.loaders.photo.quality import measured
    from cimkit.loaders.photo.xmp import xmp

    with opened(source, problems) as image:
        width, height = stored(image)
        counts = {"width": width, "height": height}
        several = pictures(image)
        if several > 1:
            counts["images"] = several
        shot, tags = exif(image, problems)
        camera(tags, width, height, shot)
        for packet in packets(image):
            xmp(packet, shot, problems)
        name = image.format or ""
        if options.depth == "full":
            options.held["measures"] = measured(image, source, problems)
    described(shot, problems)
    sidecars(source, shot, problems)
    return name, counts, shot


def _panorama(shot: Shot, width: int, height: int, problems: list[Problem]) -> None:
    """Tell a sphere: the metadata say so, or it is suspected of an image twice as wide as high."""
    if shot.panorama:
        shot.more["panorama"] = "equirectangular" in shot.panorama.lower()
        shot.more["projection"] = shot.panorama
        if shot.more["panorama"] and "gpano" not in shot.more:
            shot.fov, shot.origins["fov"] = 360.0, "panorama"
        return
    shot.more["panorama"] = width >= 1024 and abs(width / height - 2) < 0.005
    if shot.more["panorama"]:
        shot.more["panorama_origin"] = "shape"
        shot.fov, shot.origins["fov"] = 360.0, "shape"
        problems.append(
            Problem(
                code="panorama-suspected",
                message="The image is twice as wide as high: it is taken for a full panorama, "
                "which no metadata say.",
                severity="info",
                got=f"{width} x {height}",
                expected='XMP GPano:ProjectionType "equirectangular"',
            )
        )


def _properties(source: Source, shot: Shot, size: tuple[int, int]) -> dict[str, Any]:
    from cimkit.loaders.photo.clock import iso

    found = {
        "camera": shot.camera,
        "heading": shot.heading,
        "heading_ref": shot.heading_ref,
        "heading_origin": shot.origins.get("heading"),
        "position_origin": shot.origins.get("position", "none"),
        "pitch": shot.pitch,
        "roll": shot.roll,
        "altitude": shot.altitude,
        "altitude_of": shot.altitude_of or None,
        "orientation": shot.orientation,
        "field_of_view": round(shot.fov, 3) if shot.fov is not None else None,
        "field_of_view_origin": shot.origins.get("fov"),
        "local_time": shot.local.isoformat() if shot.local else None,
        "time_zone": shot.zone,
        "time_zone_origin": shot.origins.get("time_zone"),
        "observed_by_trajectory": iso(shot.moment)
        if shot.moment and shot.origins.get("time") == "trajectory"
        else None,
        "image": source.path,
        "width": size[0],
        "height": size[1],
        **shot.more,
    }
    return {k: v for k, v in found.items() if v is not None}


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Yield the one object that a photograph is, a point, and how sharp and exposed it is.

    It is decoded once, small, so that a torn file is noticed.

    Yields
    ------
    name, table
        ``measures``, see `quality.quality`; ``objects`` with one row, the key is the hash of the
        content.
    """
    import hashlib
    from datetime import datetime

    import orjson
    import pyarrow as pa
    import shapely

    from cimkit.loaders.photo.image import opened
    from cimkit.loaders.photo.quality import measured
    from cimkit.model import STAGED

    measures = options.held.pop("measures", None)
    if measures is None:
        with opened(source) as image:
            measures = measured(image, source, options.problems)
    if measures:
        rows = [
            {"source_layer": "", "name": name, "cell": None, "value": value, "unit": unit}
            for name, value, unit in measures
        ]
        yield "measures", pa.Table.from_pylist(rows, STAGED["measures"])
    sha256 = asset.sha256
    if not sha256:  # the file is too large for its depth, or nobody asked yet
        with source.file.open("rb") as given:
            sha256 = hashlib.file_digest(given, "sha256").hexdigest()
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
