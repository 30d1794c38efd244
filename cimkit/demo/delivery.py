"""Generate the district: two deliveries, their sheet, and the list of what was planted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.demo import tables as layers
from cimkit.demo.citymodel import write_citymodel
from cimkit.demo.defects import NAMES, Planted, plant, write_list
from cimkit.demo.dem import write_dem
from cimkit.demo.filing import file_delivery
from cimkit.demo.frame import EAST, LOCAL_GRID, WEST
from cimkit.demo.gis import write_gpkg, write_shapefile
from cimkit.demo.ifc import write_ifc
from cimkit.demo.modelled import Model, model_of
from cimkit.demo.neighbours import borrow_guid
from cimkit.demo.ortho import write_ortho
from cimkit.demo.photos import Shot, drive, write_photo, write_trajectory
from cimkit.demo.plan import Buildings, Plan, plan
from cimkit.demo.redelivery import Changes, redeliver
from cimkit.demo.scan import write_scan
from cimkit.demo.sheet import write_demo_sheet
from cimkit.demo.tables import KINDS, Table
from cimkit.errors import UsageError

__all__ = ["DemoReport", "generate"]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was generated."""

    folder: Path
    """Holds ``delivery-1``, ``delivery-2``, ``delivery.toml``, ``PLANTED.json`` and more."""
    buildings: int
    """Number of buildings in the GIS layers."""
    objects: int
    """Number of rows in all GIS layers of the first delivery."""
    files: int
    """Number of files in both deliveries."""
    planted: tuple[Planted, ...]
    """The defects, as in ``PLANTED.json``."""
    changes: Changes
    """What the second delivery changes, as in ``CHANGES.json``."""
    seconds: float
    """How long it took."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "folder": str(self.folder)}

    def to_text(self) -> str:
        """Return it in a few lines for a terminal."""
        changed = len(self.changes.attributes) + len(self.changes.geometry)
        return (
            f"{self.folder}: {self.buildings:,} buildings, {self.objects:,} objects in GIS layers, "
            f"{self.files} files, {self.seconds:.1f} s\n"
            f"  delivery-1     {len(self.planted)} planted defects, listed in PLANTED.json\n"
            f"  delivery-2     one dataset again: {changed} changed, {len(self.changes.missing)} "
            "missing, listed in CHANGES.json\n"
            "  delivery.toml  the delivery sheet of both"
        )


def generate(
    out: Path,
    *,
    buildings: int = 20,
    seed: int = 1,
    clouds: int = 1,
    photos: int = 12,
    ifc: int = 2,
    jobs: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> DemoReport:
    """Generate the district of Linjiang, a fictional city.

    Parameters
    ----------
    out : Path
        Folder to write; must not exist, or be empty.
    buildings : int
        20 to 190,000; all GIS layers grow with it (1.3 million objects at 170,000 buildings).
    seed : int
        The same seed gives the same content.
    clouds : int
        Laser scans of 300,000 points; side by side.
    photos : int
        Street photographs without defects; a third of them has its pose in a trajectory only.
    ifc : int
        IFC models without defects; three with defects come on top.
    jobs : int, optional
        Processes that write IFC; None or 1: this one.
    progress : callable, optional
        Told what is being written.

    Raises
    ------
    UsageError
        If ``out`` holds something, or a number is out of range.
    """
    started = time.perf_counter()
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("the folder for the demo is not empty", got=str(out), mend="Name another.")
    for what, number, least in (("clouds", clouds, 0), ("photos", photos, 3), ("ifc", ifc, 1)):
        if number < least:
            raise UsageError(f"too few {what}", got=number, expected=f"{least} or more")
    say = progress or (lambda _: None)
    district = plan(buildings, seed)
    rows = ifc_rows(district.buildings, ifc)
    first, second = out / "delivery-1", out / "delivery-2"
    first.mkdir(parents=True)

    say("GIS layers")
    sound = {
        "building": layers.buildings(district),
        "tree": layers.trees(district),
        "road": layers.roads(district),
        "pipe": layers.pipes(district),
        **{k.layer: layers.furniture(district, k) for k in KINDS},
    }
    spoilt, extra, planted = plant(sound, rows)
    _write_layers(first, spoilt, extra)
    western = sound["building"].rows(sound["building"].west())
    changes = redeliver(second, western, seed)

    say("IFC models")
    planted += _write_models(first, district, rows, jobs)
    say("elevation model, orthophoto and scans")
    write_dem(first / NAMES["dem"], district)
    write_ortho(first / NAMES["ortho"], district, sound["tree"])
    planted.append(Planted("raster-spikes", NAMES["dem"], "one cell is 400 m too high"))
    planted += _write_scans(first, district, sound["tree"], clouds)
    say("city model")
    planted.append(_write_citymodel(first, district, rows, sound["building"], spoilt["building"]))
    say("photographs")
    planted += _write_photos(first, district, sound["tree"], photos)
    (first / "README.txt").write_text(_README, encoding="utf-8")
    planted += file_delivery(first, NAMES["broken scan"])

    write_demo_sheet(out / "delivery.toml")
    write_list(out / "PLANTED.json", planted)
    (out / "CHANGES.json").write_text(json.dumps(asdict(changes), indent=1) + "\n")
    return DemoReport(
        out,
        buildings,
        sum(len(t) for t in (*spoilt.values(), *extra.values())),
        sum(f.is_file() for d in (first, second) for f in d.rglob("*")),
        tuple(planted),
        changes,
        time.perf_counter() - started,
    )


def ifc_rows(b: Buildings, count: int) -> list[int]:
    """Return the rows of the buildings that are also IFC: ``count`` sound ones, then three."""
    near = np.arange(min(len(b), max(20, 2 * (count + 3))))
    if count + 3 > len(near) * 3 // 4:
        raise UsageError("more IFC models than buildings to model", got=count, expected="fewer")
    corners = shapely.get_num_coordinates(b.outline[near])
    floors = b.floors[near]
    # Rich outlines of medium height, in turns from both zones, look best; low ones write quickly.
    odd = 2 * np.abs(floors - 6) + np.where(floors > 12, 20, 0) - corners
    by_zone = [near[b.west[near] == side][np.argsort(odd[b.west[near] == side])] for side in (1, 0)]
    turns = [int(z[k]) for k in range(len(near)) for z in by_zone if k < len(z)]
    sound = turns[:count]
    rest = [int(r) for r in near[np.lexsort((near, floors))] if r not in sound and floors[r] > 1]
    return sound + rest[:3]


def _write_layers(folder: Path, tables: dict[str, Table], extra: dict[str, Table]) -> None:
    for layer in ("building", "tree", "road"):
        west = tables[layer].west()
        for side, crs, chosen in (("west", WEST, west), ("east", EAST, ~west)):
            rows = {layer: tables[layer].rows(chosen)}
            write_gpkg(folder / NAMES[f"{layer} {side}"], rows, crs)
    western: dict[str, Table] = {}
    for kind in KINDS:
        table = tables[kind.layer]
        west = table.west()
        western[kind.layer] = table.rows(west)
        file = folder / NAMES[f"{kind.layer} east"]
        write_shapefile(file, table.rows(~west), EAST, cpg=kind.layer != "seat")
    write_gpkg(folder / NAMES["furniture west"], western, WEST)
    pipes = folder / NAMES["pipe"]
    write_shapefile(pipes, tables["pipe"], LOCAL_GRID, encoding="UTF-8", prj=False)
    bins = "bins without .prj"
    write_shapefile(folder / NAMES[bins], extra[bins], EAST, prj=False)
    write_gpkg(folder / NAMES["misnamed"], {"bus_stop": extra["misnamed"]}, EAST)


def _write_models(folder: Path, district: Plan, rows: list[int], jobs: int | None) -> list[Planted]:
    models = [model_of(district, row) for row in rows]
    unplaced, contradicting, twins = len(models) - 3, len(models) - 2, len(models) - 1
    models[unplaced] = models[unplaced].unplaced().without_fire_exit()
    models[contradicting] = models[contradicting].contradicting()
    models[twins] = models[twins].with_twin_storeys()
    paths = [f"bim/509912_bim_building_20260901_{k + 1:02d}.ifc" for k in range(len(models))]
    _all(jobs, [(folder / p, m) for p, m in zip(paths, models, strict=True)])
    copied = borrow_guid(folder / paths[0], folder / paths[contradicting])
    return [
        Planted("door-fire-exit", paths[unplaced], "its door does not say if it is a fire exit"),
        Planted(
            "ifc-federated", paths[contradicting], f"a wall has GlobalId {copied} of {paths[0]}"
        ),
        Planted("ifc-georeference", paths[unplaced], "no IfcMapConversion, no site coordinates"),
        Planted("ifc-georeference", paths[contradicting], "IfcSite lies 3.9 km south of its place"),
        Planted("ifc-storeys", paths[twins], "two storeys are called 1F"),
    ]


def _all(jobs: int | None, work: list[tuple[Path, Model]]) -> None:
    if not jobs or jobs < 2:
        for file, model in work:
            write_ifc(file, model)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(write_ifc, *one) for one in work]:
            done.result()


def _write_scans(folder: Path, district: Plan, trees: Table, clouds: int) -> list[Planted]:
    for k in range(clouds):
        aside = (k + 1) // 2 * (140.0 if k % 2 else -140.0)
        file = folder / f"pcl/509912_pcl_mobile_20260901_{k + 1:02d}.laz"
        write_scan(file, district, trees, (aside, 0.0), stray=k == 0)
    thin, broken = folder / NAMES["thin scan"], folder / NAMES["broken scan"]
    write_scan(thin, district, trees, (0.0, 75.0), (120.0, 26.0), points=1200)
    write_scan(broken, district, trees, (0.0, -75.0), (60.0, 26.0), points=20_000)
    stray = "one of its points lies 60 m below the ground"
    return [
        *([Planted("point-outliers", NAMES["scan"], stray)] if clouds else []),
        Planted("point-density", NAMES["thin scan"], "a strip with less than one point on a m²"),
    ]


def _write_citymodel(
    folder: Path, district: Plan, modelled: list[int], sound: Table, spoilt: Table
) -> Planted:
    """Write the sound IFC models as solids, known by their place, and some buildings more."""
    both = modelled[:-3]
    as_planned = np.flatnonzero(sound.geometry == spoilt.geometry).tolist()
    rows = both + [r for r in as_planned if r not in modelled][:6]
    file = folder / NAMES["city model"]
    write_citymodel(file, district, rows, roofless=rows[-1], unnamed=both)
    key = str(sound.fields["bldg_id"][rows[-1]])
    return Planted("solid-valid", NAMES["city model"], "a solid without a roof", key=key)


def _write_photos(folder: Path, district: Plan, trees: Table, photos: int) -> list[Planted]:
    """Write the photographs; the poses of a third of them stand in the trajectory only."""
    shots = drive(district, photos + 3)
    # In a fixed permutation, so that exposures with and without their own pose are mixed.
    order: npt.NDArray[np.int64] = np.arange(photos) % 3
    posed: list[tuple[str, Shot]] = []
    for k, shot in enumerate(shots[:photos]):
        in_car = order[k] == 2
        name = f"509912_img_street_20260901_{k + 1:06d}.jpg"
        file = folder / "img" / ("car" if in_car else "street") / name
        write_photo(file, district, trees, shot, position=not in_car, direction=not in_car)
        if in_car:
            posed.append((name, shot))
    write_trajectory(folder / NAMES["trajectory"], posed, WEST)
    found = []
    for k, rule, note in (
        (photos, "photo-position", "no position in EXIF, and in no trajectory"),
        (photos + 1, "photo-heading", "a position but no direction"),
        (photos + 2, "photo-quality", "out of focus"),
    ):
        path = f"img/street/509912_img_street_20260901_{k + 1:06d}.jpg"
        write_photo(
            *(folder / path, district, trees, shots[k]),
            position=rule != "photo-position",
            direction=rule == "photo-quality",
            blurred=rule == "photo-quality",
        )
        found.append(Planted(rule, path, note))
    return found


_README = """\
临江市示范片区数据  ·  Linjiang demonstration district

A fictional city, generated by cimkit. Nothing here exists.

gis/  buildings, street furniture, trees, roads, pipes
bim/  some of the buildings as IFC      citymodel/  some as CityJSON
pcl/  laser scans      dem/  ground elevation      img/  orthophoto, street photographs
Heights: 1985 National Height Datum. What the files do not say stands in delivery.toml.
"""
