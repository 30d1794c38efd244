"""Cloud-optimised GeoTIFFs of the rasters, by GDAL's COG driver.

It needs a third of the memory of rio-cogeo for the same pixels; rio-cogeo judges what is copied.
"""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable, UsageError
from cimkit.exporters._folder import replaced
from cimkit.exporters._heights_told import heights_told
from cimkit.exporters._select import Selection, select
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["COMPRESSIONS", "SPEC", "export"]

SPEC = ExporterSpec(name="cog", title="Cloud-optimised GeoTIFF")

COMPRESSIONS = ("deflate", "zstd", "lzw", "lerc", "jpeg", "webp")
"""Of these jpeg and webp change pixels, and lerc does not as it is used here."""
_INDEX = "rasters.csv"
_LOSSY = ("jpeg", "webp")
_SRS = re.compile("<SRS.*?</SRS>", re.DOTALL)
_RASTERS = """
SELECT any_value(s.object_id ORDER BY s.object_id) AS object_id,
    any_value(s.class_code ORDER BY s.object_id) AS class_code,
    any_value(s.asset_code ORDER BY s.object_id) AS asset_code,
    any_value(s.source_class ORDER BY s.object_id) AS source_class,
    i.item_id, i.root, i.path, i.members, i.sha256, i.crs, i.vertical_datum
FROM selected s JOIN selected_items i USING (item_id)
WHERE i.loader = 'raster' AND i.status = 'ok' GROUP BY ALL ORDER BY i.path, i.item_id
"""


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    compression: str | None = None,
    quality: int = 85,
) -> ExportReport:
    """Write each raster as a cloud-optimised GeoTIFF, and a table that says which is which.

    They are made from the delivered files, whose hashes are verified, carry the CRS that the
    catalogue knows (a sheet's before the file's), and name class, codes, vertical datum and source
    in their tags. Overviews are averaged, those of classes and palettes take the nearest pixel.
    Pixels stay as they are unless ``compression`` is ``jpeg`` or ``webp``. What is a valid COG with
    the right CRS is copied.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a folder.
    compression : str, optional
        One of `COMPRESSIONS`; None: deflate.
    quality : int
        1 to 100, of jpeg and webp.

    Raises
    ------
    UsageError
        If there is no such compression or quality.
    ExportError
        If ``out`` holds something that is no export, or cannot be written.
    """
    if compression is not None and compression not in COMPRESSIONS:
        raise UsageError("no such compression", got=compression, expected=", ".join(COMPRESSIONS))
    if not 1 <= quality <= 100:
        raise UsageError("no such quality", got=quality, expected="1 to 100")
    report = ExportReport(SPEC.name, out)
    with (
        replaced(out, _INDEX) as work,
        select(catalog, where=where, as_of=as_of, access=access) as selection,
    ):
        report.withheld = selection.withheld_items()
        _write(selection, work, compression, quality, report)
        report.notes += heights_told(selection, ("raster",), named=True)
    return report


def _write(
    selection: Selection, work: Path, compression: str | None, quality: int, report: ExportReport
) -> None:
    from cimkit.loaders import open_source

    rasters = selection.fetch(_RASTERS).to_pylist()
    stems = Counter(PurePosixPath(r["path"]).stem.lower() for r in rasters)
    roots = selection.catalog.config.roots
    with (work / _INDEX).open("w", encoding="utf-8", newline="") as index:
        table = csv.writer(index, lineterminator="\n")
        table.writerow(["object_id", "file", "path", "class_code", "crs", "vertical_datum", "how"])
        for raster in rasters:
            root = roots.get(raster["root"])
            if root is None:
                report.leave("the folder of the source is not known to the catalogue", 1)
                continue
            stem = PurePosixPath(raster["path"]).stem
            if stems[stem.lower()] > 1:
                stem += f"-{raster['item_id'][:8]}"
            file = work / f"{stem}.tif"
            try:
                with open_source(
                    Path(root), raster["path"], raster["members"] or (), raster["sha256"]
                ) as source:
                    how = _one(source, raster, file, compression, quality, report)
            except SourceUnreadable as error:
                file.unlink(missing_ok=True)
                report.leave("the source cannot be read again", 1)
                report.notes.append(str(error))
                continue
            if how is None:
                continue
            said = [raster[k] for k in ("path", "class_code", "crs", "vertical_datum")]
            table.writerow([raster["object_id"], file.name, *said, how])
            size = file.stat().st_size
            report.files += 1
            report.size += size
            report.largest = max(report.largest, size)
            report.counts[how] = report.counts.get(how, 0) + 1
    report.files += 1
    report.size += (work / _INDEX).stat().st_size


