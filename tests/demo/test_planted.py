"""The check finds what was planted in the district: all of it, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cimkit.checks import check
from cimkit.demo import generate
from cimkit.loaders import read_sheet


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(
        tmp_path_factory.mktemp("planted") / "out", buildings=40, seed=2, photos=3, ifc=1
    ).folder


def test_all_and_only_the_planted_defects_are_found(district: Path) -> None:
    planted = json.loads((district / "PLANTED.json").read_text(encoding="utf-8"))
    verdict = check(
        [district / "delivery-1"],
        standard="city.linjiang",
        sheet=read_sheet(district / "delivery.toml"),
        jobs=2,
    )
    failures = [f for f in verdict.findings.to_pylist() if f["status"] == "fail"]
    found = sorted((f["rule"].split("/")[-1], f["path"], f["layer"] or "") for f in failures)
    wanted = sorted((p["rule"], p["path"], p.get("layer", "")) for p in planted)
    assert [f[:2] for f in found] == [w[:2] for w in wanted]
    for (_, _, layer), (_, _, seen) in zip(wanted, found, strict=True):
        assert layer in ("", seen)
    # Where an object is meant, the finding names its key.
    for plant in (p for p in planted if "key" in p):
        (finding,) = (
            f
            for f in failures
            if f["rule"].endswith(f"/{plant['rule']}") and f["path"] == plant["path"]
        )
        assert plant["key"] in finding["place"]
    assert not verdict.accepted
    assert verdict.exit_code == 1


def test_the_second_delivery_is_accepted(district: Path) -> None:
    verdict = check(
        [district / "delivery-2"],
        standard="city.linjiang",
        sheet=read_sheet(district / "delivery.toml"),
        jobs=1,
    )
    assert [f for f in verdict.findings.to_pylist() if f["status"] == "fail"] == []
    assert verdict.accepted
