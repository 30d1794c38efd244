"""Packages made for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = """
id = "{id}"
edition = "1"
extends = {extends}
class_fields = ["class"]
[titles]
en = "{id}"
"""
CODE = """
[code]
segments = [{ name = "division", length = 6 }, { name = "major", length = 2 },
            { name = "minor", length = 2 }, { name = "sequence", length = 6 }]
fields = ["ObjID"]
"""
CLASSES = """code,parent,name_zh,name_en
01,,设施,Facilities
0101,01,井盖,Manhole cover
0102,01,路灯,Street lamp
"""

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a package folder: make("a", {"classes.csv": ...}, extends=["b@1"])."""

    def write(
        name: str,
        files: dict[str, str] | None = None,
        extends: tuple[str, ...] = (),
        more: str = "",
    ) -> Path:
        folder = tmp_path / name
        said = {"standard.toml": more + HEAD.format(id=name, extends=list(extends))}
        if not extends:
            said["classes.csv"] = CLASSES
            said["standard.toml"] += CODE
        for file, text in (said | (files or {})).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        return folder

    return write
