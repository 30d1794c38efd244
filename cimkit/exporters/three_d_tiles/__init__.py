"""3D Tiles 1.1: one root tileset, a tileset for each layer, and a page that shows them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit import __version__
from cimkit.errors import CimkitError, ExportError, UsageError
from cimkit.exporters._folder import refuse_foreign, swap
from cimkit.exporters._select import select
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.exporters.three_d_tiles import (
    areas,
    buildings,
    clouds,
    furniture,
    lines,
    models,
    photos,
    terrain,
)
from cimkit.exporters.three_d_tiles.clamping import terrain_of
from cimkit.exporters.three_d_tiles.datums import datum_notes
from cimkit.exporters.three_d_tiles.heights import Heights
from cimkit.exporters.three_d_tiles.making import Drawn, Making, Options
from cimkit.exporters.three_d_tiles.schema import Described, describe
from cimkit.exporters.three_d_tiles.sorting import TITLES, sort_out
from cimkit.exporters.three_d_tiles.whole import tell_contents, write_page, write_root
from cimkit.tiles import Encoding, Store
from cimkit.tiles.archive import is_archive, write_archive
from cimkit.tiles.store import COMPRESSIONS, MANIFEST

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

_ROOT = "tileset.json"
SPEC = ExporterSpec(
    name="3dtiles", title="3D Tiles 1.1", options=tuple(f.name for f in fields(Options))
)

_LAYERS: dict[str, Callable[[Making], Drawn | None]] = {
    "terrain": terrain.draw,
    "buildings": buildings.draw,
    "bim": models.draw_bim,
    "citymodel": models.draw_citymodel,
    "areas": areas.draw,
    "lines": lines.draw,
    "points": furniture.draw,
    "photos": photos.draw,
    "pointclouds": clouds.draw,
}


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    **asked: Any,
) -> ExportReport:
    """Write the catalogue's objects as one tileset with a subtree for each layer.

    Parameters
    ----------
    catalog : Catalog
        An open catalogue.
    out : Path
        Folder, or a file that ends in ``.3tz``; an earlier export there is replaced as a whole
        when the new one is complete, and what did not change is taken from it (from a folder).
    where, as_of, access
        See `cimkit.exporters.export`.
    **asked
        Fields of `Options`.

    Raises
    ------
    ExportError
        If ``out`` holds something that is no export, or cannot be written.
    UsageError
        If there is no such model or option.
    """
    options = Options(**asked)
    if options.compress not in COMPRESSIONS:
        raise UsageError(
            "no such compression", got=options.compress, expected=", ".join(COMPRESSIONS)
        )
    unknown = sorted(set(options.layers) - set(_LAYERS))
    if unknown:
        raise UsageError(
            "no such layer", got=", ".join(unknown), expected=", ".join(sorted(_LAYERS))
        )
    archived = out.suffix.lower() == ".3tz"
    if not archived:
        refuse_foreign(out, _ROOT)
    elif out.exists() and not is_archive(out):
        raise ExportError("this place holds something else", where=str(out))
    elif options.compress != "none":
        raise UsageError("files in an archive are not compressed", got=options.compress)
    heights = Heights.of(catalog)
    report = ExportReport(SPEC.name, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    where = _of_levels(where, options.levels)
    with select(catalog, where=where, as_of=as_of, access=access) as selection:
        report.withheld = selection.withheld()
        described = describe(selection, options.attributes, report)
        selection = replace(selection, columns=described.columns)
        encoding = Encoding(schema=described.schema)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        recipe = _recipe(encoding, options, heights)
        store = Store(work, earlier=out, recipe=recipe, compress=options.compress)
        making = Making(selection, heights, report, options, work, store, encoding)
        try:
            _write(making, described)
            if archived:
                _archive(work, out)
            else:
                write_page(work, report)
                swap(work, out)
        except OSError as error:
            if isinstance(error, CimkitError):
                raise
            raise ExportError(f"cannot write: {error}", where=str(out)) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
        datums = datum_notes(selection, heights.model)
    if options.local is None:
        report.notes = heights.notes() + datums + report.notes
    return report


def _of_levels(where: str | None, levels: tuple[str, ...]) -> str | None:
    """Narrow a predicate to objects of some levels."""
    if not levels:
        return where
    listed = ", ".join("'" + level.replace("'", "''") + "'" for level in levels)
    return f"level IN ({listed})" + (f" AND ({where}\n)" if where else "")


def _recipe(encoding: Encoding, options: Options, heights: Heights) -> str:
    """What decides the bytes of contents beside their rows."""
    # What the schema says of their columns is in the key of each content.
    told = [__version__, encoding.quantize, encoding.meshopt, options.cap, heights.label]
    return repr(told)


def _archive(work: Path, out: Path) -> None:
    file = work / out.name
    write_archive(work, file, without=frozenset({MANIFEST, out.name}))
    file.chmod(0o644)
    file.replace(out)


def _write(making: Making, described: Described) -> None:
    drawn = list(_drawn(making))
    if not drawn:
        raise ExportError(
            "there is nothing to draw",
            where=str(making.selection.catalog.folder),
            got="; ".join(_why_not(making.report)) or "no objects",
        )
    write_root(making, drawn, described)
    making.store.finish()
    making.store.close()
    tell_contents(making)


def _why_not(report: ExportReport) -> list[str]:
    kept = [f"{n} withheld, access {level}" for level, n in report.withheld.items()]
    return kept + [f"{n} {why}" for why, n in report.left_out.items()]


def _drawn(making: Making) -> Iterator[Drawn]:
    found = sort_out(making.selection, making.report)
    if making.options.local is not None:
        making.report.left_out.clear()  # of the models that were not asked for
        one = models.draw_bim(making)
        if one is None:
            raise UsageError("no such BIM model, or none with geometry", got=making.options.local)
        yield one
        return
    making.heights.learn(making.selection)
    if making.options.clamp:
        making.heights.terrain = terrain_of(making)
    if making.joined().models.num_rows:
        found.add("buildings")
    for name in TITLES:
        if name in found and (not making.options.layers or name in making.options.layers):
            drawn = _LAYERS[name](making)
            if drawn is not None:
                yield drawn
