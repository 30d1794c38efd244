"""Why an object is what the catalogue says it is."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from cimkit.catalog._classes import HIGHEST_LOD
from cimkit.catalog._objects import named

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._catalog import Catalog
    from cimkit.standard import Candidate, Standard

__all__ = ["Explanation", "explain"]


@dataclass(slots=True)
class Explanation:
    """Everything that made the class, level and code of an object."""

    object: dict[str, Any]
    """object_id, kind, source_layer, source_key, source_class, name, path (of its source), lod."""
    class_code: str | None
    """Its class in the primary scheme."""
    level: str | None
    """Its level."""
    asset_code: str | None
    """Its identifier code."""
    level_reason: str
    """Where the level comes from, "" if it has none."""
    standard: str | None
    """``id@edition`` of the standard in force."""
    former_codes: list[str] = field(default_factory=list)
    """Codes it had in other classes; they are given to nobody else."""
    classifications: list[dict[str, Any]] = field(default_factory=list)
    """As the catalogue holds them: scheme, class_code, rule, confidence, decided_by; and
    lineage, the names of the class and those above it."""
    decisions: list[dict[str, Any]] = field(default_factory=list)
    """What people decided: scheme, class_code, level, author, decided, reason."""
    representations: list[dict[str, Any]] = field(default_factory=list)
    """What else shows the same thing, and itself: object_id, kind, level, path, source_key, by
    (code, footprint; None: it stands for the thing), confidence."""
    doubts: list[dict[str, Any]] = field(default_factory=list)
    """Why it is joined to nothing, or to what: object_id, other_id, rival_id, reason, overlap,
    rival_overlap."""
    candidates: list[Candidate] = field(default_factory=list)
    """What the standard says now: of each scheme first what decides, then what lost and why, then
    what failed in one condition."""
    notes: list[str] = field(default_factory=list)
    """What a person should know."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return dataclasses.asdict(self)

    def to_text(self) -> str:
        """Return lines for a person."""
        said = self.object
        lines = [
            f"{said['object_id']}  {said['kind']}  {said['source_class'] or ''}".rstrip(),
            f"  key {said['source_key']}, layer {said['source_layer'] or '-'}, "
            f"name {said['name'] or '-'}, from {said['path'] or '-'}",
            f"  class {self.class_code or 'none'}, level {self.level or 'none'}"
            + (f" ({self.level_reason})" if self.level_reason else "")
            + f", code {self.asset_code or 'none'}",
        ]
        if self.former_codes:
            lines.append(f"  former codes {', '.join(self.former_codes)}")
        for row in self.classifications:
            lines.append(
                f"{row['scheme']}: {row['class_code'] or 'no class is due'}, by {row['decided_by']}"
                f", {row['rule']} ({row['confidence']:g})"
            )
            lines += [f"    {' > '.join(row['lineage'])}"] if row["lineage"] else []
        for row in self.representations:
            how = f"by {row['by']} ({row['confidence']:g})" if row["by"] else "stands for the thing"
            lines.append(
                f"Shown as {row['kind']} {row['level'] or ''} {row['source_key']} in {row['path']}"
                f", {how}: {row['object_id']}"
            )
        for row in self.doubts:
            rival = f" or {row['rival_id']}" if row["rival_id"] else ""
            lines.append(
                f"In doubt ({row['reason']}): {row['object_id']} may be {row['other_id']}{rival}, "
                f"IoU {row['overlap']:.2f} and {row['rival_overlap']:.2f}"
            )
        for row in self.decisions:
            lines.append(
                f"Decided by {row['author']} on {row['decided']:%Y-%m-%d}: {row['scheme']} "
                f"{row['class_code'] or 'no class is due'}: {row['reason']}"
            )
        if self.standard:
            lines.append(f"What {self.standard} says:")
        for one in self.candidates:
            lines += _candidate(one)
        if self.standard and not self.candidates:
            lines.append("  no row of its mapping fits")
        return "\n".join([*lines, *self.notes])


def _candidate(one: Candidate) -> list[str]:
    met = all(c.holds for c in one.comparisons)
    mark = "✓" if met and not one.why else "·" if met else "✗"
    what = one.class_code or "no class is due"
    lines = [f"  {mark} {one.scheme} {what}  {one.rule}  ({one.confidence:g}) {one.why}".rstrip()]
    for c in one.comparisons:
        there = "nothing" if c.met is None else c.met
        asked = f"{c.field} {c.op} {c.value}".strip()
        saw = "" if c.op == "sql" else f" — met {there}"
        lines.append(f"      {'+' if c.holds else '-'} {asked}{saw}")
    return lines


