"""The report as SARIF 2.1.0 (OASIS), for code hosts and editors that show findings in files.

A failure is a result of kind ``fail``, what was not checked one of kind ``open`` (the tool has not
enough to decide) and a notification; what passed or is not applicable is counted with its rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

from cimkit.checks import tell
from cimkit.model import Status
from cimkit.reporters._content import LANGUAGES, batches, head, results, said, where
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._words import heading

if TYPE_CHECKING:
    from cimkit.checks import RuleResult, Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="sarif", title="SARIF 2.1.0", suffixes=(".sarif",))

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVEL = {"error": "error", "warning": "warning", "info": "note"}
_LINE = re.compile(r"\bline (\d+)\b")
_BASE = "DELIVERY"
_KEPT = (
    "measured",
    "expected",
    "tolerance",
    "object_id",
    "object_class",
    "mender",
    "mistake",
    "x",
    "y",
    "z",
)


def write(
    verdict: Verdict, out: TextIO, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write the report, a result a line.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        Of messages: zh, ja or en.
    machine
        Not used: this is a machine's file.
    """
    import orjson

    run = _run(verdict, language)
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    text = orjson.dumps(log).decode()
    assert text.endswith("}]}")
    out.write(text.removesuffix("}]}") + ',"results":[')
    comma = ""
    for result in _results(verdict, language):
        out.write(f"{comma}\n{orjson.dumps(result).decode()}")
        comma = ","
    out.write("\n]}]}\n")


def _run(verdict: Verdict, language: str) -> dict[str, Any]:
    receipt = verdict.receipt
    tool, _, version = str(receipt.get("tool") or "cimkit").partition(" ")
    driver: dict[str, Any] = {
        "name": tool,
        "rules": [_rule(result, language) for result in verdict.rules],
    }
    if version:
        driver["version"] = version
    index = {result.rule: n for n, result in enumerate(verdict.rules)}
    unseen = [
        {
            "level": "warning",
            "message": {"text": reason or heading("not checked", language)},
            "associatedRule": {"id": result.rule, "index": index[result.rule]},
        }
        for result in verdict.rules
        for reason in result.reasons
    ]
    invocation: dict[str, Any] = {
        "executionSuccessful": True,
        "exitCode": verdict.exit_code,
        "exitCodeDescription": heading(verdict.word, language),
        "toolExecutionNotifications": unseen,
    }
    files = [
        {
            "location": {"uri": _uri(file["path"]), "uriBaseId": _BASE},
            **({"length": file["size"]} if isinstance(file.get("size"), int) else {}),
            **({"hashes": {"sha-256": file["sha256"]}} if file.get("sha256") else {}),
            "properties": {"status": file["status"]},
        }
        for file in receipt["files"]
    ]
    report = head(verdict)
    del report["rules"]
    report["receipt"] = {k: v for k, v in receipt.items() if k != "files"}
    described = {"text": "The folder that was delivered."}
    return {
        "tool": {"driver": driver},
        "language": language,
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"description": described}},
        "invocations": [invocation],
        "artifacts": files,
        "properties": report,
    }


def _rule(result: RuleResult, language: str) -> dict[str, Any]:
    messages, hints = result.texts
    message = messages.get(language) or messages.get("en") or result.title
    hint = hints.get(language) or hints.get("en") or ""
    texts = [text for text in (message, hint) if text]
    more = [text for text in (result.clause, result.element) if text]
    return {
        "id": result.rule,
        "name": result.rule.rpartition("/")[2],
        "shortDescription": {"text": result.title},
        "fullDescription": {"text": message},
        "help": {"text": "\n".join([*texts, *more])},
        "defaultConfiguration": {"level": _LEVEL[result.severity]},
        "properties": {
            "tags": [result.element] if result.element else [],
            "clause": result.clause,
            "mandatory": result.mandatory,
            "counts": result.counts,
            "status": result.status,
            **{
                name: getattr(result, name)
                for name in ("failed", "places", "passed", "not_applicable", "not_checked")
            },
            "message": {n: messages[n] for n in LANGUAGES if n in messages},
            "hint": {n: hints[n] for n in LANGUAGES if n in hints},
        },
    }


def _results(verdict: Verdict, language: str) -> Iterator[dict[str, Any]]:
    by_rule = results(verdict)
    index = {result.rule: n for n, result in enumerate(verdict.rules)}
    files = {file["path"]: n for n, file in enumerate(verdict.receipt["files"])}
    for batch in batches(verdict, Status.FAIL, Status.NOT_CHECKED):
        for row in batch:
            result = by_rule[row["rule"]]
            yield _result(verdict, result, row, language, index[row["rule"]], files)


def _result(
    verdict: Verdict,
    result: RuleResult,
    row: dict[str, Any],
    language: str,
    index: int,
    files: dict[str, int],
) -> dict[str, Any]:
    failed = row["status"] == Status.FAIL
    if failed:
        message, hint = said(verdict, result, row, language)
    else:
        message, hint = tell(result.texts, row, language, result.words)[0] or row["message"], ""
    found: dict[str, Any] = {
        "ruleId": row["rule"],
        "ruleIndex": index,
        "kind": "fail" if failed else "open",
        "level": _LEVEL[row["severity"]] if failed else "none",
        "message": {"text": message or result.title},
    }
    if row["count"] > 1:
        found["occurrenceCount"] = row["count"]
    if row["fingerprint"]:
        found["partialFingerprints"] = {"cimkit/v1": row["fingerprint"]}
    if row["compared"]:
        found["baselineState"] = "new" if row["compared"] == "new" else "unchanged"
    if row["waived"]:
        why = {use.waiver.id: use.waiver for use in verdict.waivers}.get(row["waived"])
        reason = f"{why.owner}: {why.why}" if why else row["waived"]
        found["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": reason}
        ]
    location = _location(row, files)
    if location:
        found["locations"] = [location]
    kept = {k: row[k] for k in _KEPT if row[k] not in (None, "")}
    if hint:
        kept["hint"] = hint
    if kept:
        found["properties"] = kept
    return found


def _location(row: dict[str, Any], files: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    path, place = row["path"], row["place"] or ""
    if path:
        artifact: dict[str, Any] = {"uri": _uri(path), "uriBaseId": _BASE}
        if path in files:
            artifact["index"] = files[path]
        found["physicalLocation"] = {"artifactLocation": artifact}
        line = _LINE.search(place)
        if line and int(line[1]) > 0:
            found["physicalLocation"]["region"] = {"startLine": int(line[1])}
    if place or row["object_id"]:
        logical = {"name": place or row["object_id"], "kind": "object"}
        logical["fullyQualifiedName"] = "/".join(s for s in (path, where(row)) if s)
        found["logicalLocations"] = [logical]
    return found


def _uri(path: str) -> str:
    # A name with a colon would be read as one with a scheme.
    return quote(path, safe="/", errors="surrogatepass")
