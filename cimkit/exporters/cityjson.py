"""CityJSON 2.0: one document."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.exporters._one_file import one_file
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="cityjson", title="CityJSON", suffix=".city.json")


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
    """Write the objects as one CityJSON 2.0 document.

    City models come as they were delivered: all levels, semantics, appearance (images are copied
    into ``<name>_images`` beside the document), templates, kin and groups. Outlines with a height
    become blocks (LoD 1) over their outline (LoD 0), lines and points stay such, elements of
    building models become solids or surfaces (LoD 3) under their building. The type of what is no
    city model follows from its class by the crosswalk to ``int.citygml``; without one it is a
    ``GenericCityObject``. Types that CityJSON does not know are declared in ``<name>.ext.json``
    beside it. What the catalogue knows (class_code, asset_code, name, level, source, object_id)
    comes with the source's own attributes; where both have a name, the catalogue's is called
    ``catalogue_<name>``.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.
    crs : str, optional
        Coordinate system of the document. Otherwise that of the sources if they have one, else
        the catalogue's ``metric_crs``, else a zone of UTM. Heights stay as they are.
    lod : str, optional
        The only level of detail that is written, ``0`` to ``4``.

    Raises
    ------
    UsageError
        If nobody knows the coordinate system.
    ExportError
        If there is no object, or the file cannot be written.
    """
    from cimkit.exporters._cityjson.writing import write_model

    write = partial(write_model, crs=crs, lod=lod, lines=False)
    return one_file(SPEC, out, write, catalog, where=where, as_of=as_of, access=access)
