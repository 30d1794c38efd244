"""One verdict for all forms: many places, copies of one mistake, parts at fault, hostile names."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
import shapely

from cimkit.checks import CheckSpec, Verdict, tell
from cimkit.checks._verdict import judge
from cimkit.checks._waivers import Waiver, WaiverUse
from cimkit.model import LAKE
from cimkit.standard import Acceptance, Rule

HOSTILE = '</script><img src=x onerror="alert(1)">&\x01\u202e|`=cmd()'
GUID = "3D8f0$aaaaaaaaaaaaaaaa"
WORDS = {
    "ring-open": {
        "en": "the ring is open by {gap} m",
        "zh": "环未闭合，差 {gap} 米",
        "ja": "環が {gap} m 開いています",
    },
    "close-it": {"en": "close {place}", "zh": "请闭合 {place}", "ja": "{place} を閉じてください"},
}
MESSAGE = {"en": "{path}: {reason}", "zh": "{path}：{reason}", "ja": "{path}：{reason}"}
HINT = {"en": "mend it", "zh": "请修改", "ja": "修正してください"}
RING = shapely.Polygon(
    [(106.5, 29.5, 200), (106.5, 29.501, 200), (106.501, 29.501, 210), (106.501, 29.5, 210)]
)
NAMES = ("ring", "origin", "hostile", "soft", "blind", "half", "nothing", "waived")


def row(rule: str, status: str, count: int = 1, **more: Any) -> dict[str, Any]:
    details = {k: more.pop(k) for k in ("gap", "free", "own_hint") if k in more}
    for old, new in (("free", "reason"), ("own_hint", "hint")):
        if old in details:
            details[new] = details.pop(old)
    blank = dict.fromkeys(("path", "layer", "place", "measured", "expected", "tolerance"), "")
    made = {
        **blank,
        **dict.fromkeys(("fingerprint", "waived", "compared", "reason", "mistake"), ""),
        "delivery_id": "d1",
        "rule": f"t/{rule}",
        "status": status,
        "severity": "error",
        "mender": "vendor",
        "clause": "T 4.2",
        "element": "logical consistency: topological",
        "count": count,
        "details": json.dumps(details) if details else "",
        **more,
    }
    message, hint = tell((MESSAGE, HINT), made, "en", WORDS)
    return {**made, "message": message, "hint": hint}


def rows() -> list[dict[str, Any]]:
    found = [
        row(
            "ring",
            "fail",
            path=f"{n % 3}.gml",
            layer="Building",
            place=f"line {n + 1}",
            reason="ring-open",
            own_hint="close-it",
            gap=0.5 + n,
            measured=f"-{n}.5 m",
            expected="0 m",
            tolerance="0.01 m",
            x=106.5 + n / 1000,
            y=29.5,
            z=200.0,
            geometry=shapely.to_wkb(RING, output_dimension=3) if n < 4 else None,
            fingerprint=f"f{n}",
            compared="new" if n % 2 else "open",
        )
        for n in range(12)
    ]
    found += [
        row(
            "origin",
            "fail",
            path=f"m{n}.ifc",
            object_class="IfcSite",
            place=f"#12 {GUID}",
            mistake="origin 0 0",
            free="shifted by 5 km",
            x=106.5,
            y=29.51,
            fingerprint=f"o{n}",
        )
        for n in range(40)
    ]
    found += [
        row("ring", "pass", 1000, reason="passed"),
        row("hostile", "fail", 3, path=HOSTILE, layer=HOSTILE, place=HOSTILE, free=HOSTILE),
        row("soft", "fail", severity="warning", path="a.shp", free="编码：未声明", measured="=1+1"),
        row("blind", "not checked", 0, free="needs measures"),
        row("half", "not checked", 4, path="b.ifc", free="place unknown"),
        row("half", "pass", 2, reason="passed"),
        row("nothing", "not applicable", 0, reason="nothing"),
        row("waived", "fail", path="old.shp", free="known", waived="w1", fingerprint="w"),
    ]
    return found


def verdict_of(table: pa.Table, *, files: list[dict[str, Any]] | None = None) -> Verdict:
    met = set(table["rule"].unique().to_pylist())
    checked = [
        (
            Rule(id=f"t/{n}", clause="T 4.2", message=MESSAGE, hint=HINT),
            CheckSpec(n, n.title(), words=WORDS),
        )
        for n in NAMES
        if f"t/{n}" in met
    ]
    receipt = {
        "standard": "t@1",
        "title": {"en": "Town", "zh": "镇"},
        "standard_hash": "f" * 32,
        "tool": "cimkit 0.1",
        "governed_by": {
            "standard": "t@1",
            "date": "2026-09-01",
            "reason": {"en": "t@1 is \x1b[31mold", "zh": "t@1 已失效", "ja": "t@1 は失効"},
            "alternatives": ["t@2"],
            "warning": True,
        },
        "context_hash": None,
        "sheet_hash": None,
        "delivery": "d1",
        "language": "en",
        "checked": "2026-09-01T00:00:00+00:00",
        "seconds": 1.25,
        "files": files
        or [
            {"path": HOSTILE, "sha256": "0" * 64, "size": 1, "status": "ok"},
            *(
                {
                    "path": f"m{n}.ifc",
                    "sha256": "1" * 64,
                    "size": 2,
                    "status": "ok",
                    "crs": "EPSG:4545",
                    "frame": [1.0, 0, 0, 450000.0, 0, 1.0, 0, 3260000.0, 0, 0, 1.0, 100.0],
                }
                for n in range(40)
            ),
            {"path": "c.txt", "sha256": "0" * 64, "size": 1, "status": "ignored"},
        ],
    }
    waiver = Waiver("w1", "City office", "old stock", date(2027, 1, 1))
    return judge(table, checked, Acceptance(), receipt, waivers=(WaiverUse(waiver, False, 1),))


@pytest.fixture(scope="session")
def verdict() -> Verdict:
    table = pa.Table.from_pylist(rows(), schema=LAKE["findings"])
    # As many pieces as rules: so it comes from a check.
    return verdict_of(pa.concat_tables([table.slice(n, 7) for n in range(0, len(table), 7)]))
