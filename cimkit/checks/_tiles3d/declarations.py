"""What a tileset declares, held against what it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import fits
from cimkit.checks._tiles3d.tileset_members import EXTENSIONS, KNOWN

__all__ = ["check_declarations", "check_objects"]

_GLTF = "3DTILES_content_gltf"
_GEOJSON = "MAXAR_content_geojson"


def check_declarations(said: dict[str, Any], issues: Issues, met: set[str]) -> None:
    """Tell of extensions that are used and not declared, or declared and not used.

    Parameters
    ----------
    issues
        Whose `found` are the extensions met in the document itself.
    met
        Those that its contents and external tilesets need.
    """
    issues = issues.on("extensions")
    issues.count("extensions")
    used, required = (_names(said.get(k)) for k in ("extensionsUsed", "extensionsRequired"))
    for name in sorted(required - used):
        issues.tell("extension-required-unused", "/extensionsRequired", got=name)
    found = issues.found | met
    version = (
        (said.get("asset") or {}).get("version") if isinstance(said.get("asset"), dict) else ""
    )
    if version == "1.0" and _GLTF in used and _GLTF not in required:
        issues.tell("extension-unrequired", "/extensionsRequired", got=_GLTF, expected=_GLTF)
    if _GEOJSON in used and _GEOJSON not in required:
        issues.tell("extension-unrequired", "/extensionsRequired", got=_GEOJSON, expected=_GEOJSON)
    if version == "1.1" and _GLTF not in issues.found:
        found = found - {_GLTF}  # in 1.1 it is part of the format
    for name in sorted(found - used):
        issues.tell("extension-undeclared", "/extensionsUsed", got=name, expected=name)
    for name in sorted(used - found):
        issues.tell("extension-idle", "/extensionsUsed", got=name, severity="info")
    for name in sorted((used | found) - KNOWN):
        issues.tell("extension-unknown", "/extensionsUsed", got=name, severity="info")


def check_objects(said: dict[str, Any], issues: Issues, name: Callable[[str, str], Any]) -> None:
    """Tell of what is wrong in the extensions of a tileset as a whole.

    Parameters
    ----------
    name
        Given an address and its place, tells of it if no such file was delivered.
    """
    issues = issues.on("extensions")
    extensions = said.get("extensions")
    for key, kind in EXTENSIONS.items():
        own = extensions.get(key) if isinstance(extensions, dict) else None
        at = f"/extensions/{key}"
        if not isinstance(own, dict) or not fits(own, kind, issues, at):
            continue
        used, required = (_names(own.get(k)) for k in ("extensionsUsed", "extensionsRequired"))
        for one in sorted(required - used):
            issues.tell("extension-required-unused", f"{at}/extensionsRequired", got=one)
        if own.get("propertiesSchemaUri") is not None:
            name(own["propertiesSchemaUri"], f"{at}/propertiesSchemaUri")


def _names(given: Any) -> set[str]:
    return {e for e in given if isinstance(e, str)} if isinstance(given, list) else set()
