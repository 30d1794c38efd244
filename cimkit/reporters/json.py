"""The verdict as JSON, as ``report.schema.json`` beside this file describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cimkit.reporters._content import batches, head
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "schema", "write"]

SPEC = ReporterSpec(name="json", title="JSON", suffixes=(".json",))

_KEPT_BACK = ("delivery_id", "details", "geometry")
"""Columns of findings that this form leaves to those that are tables."""


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
    import orjson

    text = json.dumps(head(verdict), ensure_ascii=False, allow_nan=False, indent=1)
    out.write(text.removesuffix("\n}") + ',\n "findings": [')
    columns = [name for name in verdict.findings.column_names if name not in _KEPT_BACK]
    comma = ""
    for batch in batches(verdict, columns=columns):
        # What a source calls NaN is no number, and no JSON.
        lines = (
            orjson.dumps({k: v for k, v in row.items() if v not in (None, "") and v == v})
            for row in batch
        )
        out.write(f"{comma}\n  " + ",\n  ".join(line.decode() for line in lines))
        comma = ","
    out.write("\n ]\n}\n" if comma else "]\n}\n")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    file = Path(__file__).with_name("report.schema.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
