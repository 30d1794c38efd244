"""Drawings: DXF of all versions, text and binary. DWG is recognised, so that it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._layers.table import Opened
    from cimkit.loaders.dxf.drawing import Drawing

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="dxf", kind="gis", title="Drawings (DXF)", version=4)

_DXF = re.compile(rb"([ \t]*999[ \t]*\r?\n[^\n]*\n)*[ \t]*0[ \t]*\r?\n[ \t]*SECTION\s")
_DETAIL_M = 200
"""No national grid has a city so near its origin."""
_VERSIONS = {
    **{"AC1009": "R12", "AC1012": "R13", "AC1014": "R14", "AC1015": "2000", "AC1018": "2004"},
    **{"AC1021": "2007", "AC1024": "2010", "AC1027": "2013", "AC1032": "2018"},
}


def sniff(head: Head) -> int:
    """Recognise a drawing by its first section, and DWG by its mark."""
    start = head.start.lstrip(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"AutoCAD Binary DXF"):
        return 90
    if re.match(rb"AC10\d\d\0", head.start):
        return 50
    return 80 if _DXF.match(start) else 0


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the ``.prj`` beside a drawing."""
    stem = str(PurePosixPath(path).with_suffix(""))
    return {n for n in (f"{stem}.prj", f"{stem}.PRJ") if n in listing and n != path}


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count the entities and say where they lie.

    Raises
    ------
    SourceUnreadable
        If it is DWG, or nothing can be made of it.
    """
    from cimkit.loaders._layers.held import probed

    return probed(_opened, source, options, _judged)


def _judged(asset: Asset, opened: Opened) -> Asset:
    """Call what lies about its own origin a detail: that it has no place is no error."""
    import dataclasses

    from cimkit.loaders.dxf.georeference import UNITS

    bounds = opened.tables[0].bounds
    if bounds is None or asset.crs is not None:
        return asset
    unit_m = next((m for n, m in UNITS.values() if n == asset.properties["units"]), 1.0)
    if max(map(abs, bounds)) * unit_m > _DETAIL_M:
        return asset
    told = tuple(
        dataclasses.replace(
            p,
            severity="warning",
            message="It does not say in which coordinate system it is, and all of it lies within "
            f"{_DETAIL_M} m of its own origin: a symbol, a detail or a title sheet has no place; "
            "a plan needs one.",
        )
        if p.code == "crs-missing"
        else p
        for p in asset.problems
    )
    return dataclasses.replace(asset, problems=told)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give the entities of the model, then those on paper.

    An insert is a point with its attributes, and has the lines of its block as a second geometry;
    a block that is a drawing of its own, shown once, gives its entities as children.

    Raises
    ------
    SourceUnreadable
        As `probe`.
    """
    from cimkit.loaders._layers.asset import rows_of
    from cimkit.loaders._layers.held import reopened

    with reopened(_opened, source, options) as opened:
        yield from rows_of(opened, source, asset, options)


@contextmanager
def _opened(source: Source, options: ReadOptions) -> Iterator[Opened]:
    from cimkit.errors import SourceUnreadable
    from cimkit.loaders.dxf.drawing import DAMAGE, open_drawing

    try:
        opened = _tables(open_drawing(source, options), source, options)
    except DAMAGE as error:
        raise SourceUnreadable(
            "the drawing is damaged beyond repair",
            where=source.path,
            got=f"{type(error).__name__}: {error}"[:300],
            mend="Open it in a CAD program, repair it (RECOVER) and save it as DXF again.",
        ) from error
    yield opened


def _tables(drawing: Drawing, source: Source, options: ReadOptions) -> Opened:
    from cimkit.loaders._layers.kept import MORE
    from cimkit.loaders._layers.table import Opened, Table
    from cimkit.loaders.dxf.entities import Entities
    from cimkit.loaders.dxf.georeference import georeference

    document = drawing.document
    where = georeference(document, source, options)
    problems = [*drawing.problems, *where.problems, *_missing(document)]
    tables: list[Table] = []
    on_paper = 0
    for layout in document.layouts:
        model = bool(layout.is_modelspace)
        drawn = options.depth != "header"
        entities = Entities(layout, where.move if model else None, drawing.handles, drawn=drawn)
        if not model and not entities.kept.count:
            continue
        on_paper += 0 if model else entities.kept.count
        table = Table(
            name="entities" if model else layout.name,
            features=entities.kept.count,
            geometry_type="Unknown" if model and entities.kept.count else "",
            crs=where.crs if model else None,
            crs_origin=where.origin if model else "none",
            fields=entities.kept.fields(),
            bounds=None,
            batches=entities.kept.batches,
            key_field="EntityHandle" if drawing.handles else None,
            merged=MORE,
            parent_field="ParentHandle",
        )
        tables.insert(0 if model else len(tables), table)
        problems += entities.problems()
    if on_paper:
        problems.append(
            Problem(
                "paper-space",
                f"{on_paper} entities stand on layout sheets and have no place in the world.",
                "info",
                got=", ".join(t.name for t in tables[1:])[:200],
            )
        )
    version = _VERSIONS.get(document.dxfversion, document.dxfversion)
    return Opened(
        f"DXF {version}",
        "image/vnd.dxf",
        tables,
        drawing.encoding,
        drawing.origin,  # type: ignore[arg-type]
        "Layer",
        problems,
        {**where.properties, "layers": _layers(document)},
        counts={"entities": tables[0].features},
    )


def _missing(document: Any) -> list[Problem]:
    """Tell of external drawings: what they show is not in this file."""
    names = [
        str(block.block.dxf.get("xref_path", "") or block.name)
        for block in document.blocks
        if block.block is not None and block.block.dxf.get("flags", 0) & 4
    ]
    if not names:
        return []
    return [
        Problem(
            "xref-missing",
            f"The drawing refers to {len(names)} external drawings, whose content is not in it.",
            got=", ".join(names[:10]),
            hint="Bind the external drawings, or deliver each of them as DXF.",
        )
    ]


def _layers(document: Any) -> dict[str, dict[str, Any]]:
    said = {}
    for layer in list(document.layers)[:2000]:
        about: dict[str, Any] = {"color": abs(layer.dxf.get("color", 7))}
        if layer.is_off():
            about["off"] = True
        if layer.is_frozen():
            about["frozen"] = True
        said[layer.dxf.name.encode("utf-8", "replace").decode()] = about
    return said
