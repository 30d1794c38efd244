"""Codes that nobody has verified, in use.

A package may hold rows that were seen in no source, and say so. What it may not do is let objects
be classed by them without a word: it leaves them out (``unverified = "off"``), or its head says
what it is (a fictional or provisional standard, whose codes are its issuer's own).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cimkit.standard.linting._finding import LintFinding, Severity
from cimkit.standard.linting._seen import Examined, some
from cimkit.standard.model import Standard

__all__ = ["unverified"]

_HONEST = ("provisional", "fictional", "draft", "example", "trial", "template")
"""Words in ``status`` that tell a reader that the codes are not those of an office."""


def unverified(seen: Examined) -> Iterator[LintFinding]:
    """Yield the unverified classes and attributes of a package that decide about objects."""
    _, package, standard = seen.built()
    on = package.head.get("unverified") == "on" or standard.unverified
    severity: Severity = "info" if on else "warning"
    mend = (
        'Find a source and write verified = yes; or leave such rows out (unverified = "off" in '
        'standard.toml), or say that they are meant (unverified = "on").'
    )
    uses = _uses(standard)
    for row in standard.class_rows:
        used = uses.get((row.scheme, row.code), [])
        if row.verified or row.retired or not used or _own(standard, row.code_origin):
            continue
        yield LintFinding(
            "class-unverified",
            severity,
            row.origin.cell("verified"),
            f"class {row.code} {row.name('en')} is not verified, and {some(used, 3)} "
            f"{'rests' if len(used) == 1 else 'rest'} on it",
            "" if on else mend,
        )
    for a in standard.attributes:
        if a.package != standard.key or a.verified or _own(standard, a.code_origin):
            continue
        if a.obligation == "M":
            yield LintFinding(
                "attribute-unverified",
                severity,
                a.origin.cell("verified"),
                f"attribute {a.name} is obligatory and not verified",
                "" if on else mend,
            )


def _own(standard: Standard, origin: str) -> bool:
    """Return whether a code is its issuer's (or this project's) own in a standard that says so."""
    status = standard.facts.get("status", "").lower()
    if not any(word in status for word in _HONEST):
        return False
    issuer = standard.facts.get("issuer", "")
    return origin.startswith("cimkit") or bool(issuer and origin and origin in issuer)


def _uses(standard: Standard) -> dict[tuple[str, str], list[str]]:
    """Return what of the package itself rests on each class."""
    uses: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in standard.mapping:
        if row.depth == 0:
            uses[row.scheme, row.class_code].append(row.rule.removeprefix(f"{standard.id}/"))
    for rule in standard.rules:
        if rule.id.startswith(f"{standard.id}/"):
            for code in rule.applies_to.classes:
                uses[standard.scheme, code].append(f"rule {rule.name}")
    return uses
