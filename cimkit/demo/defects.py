"""The planted defects: one thing wrong in one place, each for one rule, and the list of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.demo.neighbours import (
    branch_short_of,
    into_its_neighbour,
    lifted,
    nearest_centre,
    through_another,
)
from cimkit.demo.tables import KINDS, Table, asset_codes

__all__ = ["NAMES", "Planted", "plant", "shorten", "write_list"]


@dataclass(frozen=True, slots=True)
class Planted:
    """One defect, and where a check must find it."""

    rule: str
    """Name of the rule, without the package that has it."""
    path: str
    """Source, relative to the delivery's folder."""
    note: str
    """What is wrong, for people."""
    layer: str = ""
    """Layer in the source."""
    key: str = ""
    """Key of the object in its layer; "" if the whole source is meant."""


_DATE = "20260901"
_WEST, _EAST = f"{_DATE}_01", f"{_DATE}_02"
NAMES = {
    "building west": f"gis/509912_bld_footprint_{_WEST}.gpkg",
    "building east": f"gis/509912_bld_footprint_{_EAST}.gpkg",
    "furniture west": f"gis/509912_fac_furniture_{_WEST}.gpkg",
    "tree west": f"gis/509912_tree_street_{_WEST}.gpkg",
    "tree east": f"gis/509912_tree_street_{_EAST}.gpkg",
    "road west": f"gis/509912_road_centreline_{_WEST}.gpkg",
    "road east": f"gis/509912_road_centreline_{_EAST}.gpkg",
    "pipe": f"gis/509912_pipe_network_{_DATE}.shp",
    "bins without .prj": f"gis/509912_fac_litterbin_{_DATE}_03.shp",
    "misnamed": "gis/bus stops NEW.gpkg",
    "dem": f"dem/509912_dem_ground_{_DATE}.tif",
    "ortho": f"img/509912_img_ortho_{_DATE}.tif",
    "city model": f"citymodel/509912_bld_lod1_{_DATE}.city.json",
    "scan": f"pcl/509912_pcl_mobile_{_WEST}.laz",
    "thin scan": f"pcl/509912_pcl_strip_{_WEST}.laz",
    "broken scan": f"pcl/509912_pcl_strip_{_EAST}.laz",
    "trajectory": f"img/car/509912_trj_car_{_DATE}.csv",
}
"""Files of the first delivery by what they hold; those of a series are numbered where written."""
for _kind in KINDS:
    _product = _kind.layer.replace("_", "")
    NAMES[f"{_kind.layer} east"] = f"gis/509912_fac_{_product}_{_EAST}.shp"


