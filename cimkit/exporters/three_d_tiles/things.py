"""Which objects show the same thing of the city, and which of its levels each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cimkit.exporters.three_d_tiles.citymodels import BESIDE, PART, WHOLE
from cimkit.exporters.three_d_tiles.covering import Outlines, Truth, covered, distinct
from cimkit.exporters.three_d_tiles.sorting import hold_sorted

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["Things", "find_things"]

Whole = npt.NDArray[np.int64]

_BUILDING = r"(?i)building"


@dataclass(frozen=True, slots=True)
class Things:
    """Objects of the selection that show buildings, by the thing they show.

    A thing is named by one of its objects. Tables have the columns ``object_id`` and ``thing``,
    in the order of both.
    """

    blocks: pa.Table
    """Footprints with a height that something finer shows."""
    models: pa.Table
    """City objects: buildings with all their parts, joined to others or not; also ``role``, as
    `cimkit.exporters.three_d_tiles.citymodels` has them."""
    elements: pa.Table
    """Elements of buildings that are joined to others; also ``item_id``."""
    doubles: pa.Table
    """Objects that show a thing which another object of the same kind shows already."""


def find_things(selection: Selection) -> Things:
    """Join the objects of a selection by the table ``same_as``.

    Of several footprints of one thing on the same ground the one that the others are said to be
    the same as is drawn, of several city models the finest. Wings beside each other are all drawn,
    and a footprint of which a finer source shows less than half stays beside it.
    """
    pairs = selection.fetch("SELECT object_id, other_id FROM same_as ORDER BY ALL")
    named = _components(pairs)
    hold_sorted(selection)
    joined = selection.fetch(
        """SELECT n.object_id, n.thing, n.main, s.kind, s.item_id, s.parent_id, s.layer
        FROM named_ n JOIN sorted_objects s USING (object_id)
        ORDER BY n.thing, n.main DESC, n.object_id""",
        named_=named,
    )
    blocks, outlines, spare = _apart(
        selection, joined.filter(pc.equal(joined["layer"], "buildings"))
    )
    models, spare_models = _models(selection, joined.filter(pc.equal(joined["kind"], "citymodel")))
    elements = _elements(selection, joined.filter(pc.equal(joined["kind"], "bim")))
    shown = _shown(selection, blocks, outlines, models, elements)
    doubles = pa.concat_tables([spare.select(["object_id"]), spare_models])
    return Things(
        blocks.filter(pa.array(shown)).select(["object_id", "thing"]), models, elements, doubles
    )


def _shown(
    selection: Selection, blocks: pa.Table, outlines: Outlines, models: pa.Table, elements: pa.Table
) -> Truth:
    """Which footprints something finer shows: the others are plain blocks beside it."""
    whole, whole_outlines, _ = _apart(
        selection, models.sort_by([("thing", "ascending"), ("role", "ascending")])
    )
    boxes = selection.fetch(
        """SELECT e.thing, min(s.bbox.xmin) AS x0, min(s.bbox.ymin) AS y0,
            max(s.bbox.xmax) AS x1, max(s.bbox.ymax) AS y1
        FROM elements_ e JOIN selected s USING (object_id) WHERE s.bbox IS NOT NULL
        GROUP BY e.thing, e.item_id ORDER BY ALL""",
        elements_=elements,
    )
    chunks = [c for table in (blocks, whole, boxes) for c in table["thing"].chunks]
    names = pc.unique(pa.chunked_array(chunks, pa.string()))
    around = shapely.box(*(boxes[c].to_numpy() for c in ("x0", "y0", "x1", "y1")))
    return covered(
        outlines,
        _numbers(blocks, names),
        np.concatenate([whole_outlines, np.asarray(around, dtype=object)]),
        np.concatenate([_numbers(whole, names), _numbers(boxes, names)]),
    )


def _numbers(table: pa.Table, names: pa.Array) -> Whole:
    return np.asarray(pc.index_in(table["thing"], value_set=names).to_numpy(), np.int64)


def _apart(selection: Selection, rows: pa.Table) -> tuple[pa.Table, Outlines, pa.Table]:
    """Rows, in the order of their things, that do not repeat each other's ground; and the rest.

    The first of each thing counts most. With the outlines of those that do not.
    """
    found = selection.fetch(
        """SELECT s.object_id, ST_AsWKB(s.geometry) AS wkb FROM selected s
        SEMI JOIN rows_ r ON r.object_id = s.object_id""",
        rows_=rows.select(["object_id"]),
    )
    at = pc.index_in(rows["object_id"], value_set=found["object_id"].combine_chunks())
    outlines = shapely.from_wkb(found["wkb"].take(at).to_numpy())
    kept = distinct(outlines, _numbers(rows, pc.unique(rows["thing"])))
    mask = pa.array(kept)
    return rows.filter(mask), outlines[kept], rows.filter(pc.invert(mask))


def _components(pairs: pa.Table) -> pa.Table:
    """Objects of the pairs: ``object_id``, ``thing``, ``main`` (others are the same as it)."""
    ends = pa.chunked_array(
        [*pairs["object_id"].chunks, *pairs["other_id"].chunks], pa.string()
    )  # fmt: skip
    names = pc.unique(ends).sort()
    one, other = (
        np.asarray(pc.index_in(pairs[c], value_set=names).to_numpy(), np.int64)
        for c in ("object_id", "other_id")
    )
    label = np.arange(len(names))
    while True:
        least = np.minimum(label[one], label[other])
        after = label.copy()
        np.minimum.at(after, one, least)
        np.minimum.at(after, other, least)
        after = after[after]
        if np.array_equal(after, label):
            break
        label = after
    main = np.zeros(len(names), bool)
    main[other] = True
    # The thing has the name of the first that others are the same as.
    first = np.full(len(names), len(names))
    np.minimum.at(first, label[main], np.flatnonzero(main))
    return pa.table({"object_id": names, "thing": names.take(first[label]), "main": main})


def _models(selection: Selection, joined: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Buildings of city models with their parts; and those that show a thing once more."""
    every = selection.fetch(
        """SELECT object_id, parent_id, source_class FROM selected WHERE kind = 'citymodel'
        ORDER BY object_id"""
    )
    top = _tops(every, pa.array([], pa.string()))
    root = every["object_id"].combine_chunks().take(top)
    building = pc.match_substring_regex(
        pc.fill_null(every["source_class"].combine_chunks().take(top), ""), _BUILDING
    )
    # A part that is joined joins the whole it is of.
    at = pc.index_in(joined["object_id"], value_set=every["object_id"].combine_chunks())
    joined = joined.set_column(0, "object_id", root.take(at.combine_chunks()))
    drawn, _, _ = _apart(selection, _finest_first(selection, joined, every["object_id"], root))
    spare = pc.is_in(root, value_set=joined["object_id"].combine_chunks())
    spare = pc.and_not(spare, pc.is_in(root, value_set=drawn["object_id"].combine_chunks()))
    which = pc.index_in(root, value_set=drawn["object_id"].combine_chunks())
    thing = pc.coalesce(drawn["thing"].combine_chunks().take(which), root)
    part = pc.match_substring(pc.fill_null(every["source_class"].combine_chunks(), ""), "Part")
    role = np.where(part.to_numpy(zero_copy_only=False), PART, BESIDE)
    role[top == np.arange(len(top))] = WHOLE
    table = pa.table({"object_id": every["object_id"], "thing": thing, "role": role})
    mine = pc.or_(building, pc.is_valid(which))
    return (
        table.filter(pc.and_not(mine, spare)).sort_by([("thing", "ascending")]),
        every.select(["object_id"]).filter(pc.and_(mine, spare)),
    )


