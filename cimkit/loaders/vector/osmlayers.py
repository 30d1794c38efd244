"""OpenStreetMap as layers: each is read once, by GDAL, and kept on disk."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders._layers.table import GEOMETRY, Opened, Table, distinct
from cimkit.loaders._layers.times import Times
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.osm import LAYERS, TAGS, keyed, members, osm_options
from cimkit.loaders.vector.osmfile import whole_file
from cimkit.model import Problem, Source

__all__ = ["open_osm"]

_TIMES = Times("osm_timestamp", "start_date", "end_date")
"""An object of OpenStreetMap was as it is when somebody last touched it."""
_BATCH = 65_536


@contextmanager
def open_osm(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a file of OpenStreetMap: PBF or XML, an extract or a change.

    Raises
    ------
    SourceUnreadable
        If nothing of it can be read.
    """
    import pyogrio

    with TemporaryDirectory(prefix="cimkit-osm-") as name:
        scratch = Path(name)
        pyogrio.set_gdal_config_options({"CPL_TMPDIR": name})  # for the index of nodes
        try:
            file, problems = whole_file(source, scratch)
            how = osm_options(file, scratch)
            tables = [_table(file, layer, how, scratch, source, problems) for layer in LAYERS]
            yield Opened(
                "OpenStreetMap",
                "application/vnd.openstreetmap.data",
                tables,
                problems=problems,
                relations=partial(members, file),
            )
        finally:
            pyogrio.set_gdal_config_options({"CPL_TMPDIR": None})


def _table(
    file: Path,
    layer: str,
    how: dict[str, str],
    scratch: Path,
    source: Source,
    problems: list[Problem],
) -> Table:
    kept = scratch / f"{layer}.arrow"
    schema, count, bounds = None, 0, np.array([np.inf, np.inf, -np.inf, -np.inf])
    batches = _read(file, layer, how, source, problems)
    for batch in batches:
        if schema is None:
            schema = batch.schema
            out = pa.ipc.new_file(kept, schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))
        out.write_batch(batch)
        count += batch.num_rows
        shapes = shapely.from_wkb(np.array(batch.column(GEOMETRY)), on_invalid="ignore")
        low_high = shapely.total_bounds(shapes)
        bounds = np.r_[np.fmin(bounds[:2], low_high[:2]), np.fmax(bounds[2:], low_high[2:])]
    if schema is not None:
        out.close()
    names = [] if schema is None else [f for f in schema if f.name not in (GEOMETRY, TAGS)]
    west, south, east, north = map(float, bounds)
    return Table(
        name=layer,
        features=count,
        geometry_type=LAYERS[layer],
        crs="EPSG:4326",
        crs_origin="assumed",  # laid down by OpenStreetMap
        fields=tuple((f.name, str(f.type)) for f in names),
        bounds=(west, south, east, north) if west <= east else None,
        batches=partial(_given, kept if count else None),
        key_field="@id",
        merged=TAGS,
        times=_TIMES,
    )


def _read(
    file: Path, layer: str, how: dict[str, str], source: Source, problems: list[Problem]
) -> Iterator[pa.RecordBatch]:
    import pyogrio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's remarks on ways without nodes
            with pyogrio.raw.open_arrow(
                file,
                layer=layer,
                batch_size=_BATCH,
                use_pyarrow=True,
                datetime_as_string=True,
                **how,
            ) as (meta, reader):
                own = meta["geometry_name"] or "wkb_geometry"
                for batch in reader:
                    names = [*distinct(batch.schema.names[:-1]), GEOMETRY]
                    if batch.schema.names[-1] != own:
                        names = [GEOMETRY if n == own else n for n in batch.schema.names]
                    if batch.num_rows:
                        yield keyed(layer, batch.rename_columns(names))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise SourceUnreadable(
            "GDAL cannot read it", where=source.path, got=str(error).replace(str(file), "")[:300]
        ) from error
    except (pa.ArrowException, OSError, RuntimeError, ValueError) as error:
        problems.append(
            Problem(
                "read-stopped",
                "It is damaged; the rows before the damage are read.",
                "error",
                layer,
                str(error).replace(str(file), "")[:300],
                hint="Deliver it again.",
            )
        )


def _given(file: Path | None, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    if file is None:
        return
    with pa.memory_map(str(file)) as mapped, pa.ipc.open_file(mapped) as reader:
        for n in range(reader.num_record_batches):
            batch = reader.get_batch(n)
            yield batch if columns is None else batch.select(list(columns))