def plant(
    tables: dict[str, Table], keep: Iterable[int]
) -> tuple[dict[str, Table], dict[str, Table], list[Planted]]:
    """Plant one defect of each kind that a GIS layer can have.

    Parameters
    ----------
    tables : dict
        All layers of the district by name.
    keep : iterable of int
        Rows of ``building`` that other products show and that must stay as they are.

    Returns
    -------
    tables : dict
        The layers with their defects.
    extra : dict
        Small tables for files of their own, by their names in `NAMES`.
    planted : list of Planted
        What was done to them.
    """
    out, found = dict(tables), []

    def spoil(rule: str, layer: str, where: str, row: int, note: str, **values: object) -> None:
        out[layer] = out[layer].put(row, **values)
        # Of a shapefile the only layer is called like the file.
        path = NAMES[where]
        inside = Path(path).stem if path.endswith(".shp") else layer
        key = str(next(iter(out[layer].fields.values()))[row])
        found.append(Planted(rule, path, note, inside, key))

    def pick(layer: str, west: bool, nth: int = 0) -> int:
        return int(np.flatnonzero(out[layer].west() == west)[nth])

    eastern = [r for r in np.flatnonzero(~out["building"].west()) if r not in set(keep)]
    row = int(eastern[0])
    spoil(
        "geometry-valid",
        "building",
        "building east",
        row,
        "outline crosses itself like a bow tie",
        geometry=_bow_tie(out["building"].geometry[row]),
    )
    spoil(
        "attribute-domain",
        "building",
        "building east",
        int(eastern[1]),
        "usage 'hotel' is not in the domain",
        usage="hotel",
    )
    spoil(
        "class-known",
        "road",
        "road east",
        pick("road", False),
        "class 5029 does not exist",
        **{"class": "5029"},
    )
    spoil("class-leaf", "pipe", "pipe", 0, "class 50 is a major, not a leaf", **{"class": "50"})
    row, beside, moved = into_its_neighbour(
        out["building"].geometry, [int(r) for r in eastern[2:400]], {*keep, *map(int, eastern[:2])}
    )
    spoil(
        "buildings-apart",
        "building",
        "building east",
        row,
        f"it stands 3 m in {out['building'].fields['bldg_id'][beside]}",
        geometry=moved,
    )
    row = int(nearest_centre(out["street_lamp"], np.flatnonzero(out["street_lamp"].west()))[0])
    spoil(
        "stands-on-ground",
        "street_lamp",
        "furniture west",
        row,
        "a lamp that floats 8 m above the ground",
        geometry=lifted(out["street_lamp"].geometry[row], 8.0),
    )
    # Water, sewage and gas follow each other street by street.
    lines, streets = out["pipe"].geometry, len(out["pipe"]) // 3
    gas = nearest_centre(out["pipe"], np.arange(2 * streets, 3 * streets))
    clash = int(gas[0])
    spoil(
        "pipes-clear",
        "pipe",
        "pipe",
        clash,
        f"it runs through the water main {out['pipe'].fields['pipe_id'][clash - 2 * streets]}",
        geometry=through_another(lines[clash], lines[clash - 2 * streets]),
    )
    main = out["pipe"].rows(gas[1:2])
    out["pipe"] = out["pipe"].with_rows(main.put(0, pipe_id=f"RQ-{streets + 1:06d}"))
    spoil(
        "lines-meet",
        "pipe",
        "pipe",
        3 * streets,
        f"a branch that ends 4 cm short of its main {main.fields['pipe_id'][0]}",
        geometry=branch_short_of(main.geometry[0]),
    )
    row = pick("traffic_sign", True)
    code = str(out["traffic_sign"].fields["ObjID"][row])
    spoil(
        "code-grammar",
        "traffic_sign",
        "furniture west",
        row,
        f"{code} has lost its last digit",
        ObjID=code[:-1],
    )
    twin = str(out["hydrant"].fields["ObjID"][pick("hydrant", True)])
    spoil(
        "code-unique",
        "hydrant",
        "hydrant east",
        pick("hydrant", False),
        f"{twin} is also a hydrant of {NAMES['furniture west']}",
        ObjID=twin,
    )
    spoil(
        "attribute-obligatory",
        "tree",
        "tree west",
        pick("tree", True),
        "a street tree without species",
        species=None,
    )
    row = pick("litter_bin", True)
    spoil(
        "inside-jurisdiction",
        "litter_bin",
        "furniture west",
        row,
        "20 km west of the city: a wrong digit in the easting",
        geometry=_moved(out["litter_bin"].geometry[row], -20_000.0),
    )
    out["storm_grating"], copied = _copied(out["storm_grating"], pick("storm_grating", False, 2))
    path = NAMES["storm_grating east"]
    found.append(
        Planted(
            "duplicate-object", path, "delivered twice, with two codes", Path(path).stem, copied
        )
    )
    out["litter_bin"], bins = _taken(out["litter_bin"], pick("litter_bin", False), 4)
    out["bus_stop"], stops = _taken(out["bus_stop"], pick("bus_stop", False), 1)
    found += [
        Planted("crs-declared", NAMES["bins without .prj"], "no .prj, not in the sheet either"),
        Planted("file-naming", NAMES["misnamed"], "follows no grammar of file names"),
        Planted("encoding-declared", NAMES["seat east"], "GBK without .cpg or language driver"),
    ]
    return out, {"bins without .prj": bins, "misnamed": stops}, found


def shorten(file: Path, share: float) -> None:
    """Cut off the end of a file, as a broken upload does."""
    with file.open("r+b") as whole:
        whole.truncate(int(file.stat().st_size * share))


def write_list(file: Path, planted: list[Planted]) -> None:
    """Write ``PLANTED.json``: a list of objects without their empty fields, in order of path."""
    rows = sorted(planted, key=lambda p: (p.path, p.rule, p.key))
    plain = [{k: v for k, v in asdict(p).items() if v} for p in rows]
    file.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _bow_tie(outline: shapely.Polygon) -> shapely.Polygon:
    west, south, east, north = outline.bounds
    return shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])


def _moved(point: shapely.Point, along: float) -> shapely.Point:
    return shapely.Point(point.x + along, point.y, point.z)


def _copied(table: Table, row: int) -> tuple[Table, str]:
    """Return the table with a row once more at its end, under the next free code; and the code."""
    code = str(table.fields["ObjID"][row])
    new = str(asset_codes(code[6:10], 1, len(table) + 1)[0])
    return table.with_rows(table.rows(np.array([row])).put(0, ObjID=new)), new


def _taken(table: Table, first: int, count: int) -> tuple[Table, Table]:
    """Return the table without some eastern rows, and those rows."""
    eastern = np.flatnonzero(~table.west())
    chosen: npt.NDArray[np.int64] = eastern[eastern >= first][1 : 1 + count]
    return table.rows(np.setdiff1d(np.arange(len(table)), chosen)), table.rows(chosen)
