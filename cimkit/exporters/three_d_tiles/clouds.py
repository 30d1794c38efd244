"""The layer of point clouds: all clouds of a dataset in one tree, whatever their formats."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.exporters.three_d_tiles.cloud_classes import point_classes
from cimkit.exporters.three_d_tiles.cloud_points import Carried, batches, carried, joined
from cimkit.exporters.three_d_tiles.heights import Heights, Reals, to_earth
from cimkit.exporters.three_d_tiles.making import Drawn, Making, over
from cimkit.exporters.three_d_tiles.sorting import features
from cimkit.geometry.crs import is_geographic, metres_per_unit, parse_crs
from cimkit.tiles import CloudPlan, CloudTree, Tile, write_cloud, write_tileset
from cimkit.tiles.metadata import FEATURE, Property, schema_json, values
from cimkit.tiles.split import split
from cimkit.tiles.tileset import outer_box

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.tiles.octree import Batch

__all__ = ["draw"]

_FOLDER = "pointclouds"
_CLOUD = (*FEATURE, Property("points", "Points", "UINT32", "Number of points written"))
"""Properties of a tree, in the groups of its tileset: a point itself carries no identity."""
_LISTED = (
    Property("sources", "Sources", description="Delivered files, by the number of the cloud"),
    Property("objects", "Objects", description="Their identities in the catalogue, likewise"),
)
"""Properties with a value for each cloud of a tree."""


@dataclass(slots=True)
class _Area:
    """Clouds of one dataset that share coordinates: one tree."""

    crs: str
    unit: float
    datum: str | None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def key(self, making: Making) -> str:
        """Of all that decides its contents."""
        said = [self.crs, self.unit, self.datum, making.heights.label, making.options.cap,
                repr(making.encoding.quantize), repr(making.encoding.meshopt)]  # fmt: skip
        which = [[r["sha256"], r["loader"]] for r in self.rows]
        return making.store.key(orjson.dumps([said, which]))


def draw(making: Making) -> Drawn | None:
    """Draw all placed clouds."""
    (making.folder / _FOLDER).mkdir(exist_ok=True)
    roots: list[Tile] = []
    groups: list[dict[str, Any]] = []
    drawn = 0
    for name, area in _areas(making).items():
        found = _Painter(making, area, name, len(groups)).paint()
        if found is None:
            making.report.leave("cloud without points", len(area.rows))
            continue
        root, told, count = found
        roots.append(root)
        groups.append({"class": "cloud", "properties": told})
        drawn += count
    if not roots:
        return None
    schema = schema_json({"cloud": _CLOUD})
    schema["enums"] = {"point_class": point_classes(making.selection)}
    for p in _LISTED:
        schema["classes"]["cloud"]["properties"][p.name] = {
            "name": p.title, "description": p.description, "type": "STRING", "array": True
        }  # fmt: skip
    return making.write(_FOLDER, drawn, over(roots), schema=schema, groups=groups)


def _areas(making: Making) -> dict[str, _Area]:
    """Which clouds go into which tree, by a name that lasts."""
    selection = making.selection
    table = features(
        selection,
        _FOLDER,
        "s.item_crs, s.geometry IS NULL AS nowhere, (s.bbox.ymin + s.bbox.ymax) / 2 AS middle_lat",
    )
    items = selection.fetch(
        "SELECT item_id, dataset_id, root, path, members, sha256, loader, title, TRY_CAST("
        "json_extract_string(properties, '$.z_unit_m') AS DOUBLE) AS unit FROM selected_items"
        " WHERE kind = 'pointcloud' OR loader = 'pointcloud'"
    ).to_pylist()
    by_id = {item["item_id"]: item for item in items}
    found: dict[str, _Area] = {}
    rows = sorted(table.to_pylist(), key=lambda r: (r["source"] or "", r["object_id"]))
    for row in rows:
        item = by_id.get(row["item_id"])
        if row["item_crs"] is None or row["nowhere"] or item is None:
            making.report.leave("not placed", 1)
            continue
        unit = item["unit"] or 1.0
        said = [item["dataset_id"], row["item_crs"], unit, row["vertical_datum"]]
        name = hashlib.blake2b(orjson.dumps(said), digest_size=4).hexdigest()
        area = found.setdefault(name, _Area(row["item_crs"], unit, row["vertical_datum"]))
        area.rows.append({**row, **item})
    return dict(sorted(found.items(), key=lambda pair: pair[1].rows[0]["path"]))


class _Painter:
    """Makes the tree of an area, or takes it from the run before."""

    def __init__(self, making: Making, area: _Area, name: str, group: int) -> None:
        self.making, self.area, self.group = making, area, group
        self.prefix = f"{_FOLDER}/{name}-"
        self.read: list[bool] = [False] * len(area.rows)
        self.outside = self.own_zero = 0

    def paint(self) -> tuple[Tile, dict[str, Any], int] | None:
        """Return the tree's root, what is said of it, and how many clouds it has."""
        key = self.area.key(self.making)
        said = self._kept(key)
        if said is None:
            said = self._write(key)
        if said is None:
            return None
        for reason, count in said["left"].items():
            self.making.report.leave(reason, count)
        self.making.report.notes += said["notes"]
        self.making.heights.outside += said.get("outside", 0)
        self.making.heights.own_zero += said.get("own_zero", 0)
        frame, low, high = (np.array(said[k]) for k in ("frame", "low", "high"))
        uri = f"{self.prefix}tileset.json".rpartition("/")[2]
        root = Tile(frame, low, high, said["error"], uri, self.group)
        return root, self._told(said["points"], said["clouds"]), len(said["clouds"])

    def _kept(self, key: str) -> dict[str, Any] | None:
        store = self.making.store
        kept = store.keep(f"{self.prefix}tileset.json", key)
        if kept is None:
            return None
        names = [f"{_FOLDER}/{n}" for n in kept.said["contents"]]
        return kept.said if all(store.keep(n, key) for n in names) else None

    def _write(self, key: str) -> dict[str, Any] | None:
        store, folder = self.making.store, self.making.folder
        left: dict[str, int] = {}
        notes: list[str] = []
        tree = self._tree(key, left, notes)
        if tree.dropped:
            notes.append(
                f"{self.area.rows[0]['source']}: {tree.dropped:,} points are not on the earth"
            )
        if tree.root is None:
            for reason, count in left.items():
                self.making.report.leave(reason, count)
            self.making.report.notes += notes
            return None
        numbers = iter(range(len(tree.names)))
        prefix = self.prefix.rpartition("/")[2]
        parts = split(tree.root, folder / _FOLDER, lambda _: f"{prefix}part{next(numbers)}.json")
        for part in parts:
            store.put(f"{_FOLDER}/{part}", key, (folder / _FOLDER / part).read_bytes(), {})
        own = folder / f"{self.prefix}tileset.json"
        low, high = outer_box(tree.root)
        write_tileset(own, tree.root, within=tree.root.frame)
        said = {
            "frame": tree.root.frame.tolist(), "low": low.tolist(), "high": high.tolist(),
            "error": tree.root.error, "points": tree.count, "left": left, "notes": notes,
            "outside": self.outside, "own_zero": self.own_zero,
            "clouds": [i for i, read in enumerate(self.read) if read],
            "contents": [n.rpartition("/")[2] for n in tree.names] + parts,
        }  # fmt: skip
        store.put(f"{self.prefix}tileset.json", key, own.read_bytes(), said)
        return said

    def _tree(self, key: str, left: dict[str, int], notes: list[str]) -> CloudTree:
        making, area = self.making, self.area
        kinds: list[Carried] = []
        for row in area.rows:
            try:
                with _opened(making.selection, row, None) as source:
                    kinds.append(carried(source, row["loader"]))
            except CimkitError:
                kinds.append(Carried(None, ()))  # said where its points are read
        every = joined(kinds)
        waves = sum(kind.waves for kind in kinds)
        if waves:
            notes.append(f"{waves:,} clouds carry waveforms, which tiles do not hold: left out")
        crs = parse_crs(area.crs)
        across = metres_per_unit(crs)
        east = across
        if is_geographic(crs):
            middle = [r["middle_lat"] for r in area.rows if r.get("middle_lat") is not None]
            east = across * float(np.cos(np.radians(middle[0] if middle else 0.0)))
        earth = _Earth(area, making.heights)
        plan = CloudPlan(
            every.payload, earth, every.measures, (east, across, area.unit), follow=earth.follow
        )

        def put(name: str, data: bytes) -> None:
            making.store.put(name, key, data, {})

        tree = write_cloud(
            self._points(every, left, notes), plan, put, self.prefix,
            encoding=making.encoding, cap=making.options.cap,
        )  # fmt: skip
        self.outside, self.own_zero = earth.outside, earth.own_zero
        return tree

    def _points(self, every: Carried, left: dict[str, int], notes: list[str]) -> Iterator[Batch]:
        for number, row in enumerate(self.area.rows):
            try:
                with _opened(self.making.selection, row, row["sha256"]) as source:
                    for batch in batches(source, row["loader"], every, number):
                        self.read[number] = True
                        yield batch
            except CimkitError as error:
                # A cloud that breaks off is shown as far as it goes.
                notes.append(f"{row['path']}: {error}" if self.read[number] else str(error))
                if not self.read[number]:
                    reason = "source cannot be read again"
                    left[reason] = left.get(reason, 0) + 1

    def _told(self, points: int, clouds: list[int]) -> dict[str, Any]:
        """What is said of the tree: of its objects, what they have in common."""
        rows = [self.area.rows[i] for i in clouds]
        told = {k: v for k, v in rows[0].items() if all(r[k] == v for r in rows)}
        told["name"] = told.get("name") or told.get("title")
        said = values({**told, "points": points}, _CLOUD)
        if len(rows) > 1:
            said["sources"] = [r["source"] or "" for r in self.area.rows]
            said["objects"] = [r["object_id"] for r in self.area.rows]
        return said


