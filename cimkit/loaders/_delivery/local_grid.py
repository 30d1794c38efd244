"""A city's own coordinate system in the delivery sheet: a name, and where its definition lies.

What the definition says stays in that file. It is read where coordinates are computed, in a worker;
its name and its hash are all that leaves it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from cimkit.errors import SheetError, UsageError
from cimkit.model import Asset, Declaration, LocalGrid, SheetRow

__all__ = ["declared_grid", "is_local", "known_here", "named", "with_grids"]

_PREFIX = "local:"


def is_local(text: str) -> bool:
    """Return whether a CRS is named ``local:<name>``."""
    return text.strip().lower().startswith(_PREFIX)


def declared_grid(crs: str | None, path: Any, sheet: Path, where: str) -> LocalGrid:
    """Return the grid that a row of a sheet declares.

    Parameters
    ----------
    crs : str or None
        What the row says besides; without it the file's own name names the grid.
    path : str
        Of the definition, relative to the sheet.

    Raises
    ------
    SheetError
        If the definition cannot be used, or the row's CRS is another one.
    """
    file = (sheet.absolute().parent / str(path)).resolve()
    if crs is not None and not is_local(crs):
        raise SheetError(
            "a row with local_crs names the local system",
            where=where,
            got=crs,
            expected=f'crs = "{_PREFIX}{file.stem}"',
        )
    return _grid((crs or file.stem).strip(), file, where)


def _grid(name: str, file: Path, where: str) -> LocalGrid:
    from cimkit.geometry.local_crs import register

    try:
        known = register(name.removeprefix(_PREFIX), file)
    except UsageError as error:
        raise SheetError(
            error.what, where=where, got=error.got, expected=error.expected, mend=error.mend
        ) from None
    return LocalGrid(known.label, str(file), known.digest)


def with_grids(rows: tuple[SheetRow, ...], sheet: Path) -> tuple[SheetRow, ...]:
    """Give each row that names a local system its definition: another row's, or one that is known.

    Raises
    ------
    SheetError
        If there is none.
    """
    grids = {r.declared.local_crs.name: r.declared.local_crs for r in rows if r.declared.local_crs}
    out = []
    for row in rows:
        name = row.declared.crs
        if name is None or not is_local(name) or row.declared.local_crs is not None:
            out.append(row)
            continue
        where, label = f"{sheet}: {row.glob}: crs", _PREFIX + name.strip()[len(_PREFIX) :].strip()
        grid = grids.get(label) or _known(label, where)
        declared = dataclasses.replace(row.declared, crs=grid.name, local_crs=grid)
        out.append(dataclasses.replace(row, declared=declared))
    return tuple(out)


def _known(label: str, where: str) -> LocalGrid:
    from cimkit.geometry.local_crs import definition

    try:
        file = definition(label)
    except UsageError as error:
        raise SheetError(error.what, where=where, got=error.got, expected=error.expected) from None
    if file is None:
        raise SheetError(
            "no definition of this local coordinate system is at hand",
            where=where,
            got=label,
            mend='Say local_crs = "file.toml" in this row, or set CIMKIT_LOCAL_CRS to the folder '
            f"with {label.removeprefix(_PREFIX)}.toml.",
        )
    return _grid(label, file, where)


def known_here(declared: Declaration) -> None:
    """Make the declared grid known to this process.

    Raises
    ------
    UsageError
        If its definition cannot be read, or is no longer what it was when the sheet was read.
    """
    grid = declared.local_crs
    if grid is None:
        return
    from cimkit.geometry.local_crs import definition_sha256, register

    file = Path(grid.file)
    if definition_sha256(file) != grid.sha256:
        raise UsageError("the definition of the local system has changed meanwhile", got=grid.name)
    register(grid.name, file)


def named(asset: Asset, declared: Declaration) -> dict[str, Any]:
    """Return the properties of an asset, with the grid's name and hash if it is in that grid."""
    grid = declared.local_crs
    if grid is None or asset.crs != grid.name:
        return asset.properties
    return {**asset.properties, "local_crs": {"name": grid.name, "sha256": grid.sha256}}
