"""The verdict as a quality report of ISO 19157, in the XML of ISO/TS 19157-2 (2016).

One ``mdq:report`` for each rule: which quality element it is about, how it was evaluated, the rate
of what did not conform, and whether the rule is met. A rule that was not checked has a descriptive
result that says why, and no conformance. Metadata catalogues take the whole as
``mdb:dataQualityInfo``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cimkit.model import Status
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cimkit.checks import RuleResult, Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(
    name="iso19157", title="ISO 19157 quality report", suffixes=(".iso19157.xml", ".mdq.xml")
)

_SPACES = {
    "mdq": "http://standards.iso.org/iso/19157/-2/mdq/1.0",
    "mcc": "http://standards.iso.org/iso/19115/-3/mcc/1.0",
    "cit": "http://standards.iso.org/iso/19115/-3/cit/1.0",
    "gco": "http://standards.iso.org/iso/19115/-3/gco/1.0",
}
_LISTS = "http://standards.iso.org/iso/19115/resources/Codelists/cat/codelists.xml#"
_ELEMENTS = {
    "completeness: commission": "DQ_CompletenessCommission",
    "completeness: omission": "DQ_CompletenessOmission",
    "completeness": "DQ_CompletenessOmission",
    "logical consistency: conceptual": "DQ_ConceptualConsistency",
    "logical consistency: domain": "DQ_DomainConsistency",
    "logical consistency: format": "DQ_FormatConsistency",
    "logical consistency: topological": "DQ_TopologicalConsistency",
    "logical consistency": "DQ_ConceptualConsistency",
    "positional accuracy: absolute": "DQ_AbsoluteExternalPositionalAccuracy",
    "positional accuracy: relative": "DQ_RelativeInternalPositionalAccuracy",
    "positional accuracy: gridded": "DQ_GriddedDataPositionalAccuracy",
    "positional accuracy": "DQ_AbsoluteExternalPositionalAccuracy",
    "thematic accuracy: quantitative": "DQ_QuantitativeAttributeAccuracy",
    "thematic accuracy: non-quantitative": "DQ_NonQuantitativeAttributeCorrectness",
    "thematic accuracy": "DQ_ThematicClassificationCorrectness",
    "temporal quality: accuracy": "DQ_AccuracyOfATimeMeasurement",
    "temporal quality: validity": "DQ_TemporalValidity",
    "temporal quality": "DQ_TemporalConsistency",
}
"""Class of the report by the element that a rule names, or by its first words."""


def write(
    verdict: Verdict, out: TextIO, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write the quality report.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        Of what the rules say: zh, ja or en.
    machine
        Named as the file that holds the single findings.
    """
    from lxml import etree

    root = etree.Element(_tag("mdq:DQ_DataQuality"), nsmap=_SPACES)
    scope = _down(root, "mdq:scope", "mcc:MD_Scope", "mcc:level")
    _code(scope, "mcc:MD_ScopeCode", "dataset")
    for result in verdict.rules:
        _report(root, verdict, result, language)
    if machine is not None:
        detail = _down(
            root, "mdq:standaloneQualityReport", "mdq:DQ_StandaloneQualityReportInformation"
        )
        reference = _down(detail, "mdq:reportReference", "cit:CI_Citation", "cit:title")
        _text(reference, machine.name)
        _text(_down(detail, "mdq:abstract"), "All findings, one by one.")
    text = etree.tostring(root, encoding="unicode", pretty_print=True)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n' + text)


def _report(root: _Element, verdict: Verdict, result: RuleResult, language: str) -> None:
    whole = result.element.partition(":")[0].strip()
    kind = _ELEMENTS.get(result.element) or _ELEMENTS.get(whole) or "DQ_UsabilityElement"
    report = _down(root, "mdq:report", f"mdq:{kind}")
    measure = _down(report, "mdq:measure", "mdq:DQ_MeasureReference")
    identifier = _down(measure, "mdq:measureIdentification", "mcc:MD_Identifier", "mcc:code")
    _text(identifier, result.rule)
    _text(_down(measure, "mdq:nameOfMeasure"), f"{result.title}: rate of non-conforming items")
    sampled = verdict.score is not None and verdict.score.judged < verdict.score.lot
    how = "mdq:DQ_SampleBasedInspection" if sampled else "mdq:DQ_FullInspection"
    method = _down(report, "mdq:evaluationMethod", how)
    _moment(_down(method, "mdq:dateTime"), verdict.receipt["checked"])
    _text(
        _down(method, "mdq:evaluationMethodDescription"),
        f"{verdict.receipt['tool']}, all {result.counts} of the delivery",
    )
    _code(
        _down(method, "mdq:evaluationMethodType"),
        "mdq:DQ_EvaluationMethodTypeCode",
        "directInternal",
    )
    things = result.failed + result.passed
    if things:
        figure = _down(report, "mdq:result", "mdq:DQ_QuantitativeResult")
        rate = _down(figure, "mdq:value", "gco:Record")
        rate.text = f"{result.failed / things:.6f}"
    if result.status in (Status.NOT_CHECKED, Status.NOT_APPLICABLE):
        said = _down(report, "mdq:result", "mdq:DQ_DescriptiveResult", "mdq:statement")
        _text(said, "; ".join((result.status, *result.reasons)))
        return
    verdict_ = _down(report, "mdq:result", "mdq:DQ_ConformanceResult")
    citation = _down(verdict_, "mdq:specification", "cit:CI_Citation")
    title = dict(verdict.receipt["title"])
    named = title.get(language) or title.get("en") or ""
    clause = f", {result.clause}" if result.clause else ""
    _text(_down(citation, "cit:title"), f"{verdict.receipt['standard']} {named}{clause}".strip())
    unmet = f"{result.failed:,} of {things:,} {result.counts} do not conform"
    waived = f"; {result.waived:,} places are waived" if result.waived else ""
    _text(_down(verdict_, "mdq:explanation"), unmet + waived)
    boolean = _down(verdict_, "mdq:pass", "gco:Boolean")
    boolean.text = "true" if result.status == Status.PASS else "false"


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_SPACES[prefix]}}}{local}"


def _down(parent: _Element, *names: str) -> _Element:
    """Return a new element under others, one in the other."""
    from lxml import etree

    for name in names:
        parent = etree.SubElement(parent, _tag(name))
    return parent


def _text(parent: _Element, text: str) -> None:
    from cimkit.reporters._xml import legal

    _down(parent, "gco:CharacterString").text = legal(text)


def _moment(parent: _Element, text: Any) -> None:
    _down(parent, "gco:DateTime").text = str(text)


def _code(parent: _Element, name: str, value: str) -> None:
    element = _down(parent, name)
    element.set("codeList", _LISTS + name.partition(":")[2])
    element.set("codeListValue", value)
    element.text = value
