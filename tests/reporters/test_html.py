"""The page: what it holds, and what it does in a real browser that is refused every host."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from cimkit.checks import tell
from cimkit.model import LAKE
from cimkit.reporters import save
from cimkit.reporters._content import results
from cimkit.reporters._page.content import content

from .conftest import row, verdict_of

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")


def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("no Chromium or Chrome: 'make test' installs it on Debian, or with Homebrew")
    return found


def test_the_page_loads_nothing_and_runs_only_its_own_script(verdict, tmp_path: Path) -> None:
    save(verdict, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["'](?!#|data:,)""", text.partition("<script")[0])
    assert not re.search(r"https?://", text)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    for kind in ("script", "style"):
        inner = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        assert len(inner) == 1
        made = base64.b64encode(sha256(inner[0].encode()).digest()).decode()
        assert f"'sha256-{made}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_of_very_many_some_of_each_kind_are_embedded_and_it_says_so() -> None:
    found = [row("ring", "fail", path="a", place=f"{n}", mistake=str(n % 3)) for n in range(300)]
    found += [row("soft", "fail", path="b")]
    held = content(verdict_of(pa.Table.from_pylist(found, schema=LAKE["findings"])), "en", 100)
    assert held["rows"] == 100
    assert [g["places"] for g in held["groups"]] == [100, 100, 100, 1]
    assert held["columns"]["rule"].count(1) == 1
    assert held["note"]["en"].startswith("Of 301 findings 100 are listed")
    assert sorted(set(held["columns"]["group"])) == [0, 1, 2, 3]


def test_in_a_browser_it_speaks_filters_and_finds_on_the_map(verdict, tmp_path: Path) -> None:
    save(verdict, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    # The page's own policy stays; one more script is let in, by its hash.
    made = base64.b64encode(sha256(PROBE.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{made}' ", 1)
    page = page.replace("</body>", f"<script>{PROBE}</script></body>")
    (tmp_path / "probe.html").write_text(page, encoding="utf-8")
    done = subprocess.run(
        [
            browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={tmp_path / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr", "--window-size=1280,900", "--virtual-time-budget=30000",
            "--dump-dom", f"file://{tmp_path}/probe.html",
        ],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert told == []
    assert "<title>done</title>" in done.stdout, done.stdout[-2000:]
    out = json.loads(html.unescape(re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)[1]))
    assert (out["rows"], out["title"]) == (55, "REJECTED by t@1")
    assert out["zh"][:2] == ["zh", "不通过 依据 t@1"]
    assert "未检查的内容及原因" in out["zh"][2]
    assert "needs measures" in out["zh"][2]
    assert (out["rule"], out["text"], out["all"], out["waived"]) == (12, 1, 55, 1)
    assert out["path"] == 11  # m3.ifc and m30 to m39
    assert out["picked"] == 7
    assert "环未闭合，差 7.5 米" in out["detail"]
    assert (out["solid"], out["group"], out["printed"]) == (1, 40, 0)
    held = page_of(tmp_path / "r.html")
    by_rule = results(verdict)
    failed = {}
    for finding in verdict.findings.to_pylist():
        if finding["status"] == "fail":
            failed.setdefault(finding["rule"], []).append(finding)
    for language, texts in out["told"].items():
        for n, said in enumerate(texts):
            rule = held["rules"][held["columns"]["rule"][n]]["rule"]
            number = held["columns"]["rule"][:n].count(held["columns"]["rule"][n])
            finding = failed[rule][number]
            result = by_rule[rule]
            assert tuple(said) == tell(result.texts, finding, language, result.words)


def page_of(file: Path) -> dict:
    text = file.read_text(encoding="utf-8")
    data = re.search(r'<script type="application/gzip" id="data">([^<]*)</script>', text)[1]
    return json.loads(gzip.decompress(base64.b64decode(data)))
