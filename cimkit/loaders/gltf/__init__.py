"""glTF models: counted, measured and placed as a whole; a mesh in local metres needs the sheet."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._mesh.packed import GZIP, beginning, unpacked
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = LoaderSpec(name="gltf", kind="mesh", title="glTF", version=3)

_OWN = (b'"meshes"', b'"accessors"', b'"bufferViews"', b'"scenes"', b'"nodes"')
_LARGEST = 1_000_000_000
"""Bytes of a model that are taken into memory."""


def sniff(head: Head) -> int:
    """Recognise a .glb by its magic, a .gltf by the fields that only it has."""
    start = head.start
    if start[:2] == GZIP and head.name.endswith((".glb", ".gltf")):
        start = beginning(start)
    if start[:4] == b"glTF" and len(start) >= 12:
        return 90
    text = start.lstrip(b"\xef\xbb\xbf").lstrip()
    if text[:1] != b"{" or b'"stac_version"' in start or b'"CityJSON' in start:
        return 0
    if b'"geometricError"' in start:
        return 0
    if head.name.endswith(".gltf"):
        return 65
    return 65 if b'"asset"' in start and any(word in start for word in _OWN) else 0


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the delivered buffers and images that a .gltf refers to."""
    return {name for name in _named(path, file) if name in listing}


def _named(path: str, file: Path) -> set[str]:
    from cimkit.loaders._mesh.gltf import uris
    from cimkit.loaders._mesh.paths import resolve

    try:
        said = _document(file)[0]
    except (ValueError, OSError, RecursionError, struct.error):
        return set()  # `probe` says what is wrong with it
    return {name for uri in uris(said) if (name := resolve(uri, path)) is not None}


def _document(file: Path) -> tuple[dict[str, Any], int, int, int]:
    """Return JSON, and bytes: of the binary part, as the header states, as there are."""
    from cimkit.loaders._mesh.gltf import parse_gltf

    size = file.stat().st_size
    if size > _LARGEST:
        raise ValueError(f"{size} bytes are more than are read")
    data = file.read_bytes()
    if data[:2] == GZIP:
        data = unpacked(data, _LARGEST)
        size = len(data)
    said, binary = parse_gltf(data)
    stated = struct.unpack_from("<I", data, 8)[0] if data[:4] == b"glTF" else size
    return said, binary, stated, size


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count what a model holds, find its bounds, and place it if the file or the sheet does.

    Raises
    ------
    SourceUnreadable
        If it is no glTF, or its JSON is broken.
    """
    import numpy as np

    from cimkit.loaders._mesh.gltf import describe
    from cimkit.loaders._mesh.local import earth_centred, stand

    try:
        said, binary, stated, size = _document(source.file)
        model = describe(said, binary)
    except (ValueError, RecursionError, struct.error) as error:
        raise SourceUnreadable("it is no glTF", where=source.path, got=str(error)) from error
    problems = _problems(said, model, source, stated, size)
    stands, shape, heights = None, None, None
    if model.bounds is not None:
        low, high = model.bounds
        # glTF has y up: (x, y, z) is east, up, south
        low, high = np.array([low[0], -high[2], low[1]]), np.array([high[0], -low[2], high[1]])
        centre = np.array(model.rtc) if model.rtc is not None else np.zeros(3)
        ends = np.array([low, high])
        corners = np.array([[x, y, z] for x in ends[:, 0] for y in ends[:, 1] for z in ends[:, 2]])
        on_earth = earth_centred(corners + centre)
        if on_earth is not None and options.declared.place is None:
            shape, heights = on_earth
        else:
            stands = stand(low, high, source, options)
            problems += stands.problems
            shape = stands.shape
            heights = (stands.box[2], stands.box[5]) if stands.box and stands.crs else None
    properties: dict[str, Any] = {"class": "gltf", **model.properties}
    if model.bounds is not None:
        properties["bounds"] = [*model.bounds[0].tolist(), *model.bounds[1].tolist()]
    if model.rtc is not None:
        properties["rtc_center"] = list(model.rtc)
    if heights is not None:
        properties["heights"] = list(heights)
    ecef = shape is not None and stands is None
    binary_file = stated != size or source.file.suffix.lower() == ".glb"
    version = model.properties.get("version", "")
    return Asset(
        path=source.path,
        kind="mesh",
        format=f"glTF {version}".strip(),
        media_type="model/gltf-binary" if binary_file else "model/gltf+json",
        counts=model.counts,
        crs="EPSG:4978" if ecef else stands.crs if stands else None,
        crs_origin="assumed" if ecef else stands.origin if stands else "none",  # type: ignore[arg-type]
        vertical_datum="EPSG:4979" if ecef else stands.datum if stands else None,
        bbox=stands.box if stands else None,
        bbox_wgs84=None if shape is None else shape.bounds,
        footprint=None if shape is None else shape.wkb,
        properties=properties,
        problems=tuple(problems),
    )


def _problems(
    said: dict[str, Any], model: Any, source: Source, stated: int, size: int
) -> list[Problem]:
    from cimkit.loaders._mesh.gltf import uris
    from cimkit.loaders._mesh.paths import resolve

    problems = []
    if stated != size:
        problems.append(
            Problem(
                "length-contradiction",
                "Its header states another length than the file has.",
                got=f"{size} bytes",
                expected=f"{stated} bytes",
                hint="Was it cut off on the way? Deliver it again.",
            )
        )
    version = model.properties.get("version", "")
    if not version.startswith(("1.", "2.")):
        problems.append(
            Problem("version-unknown", "There is no such version of glTF.", got=version or "none")
        )
    missing = []
    for uri in uris(said):
        if uri.startswith("data:"):
            continue
        name = resolve(uri, source.path)
        if name is None or name not in source.members:
            missing.append(uri[:100])
    if missing:
        problems.append(
            Problem(
                "content-missing",
                "Buffers or pictures that it refers to were not delivered with it.",
                "error",
                got=f"{len(missing)}: {', '.join(missing[:5])}",
            )
        )
    if model.bounds is None and model.counts.get("vertices"):
        message = "Its positions do not say between which values they lie: it gets no box."
        problems.append(Problem("bounds-missing", message, expected="min and max of POSITION"))
    told: dict[str, list[str]] = {}
    for where, what in model.contradictions:
        told.setdefault(what, []).append(where)
    for what, places in list(told.items())[:20]:
        problems.append(
            Problem(
                "gltf-contradiction",
                f"It does not fit together: {what}.",
                place=", ".join(places[:3]),
                got=f"{len(places)} times" if len(places) > 1 else "",
            )
        )
    return problems


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give one object, the model as a whole, and its counts as measures."""
    from cimkit.loaders._mesh.rows import rows

    heights = asset.properties.get("heights")
    yield from rows(source, asset, heights, [], PurePosixPath(source.path).stem)
