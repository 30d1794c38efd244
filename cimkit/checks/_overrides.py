"""Rules as somebody wants them for one check: switched off, or of another severity."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.model import Severity, Status

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["LEVELS", "Override", "overrides", "with_severity"]

LEVELS = ("off", *map(str, Severity))


@dataclasses.dataclass(frozen=True, slots=True)
class Override:
    """One rule that was not checked as its standard has it."""

    rule: str
    """Full id."""
    was: str
    """Severity by the standard."""
    now: str
    """``off``, or the severity of all its failures."""


def overrides(rules: Sequence[Rule], wanted: Mapping[str, str]) -> dict[str, Override]:
    """Return by rule id what is wanted otherwise.

    Parameters
    ----------
    rules
        Of the standard.
    wanted
        By full id, name or glob over full ids: ``off``, ``info``, ``warning`` or ``error``. Later
        ones outrank earlier ones.

    Raises
    ------
    UsageError
        If no rule is called so, or a level is none.
    """
    found: dict[str, Override] = {}
    for name, level in wanted.items():
        if level not in LEVELS:
            raise UsageError(
                f"no such level for the rule {name}", got=level, expected=", ".join(LEVELS)
            )
        met = [r for r in rules if name in (r.id, r.name) or fnmatchcase(r.id, name)]
        if not met:
            raise UsageError(
                "the standard has no such rule",
                got=name,
                expected="one of " + ", ".join(r.id for r in rules),
            )
        for rule in met:
            if level == rule.severity:
                found.pop(rule.id, None)
            else:
                found[rule.id] = Override(rule.id, str(rule.severity), level)
    return found


def with_severity(findings: pa.Table, severity: str) -> pa.Table:
    """Return findings whose failures all have one severity."""
    import pyarrow.compute as pc

    at = findings.schema.get_field_index("severity")
    failed = pc.equal(findings["status"], str(Status.FAIL))
    return findings.set_column(
        at, findings.schema.field(at), pc.if_else(failed, severity, findings["severity"])
    )
