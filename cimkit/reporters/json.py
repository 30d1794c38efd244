"""The verdict as JSON, as ``report.schema.json`` beside this file describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "schema", "write"]

SPEC = ReporterSpec(name="json", title="JSON", suffixes=(".json",))


def write(
    verdict: Verdict, out: TextIO, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write the whole report: every finding, one a line.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language, machine
        Not used: messages are in the language of the check, and this is the machine's file.
    """
    report = verdict.to_json()
    findings = report.pop("findings")
    head = _text(report, indent=1)
    out.write(head.removesuffix("\n}") + ',\n "findings": [')
    for n, finding in enumerate(findings):
        out.write((",\n  " if n else "\n  ") + _text(finding))
    out.write("\n ]\n}\n" if findings else "]\n}\n")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    file = Path(__file__).with_name("report.schema.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _text(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
