"""What a fixture is, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cimkit.standard.linting._finding import LintFinding

if TYPE_CHECKING:
    from cimkit.errors import StandardError
    from cimkit.standard import Rule

__all__ = ["Expected", "Fixture", "FixtureResult", "unreadable"]

Expected = Literal["pass", "fail"]


@dataclass(frozen=True, slots=True)
class Fixture:
    """One fixture of one rule, not yet run."""

    name: str
    """File or folder in the package, e.g. ``tests/class-leaf/fail-group.csv``."""
    rule: Rule
    """The rule it proves."""
    expected: Expected
    """What the rule must come to."""

    @property
    def rows(self) -> bool:
        """Whether it is rows of objects, and no file for a loader."""
        return self.name.endswith(".csv")


@dataclass(frozen=True, slots=True)
class FixtureResult:
    """What a fixture came to."""

    rule: str
    """Full id of the rule; ``classes``, ``codes`` or ``names`` for those tables."""
    fixture: str
    """File or folder in the package."""
    expected: str
    """pass or fail; "" for tables of several rows."""
    got: str
    """What the rule came to: pass, fail, not checked or not applicable; "" if it did not run."""
    rows: int
    """Rows or sources it was run on."""
    mapping: frozenset[str] = frozenset()
    """Rows of the mapping that decided in it."""
    findings: tuple[LintFinding, ...] = ()
    """What is not as expected; () if all is."""

    @property
    def ok(self) -> bool:
        """Whether all came as expected."""
        return not self.findings


def unreadable(error: StandardError) -> LintFinding:
    """Return the finding that a fixture cannot be read."""
    plain: dict[str, Any] = {"got": error.got, "expected": error.expected}
    said = "; ".join(f"{k} {v!r}" if k == "got" else f"{k} {v}" for k, v in plain.items() if v)
    message = f"{error.what}: {said}" if said else error.what
    return LintFinding("fixture-unreadable", "error", error.where, message, error.mend)
