"""What is wrong with an installation and a catalogue, and how to mend it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.catalog import _config, _lake, _lock
from cimkit.errors import CatalogError, CatalogLocked, CimkitError, UsageError
from cimkit.geometry.geoid import read_geoid

if TYPE_CHECKING:
    from cimkit.catalog._catalog import Catalog

__all__ = ["Diagnosis", "doctor"]

# Of open3d; they come with the system, not with pip.
_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libgomp.so.1": "libgomp1",
    "libusb-1.0.so.0": "libusb-1.0-0",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at."""

    name: str
    """What."""
    ok: bool
    """Whether it is as it should be."""
    state: str
    """How it is."""
    mend: str = ""
    """What to do about it."""


def doctor(catalog: Catalog | None = None) -> list[Diagnosis]:
    """Examine the installation and, if given, a catalogue. Nothing is changed."""
    found = [*_installation()]
    if catalog is not None:
        try:
            found.extend(_catalogue(catalog))
        except CatalogError as error:
            state = f"{error.what}: {error.got}" if error.got else error.what
            found.append(Diagnosis("catalogue", False, f"{state}.", error.mend))
    return found


def _installation() -> Iterator[Diagnosis]:
    import duckdb
    import pyproj
    from pyproj.network import is_network_enabled  # type: ignore[attr-defined]

    yield Diagnosis("duckdb", True, duckdb.__version__)
    for extension in _lake.EXTENSIONS:
        try:
            yield Diagnosis(f"duckdb {extension}", True, str(_lake.extension_file(extension)))
        except CatalogError as error:
            yield Diagnosis(f"duckdb {extension}", False, error.what, error.mend)
    folders = [Path(f) for f in pyproj.datadir.get_data_dir().split(":")]
    grids = sorted(g.name for f in folders for p in ("*.tif", "*.gtx") for g in f.glob(p))
    said = f"{len(grids)} grids" if grids else "no grids: heights are passed on as they are"
    yield Diagnosis("proj", True, f"{pyproj.proj_version_str}, {said}")
    asks = is_network_enabled()
    yield Diagnosis(
        "proj network",
        not asks,
        "on: results depend on the network" if asks else "off",
        "Unset PROJ_NETWORK." if asks else "",
    )
    if sys.platform == "linux":
        yield from _libraries()


def _libraries() -> Iterator[Diagnosis]:
    for library, package in _LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError as error:
            mend = f"open3d needs it: apt-get install {package}"
            yield Diagnosis(library, False, str(error), mend)
        else:
            yield Diagnosis(library, True, "found")


def _catalogue(catalog: Catalog) -> Iterator[Diagnosis]:
    yield Diagnosis("catalogue", True, f"{catalog.folder}, version {catalog.version()}")
    files = list(_lake_files(catalog))
    # Of a lake that has lost files nothing can be asked.
    whole = all(d.ok for d in files if d.name == "lake files")
    if whole:
        yield _standard(catalog)
    yield _heights(catalog.config)
    yield _locked(catalog)
    yield from files
    if whole:
        yield from _packs(catalog)
    size = sum(f.stat().st_size for f in catalog.staging.rglob("*") if f.is_file())
    yield Diagnosis("staging", True, f"{size / 2**20:.1f} MiB, may be deleted while nothing runs")
    for name, path in catalog.config.roots.items():
        there = Path(path).is_dir()
        yield Diagnosis(
            f"root {name}",
            there,
            path if there else f"{path} is gone",
            "" if there else f"cimkit relocate {name} PATH (reports and queries work without it)",
        )


_CLASSED_EARLIER = """
    SELECT count(*) FROM objects SEMI JOIN (
        SELECT i.item_id FROM items i JOIN deliveries d USING (delivery_id), standards s
        WHERE d.standard_hash IS DISTINCT FROM s.hash
            AND NOT coalesce(d.received <= s.adopted, false)
    ) USING (item_id)
"""


