"""Validation of STAC without network, by schemas that ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cimkit.registry import data_folder

__all__ = ["EXTENSION", "EXTENSION_FILE", "stac_validator"]

EXTENSION = "https://schemas.cimkit.invalid/cim/v0.1.0/schema.json"
"""Address of our extension ``cim:``; it names the schema and cannot be fetched."""
EXTENSION_FILE = "stac-extension/v0.1.0/schema.json"


def stac_validator() -> Any:
    """Return a validator for ``item.validate(validator=...)`` of pystac that asks no network.

    It knows the core, ``cim:``, and what cimkit writes of the extensions file, projection,
    pointcloud and table. PROJJSON is not in it, and not written.

    Returns
    -------
    pystac.validation.stac_validator.JsonSchemaSTACValidator
    """
    from pystac.validation.stac_validator import JsonSchemaSTACValidator

    validator = JsonSchemaSTACValidator()
    folder = data_folder("catalogs")
    files: list[Path] = [*sorted((folder / "stac-schemas").glob("*.json")), folder / EXTENSION_FILE]
    for file in files:
        schema = json.loads(file.read_text(encoding="utf-8"))
        validator.schema_cache[schema["$id"]] = schema
    return validator
