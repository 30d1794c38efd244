"""The page in a real browser, which is refused every other host."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cimkit.geometry.frames import ecef
from cimkit.tiles import Encoding, Layer, Store, copies, write_layer, write_tileset
from cimkit.tiles.metadata import (
    FEATURE,
    LAYER,
    Choice,
    Enumeration,
    Property,
    Schema,
    schema_json,
)
from cimkit.tiles.tileset import Tile, outer_box

VIEWER = Path(__file__).resolve().parents[2] / "cimkit" / "server" / "viewer"
# Waits until all is drawn, then clicks in the middle and says so in the title.
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PROBE = """
const wait = setInterval(() => {
  const c = window.cimkit;
  if (!c || !c.layers.length || !c.loaded()) return;
  clearInterval(wait);
  c.fly(c.layers.map((l) => l.tileset));
  let n = 0;
  const again = setInterval(() => {
    if (++n < 5 || !c.loaded()) return;
    clearInterval(again);
    const w = c.widget.canvas;
    c.pick(new Cesium.Cartesian2(w.clientWidth / 2, w.clientHeight / 2));
    document.title = "picked";
  }, 300);
}, 200);
"""


@pytest.fixture(params=["beside others", "alone"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    dist = VIEWER / "dist"
    if not (dist / "index.html").is_file():
        pytest.fail("the viewer is not built: run 'make viewer'")
    out = tmp_path / "out"
    shutil.copytree(dist, out)
    (out / "points").mkdir()
    features = pa.table(
        {
            "object_id": ["o-1"], "name": ["big box"], "class_code": ["5001"], "level": ["CIM2"],
            "class_name": ["Building"], "class_name_zh": ["建筑"], "class_name_ja": ["建築物"],
            "storeys": ["7"],
        }
    )  # fmt: skip
    at = np.array([[106.5, 29.57, 200.0]])
    layer = Layer(
        features,
        ecef(*at.T),
        np.array([50.0]),
        np.array([1000.0]),
        lambda rows: [
            copies("box", at[rows], np.full((1, 3), 50.0), np.zeros(1), np.arange(len(rows)))
        ],
    )
    levels = Enumeration(
        "level", "Level", (Choice("CIM2", "Massing", "框架模型", "フレームモデル"),)
    )
    level = Property("level", "Level", "ENUM", "", levels)
    extra = (Property("class_name_zh", ""), Property("class_name_ja", ""))
    feature = (*(level if p.name == "level" else p for p in FEATURE), *extra)
    feature = (*feature, Property("storeys", "Floors"))
    document = schema_json({"layer": LAYER, "feature": feature})
    (out / "schema.json").write_text(json.dumps(document))
    encoding = Encoding(schema=Schema("../schema.json", document, feature))
    root = write_layer(layer, Store(out), "points", encoding=encoding).root
    assert root is not None
    write_tileset(out / "points" / "tileset.json", root)
    low, high = outer_box(root)
    child = Tile(root.frame, low, high, root.error, "points/tileset.json", 0)
    empty = Tile(root.frame, np.full(3, np.inf), np.full(3, -np.inf), 100.0, children=[child])
    # A city of one layer has no tile above it.
    whole = child if request.param == "alone" else empty
    levels = Enumeration(
        "level", "Level", (Choice("CIM2", "Massing", "框架模型", "フレームモデル"),)
    )
    level = Property("level", "Level", "ENUM", "", levels)
    group = {"class": "layer", "properties": {"name": "points", "title_ja": "施設"}}
    write_tileset(
        out / "tileset.json",
        whole,
        schema="schema.json",
        groups=[group],
        extras={
            "cimkit": {
                "title": "City", "classes": [{"code": "5001", "name_ja": "建物"}],
                "withheld": {"secret": 3}, "left_out": {"not placed": 1200, "empty": 34},
            }
        },
        unframed=True,
    )  # fmt: skip
    index = (out / "index.html").read_text()
    (out / "probe.js").write_text(PROBE)
    probe = '<script src="probe.js"></script></body>'
    (out / "probe.html").write_text(index.replace("</body>", probe))
    return out


def test_the_page_draws_picks_and_speaks_japanese(page: Path, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.fail("no Chromium or Chrome: 'make test' installs it on Debian, or with Homebrew")
    code = "import sys; from pathlib import Path; from cimkit.server import serve\n"
    code += "serve(Path(sys.argv[1]), port=0)"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(page)], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        try:
            line = server.stderr.readline()
            address = next(word for word in line.split() if word.startswith("http://"))
            done = subprocess.run(
                [
                    browser, "--headless", "--no-sandbox", "--disable-gpu", "--use-gl=angle",
                    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
                    "--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}",
                    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                    "--enable-logging=stderr", "--window-size=800,600",
                    "--virtual-time-budget=60000", "--dump-dom", f"{address}probe.html?lang=ja",
                ],
                capture_output=True, text=True, timeout=300,
            )  # fmt: skip
        finally:
            server.terminate()
            server.wait(10)
    told = [
        line for line in done.stderr.splitlines() if "CONSOLE" in line and "GPU stall" not in line
    ]
    assert "<title>picked</title>" in done.stdout, told
    for text in ("City", "施設", "建物", "big box", "CIM2", "分類コード"):
        assert text in done.stdout, told
    # Names and meanings are those of the page's language; an attribute has the schema's name.
    for text in ("建築物", "CIM2 フレームモデル", "Floors", "3 非公開, 1,234 描画なし"):
        assert text in done.stdout, told
    for text in ("建筑", "class_name", "Massing"):
        assert text not in done.stdout
    # Neither another host was asked for nor did the page's own policy have to stop one.
    assert not [line for line in told if "Refused" in line or "ERR_NAME" in line], told
