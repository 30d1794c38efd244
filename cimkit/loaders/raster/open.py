"""Opening rasters: by one driver, without the network, and without writing beside them."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.raster.formats import Format
from cimkit.model import Source

__all__ = ["MOST", "Container", "environment", "open_raster", "raster_name"]

MOST = 100
"""Rasters of a container that are looked at."""
_PAGED = ("GTiff", "NITF", "NTv2")
"""Drivers that open the first raster of several, and name them all."""


@contextmanager
def environment(*, notes: bool) -> Iterator[None]:
    """Set GDAL up to read what was delivered and nothing else.

    Parameters
    ----------
    notes : bool
        Whether an ``.aux.xml`` was delivered. PAM reads it, and would write one: it is off where
        there is none, and where there is one nothing is asked that GDAL would note in it.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with (
        rasterio.Env(
            GDAL_PAM_ENABLED=notes,
            GDAL_DISABLE_READDIR_ON_OPEN=False,
            GDAL_CACHEMAX=256_000_000,  # bytes; it has to hold a row of blocks
            # no address is fetched, whichever text names one: an .aux.xml may, for overviews
            CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".nothing-is-fetched",
            GDAL_HTTP_PROXY="127.0.0.1:9",
            GDAL_HTTP_MAX_RETRY=0,
            GDAL_VRT_ENABLE_PYTHON=False,
            GDAL_VRT_ENABLE_RAWRASTERBAND=False,
            GDAL_ERROR_ON_LIBJPEG_WARNING=True,
        ),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a problem says it instead
        yield


@dataclass(slots=True)
class Container:
    """What a file holds beside the raster that was opened."""

    name: str = ""
    """Of the raster that was opened; "" if it is the only one."""
    others: list[str] = field(default_factory=list)
    """By what GDAL opens the others; of `raster_name` each."""
    shut: list[str] = field(default_factory=list)
    """Those that it cannot open."""


@contextmanager
def open_raster(source: Source, form: Format) -> Iterator[tuple[Any, Container]]:
    """Open a raster; of a container of several, the first that says where it lies.

    Raises
    ------
    SourceUnreadable
        If the drivers of its format cannot open it.
    """
    from rasterio._err import CPLE_BaseError

    notes = any(m.lower().endswith(".aux.xml") for m in source.members)
    with environment(notes=notes), _untouched(source.file) as file:
        dataset, held = _opened(source, form, file)
        with dataset:
            if dataset.width < 1 or dataset.height < 1:
                raise SourceUnreadable(
                    "it has no grid of rows and columns",
                    where=source.path,
                    got=f"{dataset.width} by {dataset.height} pixels",
                    mend="Resample it to a regular grid, and deliver that.",
                )
            try:
                yield dataset, held
            except CPLE_BaseError as error:  # rasterio lets some of GDAL's errors through bare
                raise SourceUnreadable(
                    f"GDAL opens it as {form.title} and fails over it",
                    where=source.path,
                    got=str(error),
                    mend="Write the raster again from its source.",
                ) from error


def _opened(source: Source, form: Format, file: Path) -> tuple[Any, Container]:
    import rasterio
    from rasterio.errors import RasterioError

    dataset, said, held = None, "", Container()
    for driver in form.drivers:
        try:
            dataset = rasterio.open(file, driver=driver)
            break
        except (RasterioError, ValueError) as error:
            said = said or str(error)
    if dataset is None:
        raise SourceUnreadable(
            f"it is no {form.title} that can be opened",
            where=source.path,
            got=said.replace(str(file), source.path),
            expected="a variable over rows and columns" if form.holds else "",
        )
    names = dataset.subdatasets
    if not dataset.count and names:
        dataset.close()
        try:
            dataset = _first(names, held.shut)
        except RasterioError as error:
            raise SourceUnreadable(
                f"none of its {len(names)} rasters can be opened",
                where=source.path,
                got=str(error),
            ) from error
    held.others = _others(dataset, names)
    if held.others:
        held.name = raster_name(dataset.name if dataset.name in names else names[0])
    return dataset, held


@contextmanager
def _untouched(file: Path) -> Iterator[Path]:
    """Give the file, or a copy of an SQLite database in WAL mode: reading it would leave -shm."""
    head = b""
    if file.is_file():
        with file.open("rb") as opened:
            head = opened.read(20)
    if not head.startswith(b"SQLite format 3\0") or head[18:20] != b"\2\2":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="cimkit-wal-") as scratch:
        for given in (file, Path(f"{file}-wal")):
            if given.is_file():
                shutil.copyfile(given, Path(scratch, given.name))
        yield Path(scratch, file.name)


def _first(names: list[str], shut: list[str]) -> Any:
    """Open the first raster of a container that says where it lies, else the first that opens."""
    import rasterio
    from rasterio.errors import RasterioError

    error: Exception | None = None
    placeless: str | None = None
    for name in names[:MOST]:
        try:
            dataset = rasterio.open(name)
        except RasterioError as met:
            error = error or met
            shut.append(name)
            continue
        if dataset.count and (not dataset.transform.is_identity or dataset.gcps[0]):
            return dataset
        dataset.close()
        placeless = placeless or name
    if placeless is None:
        raise error or RasterioError("no raster in it")
    return rasterio.open(placeless)


def _others(dataset: Any, names: list[str]) -> list[str]:
    """Return the rasters beside the one that was opened, of those that a container names."""
    if dataset.name in names:
        return [n for n in names if n != dataset.name]
    # Opened as a whole it is its first; GDAL takes what else netCDF and Zarr then name for axes.
    return names[1:] if dataset.driver in _PAGED else []


def raster_name(name: str) -> str:
    """Return the name of a raster of a container, without driver and file.

    Examples
    --------
    >>> raster_name('netcdf:/data/a.nc:temperature'), raster_name('HDF5:"/data/a.h5"://grid/z')
    ('temperature', 'grid/z')
    >>> raster_name('GTIFF_DIR:2:/data/a.tif')
    '2'
    """
    driver, rest = name.split(":", 1)
    if driver in ("GTIFF_DIR", "NITF_IM", "NTv2"):
        return rest.split(":", 1)[0]
    return rest.rsplit(":", 1)[-1].strip("/")
