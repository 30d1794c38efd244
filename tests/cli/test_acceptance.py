"""What is around a check on the command line: terms, receipts, keys, samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .test_commands import lamps, ok, run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acceptance")
    lamps(folder / "d" / "509912_fac_lamp_20260901.geojson")
    lamps(folder / "d" / "lamp oddly named.geojson", 1)
    return folder


def test_a_check_on_terms_and_its_receipt(home: Path) -> None:
    asked = ("check", "d", "--standard", "city.linjiang", "-q", "--json")
    plain = run(*asked, "--report", "last.json", cwd=home)
    assert plain.returncode == 1
    (home / "w.toml").write_text(
        '[[waiver]]\nid = "W1"\nrule = "*"\npath = "lamp odd*"\nowner = "Li"\nwhy = "agreed"\n'
        "expires = 2999-01-01\n"
    )
    ok("key", "k.pem", cwd=home)
    more = ("--waivers", "w.toml", "--baseline", "last.json", "--rule", "encoding-declared=off")
    done = run(*asked, *more, "--receipt", "r.json", "--key", "k.pem", cwd=home)
    report = json.loads(done.stdout)
    assert report["counts"]["waived"] > 0
    assert report["waivers"][0]["count"] == report["counts"]["waived"]
    assert report["baseline"]["new"] == 0
    assert report["overrides"][0]["now"] == "off"
    held = json.loads(ok("verify", "r.json", "d", "--key", "k.pub.pem", "--json", cwd=home))
    assert held["holds"]
    assert held["trusted"]
    assert held["verdict"] == report["verdict"]
    (home / "other").mkdir()
    lamps(home / "other" / "509912_fac_lamp_20260901.geojson", 4)
    other = run("verify", "r.json", "other", cwd=home)
    assert other.returncode == 1
    assert "DOES NOT HOLD" in other.stdout
    assert "changed    509912_fac_lamp_20260901.geojson" in other.stdout
    assert "missing    lamp oddly named.geojson" in other.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rule", "file-naming"), "RULE=LEVEL"),
        (("--rule", "file-nmaing=off"), "no such rule"),
        (("--rule", "file-naming=loud"), "no such level"),
        (("--key", "w.toml"), "--receipt"),
        (("--receipt", "no/such/r.json"), "folder"),
        (("--baseline", "w.toml"), "baseline"),
    ],
)
def test_what_cannot_be_obeyed_is_said_before_anything_is_read(
    home: Path, words: tuple[str, ...], said: str
) -> None:
    (home / "w.toml").touch()
    done = run("check", "d", "--standard", "city.linjiang", *words, cwd=home)
    assert done.returncode == 2
    assert said in done.stderr
    assert "read 1/" not in done.stderr


def test_two_catalogues_draw_the_same_objects(home: Path) -> None:
    drawn = []
    for name in ("vendor", "city"):
        ok("init", name, "--standard", "city.linjiang", cwd=home)
        ok("-C", name, "ingest", "d", "-q", cwd=home)
        text = ok("-C", name, "sample", "--size", "2", "--by", "path", "--json", cwd=home)
        drawn.append(json.loads(text))
    keys = [[(o["path"], o["place"]) for o in d["objects"]] for d in drawn]
    assert keys[0] == keys[1]
    assert len(keys[0]) == 3
    assert drawn[0]["seed"] == drawn[1]["seed"] != ""
    seeds = {
        ok("-C", "city", "sample", "--size", "2", "--seed", str(n), cwd=home) for n in range(8)
    }
    assert len(seeds) > 1
    half = json.loads(
        ok("-C", "city", "sample", "--share", "50", "--by", "all", "--json", cwd=home)
    )
    assert (len(half["objects"]), half["objects"][0]["of"]) == (3, 6)
    assert run("-C", "city", "sample", cwd=home).returncode == 2
