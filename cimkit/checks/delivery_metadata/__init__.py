"""What must be known of data beside the data is told: in the sheet, or in metadata records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._delivered import delivered_files, opened, rows_table, unseen
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks.delivery_metadata.records import ELEMENTS, LONGEST, elements_of
from cimkit.errors import SourceUnreadable, StandardError

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_SHEET = ("name", "author", "message", "standard", "date")
_DATASET = (
    *("owner", "producer", "project", "contract", "licence", "survey_method", "source_scale"),
    *("horizontal_accuracy_m", "vertical_accuracy_m"),
)
_ITEM = ("crs", "vertical_datum", "epoch", "encoding", "observed_start")
_FOR = ("", "delivery", "folder", "source")

SPEC = CheckSpec(
    name="delivery_metadata",
    title="Metadata are there",
    counts="values",
    reads="items",
    parameters={"sheet": [], "sources": [], "record": "", "elements": []},
    words={
        "sheet-none": {
            "en": "there is no delivery sheet",
            "zh": "没有交付说明表",
            "ja": "納品シートがありません",
        },
        "sheet-empty": {
            "en": "the sheet's [delivery] does not say {what}",
            "zh": "交付说明表 [delivery] 未填写 {what}",
            "ja": "納品シートの [delivery] に {what} がありません",
        },
        "source-silent": {
            "en": "neither file nor sheet says {what}",
            "zh": "文件和交付说明表均未说明 {what}",
            "ja": "ファイルにも納品シートにも {what} がありません",
        },
        "record-none": {
            "en": "there is no metadata record (ISO 19115 XML or STAC) for {what}",
            "zh": "{what} 没有元数据（ISO 19115 XML 或 STAC）",
            "ja": "{what} のメタデータ（ISO 19115 XML または STAC）がありません",
        },
        "record-silent": {
            "en": "the record does not tell {what}",
            "zh": "元数据中缺少 {what}",
            "ja": "メタデータに {what} がありません",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find what neither the sheet, nor the files, nor metadata records tell.

    Parameters of the rule: ``sheet`` (of [delivery]: name, author, message, standard, date),
    ``sources`` (owner, producer, project, contract, licence, survey_method, source_scale,
    horizontal_accuracy_m, vertical_accuracy_m, crs, vertical_datum, epoch, encoding,
    observed_start), ``record`` (``delivery``, ``folder`` or ``source``: for what there must be an
    ISO 19115, FGDC or STAC record; "": records that are there are looked into), ``elements`` (what
    each record must tell: title, abstract, contact, date, crs, extent, lineage, accuracy, licence).

    Raises
    ------
    StandardError
        If a parameter names something else.
    """
    said = parameters(SPEC, rule)
    known = {"sheet": _SHEET, "sources": (*_DATASET, *_ITEM), "elements": ELEMENTS}
    for name, values in known.items():
        for value in said[name]:
            _one_of(name, value, values, rule)
    _one_of("record", said["record"], _FOR, rule)
    bad, count = _sheet(context, said["sheet"])
    more, among = _sources(context, rule, said["sources"])
    blind: list[Mapping[str, Any]] = []
    if said["record"] or said["elements"]:
        records = _records(context, blind)
        last, of = _recorded(context, rule, said, records)
        more, among = more + last, among + of
    return conclude(context, rule, rows_table(bad + more), count + among, unchecked=blind)


def _one_of(name: str, value: str, known: Sequence[str], rule: Rule) -> None:
    if value not in known:
        raise StandardError(
            f"the parameter {name} of {SPEC.name} has no such value",
            where=rule.origin,
            got=value,
            expected=", ".join(k for k in known if k),
        )


def _sheet(context: CheckContext, wanted: Sequence[str]) -> tuple[list[dict[str, Any]], int]:
    if not wanted:
        return [], 0
    if context.sheet is None:
        row = {"path": "", "reason": "sheet-none", "expected": ", ".join(wanted)}
        return [{**row, "things": len(wanted)}], len(wanted)
    about = context.sheet.delivery or {}
    return [
        {"path": "", "place": name, "reason": "sheet-empty", "what": name, "expected": name}
        for name in wanted
        if not about.get(name)
    ], len(wanted)


def _sources(
    context: CheckContext, rule: Rule, wanted: Sequence[str]
) -> tuple[list[dict[str, Any]], int]:
    here = scope(rule, SPEC, context.standard, items=True)
    bad: list[dict[str, Any]] = []
    of = context.count(f"SELECT count(*) FROM items WHERE status = 'ok' AND {here}")
    for name in wanted:
        table = "d" if name in _DATASET else "items"
        rows = context.table(
            f"""SELECT path FROM items LEFT JOIN (SELECT dataset_id, {_DATASETS} FROM datasets) d
                USING (dataset_id)
                WHERE status = 'ok' AND {here} AND coalesce({table}.{name}::VARCHAR, '') = ''
                ORDER BY path"""
        ).to_pylist()
        # What a sheet forgot for all sources is one mistake.
        bad += [
            {
                "path": row["path"],
                "place": name,
                "reason": "source-silent",
                "what": name,
                "mistake": name if len(rows) > 1 else "",
            }
            for row in rows
        ]
    return bad, of * len(wanted)


_DATASETS = ", ".join(_DATASET)


def _records(context: CheckContext, blind: list[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return by path what each metadata record of the delivery tells."""
    found = {}
    for file in delivered_files(context):
        if not file.name.lower().endswith((".xml", ".json")):
            continue
        try:
            with opened(file) as place:
                content = place.read_bytes() if place.stat().st_size <= LONGEST else b""
        except (SourceUnreadable, OSError) as error:
            blind.append(unseen(file, error))
            continue
        told = elements_of(content)
        if told is not None:
            found[file.path] = told
    return found


def _recorded(
    context: CheckContext,
    rule: Rule,
    said: Mapping[str, Any],
    records: Mapping[str, frozenset[str]],
) -> tuple[list[dict[str, Any]], int]:
    here = scope(rule, SPEC, context.standard, items=True)
    sources: list[str] = context.table(
        f"SELECT path FROM items WHERE status = 'ok' AND kind <> 'stac' AND {here} ORDER BY path"
    )["path"].to_pylist()
    bad = [
        {"path": path, "place": what, "reason": "record-silent", "what": what, "expected": what}
        for path, told in sorted(records.items())
        for what in said["elements"]
        if what not in told
    ]
    count = len(records) * len(said["elements"])
    wanted: dict[str, list[str]] = {}
    if said["record"] == "delivery" and sources:
        wanted = {"": list(records)}
    elif said["record"] == "folder":
        wanted = {
            above: [r for r in records if _above(r) == above] for above in map(_above, sources)
        }
    elif said["record"] == "source":
        stems = {_stem(r) for r in records} | {r.rpartition(".")[0].lower() for r in records}
        wanted = {
            s: [s] if _stem(s) in stems or s.lower() in stems or s in records else []
            for s in sources
        }
    bad += [
        {"path": what, "reason": "record-none", "what": what or "/", "measured": "-"}
        for what, there in wanted.items()
        if not there
    ]
    return bad, count + len(wanted)


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _stem(path: str) -> str:
    """Return a path without suffixes and without what names of records add."""
    above, _, name = path.lower().rpartition("/")
    stem = name.partition(".")[0]
    for end in ("_metadata", "-metadata", "_meta", "_md"):
        stem = stem.removesuffix(end)
    return f"{above}/{stem}" if above else stem
