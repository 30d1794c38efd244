"""On which terms a delivery is checked, besides its standard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cimkit.checks._baseline import Baseline
    from cimkit.checks._waivers import Waiver

__all__ = ["Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a delivery is checked; all of them stand in the report."""

    rules: Mapping[str, str] = field(default_factory=dict)
    """Levels by rule (full id, name or glob): off, info, warning, error."""
    waivers: tuple[Waiver, ...] = ()
    """Failures that somebody answers for."""
    baseline: Baseline | None = None
    """The failures of the last delivery."""
    seed: str = ""
    """Of the sample; "": it follows from the delivery and the standard."""
    today: date | None = None
    """For what expires; None: today."""
