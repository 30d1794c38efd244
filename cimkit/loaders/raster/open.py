"""Opening rasters: by one driver, without the network, and without writing beside them."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.raster.formats import Format
from cimkit.model import Problem, Source

__all__ = ["environment", "open_raster", "subdatasets"]


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


@contextmanager
def open_raster(source: Source, form: Format) -> Iterator[tuple[Any, list[Problem]]]:
    """Open a raster; of a container of several, the first.

    Raises
    ------
    SourceUnreadable
        If the drivers of its format cannot open it.
    """
    import rasterio
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError

    problems: list[Problem] = []
    notes = any(m.lower().endswith(".aux.xml") for m in source.members)
    with environment(notes=notes), _untouched(source.file) as file:
        dataset, said = None, ""
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
            )
        if not dataset.count and dataset.subdatasets:
            names = dataset.subdatasets
            dataset.close()
            try:
                dataset = _first(names, problems)
            except RasterioError as error:
                raise SourceUnreadable(
                    f"none of its {len(names)} rasters can be opened",
                    where=source.path,
                    got=str(error),
                ) from error
        with dataset:
            if dataset.width < 1 or dataset.height < 1:
                raise SourceUnreadable(
                    "it has no grid of rows and columns",
                    where=source.path,
                    got=f"{dataset.width} by {dataset.height} pixels",
                    mend="Resample it to a regular grid, and deliver that.",
                )
            try:
                yield dataset, problems
            except CPLE_BaseError as error:  # rasterio lets some of GDAL's errors through bare
                raise SourceUnreadable(
                    f"GDAL opens it as {form.title} and fails over it",
                    where=source.path,
                    got=str(error),
                    mend="Write the raster again from its source.",
                ) from error


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


def _first(names: list[str], problems: list[Problem]) -> Any:
    """Open the first raster of a container that can be."""
    import rasterio
    from rasterio.errors import RasterioError

    if len(names) > 1:
        problems.append(
            Problem(
                "subdatasets",
                f"It holds {len(names)} rasters; the first was read.",
                got=", ".join(subdatasets(names)[:20]),
                hint="Deliver one file for each.",
            )
        )
    for name in names[:-1]:
        try:
            return rasterio.open(name)
        except RasterioError:
            continue  # the last one is opened below, and its error is the answer
    return rasterio.open(names[-1])


def subdatasets(names: list[str]) -> list[str]:
    """Return the names of the rasters of a container, without driver and file.

    Examples
    --------
    >>> subdatasets(['netcdf:/data/a.nc:temperature', 'HDF5:"/data/a.h5"://grid/z'])
    ['temperature', 'grid/z']
    """
    return [name.rsplit(":", 1)[-1].strip("/") for name in names]
