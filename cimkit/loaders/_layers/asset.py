"""What a probe says of a source of layers, and the staged tables its rows become."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from cimkit.loaders._spec import ReadOptions
from cimkit.model import Asset, Layer, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._layers.table import Opened, Table
    from cimkit.loaders._placing import Box, Placed

__all__ = ["asset_of", "rows_of"]


def asset_of(opened: Opened, source: Source, options: ReadOptions) -> Asset:
    """Say which layers there are, how many rows they have, and where they lie."""
    from cimkit.loaders._layers.keys import key_of
    from cimkit.loaders._layers.survey import survey

    surveyed = [survey(t, options) for t in opened.tables]
    tables = [found.table for found in surveyed]
    opened.tables, opened.surveyed = tables, True
    placed = [_place(t, options, source) for t in tables]
    keys = [key_of(t, options) for t in tables]
    problems = [*opened.problems]  # reading rows may have added some
    problems += [found.problem for found in surveyed if found.problem is not None]
    for found in placed:
        problems += found.problems
    problems += [problem for _, problem in keys if problem is not None]
    names = {p.name for p in placed if p.name}
    if len(names) > 1:
        problems.append(
            Problem(
                "several-crs",
                f"Its layers are in {len(names)} coordinate systems.",
                "info",
                got=", ".join(sorted(n[:40] for n in names)),
            )
        )
    first = next((p for p in placed if p.crs is not None), None) or next(
        (p for p in placed if p.name), None
    )
    datum, spoken = _datum(opened, tables, placed, [found.z for found in surveyed], source, options)
    return Asset(
        path=source.path,
        kind="gis",
        format=opened.format,
        media_type=opened.media_type,
        counts={"features": sum(t.features for t in tables), **opened.counts},
        crs=first.name if first else None,
        crs_origin=cast("Any", first.origin if first else "none"),
        vertical_datum=datum,
        epoch=options.declared.epoch or next((p.epoch for p in placed if p.epoch), None),
        bbox=_union([t.bounds for t in tables]) if len(names) == 1 else None,
        bbox_wgs84=_union([p.box for p in placed]),
        observed_start=options.declared.observed,
        observed_end=options.declared.observed,
        encoding=opened.encoding,
        encoding_origin=opened.encoding_origin,
        layers=tuple(
            Layer(t.name, t.features, t.geometry_type, p.name, t.fields, k)
            for t, p, (k, _) in zip(tables, placed, keys, strict=True)
        ),
        properties=opened.properties,
        problems=_told_once((*problems, *spoken)),
    )


def rows_of(
    opened: Opened, source: Source, asset: Asset, options: ReadOptions
) -> Iterator[tuple[str, pa.Table]]:
    """Give the rows of all layers, in the order of the source, and their relations last."""
    from cimkit.loaders._layers.joins import Joins
    from cimkit.loaders._layers.rows import Rows
    from cimkit.loaders._layers.survey import survey

    joins = Joins(opened.joins)
    keys = {layer.name: layer.key_field for layer in asset.layers}
    told = len(opened.problems)
    for table in opened.tables:
        known = table if opened.surveyed else survey(table, options).table
        found = _place(known, options, source)
        rows = Rows(
            table,
            found.crs,
            found.name,
            "sheet" if found.origin == "sheet" else "file",
            keys.get(table.name),
            opened.class_field,
            _moment(options.declared.observed),
            joins=joins,
        )
        yield from rows.read()
        options.problems += rows.problems
    for relations in joins.relations():
        yield "relations", relations
    if opened.relations is not None:
        for relations in opened.relations():
            yield "relations", relations
    options.problems += opened.problems[told:]


def _place(table: Table, options: ReadOptions, source: Source) -> Placed:
    from cimkit.loaders._placing import Placed, place

    if not table.geometry_type:
        return Placed(None, None, "none", None, ())
    declared = options.declared.crs
    said, origin = (declared, "sheet") if declared else (table.crs, table.crs_origin)
    clues = [table.name, *(name for name, _ in table.fields)]
    return place(table.name, said, origin, table.bounds, source, clues)


def _datum(
    opened: Opened,
    tables: list[Table],
    placed: list[Placed],
    z: list[tuple[float, float] | None],
    source: Source,
    options: ReadOptions,
) -> tuple[str | None, list[Problem]]:
    """Say what heights are measured from, by the first layer that has some."""
    from cimkit.loaders._placing.heights import heights

    said = options.declared.vertical_datum
    origin = "sheet" if said else "declared" if opened.vertical else "none"
    said = said or opened.vertical
    problems: list[Problem] = []
    datum = None
    for table, where, limits in sorted(
        zip(tables, placed, z, strict=True), key=lambda given: given[2] is None
    ):
        if not table.geometry_type:
            continue
        found = heights(table.name, where.crs, said, origin, limits, source)
        datum = datum or found.datum
        problems += found.problems
    return datum or said, problems


def _told_once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Tell what several layers have in common once, with the first of them."""
    groups: dict[tuple[object, ...], list[Problem]] = {}
    for p in problems:
        same = (p.code, p.severity, p.message, p.expected, p.hint, p.proposal)
        groups.setdefault(same, []).append(p)
    told = []
    for group in groups.values():
        places = list(dict.fromkeys(p.place for p in group))
        first = group[0]
        if len(places) > 1:
            shown = ", ".join(places[:5]) + (" …" if len(places) > 5 else "")
            first = dataclasses.replace(first, place=f"{len(places)} layers: {shown}")
        told.append(first)
    return tuple(told)


def _union(boxes: Sequence[Box | None]) -> Box | None:
    known = [b for b in boxes if b is not None]
    if not known:
        return None
    west, south, east, north = zip(*known, strict=True)
    return min(west), min(south), max(east), max(north)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
