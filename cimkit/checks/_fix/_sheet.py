"""A delivery sheet as TOML, as `cimkit.loaders.read_sheet` reads it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from cimkit.model import Sheet

__all__ = ["sheet_text"]


def sheet_text(sheet: Sheet) -> str:
    """Return a sheet as TOML."""
    lines = []
    if sheet.delivery:
        lines += ["[delivery]", *(f"{k} = {_value(v)}" for k, v in sheet.delivery.items()), ""]
    for row in sheet.rows:
        said = {
            f.name: getattr(row.declared, f.name)
            for f in dataclasses.fields(row.declared)
            if getattr(row.declared, f.name) is not None
        }
        if "local_crs" in said:
            said["local_crs"] = said["local_crs"].file
        lines += ["[[source]]", f"glob = {_value(row.glob)}"]
        lines += [f"{name} = {_value(value)}" for name, value in said.items()]
        lines.append("")
    return "\n".join(lines)


def _value(value: Any) -> str:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = {k: v for k, v in dataclasses.asdict(value).items() if v not in ("", None)}
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in inner.items()) + " }"
    # A JSON text, number or truth value is one of TOML.
    return json.dumps(value, ensure_ascii=False)