def explain(catalog: Catalog, object: str, *, near: int = 3) -> Explanation:
    """Say why an object has its class, level and code.

    Parameters
    ----------
    catalog : Catalog
        Where it is.
    object : str
        Its object id, identifier code (also a former one) or source key.
    near : int
        How many mapping rows of each scheme that fail in one condition only are shown.

    Returns
    -------
    Explanation
        The mapping is asked anew, as it is now; what differs from what the lake holds is noted.

    Raises
    ------
    UsageError
        If there is no such object, or several are called so: the error lists them.
    """
    standard = catalog.standard()
    with catalog.connect() as con:
        object_id = named(con, [object])[0]
        con.execute(
            f"""
            CREATE TEMP TABLE thing AS
            SELECT 1::BIGINT AS rowid_, o.*, i.path,
                (SELECT {HIGHEST_LOD} FROM geometries WHERE object_id = $1) AS lod
            FROM objects o LEFT JOIN items i USING (item_id) WHERE object_id = $1
            """,
            [object_id],
        )
        one = _rows(con, "SELECT * EXCLUDE (geometry, bbox) FROM thing")[0]
        of = f"WHERE object_id = '{object_id}'"
        found = Explanation(
            object={k: one[k] for k in _SHOWN},
            class_code=one["class_code"],
            level=one["level"],
            asset_code=one["asset_code"],
            level_reason="",
            standard=standard.key if standard else None,
        )
        found.former_codes = [
            r["asset_code"]
            for r in _rows(con, f"SELECT asset_code FROM codes {of} ORDER BY ALL")
            if r["asset_code"] != found.asset_code
        ]
        found.classifications = _rows(
            con, f"SELECT * EXCLUDE (object_id, edition) FROM classifications {of} ORDER BY scheme"
        )
        found.decisions = _rows(
            con, f"SELECT * EXCLUDE (object_id) FROM decisions {of} ORDER BY scheme"
        )
        found.representations = _rows(con, _SHOWING, [object_id])
        found.doubts = _rows(
            con,
            "FROM same_as_doubts WHERE $1 IN (object_id, other_id, rival_id) ORDER BY ALL",
            [object_id],
        )
        for row in found.classifications:
            row["lineage"] = _lineage(standard, row["scheme"], row["class_code"])
        if standard is not None:
            _ask(con, standard, found, near, str(catalog.standard_id))
            _stated(standard, found, one["properties"])
    return found


_SHOWN = (
    "object_id", "kind", "source_layer", "source_key", "source_class", "name", "path", "lod",
)  # fmt: skip


_SHOWING = """
SELECT r.object_id, r.kind, r.level, r.path, o.source_key, r."by", r.confidence
FROM representations r JOIN objects o USING (object_id)
WHERE thing IN (SELECT thing FROM representations WHERE object_id = $1)
ORDER BY r."by" IS NOT NULL, r.kind DESC, r.object_id
"""


def _rows(
    con: duckdb.DuckDBPyConnection, sql: str, values: list[str] | None = None
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = con.execute(sql, values or []).to_arrow_table().to_pylist()
    return rows


def _lineage(standard: Standard | None, scheme: str, code: str | None) -> list[str]:
    """Return the names of a class and those above it, the topmost first."""
    rows = {c.code: c for c in standard.class_rows if c.scheme == scheme} if standard else {}
    line: list[str] = []
    while code in rows and len(line) < len(rows):
        row = rows[code]
        line.insert(0, f"{code} {row.name('en')}")
        code = row.parent
    return line


def _stated(standard: Standard, found: Explanation, properties: str | None) -> None:
    """Note a class that the delivery states and the standard does not have."""
    given = {k.casefold(): v for k, v in orjson.loads(properties or "{}").items()}
    stated = (str(given.get(f.casefold()) or "").strip() for f in standard.class_fields)
    code = next(filter(None, stated), "")
    heirs = [c.code for c in standard.by_code.values() if code in c.replaces]
    known = {c.casefold() for c in standard.by_code}
    if code and code.casefold() not in known and len(heirs) != 1:
        said = f"; {' and '.join(heirs)} took its place" if heirs else ""
        found.notes.append(
            f"The delivery states the class {code}, which {standard.key} does not have{said}."
        )


def _ask(
    con: duckdb.DuckDBPyConnection, standard: Standard, found: Explanation, near: int, named: str
) -> None:
    """Add what the standard says now."""
    from cimkit.standard import candidates, levels_sql

    found.candidates = candidates(con, standard, "thing", near=near)
    best: dict[str, Candidate] = {}
    for one in found.candidates:
        if not one.why:
            best[one.scheme] = one
    by_person = {}
    for said in found.decisions:
        scheme, code = said["scheme"], said["class_code"]
        there = standard.by_scheme.get(scheme, {})
        if there and (code is None or code in there):
            by_person[scheme] = said
            continue
        heirs = " or ".join(c.code for c in there.values() if code in c.replaces)
        found.notes.append(
            f"The decision of {said['author']} does not hold: {standard.key} has no class {code} "
            f"in {scheme}{f', {heirs} took its place' if heirs else ''}. Decide anew, or withdraw "
            "it: cimkit decide."
        )
    stored = {r["scheme"]: r for r in found.classifications}
    for scheme in sorted({*best, *stored} - by_person.keys()):
        now, then = best.get(scheme), stored.get(scheme)
        if (now and now.class_code, now is None) != (then and then["class_code"], then is None):
            found.notes.append(
                f"The catalogue was classed otherwise in {scheme}: cimkit adopt {named} "
                "would give what the standard says now."
            )
    first, person = best.get(standard.scheme), by_person.get(standard.scheme)
    row = con.execute(levels_sql(standard, "thing")).fetchone()
    if found.level is None:
        return
    if person is not None and person["level"] == found.level:
        found.level_reason = "a person's decision"
    elif person is None and first is not None and first.level == found.level:
        found.level_reason = f"by {first.rule}"
    elif row is not None and row[1] == found.level:
        found.level_reason = f"by {row[2]}" if row[2] else "the level of its class"
