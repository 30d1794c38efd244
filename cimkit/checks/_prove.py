"""Lint that takes the checks: what rules name, and whether their fixtures come out as they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.checks._examine import spec_of
from cimkit.checks._fixture import FixtureResult
from cimkit.checks._fixture_columns import doubtful_columns
from cimkit.checks._fixtures import find_fixtures, run_fixtures
from cimkit.checks._spec import parameters
from cimkit.checks._sqlrule import TABLES
from cimkit.errors import CimkitError
from cimkit.registry import names
from cimkit.standard.linting._accept import settle
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._run import examine
from cimkit.standard.linting._seen import package_key

if TYPE_CHECKING:
    from cimkit.standard import Rule, Standard
    from cimkit.standard.package._files import PackageFiles

__all__ = ["Proof", "proof", "prove"]

_AT_HAND = ("catalogue", "measures")
"""What a fixture can give a rule."""


@dataclass(frozen=True)
class Proof:
    """A package after its proof."""

    package: str
    """``id@edition``; as it was asked for, if it does not build."""
    findings: tuple[LintFinding, ...]
    """What is wrong with it, the worst first."""
    fixtures: tuple[FixtureResult, ...] = ()
    """What each fixture came to."""
    counts: dict[str, int] = field(default_factory=dict)
    """rules, rules_proven (own rules, and those with a pass- and a fail- fixture that came out as
    they say), mapping, mapping_proven (own rows, and those that decided in a fixture), classes,
    fixtures, fixtures_ok."""

    @property
    def clean(self) -> bool:
        """Whether it has neither errors nor warnings."""
        return all(f.severity == "info" for f in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return {
            "package": self.package,
            "clean": self.clean,
            "counts": self.counts,
            "findings": [f.to_json() for f in self.findings],
        }


def prove(name: str | Path) -> list[LintFinding]:
    """Say all that is wrong with a package: what `cimkit.standard.lint` says, and its fixtures.

    Parameters
    ----------
    name
        Id, ``id@edition``, folder, zip or workbook.

    Returns
    -------
    list of LintFinding
        The worst first. [] or infos alone: the package is clean.

    Raises
    ------
    StandardNotFound
        If there is no such package.
    """
    return list(proof(name).findings)


def proof(name: str | Path) -> Proof:
    """Prove a package; as `prove`, with what each fixture came to and how much was proven.

    Raises
    ------
    StandardNotFound
        If there is no such package.
    """
    seen = examine(str(name))
    if seen.files is None or seen.standard is None:
        return Proof(seen.name, tuple(settle(seen.files, seen.findings)))
    files, standard = seen.files, seen.standard
    fixtures, strange = find_fixtures(files, standard)
    results = run_fixtures(standard, files.path)
    own = [r for r in standard.rules if r.id.startswith(f"{standard.id}/")]
    found = [*seen.findings, *strange, *doubtful_columns(files, standard)]
    found += [f for rule in standard.rules for f in _rule(rule, own=rule in own)]
    found += [f for result in results for f in result.findings]
    there = {(f.rule.id, str(f.expected)) for f in fixtures}
    found += [f for rule in own for f in _lacking(files, rule, there)]
    return Proof(
        seen.name,
        tuple(settle(files, found, whole=True)),
        tuple(results),
        _counts(standard, own, results),
    )


def _rule(rule: Rule, *, own: bool) -> Iterator[LintFinding]:
    """Yield what a rule names that there is not; a parent's rule too, as a change can break it."""
    if rule.check is None:
        if own:
            yield from _sql(rule)
        return
    if rule.check.replace("-", "_") not in names("cimkit.checks"):
        yield LintFinding(
            "rule-check-unknown",
            "error",
            rule.origin,
            f"{rule.name} names the check {rule.check!r}, which does not exist",
            f"There are: {', '.join(names('cimkit.checks'))}.",
        )
        return
    try:
        parameters(spec_of(rule), rule)
    except CimkitError as error:
        yield LintFinding(
            "rule-parameter-unknown",
            "error",
            rule.origin,
            f"{rule.name}: {error.what}: {error.got!r}",
            f"There are: {error.expected}.",
        )


def _sql(rule: Rule) -> Iterator[LintFinding]:
    from cimkit.catalog._guard import guard

    try:
        guard(rule.sql or "", set(TABLES))
    except CimkitError as error:
        yield LintFinding(
            "rule-sql-refused",
            "error",
            rule.origin,
            f"the SQL of {rule.name} is not let through: {error.what}"
            + (f": {error.got}" if error.got else ""),
            "Write one SELECT over " + ", ".join(TABLES) + ", which calls no function that reads.",
        )


def _lacking(files: PackageFiles, rule: Rule, there: set[tuple[str, str]]) -> Iterator[LintFinding]:
    if files.bare:
        return  # there is no place for fixtures beside an IDS
    # Files of a fixture are at hand for a check that looks into them; a city's context is not.
    needs = {*rule.needs, *(n for n in spec_of(rule).needs if n != "source")}
    unproven = sorted(needs.difference(_AT_HAND))
    if unproven:
        yield LintFinding(
            "rule-not-provable",
            "info",
            rule.origin,
            f"{rule.name} needs {', '.join(unproven)}, which no fixture can give",
        )
        return
    for expected in ("pass", "fail"):
        if (rule.id, expected) not in there:
            yield LintFinding(
                f"rule-without-{expected}",
                "warning",
                rule.origin,
                f"{rule.name} has no fixture that must {expected}",
                f"Write {files.where(f'tests/{rule.name}/{expected}-<anything>.csv')}: "
                "a few rows of objects.",
            )


def _counts(
    standard: Standard, own: Sequence[Rule], results: Sequence[FixtureResult]
) -> dict[str, int]:
    proven = {(r.rule, r.expected) for r in results if r.ok}
    mapping = {r.rule for r in standard.mapping if r.depth == 0}
    decided = {rule for r in results for rule in r.mapping}
    return {
        "rules": len(own),
        "rules_proven": sum({(r.id, "pass"), (r.id, "fail")} <= proven for r in own),
        "mapping": len(mapping),
        "mapping_proven": len(mapping & decided),
        "classes": sum(c.package == package_key(standard) for c in standard.class_rows),
        "fixtures": len(results),
        "fixtures_ok": sum(r.ok for r in results),
    }
