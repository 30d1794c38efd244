"""What two sources say of one building agrees: its name, class and storeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._planes import located
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import quote, scope
from cimkit.checks._twins import BUILDING_LAYERS, CODE_FIELDS, twins
from cimkit.checks.height_plausible import STOREY_FIELDS, said_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="attribute_agreement",
    title="What sources say of one building agrees",
    counts="buildings",
    kinds=("gis", "bim", "citymodel"),
    parameters={
        "names": True,
        "classes": True,
        "storeys": STOREY_FIELDS,
        "layers": BUILDING_LAYERS,
        "codes": CODE_FIELDS,
    },
    words={
        "name-differs": phrase(
            "its name is {measured}, in {other} it is {expected}",
            "名称为 {measured}，而 {other} 为 {expected}",
            "名称は {measured} ですが、{other} では {expected} です",
        ),
        "class-differs": phrase(
            "its class is {measured}, in {other} it is {expected}",
            "分类为 {measured}，而 {other} 为 {expected}",
            "分類は {measured} ですが、{other} では {expected} です",
        ),
        "storeys-differ": phrase(
            "it has {measured} storeys, in {other} it has {expected}",
            "楼层数为 {measured}，而 {other} 为 {expected}",
            "階数は {measured} ですが、{other} では {expected} です",
        ),
    },
)

_NO_NAMES = ("", "building", "default", "default building", "unnamed", "未命名", "建筑", "建物")
"""Names that authoring programs give where nobody gave one, in lower case."""


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find buildings of which two kinds of source say two things.

    Only what both say is compared; letters of another case are the same. Storeys may
    differ by as many as the rule's tolerance says (default 0).

    Parameters of the rule: ``names`` and ``classes`` (whether they are compared), ``storeys``
    (fields that hold the number), ``layers`` and ``codes`` (where GIS holds buildings, and their
    codes).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    known = twins(context, here, layers=said["layers"], codes=said["codes"])
    # Of parts that are one building only those that are one to one can be compared by attributes.
    pairs = [(int(a[0]), int(b[0])) for a, b in known.pairs() if len(a) == len(b) == 1]
    ids = known.rows["object_id"].to_numpy(zero_copy_only=False)
    one, two = (np.array([p[k] for p in pairs], dtype=int) for k in (0, 1))
    table = pa.table(
        {
            "other_id": pa.array(ids[one], pa.string()),
            "object_id": pa.array(ids[two], pa.string()),
        }
    )
    context.con.register("one_to_one", table)
    try:
        bad = context.table(_differences(said, rule.tolerance or 0.0))
    finally:
        context.con.unregister("one_to_one")
    return conclude(context, rule, located(context, bad) if len(bad) else bad, len(pairs))


def _differences(said: dict[str, Any], storeys: float) -> str:
    """Return SQL for what differs, one row each."""
    tests: list[tuple[str, str, str, str]] = []
    if said["names"]:
        tests.append(("name-differs", "a.name", "b.name", "a.said <> b.said"))
    if said["classes"]:
        tests.append(("class-differs", "a.class_code", "b.class_code", "TRUE"))
    floors = f"abs(a.storeys - b.storeys) > {storeys}"
    tests.append(
        ("storeys-differ", "a.storeys::BIGINT::VARCHAR", "b.storeys::BIGINT::VARCHAR", floors)
    )
    parts = " UNION ALL ".join(
        f"""SELECT p.object_id, p.other_id, '{word}' AS reason, {own} AS measured,
                   {others} AS expected
            FROM one_to_one p JOIN facts a ON a.object_id = p.object_id
            JOIN facts b ON b.object_id = p.other_id
            WHERE {own} <> {others} AND {test}"""
        for word, own, others, test in tests
    )
    return f"""
        WITH facts AS (
            SELECT object_id, kind, class_code, name, {_storeys(said["storeys"])} AS storeys,
                   CASE WHEN {_plain("name")} NOT IN ({", ".join(quote(n) for n in _NO_NAMES)})
                        THEN {_plain("name")} END AS said
            FROM objects WHERE object_id IN (SELECT object_id FROM one_to_one
                                             UNION ALL SELECT other_id FROM one_to_one)),
        found AS ({parts})
        SELECT f.*, o.path || ' ' || o.spot AS other,
               CASE WHEN row_number() OVER (PARTITION BY f.object_id ORDER BY f.reason) = 1
                    THEN 1 ELSE 0 END AS things
        FROM found f JOIN things o ON o.object_id = f.other_id"""


def _plain(column: str) -> str:
    return f"lower(trim(nfc_normalize(regexp_replace({column}, '\\s+', ' ', 'g'))))"


def _storeys(fields: Sequence[str]) -> str:
    """Return SQL for the number of storeys: an attribute, or what a BIM says in its Pset."""
    bim = "json_extract_string(properties, '$.pset.Pset_BuildingCommon.NumberOfStoreys')"
    return f"TRY_CAST(coalesce({said_of(fields)}, {bim}) AS DOUBLE)"
