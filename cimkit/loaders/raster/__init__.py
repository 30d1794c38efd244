"""Rasters: elevation models, orthophotos and whatever else GDAL reads as a grid of pixels.

Nothing is fetched from the network and nothing is written beside a raster. At depth *header* no
pixel is decoded; at *sample* a smaller picture, and single blocks of the full resolution; at *full*
every block, once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders.raster.formats import WORLD, head_of, recognise
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

_COSTLY = ("edge_height", "spike", "void_area")
SPEC = LoaderSpec(name="raster", kind="raster", title="Raster", version=8, measures=_COSTLY)

_BESIDE = (
    *(".prj", ".qpj", ".hdr", ".HDR", ".stx", ".clr", ".aux", ".rrd", ".ige", ".ovr", ".msk"),
    *(".gri", ".GRI", ".rdc", ".RDC", ".sgrd", ".mgrd", ".smp", ".rpb", ".RPB", ".xml"),
)
_AFTER = (".aux.xml", ".ovr", ".msk", ".msk.ovr", ".xml", ".hdr", ".ovr.aux.xml", ".ige")
_RPC = ("_rpc.txt", "_RPC.TXT", "_rpc.TXT", "_RPC.txt")


def sniff(head: Head) -> int:
    """Recognise rasters; a JPEG or PNG only where a sidecar georeferences it."""
    found = recognise(head)
    return 0 if found is None else found[1]


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the world file, overviews, mask and notes of a raster, and what a VRT is made of."""
    stem = str(PurePosixPath(path).with_suffix(""))
    names = [f"{stem}{e}" for e in (*WORLD, *_BESIDE, ".aux.xml", *_RPC)]
    names += [f"{stem}{e.upper()}" for e in (*WORLD, ".prj")]
    names += [f"{path}{e}" for e in _AFTER]
    found = {n for n in names if n in listing and n != path and _is_ours(n, path, file)}
    if path.lower().endswith(".ers"):
        found |= {stem} & listing
    tab = f"{stem}.tab"
    if tab in listing and _registers(file.with_suffix(".tab")):
        found.add(tab)
    if file.is_file() and path.lower().endswith((".vrt", ".xml")):
        from cimkit.loaders.raster.references import vrt_members

        found |= vrt_members(path, listing, file)
    if file.is_dir() and (file / "hdr.adf").is_file():
        folder = f"{posixpath.dirname(path)}/info/".lstrip("/")
        found |= {n for n in listing if n.startswith(folder)}
        found |= {n for n in (f"{path}.aux.xml", f"{path}.aux") if n in listing}
    return found - {path}


def _is_ours(name: str, path: str, file: Path) -> bool:
    """Leave a picture of another raster alone: ``a.img`` may have its ``a.xml`` notes only."""
    if not name.endswith(".xml") or name.endswith(".aux.xml"):
        return True
    beside = file.with_name(posixpath.basename(name))
    with beside.open("rb") as opened:
        return b"<VRTDataset" not in opened.read(1024)


def _registers(tab: Path) -> bool:
    """Tell whether a MapInfo table only places a picture."""
    if not tab.is_file():
        return False
    with tab.open("rb") as opened:
        return b'"raster"' in opened.read(4096).lower()


def _sidecars(source: Source) -> dict[str, Path]:
    """Return where the members that are named like the raster lie, by suffix in lower case."""
    found = {}
    stem = PurePosixPath(source.path).stem.lower()
    folder = posixpath.dirname(source.path)
    for member in source.members:
        name = posixpath.basename(member)
        if posixpath.dirname(member) == folder and name.lower().startswith(stem):
            rest = name.lower()[len(stem) :]
            own = PurePosixPath(source.path).suffix.lower()
            found[rest.removeprefix(own) if rest != own else rest] = source.file.with_name(name)
    return found


def probe(source: Source, options: ReadOptions) -> Asset:
    """Say how large it is, what its bands hold and where it lies.

    Raises
    ------
    SourceUnreadable
        If it cannot be opened, none of its pixels can be decoded, or it is a format that is not
        read: the message says why.
    """
    found = recognise(head_of(source.file))
    if found is None:
        raise SourceUnreadable("it is no raster that is known", where=source.path)
    form = found[0]
    if form.refusal:
        raise SourceUnreadable(f"{form.title} is not read", where=source.path, got=form.refusal)
    if form.title == "PMTiles":
        from cimkit.loaders.raster.pmtiles import probe_pmtiles

        return probe_pmtiles(source, options)
    from cimkit.loaders.raster.asset import asset_of
    from cimkit.loaders.raster.open import open_raster
    from cimkit.loaders.raster.references import check_sources, pam_problems
    from cimkit.loaders.raster.tiff import missing_blocks, read_tiff

    problems = check_sources(source) if form.title == "VRT" else []
    sidecars = _sidecars(source)
    problems += pam_problems(sidecars)
    tiff = read_tiff(source.file) if "GTiff" in form.drivers else None
    if tiff is not None:
        problems += missing_blocks(tiff)
    with open_raster(source, form) as (dataset, held):
        from cimkit.loaders.raster.container import with_others
        from cimkit.loaders.raster.georeference import georeference

        conventions = dataset.tags().get("NC_GLOBAL#Conventions", "") if form.holds else ""
        if "UGRID" in conventions:
            raise SourceUnreadable(
                "it is a mesh of triangles or polygons (UGRID), and no grid of pixels",
                where=source.path,
                got=conventions,
                mend="Deliver it as a GeoTIFF, or its faces as a GeoPackage.",
            )
        lies = georeference(dataset, tiff, sidecars)
        problems += lies.problems
        asset = asset_of(dataset, source, options, form, lies, tiff, problems)
        return with_others(asset, held, source, options, form) if held.others else asset


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give an object a raster, where it holds data, and what was measured in its bands."""
    from cimkit.loaders.raster.rows import rows

    yield from rows(source, asset)
