"""What a city model holds, without its rows."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np

from cimkit.errors import UsageError
from cimkit.geometry.crs import parse_crs
from cimkit.loaders._city.beside import delivered, is_elsewhere
from cimkit.loaders._city.crs_names import named
from cimkit.loaders._city.standing import lies, stood_box
from cimkit.loaders._city.tally import Tally
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.citygml.heading import Heading, heading
from cimkit.loaders.citygml.kinds import is_inner
from cimkit.loaders.citygml.links import GEOMETRIC, outside
from cimkit.loaders.citygml.names import XLINK, is_gml, local, split
from cimkit.loaders.citygml.numbers import parse_lists
from cimkit.loaders.citygml.reference import Frame, frame_of
from cimkit.loaders.citygml.stream import MEMBERS, members
from cimkit.model import Asset, Problem, Source

__all__ = ["survey"]

_BATCH = 4_096
_LISTS = {"posList", "pos", "coordinates", "lowerCorner"}


class _Survey:
    def __init__(self, dimension: int) -> None:
        self.types: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        self.levels: Counter[str] = Counter()
        self.foreign: Counter[str] = Counter()
        self.images: set[str] = set()
        self.outside = self.inner = self.others_objects = 0
        self.dimension = dimension
        self.low, self.high = np.full(3, np.inf), np.full(3, -np.inf)
        self.packed: dict[Any, list[str]] = {}
        self._pending: dict[int, list[str]] = {2: [], 3: [], dimension: []}

    def take(self, element: Any) -> None:
        """Count one member and widen the box by its coordinates."""
        texts: list[str] = []
        flat: list[str] = []
        linked = False
        relative: set[Any] = set()
        for inner in element.iter("*"):
            action = _action(inner.tag)
            if not action:
                continue
            if action == "list":
                target = flat if inner.get("srsDimension") == "2" else texts
                target.append(inner.text or "")
            elif action == "link":
                linked = linked or inner.get(XLINK) is not None
            elif action == "tuples":
                texts.append((inner.text or "").replace(",", " "))
            elif action == "level":
                if len(inner):
                    self.levels[local(inner)[3]] += 1
                linked = linked or inner.get(XLINK) is not None
            elif action == "apart":
                relative.update(inner.iter("*"))
                linked = linked or inner.get(XLINK) is not None
            elif action == "envelope":  # of CityGML 1: its corners are no coordinates
                relative.update(c for c in inner.iterchildren("*") if local(c) == "pos")
            elif action == "image":
                self.images.add((inner.text or "").strip())
            else:
                space = split(inner.tag)[0]
                if action == "foreign":
                    self.foreign[space] += 1
                if inner is not element and is_inner(inner):
                    self.inner += 1
        for kept in self.packed.values():
            texts += kept
        if linked:
            self.outside += len(outside(element))
        if relative:  # templates have coordinates of their own
            own = {i.text for i in relative if local(i) in _LISTS}
            texts = [t for t in texts if t not in own]
        for given, width in ((texts, self.dimension), (flat, 2)):
            self._pending[width] += given
            if len(self._pending[width]) > _BATCH:
                self._widen(self._pending[width], width)
                self._pending[width] = []

    def drain(self, texts: list[str]) -> None:
        """Take coordinates of a terrain that is not kept."""
        self._widen(texts, self.dimension)

    def finish(self) -> None:
        """Take what coordinates are left into account."""
        for width, texts in self._pending.items():
            self._widen(texts, width)

    def _widen(self, texts: list[str], width: int) -> None:
        values, counts = parse_lists(texts)
        ends = np.cumsum(np.maximum(counts, 0))
        for size in {width, 5 - width}:
            fits = (counts > 0) & (counts % size == 0)
            if size != width:
                fits &= counts % width != 0
            if not fits.any():
                continue
            if fits.all():
                points = values.reshape(-1, size)
            else:
                starts = ends - np.maximum(counts, 0)
                points = np.concatenate(
                    [values[starts[i] : ends[i]].reshape(-1, size) for i in np.flatnonzero(fits)]
                )
            points = points[np.isfinite(points).all(axis=1)]
            if len(points):
                self.low[:size] = np.minimum(self.low[:size], points.min(axis=0))
                self.high[:size] = np.maximum(self.high[:size], points.max(axis=0))


@lru_cache(maxsize=65_536)
def _action(tag: str) -> str:
    """Return what is to be done with elements of a name; "" for most."""
    space, name = split(tag)
    known = {
        "posList": "list",
        "pos": "list",
        "coordinates": "tuples",
        "imageURI": "image",
        "Address": "apart",
        "Envelope": "envelope",
        "relativeGMLGeometry": "apart",
        "relativeGeometry": "apart",
    }
    if name in known:
        return known[name]
    if name.startswith("lod") and name[3:4].isdigit():
        return "level"
    if name in GEOMETRIC:
        return "link"
    if "opengis.net" not in space and "oasis" not in space:
        return "foreign"
    return "object" if name[:1].isupper() and not is_gml(space) else ""


def survey(source: Source, options: ReadOptions) -> Asset:
    """Return what is known of a model after one pass over it; at depth header after its head."""
    head = heading(source.file)
    tally = Tally()
    declared = options.declared
    frame = _frame(head, declared.crs)
    found = _Survey(frame.dimension)
    if options.depth != "header":
        for name, element in members(source.file, tally, found.packed, found.drain):
            if name in MEMBERS:
                found.types[local(element)] += 1
            else:
                found.others[name] += 1
                found.others_objects += name != "appearanceMember"
            found.take(element)
    found.finish()
    said = declared.crs or named(head.srs)
    if head.srs and head.srs.startswith("#") and not declared.crs:
        said = None
        _tell_local(head, tally)
    box = stood_box(_box(found, frame, head, options.depth == "header"), declared.place)
    origin, placed, high = lies(said, box, declared, source)
    _tell_images(found.images, source, tally)
    counts = {
        "top_level": found.types.total(),
        "objects": found.types.total() + found.others_objects + found.inner,
    }
    if options.depth == "header":
        counts = {}
    return Asset(
        path=source.path,
        members=source.members,
        kind="citymodel",
        format=f"CityGML {head.version}".strip(),
        media_type="application/gml+xml",
        counts=counts,
        crs=placed.name,
        crs_origin=origin,
        vertical_datum=high.datum,
        bbox=box,
        bbox_wgs84=placed.box,
        properties={
            "types": dict(sorted(found.types.items())),
            "levels": sorted(found.levels),
            "others": dict(sorted(found.others.items())),
            "extensions": dict(sorted(found.foreign.items())),
            "title": head.name,
            "placed": placed.crs is not None,
            "height_kind": high.kind,
            "srs": head.srs,
            "dimension": frame.dimension,
            "axes_swapped": frame.swapped,
            "degrees": frame.degrees,
            "indexed": bool(found.outside or found.others.get("appearanceMember")),
        },
        problems=(*placed.problems, *high.problems, *tally.problems()),
    )


def _frame(head: Heading, declared: str | None) -> Frame:
    """Decide the order of the axes.

    A CRS that the sheet names in place of the file's has x first, unless it is in degrees: those
    come latitude first in GML.
    """
    own = frame_of(head.srs, head.dimension)
    if declared is None or _same(declared, head.srs):
        return own
    meant = frame_of(declared, head.dimension)
    return Frame(meant.dimension, meant.swapped and meant.degrees, degrees=meant.degrees)


def _same(declared: str, said: str | None) -> bool:
    name = named(said)
    if name is None:
        return False
    try:
        return bool(parse_crs(declared) == parse_crs(name))
    except UsageError:
        return False


def _box(found: _Survey, frame: Frame, head: Heading, only_head: bool) -> tuple[float, ...] | None:
    if only_head:
        low, high = np.zeros(3), np.zeros(3)
        size = len(head.lower)
        if size not in (2, 3) or len(head.upper) != size:
            return None
        low[:size], high[:size] = head.lower, head.upper
    else:
        low, high = found.low, found.high
        if np.isfinite(low[:2]).all() and not np.isfinite(low[2]):
            low[2] = high[2] = 0.0
    if not np.isfinite([*low, *high]).all():
        return None
    ordered = frame.ordered(np.array([low, high]))
    return tuple(float(v) for v in ordered.ravel())


def _tell_local(head: Heading, tally: Tally) -> None:
    anchor = (head.local or {}).get("anchor", "")
    words = anchor.split()
    columns = ("place_easting", "place_northing", "place_height")
    crs = named((head.local or {}).get("anchor_crs"))
    proposal = (("crs", crs), *zip(columns, words, strict=False)) if crs and words else ()
    tally.add(
        Problem(
            "crs-local",
            "The model is in a local system that it defines itself"
            + (f", anchored at {anchor}." if anchor else ", without an anchor."),
            "info",
            got=head.srs or "",
            hint="Name the coordinate system and the place of its origin in the delivery sheet.",
            proposal=tuple(proposal),
        )
    )


def _tell_images(images: set[str], source: Source, tally: Tally) -> None:
    for image in sorted(images):
        if not is_elsewhere(image) and delivered(source, image) is None:
            tally.add(
                Problem(
                    "texture-missing",
                    "A texture was not delivered with the model.",
                    got=image,
                    hint="Deliver the images with the model, in the folders that it names.",
                )
            )
