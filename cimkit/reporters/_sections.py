"""Tables that every report for people has, in all three languages at once.

A further table about the verdict is one more function among `_MAKERS`, and then in all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cimkit.checks import tell
from cimkit.model import Status
from cimkit.reporters._content import (
    LANGUAGES,
    batches,
    class_of,
    failing,
    ordered,
    results,
    standing,
)
from cimkit.reporters._section import Cell, Section
from cimkit.reporters._terms import comparison, overrides, score, units, waivers
from cimkit.reporters._words import told, unit

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["sections"]

_PATHS = 3


def sections(verdict: Verdict) -> list[Section]:
    """Return the tables of a verdict, in the order of a report."""
    return [section for make in _MAKERS for section in make(verdict)]


def _provenance(verdict: Verdict) -> list[Section]:
    receipt = verdict.receipt
    governed = receipt.get("governed_by")
    rows: list[tuple[Cell, ...]] = [
        (told("verdict"), told(verdict.word)),
        (told("findings"), told("failures", **verdict.counts["failures"])),
        (told("standard"), receipt.get("standard")),
        (told("title"), dict(receipt.get("title") or {})),
    ]
    if governed:
        why = {n: governed["reason"].get(n) or governed["reason"]["en"] for n in LANGUAGES}
        if governed["warning"]:
            why = {n: f"{told('warning')[n]}: {text}" for n, text in why.items()}
        rows.append((told("why"), why))
        if governed["alternatives"]:
            others = ", ".join(governed["alternatives"])
            rows.append((None, told("alternatives", which=others)))
    rows += [
        (told("standard hash"), receipt.get("standard_hash")),
        (told("context"), receipt.get("context_hash") or told("none")),
        (told("sheet"), receipt.get("sheet_hash") or told("none")),
        (told("delivery"), receipt.get("delivery")),
        (told("tool"), receipt.get("tool")),
        (told("checked"), receipt.get("checked")),
        (told("duration"), told("seconds", count=f"{receipt.get('seconds') or 0:.1f}")),
        (told("files"), len(receipt["files"])),
    ]
    return [Section("provenance", told("provenance"), (), [r for r in rows if r[1] is not None])]


def _outcome(verdict: Verdict) -> list[Section]:
    rows: list[tuple[Cell, ...]] = [
        (
            *(r.rule, dict(r.titles), told(standing(r)), r.failed, r.places),
            *(r.not_checked, unit(r.counts)),
        )
        for r in ordered(verdict)
        if r.status in (Status.FAIL, Status.NOT_CHECKED)
    ]
    names = ("rule", "title", "status", "failed", "places", "not checked", "of")
    note = None if rows else told("nothing fails")
    return [Section("outcome", told("outcome"), tuple(map(told, names)), rows, note)]


def _rules(verdict: Verdict) -> list[Section]:
    spoken = ordered(verdict)
    # Columns of figures that are 0 throughout tell nothing.
    figures = [
        (name, values)
        for name, key in (
            *(("waived", "waived"), ("passed", "passed")),
            *(("not applicable things", "not_applicable"), ("not checked", "not_checked")),
        )
        if any(values := [getattr(r, key) for r in spoken])
    ]
    names = (
        *("rule", "title", "severity", "status", "failed", "places"),
        *(name for name, _ in figures),
        *("of", "element", "clause"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            *(r.rule, dict(r.titles), told(r.severity), told(standing(r)), r.failed, r.places),
            *(values[n] for _, values in figures),
            *(unit(r.counts), r.element, r.clause),
        )
        for n, r in enumerate(spoken)
    ]
    return [Section("rules", told("rules"), tuple(map(told, names)), rows)]


def _spread(verdict: Verdict) -> list[Section]:
    findings = verdict.findings
    keys = ["rule", "class", "path", "severity"]
    table = findings.append_column("class", class_of(findings)).select([*keys, "count"])
    for n, name in enumerate(keys):
        table = table.set_column(n, name, table[name].dictionary_encode())
    counted = table.filter(failing(findings)).group_by(keys, use_threads=False)
    table = counted.aggregate([("count", "count"), ("count", "sum")])
    order = {result.rule: n for n, result in enumerate(verdict.rules)}
    found = sorted(
        table.to_pylist(), key=lambda r: (order[r["rule"]], -r["count_count"], r["path"] or "")
    )
    rows: list[tuple[Cell, ...]] = [
        (
            *(r["rule"], r["class"], r["path"] or ".", told(r["severity"])),
            *(r["count_count"], r["count_sum"]),
        )
        for r in found
    ]
    names = ("rule", "class", "file", "severity", "places", "failed")
    return [Section("spread", told("spread"), tuple(map(told, names)), rows)]


def _unchecked(verdict: Verdict) -> list[Section]:
    by_rule = results(verdict)
    seen: dict[tuple[str, str, str], dict[str, Any]] = {}
    for batch in batches(verdict, Status.NOT_CHECKED):
        for row in batch:
            key = (row["rule"], row["message"] or "", row["details"] or "")
            entry = seen.setdefault(key, {"row": row, "count": 0, "paths": []})
            entry["count"] += row["count"]
            if row["path"]:
                entry["paths"].append(row["path"])
    rows: list[tuple[Cell, ...]] = []
    for (rule, _, _), entry in seen.items():
        result, paths = by_rule[rule], entry["paths"]
        # A finding recorded by hand may keep no reason to tell anew: its message stands.
        why = {
            n: tell(result.texts, entry["row"], n, result.words)[0] or entry["row"]["message"]
            for n in LANGUAGES
        }
        more = len(paths) - _PATHS
        listed: Cell = ", ".join(paths[:_PATHS])
        if more > 0:
            listed = {
                n: f"{listed} {text}" for n, text in told("more rows", count=f"{more:,}").items()
            }
        named = told("mandatory") if result.mandatory else None
        rows.append((rule, why, entry["count"] or None, unit(result.counts), listed, named))
    names = ("rule", "reason", "count", "of", "file")
    ignored = sum(file["status"] == "ignored" for file in verdict.receipt["files"])
    note = told("aside", count=f"{ignored:,}") if ignored else None
    if not rows and note is None:
        note = told("nothing unchecked")
    columns = (*map(told, names), dict.fromkeys(LANGUAGES, ""))
    return [Section("unchecked", told("unseen"), columns, rows, note)]


def _files(verdict: Verdict) -> list[Section]:
    rows: list[tuple[Cell, ...]] = [
        (file["path"], told(file["status"]), file.get("size"), file.get("sha256"))
        for file in verdict.receipt["files"]
    ]
    names = ("file", "status", "size")
    columns = (*map(told, names), dict.fromkeys(LANGUAGES, "SHA-256"))
    return [Section("files", told("files"), columns, rows)]


_MAKERS: tuple[Callable[[Verdict], list[Section]], ...] = (
    *(score, _outcome, _spread, _unchecked, _rules),
    *(comparison, waivers, overrides, units, _provenance, _files),
)
