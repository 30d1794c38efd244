"""The rules of buildingSMART's validation service that are held against models, as data.

The numbers and what they ask for are those of the repository buildingSMART/ifc-gherkin-rules; how
it is asked here is our own. ``table/*.toml`` says of each rule for which versions of IFC it holds,
how bad it is, what it looks for, and how it is said in three languages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["RuleRow", "rule_rows", "rule_words"]

_HOME = Path(__file__).parent / "table"
_LANGUAGES = ("en", "zh", "ja")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule."""

    id: str
    """As the validation service numbers it."""
    words: Mapping[str, str]
    """What is wrong (of a presence rule: what is there), by language."""
    schemas: frozenset[str] = frozenset()
    """IFC2X3, IFC4, IFC4X3; empty: all."""
    view: str = ""
    """Model view definition the header must claim for it to hold."""
    level: str = "error"
    """error, or warning for what is good practice."""
    checks: tuple[tuple[str, str], ...] = ()
    """Pairs of a path and the condition that must hold at its end."""
    test: str = ""
    """Name of an evaluator, for what paths cannot say."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Given to the evaluator."""
    present: tuple[str, ...] = ()
    """Paths of which one must lead somewhere for the model to hold this part."""


@cache
def rule_rows() -> Mapping[str, RuleRow]:
    """Return all rules by id."""
    rows: dict[str, RuleRow] = {}
    for path in sorted(_HOME.glob("*.toml")):
        for key, said in tomllib.loads(path.read_text(encoding="utf-8")).items():
            rows[key] = RuleRow(
                key,
                dict(zip(_LANGUAGES, said.pop("words"), strict=True)),
                frozenset(said.pop("schemas", ())),
                checks=tuple((a, b) for a, b in said.pop("checks", ())),
                present=tuple(said.pop("present", ())),
                **said,
            )
    return dict(sorted(rows.items()))


@cache
def rule_words() -> Mapping[str, Mapping[str, str]]:
    """Return what each rule says, by id and language."""
    return {key: row.words for key, row in rule_rows().items()}
