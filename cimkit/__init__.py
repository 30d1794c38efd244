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
    from cimkit.catalog import (
        adopt,
        create,
        decide,
        diff,
        doctor,
        explain,
        find,
        ingest,
        log,
        query,
        save_crosswalk,
        search,
        suggest,
        unclassed,
        withdraw,
    )
    from cimkit.checks import (
        check,
        fix,
        new_key,
        prove,
        sample,
        try_standard,
        verify,
        write_receipt,
    )
    from cimkit.demo import generate
    from cimkit.exporters import export, to_geodataframe
    from cimkit.loaders import probe, read_sheet, write_sheet
    from cimkit.standard import (
        compare_table,
        crosswalk,
        difference,
        explain_code,
        export_standard,
        governing,
        import_standard,
        lint,
        load,
        new,
    )

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "adopt",
    "check",
    "compare_table",
    "create",
    "crosswalk",
    "decide",
    "diff",
    "difference",
    "doctor",
    "explain",
    "explain_code",
    "export",
    "export_standard",
    "find",
    "fix",
    "generate",
    "governing",
    "import_standard",
    "ingest",
    "lint",
    "load",
    "log",
    "new",
    "new_key",
    "probe",
    "prove",
    "query",
    "read_sheet",
    "sample",
    "save_crosswalk",
    "search",
    "suggest",
    "to_geodataframe",
    "try_standard",
    "unclassed",
    "verify",
    "withdraw",
    "write_receipt",
    "write_sheet",
]

_ROOM = {
    "adopt": "catalog",
    "check": "checks",
    "compare_table": "standard",
    "create": "catalog",
    "crosswalk": "standard",
    "decide": "catalog",
    "diff": "catalog",
    "difference": "standard",
    "doctor": "catalog",
    "explain": "catalog",
    "explain_code": "standard",
    "export": "exporters",
    "export_standard": "standard",
    "find": "catalog",
    "fix": "checks",
    "generate": "demo",
    "governing": "standard",
    "import_standard": "standard",
    "ingest": "catalog",
    "lint": "standard",
    "load": "standard",
    "log": "catalog",
    "new": "standard",
    "new_key": "checks",
    "probe": "loaders",
    "prove": "checks",
    "query": "catalog",
    "read_sheet": "loaders",
    "sample": "checks",
    "save_crosswalk": "catalog",
    "search": "catalog",
    "suggest": "catalog",
    "to_geodataframe": "exporters",
    "try_standard": "checks",
    "unclassed": "catalog",
    "verify": "checks",
    "withdraw": "catalog",
    "write_receipt": "checks",
    "write_sheet": "loaders",
}


def __getattr__(name: str) -> Any:
    if name in _ROOM:
        return getattr(import_module(f"cimkit.{_ROOM[name]}"), name)
    raise AttributeError(f"module 'cimkit' has no attribute {name!r}")
