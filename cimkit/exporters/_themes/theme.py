"""``themes/*.toml`` of a catalogue's definition."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import UsageError
from cimkit.exporters._styles.palette import RAMPS, ramp_colors
from cimkit.exporters._styles.style import LANGUAGES, Names
from cimkit.registry import data_folder

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["KINDS", "METHODS", "Category", "Theme", "read_theme", "themes_of"]

KINDS = ("graduated", "categorical", "unique")
"""Ranges of numbers; the values that are listed; each value that there is."""
METHODS = ("given", "equal", "quantile", "jenks")
"""Ways to the breaks between ranges."""
_GEOMETRIES = ("point", "line", "polygon")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Category:
    """One value that a theme lists."""

    value: Any
    """As the query answers it."""
    names: Names
    """For the legend."""
    color: str | None
    """#rrggbb; None: the next of the palette."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A thematic map."""

    id: str
    """Name of its file."""
    titles: Names
    """For people."""
    sql: str
    """SELECT with object_id, geometry and value; further columns go along, and ``value_zh``,
    ``value_ja`` and ``value_en`` name the values of a unique theme."""
    geometry: str
    """point, line or polygon."""
    kind: str
    """One of `KINDS`."""
    method: str = "quantile"
    """One of `METHODS`."""
    classes: int = 5
    """Ranges, where they are not given."""
    breaks: tuple[float, ...] = ()
    """Given: the edges of the ranges, one more than there are of them."""
    colors: str | tuple[str, ...] = ""
    """Ramp (see `cimkit.exporters._styles.palette.RAMPS`) or colours; "": what suits the kind."""
    categories: tuple[Category, ...] = ()
    """Values of a categorical theme."""
    other: Names | None = None
    """What no class takes is called so, and drawn in grey; None: it is not drawn."""
    unit: str = ""
    """Of the values."""
    label: str = ""
    """Column written beside the features."""
    opacity: float = 0.85
    """0 to 1."""
    zooms: tuple[float, float] = (0.0, 24.0)
    """From which zoom on and below which it is drawn."""
    attribution: str = ""
    """Whose data they are."""
    glyphs: str = ""
    """URL template of the fonts that a web map writes labels with; "": it writes none."""


_KEYS = {f for f in Theme.__dataclass_fields__ if f != "id"}


def themes_of(catalog: Catalog, asked: Sequence[str]) -> list[Theme]:
    """Return the themes of a catalogue's definition, by id.

    Parameters
    ----------
    catalog : Catalog
        Whose definition is asked.
    asked : sequence of str
        Ids, or files; () and ``all`` stand for all of the definition.

    Raises
    ------
    UsageError
        If there is no such theme, or one cannot be understood.
    """
    which = catalog.config.definition
    folder = (
        Path(which) if Path(which, "definition.toml").is_file() else data_folder("catalogs") / which
    )
    files = {file.stem: file for file in sorted((folder / "themes").glob("*.toml"))}
    names = list(dict.fromkeys(asked))
    if not names or names == ["all"]:
        if not files:
            raise UsageError(
                "this definition has no themes",
                where=str(folder),
                mend="Name the TOML file of a theme.",
            )
        return [read_theme(file) for file in files.values()]
    found = []
    for name in names:
        file = Path(name) if name.endswith(".toml") else files.get(name)
        if file is None or not file.is_file():
            raise UsageError("no such theme", got=name, expected=", ".join([*files, "all"]))
        found.append(read_theme(file))
    return found


def read_theme(file: Path) -> Theme:
    """Return the theme of a file.

    Raises
    ------
    UsageError
        If it cannot be understood; the error names the key.
    """
    try:
        said: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the theme cannot be read: {error}", where=str(file)) from error
    try:
        return _theme(file.stem, said)
    except UsageError as error:
        raise UsageError(
            error.what,
            where=str(file), got=error.got, expected=error.expected,
        ) from error  # fmt: skip


def _theme(name: str, said: dict[str, Any]) -> Theme:
    unknown = sorted(set(said) - _KEYS)
    if unknown:
        raise UsageError("no such key", got=", ".join(unknown), expected=", ".join(sorted(_KEYS)))
    for key, kinds in (("titles", dict), ("sql", str), ("geometry", str), ("kind", str)):
        if not isinstance(said.get(key), kinds):
            raise UsageError(f"a theme needs {key}", got=said.get(key))
    _one_of("geometry", said["geometry"], _GEOMETRIES)
    _one_of("kind", said["kind"], KINDS)
    method = said.get("method", "given" if "breaks" in said else "quantile")
    _one_of("method", method, METHODS)
    breaks = tuple(float(b) for b in _list(said, "breaks"))
    rising = len(breaks) > 1 and sorted(set(breaks)) == list(breaks)
    if method == "given" and said["kind"] == "graduated" and not rising:
        raise UsageError("breaks rise, two at least", got=said.get("breaks"))
    classes = said.get("classes", 5)
    if not isinstance(classes, int) or not 1 <= classes <= 20:
        raise UsageError("classes are 1 to 20", got=classes)
    opacity = said.get("opacity", 0.85)
    if not isinstance(opacity, int | float) or not 0 <= opacity <= 1:
        raise UsageError("opacity is 0 to 1", got=opacity)
    zooms = tuple(float(z) for z in _list(said, "zooms")) or (0.0, 24.0)
    if len(zooms) != 2 or not 0 <= zooms[0] < zooms[1] <= 24:
        raise UsageError("zooms are two, 0 to 24", got=said.get("zooms"))
    colors = said.get("colors", "")
    if colors:
        ramp_colors(colors if isinstance(colors, str) else list(colors), 3)
    categories = tuple(_category(c) for c in _list(said, "categories"))
    if said["kind"] == "categorical" and not categories:
        raise UsageError("a categorical theme needs categories", expected=", ".join(RAMPS))
    other = said.get("other")
    return Theme(
        name,
        Names.from_mapping(said["titles"]),
        said["sql"],
        said["geometry"],
        said["kind"],
        method,
        classes,
        breaks,
        colors if isinstance(colors, str) else tuple(colors),
        categories,
        Names.from_mapping(other) if isinstance(other, dict) else None,
        str(said.get("unit", "")),
        str(said.get("label", "")),
        float(opacity),
        (zooms[0], zooms[1]),
        str(said.get("attribution", "")),
        str(said.get("glyphs", "")),
    )


def _one_of(key: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"no such {key}", got=value, expected=", ".join(known))


def _list(said: dict[str, Any], key: str) -> list[Any]:
    value = said.get(key, [])
    if not isinstance(value, list):
        raise UsageError(f"{key} is a list", got=value)
    return value


def _category(said: Any) -> Category:
    if not isinstance(said, dict) or "value" not in said:
        raise UsageError("a category needs a value", got=said)
    unknown = sorted(set(said) - {"value", "color", *LANGUAGES})
    color = said.get("color")
    if unknown or (color is not None and not _HEX.fullmatch(str(color))):
        raise UsageError("a category has a value, a color #rrggbb, zh, ja and en", got=said)
    return Category(said["value"], Names.from_mapping(said), color)
