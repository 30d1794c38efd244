"""``cimkit standard crosswalk``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from .test_commands import ok, run

HEAD = 'id = "{id}"\nedition = "1"\n[titles]\nen = "{id}"\n'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages a and b, linked; and c, which has to do with neither."""
    home = tmp_path_factory.mktemp("crosswalk")
    classes = {
        "a": "code,name_en,name_zh\nA1,Lamp,灯\nA2,Cover,盖\nA3,Tree,树\n",
        "b": "code,name_en,name_zh\nB1,Light,灯具\nB2,Lid,井盖\n",
        "c": "code,name_en\nC1,Whale\n",
    }
    for name, text in classes.items():
        (home / name).mkdir()
        (home / name / "standard.toml").write_text(HEAD.format(id=name))
        (home / name / "classes.csv").write_text(text, encoding="utf-8")
    (home / "a" / "crosswalk").mkdir()
    (home / "a" / "crosswalk" / "b.csv").write_text(
        "from_scheme,from_code,to_scheme,to_code,relation\na,A1,b,B1,exact\na,A2,b,B2,broad\n"
    )
    return home


def test_the_table_and_below_it_what_cannot_be_translated(home: Path) -> None:
    said = ok("standard", "crosswalk", "./a", "./b", "--lang", "zh", cwd=home)
    table, below = said.split("\n\n", 1)
    assert "灯具" in table
    assert "exact" in table
    assert "2 rows: 1 exact, 1 broad" in below
    assert "1 classes of a@1 have nothing in b@1\n  A3  树" in below
    assert "0 classes of b@1 have nothing in a@1" in below


def test_one_relation_as_csv(home: Path) -> None:
    said = ok(
        "standard", "crosswalk", "./a", "./b", "--relation", "broad", "--csv", cwd=home
    )  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(said))
    assert (row["from_code"], row["to_code"], row["via"]) == ("A2", "B2", "declared")


def test_json_and_untranslated_alone(home: Path) -> None:
    found = json.loads(ok("standard", "crosswalk", "./a", "./b", "--json", cwd=home))
    assert found["linked"] is True
    assert found["counts"] == {"exact": 1, "broad": 1}
    assert [r["code"] for r in found["untranslated"]] == ["A3"]
    said = ok("standard", "crosswalk", "./a", "./b", "--untranslated", cwd=home)
    assert "A3  Tree" in said
    assert "A1" not in said


def test_two_packages_without_any_link_say_so(home: Path) -> None:
    said = ok("standard", "crosswalk", "./a", "./c", cwd=home)
    assert said.startswith("a@1 and c@1 have nothing in common")
    assert "3 classes of a@1 have nothing in c@1" in said
    assert "1 classes of c@1 have nothing in a@1" in said


def test_written_to_a_file(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = run("standard", "crosswalk", "./a", "./b", "-o", out, cwd=home)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 3


def test_saved_in_the_catalogue_and_found_by_a_query(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "city"
    ok("init", place, "--standard", "cn.components", cwd=tmp_path)
    done = run("-C", place, "standard", "crosswalk", "./a", "./b", "--save", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "2 rows saved in version 2" in done.stderr
    sql = "SELECT translate_class('a', 'A2', 'b') AS there"
    assert json.loads(ok("-C", place, "query", sql, "--json", cwd=home)) == [{"there": "B2"}]


def test_a_standard_that_is_not_there(home: Path) -> None:
    done = run("standard", "crosswalk", "./a", "no.such", cwd=home)
    assert done.returncode == 2
    assert "no such standard" in done.stderr
