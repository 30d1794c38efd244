"""The published cases of the validation service, and the table of how many verdicts agree."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from cimkit.checks.ifc_valid.evaluate import evaluate
from cimkit.checks.ifc_valid.model import Model
from cimkit.checks.ifc_valid.table import rule_rows
from cimkit.model import Source

README = Path(__file__).parents[3] / "cimkit/checks/README.md"
_EXPECTED = re.compile(r"rule (\w+) expects (\w+)")
_ROW = re.compile(r"^\| (\w+) \| (\d+) \| (\d+) \| (.*) \|$", re.MULTILINE)


def _verdicts(shared_data: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Return (file, expected, got) of each published case by rule."""
    found: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    with (shared_data / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            said = _EXPECTED.search(row["expected"])
            if said is None or "gherkin" not in row["path"]:
                continue
            code, expected = said.groups()
            model = Model(Source(row["path"], shared_data / row["path"]))
            got = evaluate(model, rule_rows()[code]).verdict
            found[code].append((Path(row["path"]).name, expected, got))
    return dict(sorted(found.items()))


@pytest.fixture(scope="module")
def verdicts(shared_data: Path) -> dict[str, list[tuple[str, str, str]]]:
    return _verdicts(shared_data)


def _table(verdicts: dict[str, list[tuple[str, str, str]]]) -> list[tuple[str, str, str, str]]:
    rows = []
    for code, cases in verdicts.items():
        agree = sum(expected == got for _, expected, got in cases)
        rows.append((code, str(agree), str(len(cases)), rule_rows()[code].words["en"]))
    return rows


def test_the_table_in_the_readme_is_what_a_run_gives(
    verdicts: dict[str, list[tuple[str, str, str]]],
) -> None:
    rows = _table(verdicts)
    section = README.read_text(encoding="utf-8").partition("## IFC rules")[2]
    section = section.partition("\n## ")[0]
    written = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    assert _ROW.findall(section) == rows, f"write into {README.name}:\n{written}"
    agree = sum(int(row[1]) for row in rows)
    total = sum(int(row[2]) for row in rows)
    assert f"{agree} of {total}" in section


def test_what_does_not_agree_is_known(verdicts: dict[str, list[tuple[str, str, str]]]) -> None:
    assert {name for cases in verdicts.values() for name, due, got in cases if due != got} == set()
