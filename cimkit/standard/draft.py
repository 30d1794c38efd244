"""A package as people write it: plain rows and tables, nothing resolved.

Importers make one, writers save one, and the folder and the workbook are two forms of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Draft", "Loss"]

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a format cannot carry, or that an import could not take over."""

    what: str
    """Part of a standard: ``classes``, ``attributes``, ``mapping``, ``rules``, ``naming`` ..."""
    which: str
    """Which of them: codes, names, columns; "" all."""
    why: str
    """In a sentence."""


@dataclass
class Draft:
    """What stands in the files of one package; cells are texts, absent ones "" or missing."""

    head: dict[str, Any]
    """The document ``standard.toml``."""
    classes: list[Row] = field(default_factory=list)
    """Rows of ``classes.csv``."""
    attributes: list[Row] = field(default_factory=list)
    """Rows of ``attributes.csv``."""
    mapping: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of ``mapping/<name>.csv``, by name."""
    domains: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of ``domains/<name>.csv``, by name."""
    levels: list[Row] = field(default_factory=list)
    """Rows of ``levels.csv``."""
    level_rules: list[Row] = field(default_factory=list)
    """Rows of ``level_rules.csv``."""
    crosswalk: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of ``crosswalk/<name>.csv``, by name."""
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The documents ``rules/<name>.toml``, by name."""
    naming: dict[str, Any] = field(default_factory=dict)
    """The document ``naming.toml``; {} if there is none."""
    files: dict[str, bytes] = field(default_factory=dict)
    """All other files by their path in the package: jurisdiction, IDS, fixtures."""