def _finest_first(
    selection: Selection, joined: pa.Table, ids: pa.ChunkedArray, root: pa.Array
) -> pa.Table:
    """Roots of city models by thing, those with the finest level of detail first, each once."""
    parts = pa.table({"object_id": ids, "root": root})
    return selection.fetch(
        """SELECT j.object_id, j.thing FROM joined_ j JOIN parts_ p ON p.root = j.object_id
        LEFT JOIN geometries g ON g.object_id = p.object_id
        GROUP BY j.object_id, j.thing
        ORDER BY j.thing, max(g.lod) DESC NULLS LAST, bool_or(j.main) DESC, j.object_id""",
        joined_=joined,
        parts_=parts,
    )


def _elements(selection: Selection, joined: pa.Table) -> pa.Table:
    """Elements of joined buildings: those below it, or all of an item with one building."""
    every = selection.fetch(
        """SELECT s.object_id, s.parent_id, s.item_id, s.source_class FROM selected s
        SEMI JOIN joined_ j ON j.item_id = s.item_id WHERE s.kind = 'bim'
        ORDER BY s.item_id, s.object_id""",
        joined_=joined.select(["item_id"]),
    )
    ids = joined["object_id"].combine_chunks()
    top = _tops(every, ids)
    root = every["object_id"].combine_chunks().take(top)
    thing = joined["thing"].combine_chunks().take(pc.index_in(root, value_set=ids))
    buildings = every.filter(pc.equal(every["source_class"], "IfcBuilding"))
    several = buildings.group_by("item_id", use_threads=False).aggregate([("object_id", "count")])
    several = several.filter(pc.greater(several["object_id_count"], 1))["item_id"]
    whole = joined.filter(pc.invert(pc.is_in(joined["item_id"], value_set=several)))
    which = pc.index_in(every["item_id"], value_set=whole["item_id"].combine_chunks())
    thing = pc.coalesce(thing, whole["thing"].combine_chunks().take(which.combine_chunks()))
    table = pa.table(
        {"object_id": every["object_id"], "thing": thing, "item_id": every["item_id"]}
    )  # fmt: skip
    return table.filter(pc.is_valid(table["thing"]))


def _tops(rows: pa.Table, stops: pa.Array) -> Whole:
    """For each object the row of the highest one above it, or of the first among ``stops``."""
    ids = rows["object_id"].combine_chunks()
    above = pc.index_in(rows["parent_id"].combine_chunks(), value_set=ids)
    held = np.asarray(pc.is_in(ids, value_set=stops).to_numpy(zero_copy_only=False), bool)
    own = np.arange(len(ids))
    up = np.where(held, own, np.asarray(pc.fill_null(above, -1).to_numpy(), np.int64))
    up = np.where(up < 0, own, up)
    for _ in range(64):  # doubles the way up each time; a ring of parents ends, too
        after = up[up]
        if np.array_equal(after, up):
            break
        up = after
    return up
