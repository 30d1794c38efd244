"""The quality report: an element for each rule, its rate, and whether it is met."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from lxml import etree

from cimkit import check
from cimkit.checks import Verdict
from cimkit.reporters import for_file, write
from cimkit.reporters.iso19157 import _ELEMENTS
from cimkit.standard import available, load

NS = {
    "mdq": "http://standards.iso.org/iso/19157/-2/mdq/1.0",
    "gco": "http://standards.iso.org/iso/19115/-3/gco/1.0",
    "mcc": "http://standards.iso.org/iso/19115/-3/mcc/1.0",
}


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    folder = tmp_path_factory.mktemp("quality")
    (folder / "a.csv").write_text("lon,lat,class\n106.5,29.5,0999\n106.6,29.6,0117\n")
    return check(folder, standard="cn.components", jobs=1)


def test_every_rule_is_reported(verdict: Verdict) -> None:
    out = io.StringIO()
    write("iso19157", verdict, out, language="zh", machine=Path("all.parquet"))
    root = etree.fromstring(out.getvalue().encode())
    reports = root.findall("mdq:report/*", NS)
    assert len(reports) == len(verdict.rules)
    for report, result in zip(reports, verdict.rules, strict=True):
        code = report.findtext(".//mcc:code/gco:CharacterString", namespaces=NS)
        assert code == result.rule
        met = report.findtext(".//mdq:DQ_ConformanceResult//gco:Boolean", namespaces=NS)
        assert met == {"pass": "true", "fail": "false"}.get(result.status)
        rate = report.findtext(".//mdq:DQ_QuantitativeResult//gco:Record", namespaces=NS)
        things = result.failed + result.passed
        assert (rate is None) == (things == 0)
        if rate is not None:
            assert float(rate) == pytest.approx(result.failed / things, abs=1e-6)
        if met is None:
            said = report.findtext(".//mdq:statement/gco:CharacterString", namespaces=NS)
            assert said is not None
            assert said.startswith(result.status)
    assert {r.status for r in verdict.rules} >= {"pass", "fail", "not applicable"}
    assert root.findtext(".//{*}reportReference//gco:CharacterString", namespaces=NS)


def test_elements_of_the_shipped_rules_have_a_class() -> None:
    named = {rule.element for i, e, *_ in available() for rule in load(f"{i}@{e}").rules}
    wholes = {element.partition(":")[0] for element in named} - {"usability"}
    assert wholes <= set(_ELEMENTS)


def test_its_suffix_is_not_that_of_junit() -> None:
    assert for_file(Path("a.iso19157.xml")) == "iso19157"
    assert for_file(Path("a.xml")) == "junit"
