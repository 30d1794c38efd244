"""A city's own coordinate system, defined in a file that stays where it is.

Its parameters may be secret. They are read in the process that computes with them; errors name the
file and the key, never a value.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from cimkit.errors import UsageError
from cimkit.geometry.named_crs import Move, NamedCRS, affine

__all__ = ["FOLDERS", "PREFIX", "definition"]
__all__ += ["definition_sha256", "local_crs", "look_in", "read_definition", "register"]

PREFIX = "local:"
"""What the name of a local system begins with."""
FOLDERS = "CIMKIT_LOCAL_CRS"
"""The environment variable with the folders in which definitions lie, ``<name>.toml``."""
_HELMERT = {"dx", "dy", "rotation", "scale"}
_AFFINE = {"a0", "a1", "a2", "b0", "b1", "b2"}
_SUFFIXES = (".toml", ".wkt", ".prj", ".proj")
_registered: dict[str, NamedCRS] = {}
_folders: list[Path] = []


def look_in(folder: Path) -> None:
    """Let this process look for definitions in a folder, before those of the environment."""
    if folder not in _folders:
        _folders.insert(0, folder)


def definition(name: str) -> Path | None:
    """Return the file that defines a local system, if one of the folders has it."""
    plain = _label(name).removeprefix(PREFIX)
    said = [Path(f) for f in os.environ.get(FOLDERS, "").split(os.pathsep) if f]
    files = (folder / f"{plain}{s}" for folder in (*_folders, *said) for s in _SUFFIXES)
    return next((file for file in files if file.is_file()), None)


def definition_sha256(file: Path) -> str:
    """Return the hash of a definition: what may be told of it besides its name.

    Raises
    ------
    UsageError
        If the file cannot be read.
    """
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(
            "the definition of the local coordinate system cannot be read",
            where=file.name,
            got=error.strerror,
            mend="Name a file relative to the delivery sheet.",
        ) from None


def register(name: str, file: Path) -> NamedCRS:
    """Make a local system known to this process, so that `parse_crs` reads ``local:<name>``.

    Parameters
    ----------
    name : str
        Without ``local:``.
    file : Path
        As for `read_definition`.

    Raises
    ------
    UsageError
        If the definition cannot be used.
    """
    label = _label(name)
    digest = definition_sha256(file)
    known = _registered.get(label)
    if known is None or known.digest != digest:
        known = _registered[label] = read_definition(name, file)
    return known


def local_crs(text: str) -> NamedCRS:
    """Return the local system that ``local:<name>`` names.

    Raises
    ------
    UsageError
        If this process has no definition of it.
    """
    label = _label(text.strip()[len(PREFIX) :])
    if label in _registered:
        return _registered[label]
    name = label.removeprefix(PREFIX)
    file = definition(name)
    if file is not None:
        return register(name, file)
    raise UsageError(
        "no definition of this local coordinate system is at hand",
        got=label,
        mend=f'Say local_crs = "file.toml" in the delivery sheet, or put {name}.toml into the '
        f"folder that the environment variable {FOLDERS} names.",
    )


def _label(name: str) -> str:
    plain = name.strip().removeprefix(PREFIX)
    if not re.fullmatch(r"\w[\w.\-]*", plain):
        raise UsageError(
            "no name of a local coordinate system",
            got=plain,
            expected="letters, digits, dots and hyphens after local:",
        )
    return PREFIX + plain


def read_definition(name: str, file: Path) -> NamedCRS:
    """Read the definition of a local system.

    Parameters
    ----------
    name : str
        What it is to be called.
    file : Path
        WKT or a PROJ string in ``.wkt``, ``.prj`` or ``.proj``; or ``.toml`` with ``crs`` (WKT or
        a PROJ string), or ``base`` (a known system) and either ``dx``, ``dy`` (metres),
        ``rotation`` (degrees counter-clockwise) and ``scale``, or ``a0`` to ``b2``::

            E = dx + scale (x cos r - y sin r)      E = a0 + a1 x + a2 y
            N = dy + scale (x sin r + y cos r)      N = b0 + b1 x + b2 y

        x is the local easting, y the local northing.

    Raises
    ------
    UsageError
        If it cannot be used; values are not repeated.
    """
    label, digest = _label(name), definition_sha256(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
        said = tomllib.loads(text) if file.suffix.lower() == ".toml" else {"crs": text.strip()}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise _wrong(file, "it is no TOML in UTF-8") from None
    unknown = sorted(set(said) - {"name", "crs", "base"} - _HELMERT - _AFFINE)
    if unknown:
        raise _wrong(file, f"unknown key {unknown[0]!r}")
    if ("crs" in said) == ("base" in said):
        raise _wrong(file, "it has either `crs` or `base`")
    base = _plane(said.get("crs", said.get("base")), file)
    keys = set(said) - {"name", "crs", "base"}
    if "crs" in said and keys:
        raise _wrong(file, "with `crs` there are no further parameters")
    if not keys:
        return NamedCRS(label, base, digest=digest)
    return NamedCRS(label, base, *_similarity(said, keys, file), digest=digest)


def _wrong(file: Path, why: str) -> UsageError:
    return UsageError(
        f"the definition of the local coordinate system cannot be used: {why}",
        where=file.name,
        expected="`crs`, or `base` with dx, dy, rotation, scale or a0, a1, a2, b0, b1, b2",
    )


def _plane(said: Any, file: Path) -> CRS:
    from cimkit.geometry.crs import parse_crs

    try:
        crs = parse_crs(said) if isinstance(said, str) else None
    except (UsageError, CRSError):
        crs = None
    if crs is None or isinstance(crs, NamedCRS) or not (crs.is_projected or crs.is_geographic):
        raise _wrong(file, "its system is not one that PROJ knows on a plane or an ellipsoid")
    units = {axis.unit_name for axis in crs.axis_info[:2]}
    if crs.is_compound or not units <= {"metre", "degree"}:
        raise _wrong(file, "it is two-dimensional, in metres or degrees")
    return crs


def _similarity(said: dict[str, Any], keys: set[str], file: Path) -> tuple[Move, Move]:
    numbers: dict[str, float] = {}
    for key in sorted(keys):
        value = said[key]
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not math.isfinite(value):
            raise _wrong(file, f"`{key}` is no number")
        numbers[key] = float(value)
    if keys <= _HELMERT and {"dx", "dy"} <= keys:
        turn, scale = math.radians(numbers.get("rotation", 0.0)), numbers.get("scale", 1.0)
        cos, sin = scale * math.cos(turn), scale * math.sin(turn)
        shift, matrix = [numbers["dx"], numbers["dy"]], [[cos, -sin], [sin, cos]]
    elif keys == _AFFINE:
        shift = [numbers["a0"], numbers["b0"]]
        matrix = [[numbers["a1"], numbers["a2"]], [numbers["b1"], numbers["b2"]]]
    else:
        raise _wrong(file, "the parameters are not complete, or of two kinds")
    turned, moved = np.array(matrix), np.array(shift)
    if abs(np.linalg.det(turned)) < 1e-9:
        raise _wrong(file, "its parameters cannot be undone")

    return affine(turned, moved)
