"""CityJSONSeq: a first line with the metadata, then one line for each feature."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.exporters._one_file import one_file
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="cityjsonseq", title="CityJSONSeq", suffix=".city.jsonl")


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    crs: str | None = None,
    lod: str | None = None,
) -> ExportReport:
    """Write the objects as CityJSONSeq 2.0, streamed.

    Each top-level object is a ``CityJSONFeature`` with all below it and vertices of its own. The
    objects are those of `cimkit.exporters.cityjson`. A group is a feature without its members,
    which stand alone: its attribute ``group_members`` has their keys and roles.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.
    crs, lod
        See `cimkit.exporters.cityjson.export`.

    Raises
    ------
    UsageError
        If nobody knows the coordinate system.
    ExportError
        If there is no object, or the file cannot be written.
    """
    from cimkit.exporters._cityjson.writing import write_model

    write = partial(write_model, crs=crs, lod=lod, lines=True)
    return one_file(SPEC, out, write, catalog, where=where, as_of=as_of, access=access)
