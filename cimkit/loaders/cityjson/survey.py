"""What a city model holds, without its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from cimkit.loaders._city.beside import delivered, is_elsewhere
from cimkit.loaders._city.crs_names import named
from cimkit.loaders._city.standing import lies
from cimkit.loaders._city.tally import Tally
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.cityjson.counts import Counts
from cimkit.loaders.cityjson.parts import Json, parts
from cimkit.model import Asset, Problem, Source

__all__ = ["reference_system", "survey"]


def survey(source: Source, options: ReadOptions) -> Asset:
    """Return what is known of a model after one pass over it."""
    tally = Tally()
    found = Counts()
    for part in parts(source, tally, options.declared.place):
        found.take(part, tally)
        if options.depth == "header" and found.sequence:
            break
    found.finish()
    head, low, high = found.head, found.low, found.high
    box = (*map(float, low), *map(float, high)) if np.isfinite([*low, *high]).all() else None
    declared = options.declared
    said = declared.crs or named(reference_system(head))
    origin, placed, high_of = lies(said, box, declared, source)
    _tell_extent(head, box if declared.place is None else None, found.sequence, tally)
    _tell_version(head, tally)
    for image in sorted(found.images):
        if not is_elsewhere(image) and delivered(source, image) is None:
            tally.add(
                Problem(
                    "texture-missing",
                    "A texture was not delivered with the model.",
                    got=image,
                    hint="Deliver the images with the model, in the folders that it names.",
                )
            )
    version = str(head.get("version") or "").strip()
    metadata: Json = head.get("metadata") or {}
    if not isinstance(metadata, dict):
        metadata = {}
    counts = dict(found.counts)
    if options.depth == "header" and found.sequence:
        counts = {}
    return Asset(
        path=source.path,
        members=source.members,
        kind="citymodel",
        format=f"{'CityJSONSeq' if found.sequence else 'CityJSON'} {version}".strip(),
        media_type="application/city+json-seq" if found.sequence else "application/city+json",
        counts=counts,
        crs=placed.name,
        crs_origin=origin,
        vertical_datum=high_of.datum,
        bbox=box,
        bbox_wgs84=placed.box,
        encoding="UTF-8",
        encoding_origin="declared",
        properties={
            "types": dict(sorted(found.types.items())),
            "levels": sorted(found.levels),
            "title": metadata.get("title"),
            "metadata": metadata,
            "placed": placed.crs is not None,
            "height_kind": high_of.kind,
            "extensions": _extensions(head),
            "extension_declarations": _declarations(head),
            "appearance_defaults": _defaults(head),
            "extra": {k: _short(v) for k, v in sorted(found.extra.items())},
            "vertices_unused": found.unused,
            "vertices_double": found.double,
        },
        problems=(*tally.problems(), *placed.problems, *high_of.problems),
    )


def _extensions(head: Json) -> list[str]:
    said = head.get("extensions")
    return sorted(map(str, said)) if isinstance(said, (dict, list)) else []


def _declarations(head: Json) -> Json:
    """Return where the schemas of the extensions are, as the document says."""
    said = head.get("extensions")
    held = said if isinstance(said, dict) else {}
    return {str(name): given for name, given in sorted(held.items()) if isinstance(given, dict)}


def _defaults(head: Json) -> Json:
    """Return the themes that are shown unless another is asked for."""
    looks = head.get("appearance")
    held = looks if isinstance(looks, dict) else {}
    names = ("default-theme-material", "default-theme-texture")
    return {name: held[name] for name in names if isinstance(held.get(name), str)}


def _short(value: Any) -> Any:
    """Return a root property of an extension, or how big it is if that is much."""
    text = orjson.dumps(value)
    return value if len(text) < 4_096 else f"{len(text)} bytes of JSON"


def reference_system(head: Json) -> str | None:
    """Return the CRS that the metadata name: a URL, a URN, or ``EPSG:n`` of early versions.

    Examples
    --------
    >>> reference_system({"metadata": {"crs": {"epsg": 7415}}})
    'EPSG:7415'
    """
    metadata = head.get("metadata")
    if not isinstance(metadata, dict):
        return None
    for said in (metadata.get("referenceSystem"), metadata.get("crs"), head.get("crs")):
        if isinstance(said, dict):
            said = said.get("epsg") or said.get("href") or said.get("code")
        if isinstance(said, bool) or said is None:
            continue
        if isinstance(said, int) or (isinstance(said, str) and said.strip().isdigit()):
            return f"EPSG:{said}".replace(" ", "")
        if isinstance(said, str) and said.strip():
            return said.strip()
    return None


def _tell_version(head: Json, tally: Tally) -> None:
    version = head.get("version")
    if head and (version is None or not str(version).strip()):
        tally.add(
            Problem(
                "version-missing",
                "It does not say which version of CityJSON it is.",
                expected='"version": "2.0"',
            )
        )


def _tell_extent(head: Json, box: tuple[float, ...] | None, sequence: bool, tally: Tally) -> None:
    """Hold the extent that the metadata state against the vertices."""
    metadata = head.get("metadata")
    said = metadata.get("geographicalExtent") if isinstance(metadata, dict) else None
    said = said or (metadata.get("bbox") if isinstance(metadata, dict) else None)
    if not said or box is None:
        return
    try:
        given = np.array(said, np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape != (6,) or not np.isfinite(given).all():
        tally.add(
            Problem("extent-invalid", "The stated extent is not six numbers.", got=str(said)[:80])
        )
        return
    met = np.array(box)
    slack = max(0.01, 1e-3 * float(np.max(met[3:] - met[:3])))
    outside = bool((met[:3] < given[:3] - slack).any() or (met[3:] > given[3:] + slack).any())
    inside = bool((np.abs(met - given) > slack).any())
    if outside or (inside and not sequence):
        tally.add(
            Problem(
                "extent-contradiction",
                "Vertices lie outside of the extent that the metadata state."
                if outside
                else "The extent that the metadata state is larger than what is there.",
                "warning" if outside else "info",
                got=", ".join(f"{v:.3f}" for v in met),
                expected=", ".join(f"{v:.3f}" for v in given),
            )
        )
