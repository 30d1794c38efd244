"""A DuckDB connection with the extensions it needs, and the lake attached to it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import CatalogError

if TYPE_CHECKING:
    import duckdb

__all__ = ["EXTENSIONS", "attach", "extension_file", "literal", "name", "open_database"]

EXTENSIONS = ("sqlite_scanner", "ducklake", "spatial")
"""DuckDB extensions, in the order they are loaded."""

_verified: set[Path] = set()


def literal(text: str | Path) -> str:
    """Return a text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def name(text: str) -> str:
    """Return a text as a quoted SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def extension_file(extension: str) -> Path:
    """Return where the wheel ``duckdb-extension-<name>`` keeps the binary for this DuckDB.

    Raises
    ------
    CatalogError
        If the wheel is missing or made for another DuckDB.
    """
    import duckdb

    package = f"duckdb_extension_{extension}"
    spec = importlib.util.find_spec(package)
    wheel = f"{package.replace('_', '-')}=={duckdb.__version__}"
    if spec is None or not spec.submodule_search_locations:
        raise CatalogError(
            "a DuckDB extension is not installed", got=extension, mend=f"pip install {wheel}"
        )
    root = Path(next(iter(spec.submodule_search_locations)))
    file = root / "extensions" / f"v{duckdb.__version__}" / f"{extension}.duckdb_extension"
    if not file.is_file():
        there = sorted(p.name for p in (root / "extensions").glob("v*"))
        raise CatalogError(
            f"the DuckDB extension {extension} is made for another DuckDB",
            got=", ".join(there),
            expected=f"v{duckdb.__version__}",
            mend=f"pip install {wheel}",
        )
    return file


def open_database(
    *, spill: Path | None = None, extensions: tuple[str, ...] = EXTENSIONS
) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with extensions loaded, which never asks the network.

    Parameters
    ----------
    extensions : tuple of str
        Those that are loaded; a lake needs them all.
    spill : Path, optional
        Folder for what does not fit in memory. Without it such a query fails.
    """
    import duckdb

    files = [extension_file(extension) for extension in extensions]
    con = duckdb.connect(
        config={
            # Checking the signatures takes 0.6 s. What this process has loaded with its signature
            # checked stays in its memory, and is not read from the file again.
            "allow_unsigned_extensions": _verified.issuperset(files),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    # By path: INSTALL and autoloading go to the network, import_extension copies 81 MB to ~.
    for file in files:
        con.execute(f"LOAD {literal(file)}")
        _verified.add(file)
    con.execute("SET TimeZone = 'UTC'")
    # In `python -c` and notebooks DuckDB draws one on standard output, where results are.
    con.execute("SET enable_progress_bar = false")
    if spill is not None:
        con.execute(f"SET temp_directory = {literal(spill)}")
    return con


def attach(
    con: duckdb.DuckDBPyConnection,
    lake: Path,
    *,
    read_only: bool,
    version: int | None = None,
) -> None:
    """Attach the lake in a folder under the name ``lake``.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        From `open_database`.
    lake : Path
        The folder with ``metadata.sqlite`` and ``data/``.
    read_only : bool
        Whether writing is refused.
    version : int, optional
        Snapshot to be seen; None: the newest, also if it changes later on.

    Raises
    ------
    CatalogError
        If it cannot be attached.
    """
    import duckdb

    # The data path is recorded at creation; overriding it lets the folder be moved and copied.
    data = literal(f"{lake / 'data'}/")
    said = [f"DATA_PATH {data}", "OVERRIDE_DATA_PATH true"]
    if read_only:
        said.append("READ_ONLY")
    else:
        # Small inserts would be kept as rows in SQLite, which knows neither GEOMETRY nor STRUCT.
        said += ["META_JOURNAL_MODE 'WAL'", "DATA_INLINING_ROW_LIMIT 0"]
    if version is not None:
        said.append(f"SNAPSHOT_VERSION {int(version)}")
    target = literal(f"ducklake:sqlite:{lake / 'metadata.sqlite'}")
    try:
        con.execute(f"ATTACH {target} AS lake ({', '.join(said)})")
    except duckdb.Error as error:
        raise CatalogError("the lake cannot be opened", where=str(lake), got=str(error)) from error