class _Earth:
    """The way of an area's points to the earth, and how many of their heights are not known there.

    Places are taken on grids over the points, so what is counted there are not points: where a
    grid met something, its points are looked at themselves.
    """

    def __init__(self, area: _Area, heights: Heights) -> None:
        self.area, self.heights = area, heights
        self.outside = self.own_zero = 0
        self._lock = threading.Lock()
        self._own = threading.local()

    def __call__(self, xyz: Reals) -> Reals:
        heights = replace(self.heights, outside=0, own_zero=0)
        area = self.area
        with np.errstate(invalid="ignore"):
            made = to_earth(xyz * [1.0, 1.0, area.unit], area.crs, heights, area.datum)
        self._own.met = self._met or heights.outside > 0 or heights.own_zero > 0
        self._own.last = heights
        return made

    @property
    def _met(self) -> bool:
        return getattr(self._own, "met", False)

    def follow(self, coordinates: Callable[[], Reals]) -> None:
        """Count the points of a content."""
        if self._met:
            self(coordinates())
            with self._lock:
                self.outside += self._own.last.outside
                self.own_zero += self._own.last.own_zero
            self._own.met = False


def _opened(selection: Selection, item: dict[str, Any], sha256: str | None) -> Any:
    from cimkit.loaders import open_source

    root = selection.catalog.config.roots.get(item["root"])
    if root is None:
        raise SourceUnreadable(
            "the folder of this source is not known to the catalogue",
            where=item["path"],
            got=item["root"],
            mend="Say where it lies: 'cimkit relocate'.",
        )
    return open_source(Path(root), item["path"], item["members"] or (), sha256)
