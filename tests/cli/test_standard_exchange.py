"""``cimkit standard new``, ``import``, ``export`` and ``compare`` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cimkit_cli.main import cli
from click.testing import CliRunner


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.chdir(tmp_path)

    def call(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, ["standard", *words])
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    return call


def test_new_import_export_compare(run: object, tmp_path: Path) -> None:
    assert callable(run)
    text = "代码,名称\n01,公用设施\n0101,井盖\n"
    (tmp_path / "bought.csv").write_text(text, encoding="gb18030")
    said = run("new", "city.a", "a", "--xlsx", "--title", "某市", "--extends", "cn.components@2007")
    assert "city.a@draft  a.xlsx" in said
    assert "the sheet notes" in said
    made = json.loads(run("new", "city.b", "b.zip", "--title", "en=B", "--json"))
    assert (made["id"], made["edition"]) == ("city.b", "draft")

    said = run("import", "bought.csv", "t.xlsx", "--id", "t", "--edition", "1")
    assert "nothing was lost" in said
    assert "header in row 1: code = A '代码'" in said
    assert "井盖" in run("show", "t.xlsx", "--lang", "zh")
    words = ("import", "table", "bought.csv", "t", "--id", "t", "--edition", "1")
    assert json.loads(run(*words, "--column", "code=A", "--json")) == {"out": "t", "losses": []}

    losses = json.loads(run("export", "skos", "cn.components", "t.ttl", "--json"))["losses"]
    assert {"what", "why"} <= losses[0].keys()
    assert "not carried" in run("export", "cn.components", "t2.ttl")
    assert "nothing was lost" in run("export", "folder", "t.xlsx", "t3")

    said = run("compare", "cn.components", "bought.csv", "--overlay", "o", "--id", "city.o")
    assert "name differs: 0101 上水井盖 | 0101 井盖" in said
    assert "2 name differs" in said
    rows = json.loads(run("compare", "cn.components", "bought.csv", "--all", "--json"))
    assert rows["counts"]["name differs"] == 2
    assert "city.o@draft" in run("show", "o")
    assert "2 same" in run("compare", "o", "bought.csv")
