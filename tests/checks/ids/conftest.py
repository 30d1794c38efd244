"""A small model held against a specification."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cimkit.checks.ids._specification import held_against
from cimkit.loaders.ifc.columns import columns_of
from cimkit.standard.requirements import read_ids
from tests.checks.ids.made import document, ifc

Held = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """Hold a model against a specification; returns the failures."""

    def hold(lines: str, specification: str, schema: str = "IFC4") -> list[dict[str, Any]]:
        file = tmp_path / "model.ifc"
        file.write_text(ifc(lines, schema), encoding="utf-8")
        one = read_ids(document(specification), "t.ids").specifications[0]
        rows: list[dict[str, Any]] = held_against(columns_of(file), one).to_pylist()
        return [row for row in rows if row["kind"] == "fail"]

    return hold
