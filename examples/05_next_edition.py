"""A standards office writes the next edition, proves it, and sees what it would change.

Usage: python examples/05_next_edition.py CATALOG OUT
(CATALOG: what examples/03_ask_the_catalogue.py made; OUT: a folder for the package)
"""

from __future__ import annotations

import sys
from pathlib import Path

import cimkit
from cimkit.checks import proof

FILES = {
    "classes.csv": """change,code,parent,name_zh,name_ja,name_en,replaces,code_origin,source
,0499,04,休憩设施,休憩施設,Resting place,0407,cimkit (fictional),example
retire,0407,,,,,,,
rename,0118,,智慧路灯,スマート街路灯,Smart street lamp,,cimkit (fictional),example
""",
    "rules/next.toml": """[[rule]]
id = "resting-place-named"
element = "completeness: omission"
sql = "SELECT object_id FROM things WHERE class_code = '0499' AND name IS NULL"
clause = "RP-1 (fictional)"
message = { en = "It has no name.", zh = "没有名称。", ja = "名称がありません。" }
hint = { en = "Fill in ObjName.", zh = "请填写 ObjName。", ja = "ObjName を記入してください。" }
""",
    "tests/resting-place-named/pass-1.csv": "kind,class_code,name\ngis,0499,By the river\n",
    "tests/resting-place-named/fail-1.csv": "kind,class_code,name\ngis,0499,\n",
}
TITLES = {
    "en": "Linjiang, next (fictional)",
    "zh": "临江市新版（虚构）",
    "ja": "臨江市次版（架空）",
}


def main(folder: Path, out: Path) -> None:
    parent = "city.linjiang@2026"
    # With .xlsx at its end it begins as a workbook to be filled in.
    book = str(out / "linjiang-2027")
    cimkit.new("city.linjiang.next", book, edition="2027", extends=parent, titles=TITLES)
    for name, text in FILES.items():
        file = Path(book, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    proven = proof(book)
    print(f"{sum(f.ok for f in proven.fixtures)} fixtures came out as they say; {proven.counts}")
    found = cimkit.difference(cimkit.load(parent), cimkit.load(book)).changes
    print(
        *(f"   {c.part} {c.what}: {c.key} {c.name}" for c in found if c.part == "classes"), sep="\n"
    )
    print(cimkit.adopt(cimkit.find(folder), book, dry_run=True).to_text())
    cimkit.export_standard(book, out / "code-book.html", language="all")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
