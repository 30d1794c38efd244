"""A folder is a registry: each public module in it that has a ``SPEC`` is an entry.

Built-in entries are found by listing the folder, foreign ones by the entry-point group of the same
name (``cimkit.loaders``, ``cimkit.checks``, ``cimkit.exporters``, ``cimkit.reporters``): one door
for both. Names are listed without importing anything, so that a command line stays quick.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from cimkit.errors import UsageError

__all__ = ["data_folder", "entries", "entry", "names"]


@cache
def _table(package: str) -> dict[str, str]:
    root = importlib.util.find_spec(package)
    if root is None or root.submodule_search_locations is None:
        raise UsageError("no such registry", got=package)
    found = {
        m.name: f"{package}.{m.name}"
        for m in pkgutil.iter_modules(root.submodule_search_locations)
        if not m.name.startswith("_")
    }
    for point in entry_points(group=package):
        if point.name in found:
            raise UsageError(
                f"two {package} entries share one name",
                got=point.name,
                mend=f"Uninstall {point.value.split('.')[0]} or rename its entry point.",
            )
        found[point.name] = point.value
    return dict(sorted(found.items()))


def names(package: str) -> list[str]:
    """Return the names in a registry, sorted, without importing its modules.

    Parameters
    ----------
    package : str
        Dotted name of the folder, e.g. ``"cimkit.exporters"``.
    """
    return list(_table(package))


def entry(package: str, name: str) -> ModuleType:
    """Import one entry of a registry.

    Raises
    ------
    UsageError
        If there is none of that name; the error lists those there are.
    """
    table = _table(package)
    key = name.replace("-", "_")
    if key not in table:
        known = ", ".join(n.replace("_", "-") for n in table)
        raise UsageError(f"no such {package.rsplit('.', 1)[-1]} entry", got=name, expected=known)
    return importlib.import_module(table[key])


def entries(package: str) -> dict[str, ModuleType]:
    """Import all entries of a registry, by name."""
    return {name: entry(package, name) for name in _table(package)}


def data_folder(name: str) -> Path:
    """Return the folder of data files ``name`` ("standards", "catalogs").

    It lies beside the modules in an installed package and one level up in a checkout.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise UsageError("data folder missing from this installation", got=name, mend="Reinstall it.")
