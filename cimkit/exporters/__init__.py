"""One file per output format."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cimkit.errors import CimkitError, ExportError, UsageError
from cimkit.exporters._frame import to_geodataframe
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.exporters._stac_schemas import stac_validator
from cimkit.exporters._table import table_text, write_table
from cimkit.registry import entry, names

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = [
    "ExportReport",
    "ExporterSpec",
    "export",
    "stac_validator",
    "table_text",
    "to_geodataframe",
    "write_table",
]

_SPELLED = {"three_d_tiles": "3dtiles"}  # no module may begin with a digit


def export(
    catalog: Catalog,
    format: str,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    valid_at: str | datetime | None = None,
    access: str = "public",
    **options: Any,
) -> ExportReport:
    """Write a catalogue, or a part of it, in another format.

    Parameters
    ----------
    catalog : Catalog
        An open catalogue.
    format : str
        ``3dtiles``, ``cityjson``, ``cityjsonseq``, ``gltf``, ``pmtiles``, ``themes``, ``gpkg``,
        ``flatgeobuf``, ``geoparquet``, ``cog``, ``copc``, ``stac``, ``thumbnails``, ``context``, or
        one that a package adds.
    out : Path
        File or folder to write.
    where : str, optional
        SQL predicate over the columns of ``objects``.
    as_of : str or int, optional
        Version or time of the catalogue; None: the newest.
    valid_at : str or datetime, optional
        What stood in the world then: objects by their valid_from and valid_to, where they have
        them. ISO 8601, UTC unless it says otherwise.
    access : str
        ``public``, ``internal`` or ``secret``; what is above it is withheld and counted.
    **options
        What only that format knows.

    Raises
    ------
    UsageError
        If there is no such format or option.
    ExportError
        If the output cannot be written.
    """
    known = {_SPELLED.get(name, name): name for name in names(__name__)}
    if format not in known:
        raise UsageError("no such format", got=format, expected=", ".join(sorted(known)))
    module = entry(__name__, known[format])
    unknown = sorted(set(options) - _options(module))
    if unknown:
        raise UsageError(
            f"the format {format} has no such option",
            got=", ".join(unknown),
            expected=", ".join(sorted(_options(module))) or "none",
        )
    if valid_at is not None:
        where = _standing(valid_at, where)
    try:
        report: ExportReport = module.export(
            catalog, Path(out), where=where, as_of=as_of, access=access, **options
        )
    except OSError as error:  # of the folder that OUT lies in: a file, gone, closed to us
        if isinstance(error, CimkitError):
            raise
        raise ExportError(f"cannot write: {error}", where=str(out)) from error
    return report


def _options(module: ModuleType) -> set[str]:
    own = inspect.signature(module.export).parameters.values()
    named = {p.name for p in own if p.kind is p.KEYWORD_ONLY} - {"where", "as_of", "access"}
    return named | set(module.SPEC.options)


def _standing(valid_at: str | datetime, where: str | None) -> str:
    try:
        moment = (
            valid_at if isinstance(valid_at, datetime) else datetime.fromisoformat(valid_at.strip())
        )
    except ValueError as error:
        raise UsageError("not a time", got=str(valid_at), expected="ISO 8601") from error
    utc = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    at = f"TIMESTAMPTZ '{utc.isoformat()}'"
    standing = (
        f"(valid_from IS NULL OR valid_from <= {at}) AND (valid_to IS NULL OR valid_to > {at})"
    )
    return standing if where is None else f"({where}\n) AND {standing}"
