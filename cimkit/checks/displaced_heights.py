"""No source has the heights of another one off by the geoid, in another unit, or downwards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._height_offsets import OFFSET_WORDS, offset
from cimkit.checks._meetings import boxes_of, gather, meetings, neighbours, sample, sources
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    import numpy.typing as npt

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="displaced_heights",
    title="No heights off by the geoid or in another unit",
    counts="sources",
    kinds=("gis", "citymodel", "bim"),
    words=OFFSET_WORDS,
)

_FEWEST = 8
_SAMPLE = 1_000  # things of each source


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose heights differ from another's by the geoid, or by a factor.

    Compared are things of two sources less than 5 m apart, where not both sources say what their
    heights are measured from. The rule's tolerance is in metres, about the geoid (default 2.0).
    """
    near = 2.0 if rule.tolerance is None else float(rule.tolerance)
    here = f"z IS NOT NULL AND ({scope(rule, SPEC, context.standard)})"
    known = sources(context, here, _FEWEST)
    bad: dict[int, dict[str, Any]] = {}
    for mine, rival, places in _pairs(context, known, here):
        if mine in bad or rival in bad:
            continue
        about, its = (known.slice(n, 1).to_pylist()[0] for n in (mine, rival))
        told = offset(places, about["crs"], near)
        if told is not None:
            middle = dict(zip("xyz", np.median(places[:, :3], axis=0).tolist(), strict=True))
            bad[mine] = {"path": about["path"], "other": its["path"], **middle, **told}
    rows = [bad[mine] for mine in sorted(bad)]
    return conclude(context, rule, pa.Table.from_pylist(rows), known.num_rows)


def _pairs(
    context: CheckContext, known: pa.Table, where: str
) -> Iterator[tuple[int, int, npt.NDArray[np.float64]]]:
    """Give two sources, and x, y, z of the one and z of the other where both are.

    Those that do not say what their heights are measured from come first, as they are doubted
    first.
    """
    silent = np.flatnonzero(known["datum"].is_null().to_numpy())
    if not len(silent) or known.num_rows < 2:
        return
    boxes = boxes_of(known)
    pairs = neighbours(boxes[silent], boxes)
    pairs[:, 0] = silent[pairs[:, 0]]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    concerned = np.unique(pairs)
    if not len(concerned):
        return
    gather(context, known.take(pa.array(concerned)), where)
    some = sample(context, concerned, _SAMPLE)
    meetings(context, some, "level_")
    rows = context.table(
        f"""SELECT source, rival, x, y, z, z_there FROM level_
        SEMI JOIN (SELECT source, rival FROM level_ GROUP BY ALL HAVING count(*) >= {_FEWEST})
            USING (source, rival)
        ORDER BY source, rival, n"""
    )
    ends = np.column_stack([rows[c].to_numpy() for c in ("source", "rival")])
    values = np.column_stack([rows[c].to_numpy() for c in ("x", "y", "z", "z_there")])
    starts = np.flatnonzero(np.diff(ends, axis=0, prepend=-1).any(axis=1))
    parts = [(ends[a, 0], ends[a, 1], values[a:b]) for a, b in pairwise([*starts, len(ends)])]
    unsaid = set(silent.tolist())
    for mine, rival, places in sorted(parts, key=lambda part: part[0] not in unsaid):
        if mine in unsaid or rival in unsaid:
            yield int(mine), int(rival), places
