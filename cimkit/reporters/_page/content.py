"""What the HTML report embeds: findings as columns of numbers, each text once."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from cimkit.errors import CimkitError
from cimkit.model import Severity, Status
from cimkit.reporters._content import LANGUAGES, Group, failing, groups, ordered, results, standing
from cimkit.reporters._page.shapes import Shapes
from cimkit.reporters._page.templates import FILLED, Templates
from cimkit.reporters._page.words import own, words
from cimkit.reporters._section import Section
from cimkit.reporters._sections import sections
from cimkit.reporters._words import Words, told, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cimkit.checks import Verdict

__all__ = ["MOST", "content", "counts", "title"]

MOST = 250_000
"""Findings that are embedded one by one; of more, some of each group."""
_FIRST = 5
"""Places that a group names."""
_BATCH = 20_000
_RULE = (
    *("rule", "clause", "element", "severity", "status", "failed", "places", "waived"),
    *("passed", "not_applicable", "not_checked", "mandatory"),
)
_TEXTS = (*FILLED, "class", "object_id", "given", "mender", "waived", "compared", "fingerprint")
_SEVERITIES = [str(severity) for severity in Severity]


def title(verdict: Verdict) -> Words:
    """Return the verdict in a line, in each language."""
    by = told("by", standard=verdict.receipt.get("standard") or "")
    return {n: f"{told(verdict.word)[n]} {by[n]}" for n in LANGUAGES}


def counts(verdict: Verdict) -> Words:
    """Return the figures below it, in each language."""
    failures = told("failures", **verdict.counts["failures"])
    sources = told("sources", count=f"{len(verdict.receipt['files']):,}")
    return {
        n: f"{failures[n]} · {sources[n]} · {verdict.receipt.get('checked')}" for n in LANGUAGES
    }


def content(verdict: Verdict, language: str, most: int = MOST) -> dict[str, Any]:
    """Return JSON values of everything the page shows.

    Parameters
    ----------
    verdict
        The verdict.
    language
        That the page begins with.
    most
        Findings embedded one by one.
    """
    found = groups(verdict)
    waived = np.flatnonzero(
        np.asarray(pc.equal(verdict.findings["status"], str(Status.FAIL)).fill_null(False))
        & ~np.asarray(failing(verdict.findings))
    )
    kept = _fair(found, len(waived), most)
    of_group = np.full(verdict.findings.num_rows, -1, dtype=np.int64)
    for n, group in enumerate(found):
        of_group[group.rows] = n
    parts = [group.rows[:n] for group, n in zip(found, kept, strict=False)]
    rows = np.concatenate([*parts, waived[: kept[-1]]])
    whole = sum(len(group.rows) for group in found) + len(waived)
    note = None
    if len(rows) < whole:
        note = own("some", shown=f"{len(rows):,}", count=f"{whole:,}")
    columns, texts, templates, shapes = _columns(verdict, rows, of_group)
    start = np.cumsum([0, *(len(part) for part in parts)])
    by_rule = results(verdict)
    index = {rule: n for n, rule in enumerate(by_rule)}
    return {
        "language": language,
        "title": title(verdict),
        "counts": counts(verdict),
        "note": note,
        "words": words(),
        "rules": [
            {
                **{k: getattr(r, k) for k in _RULE},
                "titles": dict(r.titles),
                "standing": standing(r),
                "unit": unit(r.counts),
            }
            for r in verdict.rules
        ],
        "ordered": [index[r.rule] for r in ordered(verdict)],
        "severities": _SEVERITIES,
        "sections": [_told(section) for section in sections(verdict)],
        "rows": len(rows),
        "columns": columns,
        "texts": texts,
        "templates": templates,
        "groups": [
            {
                "rule": index[group.rule],
                "severity": group.severity,
                "mistake": group.mistake,
                "places": len(group.rows),
                "things": group.things,
                "rows": list(range(int(start[n]), int(start[n]) + min(_FIRST, len(parts[n])))),
            }
            for n, group in enumerate(found)
            if len(parts[n])
        ],
        "shapes": shapes,
        "outline": _outline(verdict),
    }


def _told(section: Section) -> dict[str, Any]:
    """Return a section as JSON values; the tables of rules the page makes of the rules."""
    return asdict(replace(section, rows=[]) if section.key in ("outcome", "rules") else section)


def _fair(found: list[Group], waived: int, most: int) -> list[int]:
    """Return how many rows of each group, and of those waived, are kept: small ones whole."""
    sizes = np.array([*(len(group.rows) for group in found), waived], dtype=np.int64)
    if sizes.sum() <= most:
        return [int(n) for n in sizes]
    low, high = 0, int(sizes.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(sizes, middle).sum() <= most else (low, middle - 1)
    return [int(n) for n in np.minimum(sizes, low)]


def _columns(
    verdict: Verdict, rows: NDArray[np.int64], of_group: NDArray[np.int64]
) -> tuple[dict[str, list[Any]], dict[str, list[str]], list[dict[str, Any]], dict[int, Any]]:
    templates, shapes = Templates(results(verdict)), Shapes()
    rules = {result.rule: n for n, result in enumerate(verdict.rules)}
    known: dict[str, dict[str, int]] = {name: {} for name in _TEXTS}
    numbers = ("rule", "severity", "template", "count", "group", "x", "y", "z")
    columns: dict[str, list[Any]] = {name: [] for name in (*numbers, *_TEXTS)}
    groups_ = _numbered(of_group[rows])
    columns["group"] = groups_
    for begin in range(0, len(rows), _BATCH):
        some = verdict.findings.take(rows[begin : begin + _BATCH])
        for n, row in enumerate(some.to_pylist(), begin):
            template, given = templates.of(row)
            row["given"] = given
            spot = shapes.spot(row)
            for axis, value, digits in zip("xyz", spot, (7, 7, 3), strict=True):
                columns[axis].append(None if value is None else round(value, digits))
            columns["rule"].append(rules[row["rule"]])
            columns["severity"].append(_SEVERITIES.index(row["severity"]))
            columns["template"].append(template)
            columns["count"].append(row["count"] or 0)
            row["class"] = row["object_class"] or row["layer"]
            for name in _TEXTS:
                by_text = known[name]
                columns[name].append(by_text.setdefault(row[name] or "", len(by_text)))
            shapes.add(n, row)
    return columns, {name: list(by) for name, by in known.items()}, templates.rows, shapes.rows


def _numbered(of_group: NDArray[np.int64]) -> list[int]:
    """Return the numbers of groups as the page counts them: those without a row are not there."""
    there = np.unique(of_group[of_group >= 0])
    found = np.where(of_group >= 0, np.searchsorted(there, of_group), -1)
    return [int(n) for n in found]


def _outline(verdict: Verdict) -> list[list[list[float]]]:
    """Return the rings of the area where the standard holds, if it can be had and is small."""
    import shapely

    from cimkit.standard import load

    named = verdict.receipt.get("standard")
    try:
        standard = load(str(named))
    except (CimkitError, OSError):
        # A standard given as a folder or file is not known by its name: the map does without.
        return []
    if standard.hash != verdict.receipt.get("standard_hash"):
        return []
    polygon = standard.jurisdiction.polygon
    if polygon is None:
        return []
    shape = shapely.simplify(shapely.from_wkb(polygon), 1e-4)
    return [shapely.get_coordinates(ring).round(6).tolist() for ring in shapely.get_rings(shape)]
