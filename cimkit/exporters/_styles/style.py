"""A style: which value has which colour, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LANGUAGES", "Names", "Rule", "Style"]

LANGUAGES = ("zh", "ja", "en")


@dataclass(frozen=True, slots=True)
class Names:
    """What something is called."""

    zh: str = ""
    """Chinese."""
    ja: str = ""
    """Japanese."""
    en: str = ""
    """English."""

    def of(self, language: str) -> str:
        """Return the name in a language, or in the first one that has one.

        Examples
        --------
        >>> Names(zh="路灯", en="Street lamp").of("ja")
        'Street lamp'
        """
        asked: str = getattr(self, language)
        return asked or self.en or self.zh or self.ja

    @classmethod
    def from_mapping(cls, said: Mapping[str, str]) -> Names:
        """Return the names of a table with the keys zh, ja and en."""
        return cls(**{key: str(said.get(key) or "") for key in LANGUAGES})


@dataclass(frozen=True, slots=True)
class Rule:
    """One class."""

    color: str
    """#rrggbb."""
    names: Names
    """For the legend."""
    value: str | float | bool | None = None
    """The value it is for."""
    low: float | None = None
    """Or from this value on."""
    high: float | None = None
    """To below this one; the last class includes it."""
    count: int = 0
    """Features there are."""


@dataclass(frozen=True, slots=True)
class Style:
    """How features of one geometry look."""

    id: str
    """Name for machines."""
    titles: Names
    """Name for people."""
    column: str
    """Whose value decides."""
    geometry: str
    """point, line or polygon."""
    rules: tuple[Rule, ...]
    """Classes, from the first of the legend to the last."""
    other: Rule | None = None
    """What no class takes."""
    unit: str = ""
    """Of the values."""
    opacity: float = 1.0
    """0 to 1."""
    label: str = ""
    """Column whose text is written beside features."""
    zooms: tuple[float, float] = field(default=(0.0, 24.0))
    """From which zoom on and below which it is drawn."""
    glyphs: str = ""
    """URL template of the fonts that a web map writes the label with; "": it writes none."""

    @property
    def graduated(self) -> bool:
        """Whether classes are ranges of numbers."""
        return any(rule.low is not None for rule in self.rules)