def _one(
    source: Any,
    raster: dict[str, Any],
    file: Path,
    compression: str | None,
    quality: int,
    report: ExportReport,
) -> str | None:
    """Write one raster; say how, or None where it is left out."""
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError

    from cimkit.loaders.raster.formats import head_of, recognise
    from cimkit.loaders.raster.open import open_raster

    found = recognise(head_of(source.file))
    if found is None or not found[0].drivers:
        report.leave("tiles of pictures, which are no raster of pixels", 1)
        return None
    if found[0].grid:
        report.leave("grid of a coordinate transformation", 1)
        return None
    with open_raster(source, found[0]) as (dataset, _):
        if not dataset.count:
            report.leave("a raster without bands", 1)
            return None
        crs = _crs(raster, dataset, report)
        if compression is None and _is_one(source.file, dataset, crs):
            shutil.copyfile(source.file, file)
            return "copied"
        try:
            _convert(dataset, crs, raster, file, _options(dataset, raster, compression, quality))
        except (RasterioError, CPLE_BaseError, ValueError) as error:
            file.unlink(missing_ok=True)
            report.leave("GDAL cannot write it", 1)
            report.notes.append(f"{raster['path']}: {error}".replace(str(file.parent), ""))
            return None
    return "converted"


def _crs(raster: dict[str, Any], dataset: Any, report: ExportReport) -> Any:
    """The CRS that the catalogue knows, else that of the file."""
    import rasterio
    from rasterio.errors import CRSError

    if not raster["crs"]:
        return dataset.crs
    try:
        with rasterio.Env():
            return rasterio.CRS.from_user_input(raster["crs"])
    except CRSError:
        # A local system is a name; its parameters stay where they are.
        report.notes.append(
            f"{raster['path']}: its CRS {raster['crs']} is a name only; not written"
        )
        return None


def _is_one(file: Path, dataset: Any, crs: Any) -> bool:
    """Whether it is a valid COG already, with the right CRS and with overviews if it needs any."""
    from rio_cogeo.cogeo import cog_validate

    if dataset.driver != "GTiff" or dataset.crs != crs or not file.is_file():
        return False
    valid, _, warnings = cog_validate(file, strict=True, quiet=True)
    return bool(valid) and not warnings


def _options(
    dataset: Any, raster: dict[str, Any], compression: str | None, quality: int
) -> dict[str, Any]:
    """Options of GDAL's COG driver."""
    from rasterio.enums import ColorInterp

    types = set(dataset.dtypes)
    method = compression or "deflate"
    if method in _LOSSY and (types != {"uint8"} or dataset.count > 4):
        method = "deflate"  # they hold pictures, nothing else
    classes = ColorInterp.palette in dataset.colorinterp or raster["source_class"] == "land-cover"
    if classes and method in _LOSSY:
        method = "deflate"
    options: dict[str, Any] = {
        "COMPRESS": method.upper(),
        "BLOCKSIZE": 512,
        "OVERVIEWS": "IGNORE_EXISTING",
        "OVERVIEW_RESAMPLING": "NEAREST" if classes else "AVERAGE",
        "BIGTIFF": "IF_SAFER",
        "NUM_THREADS": 2,
    }
    if method in ("deflate", "zstd", "lzw") and not any(t.startswith("complex") for t in types):
        options["PREDICTOR"] = "YES"
    if method in _LOSSY:
        options["QUALITY"] = quality
    if method == "lerc":
        options["MAX_Z_ERROR"] = 0
    return options


def _convert(
    dataset: Any, crs: Any, raster: dict[str, Any], file: Path, options: dict[str, Any]
) -> None:
    import rasterio
    import rasterio.shutil

    tags = {
        "CIMKIT_OBJECT": raster["object_id"],
        "CIMKIT_CLASS": raster["class_code"],
        "CIMKIT_ASSET_CODE": raster["asset_code"],
        "CIMKIT_SOURCE": raster["path"],
        "CIMKIT_VERTICAL_DATUM": raster["vertical_datum"],
    }
    with _as_vrt(dataset) as virtual:
        if crs is None:
            plain = Path(virtual)
            plain.write_text(_SRS.sub("", plain.read_text(encoding="utf-8")), encoding="utf-8")
        with rasterio.open(virtual, "r+", driver="VRT") as copy:
            if crs is not None:
                copy.crs = crs
            copy.update_tags(**{k: v for k, v in tags.items() if v})
        rasterio.shutil.copy(virtual, file, driver="COG", **options)
    # What a TIFF cannot say GDAL notes beside it.
    Path(f"{file}.aux.xml").unlink(missing_ok=True)


@contextmanager
def _as_vrt(dataset: Any) -> Iterator[str]:
    """The dataset as a file of GDAL's virtual format, whose CRS and tags may be changed."""
    import rasterio.shutil

    with tempfile.TemporaryDirectory(prefix="cimkit-cog-") as scratch:
        virtual = str(Path(scratch, "raster.vrt"))
        rasterio.shutil.copy(dataset, virtual, driver="VRT")
        yield virtual
