"""Merge the rules of a chain of packages."""

from __future__ import annotations

from collections.abc import Sequence

from cimkit.errors import StandardError
from cimkit.standard.package._package import Package
from cimkit.standard.rule import Rule


def merge_rules(chain: Sequence[Package]) -> tuple[Rule, ...]:
    """Return the rules in force, with what each package changes.

    A rule that a package took away can be brought back below it with ``enabled = true``.

    Raises
    ------
    StandardError
        If a rule stands twice, or a change speaks of one that is not there, or was taken away.
    """
    found: dict[str, Rule] = {}
    off: dict[str, str] = {}
    for package in chain:
        for rule in package.rules:
            if rule.id in found:
                raise StandardError(
                    f"rule {rule.id} stands twice",
                    where=rule.origin,
                    expected=f"once ({found[rule.id].origin})",
                )
            found[rule.id] = rule
        for change in package.changes:
            if change.id not in found:
                raise StandardError(
                    "no such rule to change",
                    where=change.origin,
                    got=change.id,
                    expected=", ".join(found) or "none: the parents have no rules",
                )
            if change.id in off and not change.enabled:
                raise StandardError(
                    f"rule {change.id} was taken away",
                    where=change.origin,
                    got=off[change.id],
                    mend="Say `enabled = true` to bring it back.",
                )
            if change.enabled is False:
                off[change.id] = change.origin
            elif change.enabled:
                off.pop(change.id, None)
            found[change.id] = change.apply(found[change.id])
    return tuple(rule for id_, rule in found.items() if id_ not in off)
