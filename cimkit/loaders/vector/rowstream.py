"""Rows of a layer that GDAL reads, as Arrow batches, up to where it is damaged."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pyarrow as pa

from cimkit.errors import SourceUnreadable
from cimkit.loaders._layers.joins import ROW_ID
from cimkit.loaders._layers.sound import verified
from cimkit.loaders._layers.table import GEOMETRY, Batches, distinct
from cimkit.loaders.vector.gdal import Plan
from cimkit.loaders.vector.gmlshapes import with_further
from cimkit.model import Problem

__all__ = ["batches_of"]

_BATCH = 65_536
_CELLS = 16_000_000
"""So many values at most are in a batch."""


def batches_of(how: Plan, layer: str, has_geometry: bool, fields: list[str]) -> Batches:
    """Return what reads the rows of a layer, whose attributes GDAL calls ``fields``."""
    unique = dict(zip(distinct(fields), fields, strict=True))

    def give(columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        wanted = None
        if columns is not None:
            wanted = [unique[c] for c in columns if c in unique]
        count = 0
        damage: Exception | None = None
        # A batch with a damaged row fails as a whole: its rows before that come in smaller ones.
        for size in (_BATCH, 2048, 64, 1):
            try:
                for batch in stream(wanted, columns, count, size):
                    count += batch.num_rows
                    yield batch
                if damage is None:
                    return
                break
            except (pa.ArrowException, OSError, RuntimeError, ValueError) as error:
                damage = error
        if not count:
            raise SourceUnreadable(
                "GDAL cannot read its rows", got=str(damage)[:300], where=layer
            ) from damage
        stopped = Problem(
            "read-stopped",
            "It is damaged; the rows before the damage are read.",
            "error",
            layer,
            str(damage)[:200],
            hint="Deliver it again: it may have been cut short.",
        )
        if stopped not in how.problems:
            how.problems.append(stopped)

    def stream(
        wanted: Sequence[str] | None, columns: Sequence[str] | None, skipped: int, size: int
    ) -> Iterator[pa.RecordBatch]:
        import pyogrio.raw

        rowed = columns is None and layer in how.rowed
        with ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")  # GDAL's remarks; what matters becomes a problem
            meta, reader = stack.enter_context(
                pyogrio.raw.open_arrow(
                    how.file,
                    layer=layer,
                    encoding=how.encoding,
                    columns=None if wanted is None else list(wanted),
                    read_geometry=has_geometry and columns is None,
                    return_fids=how.ids or rowed,
                    datetime_as_string=True,
                    use_pyarrow=True,
                    skip_features=skipped,
                    batch_size=min(size, max(1, _CELLS // (len(fields) + 1))),
                    **how.options,
                )
            )
            own = meta["geometry_name"] or "wkb_geometry"
            for batch in reader:
                verified(batch)
                whole = has_geometry and columns is None
                # The geometry comes last: an attribute may be called like it.
                names = distinct(batch.schema.names)
                if whole and batch.schema.names[-1] == own:
                    names = [*distinct(batch.schema.names[:-1]), GEOMETRY]
                elif whole:
                    names = [GEOMETRY if n == own else n for n in names]
                if how.ids:  # GDAL has the identifiers of GeoJSON's features as its own
                    names = ["id" if n == meta["fid_column"] else n for n in names]
                if rowed:
                    names = [ROW_ID if n == meta["fid_column"] else n for n in names]
                given = batch.rename_columns(names)
                if how.ids and columns is not None:
                    given = given.select(list(columns))
                if columns is None and layer in how.further:
                    given = with_further(given, how.further[layer])
                yield given

    return give
