"""One thing that is wrong with a package."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["LintFinding", "Severity"]

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing in a package that is wrong, or that somebody should look at."""

    code: str
    """Stable name in kebab-case, e.g. ``mapping-unreachable``."""
    severity: Severity
    """*error*: it does not do what it says; *warning*: it will mislead somebody; *info*: a fact to
    know. A package without errors and warnings is clean."""
    where: str
    """File and line, or sheet and cell; the id of the package where no place says more."""
    message: str
    """What is wrong, in a sentence."""
    mend: str = ""
    """What to do about it."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return {**asdict(self), "where": str(self.where)}
