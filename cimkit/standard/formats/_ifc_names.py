"""Names of IFC classes, which IDS writes in capitals."""

from __future__ import annotations

from functools import cache

__all__ = ["VERSIONS", "proper", "versions"]

VERSIONS = ("IFC2X3", "IFC4", "IFC4X3_ADD2")
"""As IDS names them."""


@cache
def _names() -> dict[str, tuple[str, tuple[str, ...]]]:
    from ifcopenshell import ifcopenshell_wrapper as ifc

    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for version in VERSIONS:
        for entity in ifc.schema_by_name(version).entities():
            name = entity.name()
            found[name.upper()] = (name, (*found.get(name.upper(), (name, ()))[1], version))
    return found


def proper(name: str) -> str:
    """Return an IFC class as IFC writes it: IFCWALL is IfcWall; others stay as they are."""
    return _names().get(name.upper(), (name, ()))[0]


def versions(names: list[str]) -> list[str]:
    """Return the versions that know all these classes; all, if none does."""
    known = [_names().get(n.upper(), (n, VERSIONS))[1] for n in names]
    return [v for v in VERSIONS if all(v in k for k in known)] or list(VERSIONS)
