"""``cimkit.toml``, the settings of a catalogue, and the definitions it starts from."""

from __future__ import annotations

import dataclasses
import json
import os
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cimkit.errors import CatalogError, UsageError
from cimkit.registry import data_folder

__all__ = ["FILE", "NEXT", "Config", "adopted", "definition", "read", "write"]

FILE = "cimkit.toml"
"""Name of the file that makes a folder a catalogue."""
NEXT = "cimkit.toml.next"
"""Settings that hold as soon as the lake has the change they belong to."""

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of a catalogue."""

    format: int = _FORMAT
    """Version of the catalogue's layout."""
    definition: str = "default"
    """Name of the definition it was made from."""
    title: str = ""
    """For people."""
    standard: str | None = None
    """Standard in force: ``id@edition`` or the path of a package."""
    division: str | None = None
    """Administrative division that identifier codes start with."""
    metric_crs: str | None = None
    """Projected CRS for outputs in metres; None: chosen by the place."""
    heights: str = "orthometric, not shifted"
    """What is known of the step from the sources' heights to the ellipsoid."""
    undulation_m: float | None = None
    """Height of the geoid above the ellipsoid that exports add; None: nothing is added."""
    geoid: str | None = None
    """Model of the geoid that exports take heights to the ellipsoid by, where it is not one
    undulation for all: a name of `cimkit.geometry.geoid.MODELS`, or the file of a grid."""
    local_crs: str | None = None
    """Folder with definitions of local coordinate systems, ``<name>.toml``, which stay there."""
    roots: dict[str, str] = field(default_factory=dict)
    """Folders of delivered data by name; `items.path` is relative to one of them."""


def definition(which: str) -> Config:
    """Return the settings that a shipped definition or one in a folder starts with.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    folder = Path(which) if Path(which, "definition.toml").is_file() else None
    shipped = data_folder("catalogs")
    folder = folder or shipped / which
    file = folder / "definition.toml"
    if not file.is_file():
        known = ", ".join(sorted(p.parent.name for p in shipped.glob("*/definition.toml")))
        raise UsageError("no such catalogue definition", got=which, expected=known)
    config = dataclasses.replace(_parse(file), definition=which)
    if config.local_crs is not None:
        config = dataclasses.replace(config, local_crs=str((folder / config.local_crs).resolve()))
    if config.geoid is not None and (folder / config.geoid).is_file():
        config = dataclasses.replace(config, geoid=str((folder / config.geoid).resolve()))
    return config


def read(folder: Path) -> Config:
    """Return the settings of the catalogue in a folder.

    Raises
    ------
    CatalogError
        If the file cannot be understood.
    """
    config = _parse(folder / FILE)
    if config.format != _FORMAT:
        raise CatalogError(
            "this catalogue was made by another version of cimkit",
            where=str(folder / FILE),
            got=config.format,
            expected=_FORMAT,
        )
    return config


def write(folder: Path, config: Config, *, change: str | None = None) -> None:
    """Write the settings of a catalogue, all at once.

    Parameters
    ----------
    folder : Path
        Of the catalogue.
    config : Config
        The settings.
    change : str, optional
        Mark of a change to the lake without which they do not hold: they are laid down beside
        those in force. See `adopted`.
    """
    lines = ["# A cimkit catalogue. See `cimkit doctor`." + (f" {change}" if change else "")]
    plain = {k: v for k, v in dataclasses.asdict(config).items() if v is not None}
    roots = plain.pop("roots")
    lines += [f"{key} = {_toml(value)}" for key, value in plain.items()]
    lines += ["", "[roots]"]
    lines += [f"{_toml(key)} = {_toml(value)}" for key, value in sorted(roots.items())]
    part = folder / f"{FILE}.part"
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.replace(part, folder / (NEXT if change else FILE))


def adopted(folder: Path, has: Callable[[str], bool]) -> None:
    """Let the settings that were laid down hold, if the lake has the change they belong to.

    Whoever changed the lake may have died before they could do so.

    Parameters
    ----------
    folder : Path
        Of the catalogue.
    has : callable
        Whether the lake has the change of a mark.
    """
    file = folder / NEXT
    try:
        mark = file.read_text(encoding="utf-8").partition("\n")[0].rpartition(" ")[2]
    except FileNotFoundError:
        return
    if has(mark):
        with suppress(FileNotFoundError):  # another process was quicker
            os.replace(file, folder / FILE)


def _parse(file: Path) -> Config:
    try:
        plain: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError(
            "the settings cannot be read", where=str(file), got=str(error)
        ) from error
    known = {f.name for f in dataclasses.fields(Config)}
    unknown = sorted(set(plain) - known)
    if unknown:
        raise CatalogError(
            "unknown setting",
            where=str(file),
            got=", ".join(unknown),
            expected=", ".join(sorted(known)),
        )
    return Config(**plain)


def _toml(value: Any) -> str:
    # A JSON string is a TOML basic string, a JSON number a TOML number.
    return json.dumps(value, ensure_ascii=False)
