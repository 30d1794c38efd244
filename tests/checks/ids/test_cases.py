"""The test cases of IDS 1.0 itself: the name of a file is its truth."""

from __future__ import annotations

from pathlib import Path

import pytest

import cimkit
from cimkit.checks.ids._specification import held_against
from cimkit.errors import StandardInvalid
from cimkit.loaders.ifc.columns import columns_of
from cimkit.standard.requirements import read_ids


def _verdict(file: Path) -> str:
    try:
        read = read_ids(file.read_bytes(), file.name)
    except StandardInvalid:
        return "invalid"
    columns = columns_of(file.with_suffix(".ifc"))
    failed = [
        row
        for one in read.specifications
        for row in held_against(columns, one).to_pylist()
        if row["kind"] == "fail"
    ]
    return "fail" if failed else "pass"


def test_all_verdicts_are_as_the_authors_of_ids_say(shared_data: Path) -> None:
    cases = [
        file
        for file in sorted((shared_data / "ids").rglob("*.ids"))
        if file.name.startswith(("pass-", "fail-", "invalid-"))
    ]
    wrong = [f.name for f in cases if _verdict(f) != f.name.split("-", 1)[0]]
    assert len(cases) > 150
    assert wrong == []


@pytest.mark.parametrize("truth", ["pass", "fail"])
def test_a_whole_check_comes_to_the_same(shared_data: Path, truth: str) -> None:
    cases = sorted((shared_data / "ids").rglob(f"{truth}-*.ids"))
    for file in cases[:: len(cases) // 3]:
        assert cimkit.check(file.with_suffix(".ifc"), standard=file).verdict == truth
