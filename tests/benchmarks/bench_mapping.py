"""500 mapping rules over 1.3 million objects of a city, against a Python loop over the same rules.

python tests/benchmarks/bench_mapping.py [OBJECTS] [RULES]

The loop takes one object after the other and asks the rules in their order, the best first, until
one fits; it is timed over every hundredth object, and must come to the same classes.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from meter import Step, measure, show

from cimkit.catalog._lake import open_database
from cimkit.standard import MappingRow, Standard, classify_sql, load

_EVERY = 100
_WORDS = ("lamp", "pole", "pipe", "valve", "tree", "bench", "sign", "camera", "fence", "hydrant")
_OBJECTS = """
    CREATE TABLE things AS
    SELECT i AS rowid_, CASE h % 5 WHEN 0 THEN 'bim' ELSE 'gis' END AS kind,
        CASE h % 5 WHEN 0 THEN NULL ELSE $words[1 + h % 10] || '_' || h % 97 END AS source_layer,
        CASE h % 5 WHEN 0 THEN 'IfcThing' || h % 211 ELSE $words[1 + h % 10] END AS source_class,
        'N ' || $words[1 + (h // 7) % 10] || ' ' || i AS name, 'K' || i AS source_key,
        (h % 3000) / 100 AS height, NULL::DOUBLE AS area_m2, NULL::DOUBLE AS length_m,
        NULL::DOUBLE AS z_min, NULL::DOUBLE AS z_max,
        json_object('predefined_type', 'T' || h % 7, 'type', 'Type ' || h % 50, 'usage', h % 400,
            'material', 'M' || h % 30, 'width', (h % 900) / 10, 'owner', 'bureau ' || h % 12)
            AS properties
    FROM (SELECT i, (hash(i) >> 8)::BIGINT AS h FROM range($count) t(i))
"""


def package(folder: Path, rules: int) -> Standard:
    """Write a standard of 50 classes and so many mapping rows of every sort, and load it."""
    makes: list[Callable[[int], dict[str, str]]] = [
        lambda i: {"kind": "bim", "source_class": f"IfcThing{i}", "predefined_type": f"T{i % 7}"},
        lambda i: {"kind": "bim", "source_class": f"IfcThing{i}"},
        lambda i: {"kind": "gis", "layer": f"{_WORDS[i % 10]}_{i % 97}"},
        lambda i: {"kind": "gis", "field": "usage", "op": "equals", "value": str(i)},
        lambda i: {"kind": "gis", "field": "usage", "op": "in", "value": f"{i}|{i + 1}|{i + 2}"},
        lambda i: {
            "kind": "gis",
            "field": "name",
            "op": "contains",
            "value": f"{_WORDS[i % 10]} {i}",
        },
        lambda i: {
            "kind": "gis",
            "field": "layer",
            "op": "prefix",
            "value": f"{_WORDS[i % 10]}_{i % 9}",
        },
        lambda i: {"kind": "gis", "field": "width", "op": "gt", "value": str(i % 90)},
        lambda i: {"field": "owner", "op": "matches", "value": f"^bureau {i % 12}$"},
        lambda i: {"kind": "bim", "field": "measure.height", "op": "le", "value": str(i % 30)},
    ]
    folder.mkdir()
    (folder / "standard.toml").write_text(
        'id = "bench"\nedition = "1"\n[titles]\nen = "bench"\n', encoding="utf-8"
    )
    classes = "".join(f"{n:02},Class {n}\n" for n in range(50))
    (folder / "classes.csv").write_text("code,name_en\n" + classes, encoding="utf-8")
    (folder / "mapping").mkdir()
    columns = ["kind", "layer", "source_class", "predefined_type", "field", "op", "value"]
    with (folder / "mapping" / "a.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, [*columns, "class", "confidence"])
        out.writeheader()
        for i in range(rules):
            said = makes[i % len(makes)](i)
            # What fits many objects says little of each: such rows stand last.
            coarse = said.get("op") in ("gt", "le", "matches")
            confidence = f"{(0.1 if coarse else 0.3) + 0.1 * (i % 7):.2f}"
            out.writerow({**said, "class": f"{i % 50:02}", "confidence": confidence})
    return load(str(folder))


def loop(standard: Standard, rows: list[dict[str, Any]]) -> list[str | None]:
    """Return the class of each object as a plain program would find it."""
    ranked = sorted(standard.mapping, key=_rank)
    return [_first(ranked, row, json.loads(row["properties"])) for row in rows]


def _rank(row: MappingRow) -> tuple[float, int, int]:
    asked = sum(map(bool, (row.kind, row.layer, row.source_class, row.predefined_type, row.op)))
    return -row.confidence, -asked, -max(map(len, row.value.split("|")))


def _first(ranked: list[MappingRow], row: dict[str, Any], said: dict[str, Any]) -> str | None:
    for rule in ranked:
        if rule.kind and rule.kind != row["kind"]:
            continue
        if rule.layer and rule.layer != row["source_layer"]:
            continue
        if rule.source_class and rule.source_class != row["source_class"]:
            continue
        if rule.predefined_type and rule.predefined_type != said["predefined_type"]:
            continue
        if not rule.op or _holds(rule, _value(rule, row, said)):
            return rule.class_code
    return None


def _value(rule: MappingRow, row: dict[str, Any], said: dict[str, Any]) -> str | None:
    if rule.field == "layer":
        value = row["source_layer"]
    elif rule.field == "name":
        value = row["name"]
    elif rule.field == "measure.height":
        value = row["height"]
    else:
        value = said.get(rule.field)
    return None if value is None else str(value).lower()


def _holds(rule: MappingRow, value: str | None) -> bool:
    if value is None:
        return False
    wanted = rule.value.lower()
    if rule.op == "equals":
        return value == wanted
    if rule.op == "in":
        return value in wanted.split("|")
    if rule.op == "contains":
        return wanted in value
    if rule.op == "prefix":
        return value.startswith(wanted)
    if rule.op == "gt":
        return float(value) > float(wanted)
    if rule.op == "le":
        return float(value) <= float(wanted)
    return re.search(wanted, value) is not None


def main(count: int = 1_300_000, rules: int = 500) -> None:
    with tempfile.TemporaryDirectory() as temp:
        standard = package(Path(temp) / "bench", rules)
        con = open_database()
        con.execute(_OBJECTS, {"words": list(_WORDS), "count": count})
        parts = con.execute(f"FROM things WHERE rowid_ % {_EVERY} = 0 ORDER BY rowid_")
        sample = parts.to_arrow_table().to_pylist()
        looped, slow = measure("", lambda: loop(standard, sample))
        sql = classify_sql(standard, "things")
        quick, _ = measure(
            f"one SQL pass, {rules} rules", lambda: con.execute(f"CREATE TABLE done AS {sql}")
        )
        found = con.execute(
            f"SELECT class_code FROM things LEFT JOIN done USING (rowid_) "
            f"WHERE rowid_ % {_EVERY} = 0 ORDER BY rowid_"
        ).fetchall()
        assert [f[0] for f in found] == slow, "the two do not agree"
        classed = con.execute("SELECT count(class_code) FROM done").fetchone()
        con.close()
        scale = count / len(sample)
        whole = Step(
            f"Python loop (from {len(sample):,} objects)",
            looped.cpu_s * scale,
            looped.wall_s * scale,
            looped.peak_mb,
        )
        show(
            f"Mapping: {count:,} objects, {classed[0]:,} classed",
            [quick, whole],
            count=count,
            unit="object",
        )


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
