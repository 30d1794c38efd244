"""The report as JUnit XML, as CI systems read it.

One test suite for each rule, one test case for each file that it failed in or could not check, and
one for the rest of what it looked at. Errors are failures; warnings, notes and what is waived do
not fail a build, as they do not fail the delivery, and stand in the case's output. What was not
checked, or is not applicable, is skipped, and says which. The exact counts are properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.model import Severity, Status
from cimkit.reporters._content import failing, said, where
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._words import heading
from cimkit.reporters._xml import legal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cimkit.checks import RuleResult, Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="junit", title="JUnit XML", suffixes=(".xml", ".junit"))

_PLACES = 20
"""Places a test case lists; the rest is counted."""


def write(
    verdict: Verdict, out: TextIO, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write the report.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        Of messages: zh, ja or en.
    machine
        Not used.
    """
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    suites = [_suite(verdict, result, language) for result in verdict.rules]
    total = {k: sum(n[k] for n, _ in suites) for k in ("tests", "failures", "skipped")}
    receipt = verdict.receipt
    name = f"{receipt.get('standard')} {receipt.get('delivery') or ''}".strip()
    attributes = _attributes(
        {"name": name, **total, "errors": 0, "time": f"{receipt.get('seconds') or 0:.3f}"}
    )
    out.write(f"<testsuites{attributes}>\n")
    counts = {f"findings {k}": v for k, v in verdict.counts["findings"].items()}
    counts |= {f"failures {k}": v for k, v in verdict.counts["failures"].items()}
    known = {n: receipt.get(n) for n in ("standard", "standard_hash", "tool", "checked")}
    governed = receipt.get("governed_by") or {"reason": {"en": ""}}
    why = governed["reason"].get(language) or governed["reason"]["en"]
    out.write(_properties({"verdict": verdict.word, **known, "governed by": why, **counts}))
    for _, text in suites:
        out.write(text)
    out.write("</testsuites>\n")


def _suite(verdict: Verdict, result: RuleResult, language: str) -> tuple[dict[str, int], str]:
    table = verdict.findings.drop_columns(["geometry", "element", "clause", "object_id"])
    rows = table.filter(pc.equal(table["rule"], result.rule)).combine_chunks()
    path = rows["path"].fill_null("").combine_chunks()
    codes = np.asarray(pc.dictionary_encode(path).indices)
    cases: list[tuple[str, str]] = []
    for numbers in np.split(*_by(codes)) if len(codes) else []:
        of_path = rows.take(pa.array(numbers))
        name = path[int(numbers[0])].as_py()
        cases += [(name, case) for case in _cases(verdict, result, of_path, language)]
    n = {
        "tests": len(cases),
        "failures": sum("<failure" in text for _, text in cases),
        "skipped": sum("<skipped" in text for _, text in cases),
    }
    lines = [f"<testsuite{_attributes({'name': result.rule, **n, 'errors': 0})}>\n"]
    counted = {
        name: getattr(result, name)
        for name in ("failed", "places", "passed", "not_applicable", "not_checked")
    }
    lines.append(
        _properties(
            {"title": result.title, "clause": result.clause, "counts": result.counts, **counted}
        )
    )
    for file, text in cases:
        name = file or heading("delivery", language)
        case = _attributes({"classname": result.rule, "name": name, "file": file or None})
        lines.append(f"<testcase{case}>{text}</testcase>\n")
    lines.append("</testsuite>\n")
    return n, "".join(lines)


def _by(codes: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows by code, and where each code but the first begins."""
    order = np.argsort(codes, kind="stable")
    return order, np.flatnonzero(np.diff(codes[order])) + 1


def _cases(verdict: Verdict, result: RuleResult, rows: pa.Table, language: str) -> Iterator[str]:
    """Yield what the test cases of one rule and file hold: failed, not checked, the rest."""
    statuses = rows["status"]
    failed = rows.filter(pc.equal(statuses, str(Status.FAIL)))
    if failed.num_rows:
        bad = pc.and_(pc.equal(failed["severity"], str(Severity.ERROR)), failing(failed))
        errors, others = failed.filter(bad), failed.filter(pc.invert(bad))
        text = ""
        if errors.num_rows:
            listed = _listed(verdict, result, errors, language)
            first = listed.partition("\n")[0]
            text += f'<failure type="error" message={_quoted(first)}>{_text(listed)}</failure>'
        if others.num_rows:
            text += f"<system-out>{_text(_listed(verdict, result, others, language))}</system-out>"
        yield text
    for status in (Status.NOT_CHECKED, Status.NOT_APPLICABLE):
        aside = rows.filter(pc.equal(statuses, str(status)))
        if aside.num_rows:
            why = "; ".join(
                dict.fromkeys(
                    said(verdict, result, row, language)[0] or row["message"]
                    for row in aside.slice(0, _PLACES).to_pylist()
                )
            )
            message = f"{heading(str(status), language)}: {why}"
            yield f"<skipped message={_quoted(message)}/>"
    if not failed.num_rows and pc.any(pc.equal(statuses, str(Status.PASS))).as_py():
        yield ""


def _listed(verdict: Verdict, result: RuleResult, rows: pa.Table, language: str) -> str:
    lines: list[str] = []
    hints: dict[str, None] = {}
    for row in rows.slice(0, _PLACES).to_pylist():
        message, hint = said(verdict, result, row, language)
        place = where(row)
        times = f" ×{row['count']:,}" if row["count"] > 1 else ""
        waived = f" ({heading('waived', language)}: {row['waived']})" if row["waived"] else ""
        lines.append(f"{heading(row['severity'], language)}: {message}{times}{waived}")
        lines.append(f"    {row['path'] or '.'}{'  ' if place else ''}{place}")
        if hint:
            hints[f"→ {hint} ({heading('mender ' + row['mender'], language)})"] = None
    left = rows.num_rows - _PLACES
    if left > 0:
        lines.append(heading("more rows", language, count=f"{left:,}"))
    return "\n".join([*lines, *hints])


def _properties(values: Mapping[str, Any]) -> str:
    lines = (
        f"<property{_attributes({'name': name, 'value': value})}/>\n"
        for name, value in values.items()
        if value is not None
    )
    return "<properties>\n" + "".join(lines) + "</properties>\n"


def _attributes(values: Mapping[str, Any]) -> str:
    return "".join(f" {k}={_quoted(str(v))}" for k, v in values.items() if v is not None)


def _quoted(text: str) -> str:
    return quoteattr(legal(text))


def _text(text: str) -> str:
    return escape(legal(text))
