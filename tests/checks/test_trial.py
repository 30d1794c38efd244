"""Trying a standard on real files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cimkit.checks import Share, try_standard
from cimkit.errors import UsageError
from cimkit.loaders._delivery.stage import _spread
from cimkit.model import Source


def lamps(file: Path, rows: list[dict[str, str]]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": row,
            "geometry": {"type": "Point", "coordinates": [106.5 + n / 1e4, 29.57]},
        }
        for n, row in enumerate(rows)
    ]
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return file


def test_figures_of_a_trial(tmp_path: Path) -> None:
    good = "509912_fac_lamp_20260901.geojson"
    rows = [
        {"class": "0118", "ObjID": "5099120118000001"},
        {"class": "0118", "ObjID": "50991201180002"},
        {"what": "ever"},
    ]
    lamps(tmp_path / "in" / good, rows)
    lamps(tmp_path / "in" / "other stuff.geojson", [{"class": "0118"}])
    trial = try_standard("city.linjiang", [tmp_path / "in"], jobs=1)
    assert trial.standard == "city.linjiang@2026"
    assert (trial.objects, trial.sampled) == (4, False)
    assert trial.classed == Share(3, 4)
    assert trial.naming == Share(1, 2, ("other stuff.geojson",))
    assert trial.codes == Share(1, 2, ("50991201180002",))
    assert sum(level["count"] for level in trial.levels) == 4
    assert trial.verdict == "rejected"
    failed = {r.rule for r in trial.rules if r.status == "fail"}
    assert failed == set(trial.samples)
    assert all(len(s) <= 3 and s[0]["message"] for s in trial.samples.values())
    json.dumps(trial.to_json())


def test_what_nothing_maps_is_listed_by_layer_and_fields(tmp_path: Path) -> None:
    lamps(tmp_path / "in" / "a.geojson", [{"x": "1", "y": "2"}] * 3)
    lamps(tmp_path / "in" / "b.geojson", [{"z": "1"}])
    trial = try_standard("cn.components", [tmp_path / "in"], jobs=1, top=1)
    assert trial.unmapped_groups == 2
    (most,) = trial.unmapped
    assert (most["layer"], most["count"], most["fields"]) == ("a", 3, ["x", "y"])
    assert len(most["keys"]) == 3
    assert trial.naming is None
    assert trial.codes is None


def test_a_sample_reads_some_sources_only(tmp_path: Path) -> None:
    for n in range(6):
        lamps(tmp_path / "in" / f"f{n}.geojson", [{"class": "0118", "n": str(n)}])
    trial = try_standard("cn.components", [tmp_path / "in"], jobs=1, sample=2)
    assert trial.sampled
    assert trial.objects == 2


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        try_standard("cn.components", [tmp_path / "no"])


def test_a_sample_has_some_of_each_format() -> None:
    sources = [Source(f"p{n:03}.jpg", Path("p"), loader="photo") for n in range(100)]
    sources += [Source("m.ifc", Path("m"), loader="ifc"), Source("x", Path("x"))]
    taken = _spread(sources, 10)
    assert len(taken) == 10
    assert {s.loader for s in taken} == {"photo", "ifc", None}
    assert [s.path for s in taken] == sorted(s.path for s in taken)
    assert _spread(sources, 500) == sources
    assert len(_spread(sources, 1)) == 1