def _standard(catalog: Catalog) -> Diagnosis:
    try:
        standard = catalog.standard()
    except CimkitError as error:
        return Diagnosis("standard", False, str(error).removesuffix(f". {error.mend}"), error.mend)
    with catalog.connect() as con:
        row = con.execute("SELECT standard, hash FROM standards").fetchone()
        ((earlier,),) = con.execute(_CLASSED_EARLIER).fetchall()
    said = standard.key if standard else "none"
    if row is None or (standard is not None and row == (standard.key, standard.hash)):
        if not earlier:
            return Diagnosis("standard", True, said)
        return Diagnosis(
            "standard",
            False,
            f"{said}, but {earlier} objects came before its text was changed, and are classed "
            "as it said then",
            f"cimkit adopt {catalog.standard_id or said}",
        )
    lake = row[0] if standard is None or row[0] != standard.key else "an earlier text of it"
    return Diagnosis(
        "standard",
        False,
        f"{_config.FILE} names {said}, the lake is classed by {lake}",
        f"cimkit adopt {catalog.standard_id or row[0]}",
    )


def _heights(config: _config.Config) -> Diagnosis:
    if config.geoid is None:
        said = "orthometric, exports do not shift them"
        if config.undulation_m is not None:
            said = f"exports add {config.undulation_m} m ({config.heights})"
        return Diagnosis("heights", True, said)
    try:
        return Diagnosis("heights", True, f"ellipsoidal by {read_geoid(config.geoid).title}")
    except UsageError as error:
        state = f"{error.what}: {error.got}"
        return Diagnosis("heights", False, state, error.mend or f"Expected: {error.expected}.")


def _locked(catalog: Catalog) -> Diagnosis:
    try:
        with _lock.writer(catalog.folder, "doctor"):
            return Diagnosis("lock", True, "free")
    except CatalogLocked as error:
        return Diagnosis("lock", True, f"held by {error.got}")


def _lake_files(catalog: Catalog) -> Iterator[Diagnosis]:
    with catalog.metadata() as metadata:
        mode = metadata.execute("PRAGMA journal_mode").fetchone()[0]
        named = {
            Path(row[0]).name
            for table in ("data_file", "delete_file", "files_scheduled_for_deletion")
            for row in metadata.execute(f"SELECT path FROM ducklake_{table}")
        }
    yield Diagnosis(
        "lake metadata",
        mode == "wal",
        f"SQLite, journal {mode}",
        "" if mode == "wal" else "sqlite3 lake/metadata.sqlite 'PRAGMA journal_mode = wal'",
    )
    there = {f.name: f for f in (catalog.lake / "data").rglob("*") if f.is_file()}
    lost = sorted(named - there.keys())
    yield Diagnosis(
        "lake files",
        not lost,
        f"{len(named)} files" if not lost else f"{len(lost)} files are missing, e.g. {lost[0]}",
        "Restore the folder lake/data from a backup." if lost else "",
    )
    orphans = [f for n, f in there.items() if n not in named]
    size = sum(f.stat().st_size for f in orphans)
    state = f"{len(orphans)}, {size / 2**20:.1f} MiB, of runs that were broken off"
    yield Diagnosis("lake orphans", True, state if orphans else "none")


def _packs(catalog: Catalog) -> Iterator[Diagnosis]:
    with catalog.connect() as con:
        rows = con.execute(
            "SELECT DISTINCT sha256 FROM items SEMI JOIN placements USING (item_id)"
        ).fetchall()
    wanted = {row[0] for row in rows}
    there = {f.stem for f in catalog.meshes.glob("*.parquet")}
    lost = wanted - there
    yield Diagnosis(
        "mesh packs",
        not lost,
        f"{len(there)} packs, {len(there - wanted)} of earlier versions or broken-off runs"
        if not lost
        else f"{len(lost)} of {len(wanted)} packs are missing",
        "Ingest the models again." if lost else "",
    )
