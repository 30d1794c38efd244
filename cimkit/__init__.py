"""cimkit: a geospatial data-asset catalogue and CIM/BIM toolkit.

Every verb of the command line has the same name here. They are imported at first use, so that
``import cimkit`` and ``cimkit --help`` cost next to nothing.

Examples
--------
>>> import cimkit
>>> "ingest" in cimkit.__all__
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cimkit.catalog import create, diff, doctor, find, ingest, log, query, search
    from cimkit.checks import check
    from cimkit.demo import generate
    from cimkit.exporters import export, to_geodataframe
    from cimkit.loaders import probe, read_sheet, write_sheet
    from cimkit.standard import load

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "check",
    "create",
    "diff",
    "doctor",
    "export",
    "find",
    "generate",
    "ingest",
    "load",
    "log",
    "probe",
    "query",
    "read_sheet",
    "search",
    "to_geodataframe",
    "write_sheet",
]

_ROOM = {
    "check": "checks",
    "create": "catalog",
    "diff": "catalog",
    "doctor": "catalog",
    "export": "exporters",
    "find": "catalog",
    "generate": "demo",
    "ingest": "catalog",
    "load": "standard",
    "log": "catalog",
    "probe": "loaders",
    "query": "catalog",
    "read_sheet": "loaders",
    "search": "catalog",
    "to_geodataframe": "exporters",
    "write_sheet": "loaders",
}


def __getattr__(name: str) -> Any:
    if name in _ROOM:
        return getattr(import_module(f"cimkit.{_ROOM[name]}"), name)
    raise AttributeError(f"module 'cimkit' has no attribute {name!r}")
