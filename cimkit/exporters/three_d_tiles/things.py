"""Which objects show the same thing of the city, and which of its levels each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.exporters.three_d_tiles.citymodels import BESIDE, PART, WHOLE
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
    """Footprints with a height that are a thing's, one a thing at most."""
    models: pa.Table
    """City objects: buildings with all their parts, joined to others or not; also ``role``, as
    `cimkit.exporters.three_d_tiles.citymodels` has them."""
    elements: pa.Table
    """Elements of buildings that are joined to others; also ``item_id``."""
    doubles: pa.Table
    """Objects that show a thing which another object of the same kind shows already."""


def find_things(selection: Selection) -> Things:
    """Join the objects of a selection by the table ``same_as``.

    Of several footprints, and of several city models, of one thing the one that the others are
    said to be the same as is drawn, else the first.
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
    blocks, spare_blocks = _first(joined.filter(pc.equal(joined["layer"], "buildings")))
    models, spare_models = _models(selection, joined.filter(pc.equal(joined["kind"], "citymodel")))
    elements = _elements(selection, joined.filter(pc.equal(joined["kind"], "bim")))
    # A footprint that nothing finer shows is a plain block.
    finer = pa.chunked_array([*models["thing"].chunks, *elements["thing"].chunks], pa.string())
    blocks = blocks.filter(pc.is_in(blocks["thing"], value_set=finer))
    spare = pa.concat_tables([spare_blocks.select(["object_id"]), spare_models])
    return Things(blocks.select(["object_id", "thing"]), models, elements, spare)


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


def _first(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The first row of each thing, and the others."""
    things = np.array(rows["thing"].to_pylist(), dtype=object)
    first = np.ones(len(things), bool)
    first[1:] = things[1:] != things[:-1]
    return rows.filter(pa.array(first)), rows.filter(pa.array(~first))


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
    drawn, _ = _first(joined)
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
