"""What rules want measured in the bytes: it goes down with the work, as plain names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cimkit.registry import entry, names

if TYPE_CHECKING:
    from cimkit.standard.rule import Rule

__all__ = ["measure_requests"]


def measure_requests(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the names of the costly measures that the checks of rules need.

    Cheap measures are always taken. These cost time in every source, so a loader takes them only
    where a rule of the standard in force would look at them.

    Parameters
    ----------
    rules
        Those of a standard. A check that this installation has not got asks for nothing.
    """
    there = set(names("cimkit.checks"))
    checks = {rule.check.replace("-", "_") for rule in rules if rule.check is not None}
    return frozenset(
        name for check in checks & there for name in entry("cimkit.checks", check).SPEC.measures
    )
