"""Rules: words in all languages, a clause, and classes and kinds that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from cimkit.model.source import Kind
from cimkit.standard.linting._finding import LintFinding, Severity
from cimkit.standard.linting._seen import LANGUAGES, Examined
from cimkit.standard.model import Standard
from cimkit.standard.rule import Rule

__all__ = ["rules"]


def rules(seen: Examined) -> Iterator[LintFinding]:
    """Yield what is wrong with the rules that a package writes or changes."""
    _, package, standard = seen.built()
    changed = {c.id: c.origin for c in package.changes}
    for rule in standard.rules:
        if rule.id.startswith(f"{package.id}/"):
            yield from _words(seen, rule)
            yield from _scope(standard, rule, rule.origin)
        elif rule.id in changed:
            yield from _scope(standard, rule, changed[rule.id])


def _words(seen: Examined, rule: Rule) -> Iterator[LintFinding]:
    for what, texts in (("title", rule.title), ("message", rule.message), ("hint", rule.hint)):
        lacking = [x for x in seen.languages if not texts.get(x)]
        if what == "title" and not texts:
            continue  # its check has one
        if what == "hint" and rule.check == "ids":
            continue  # the author of the IDS said it, or the check says it by what is wrong
        if what == "hint" and len(lacking) == len(seen.languages):
            yield _say(
                "rule-without-hint",
                rule.origin,
                f"{rule.name} does not say how to mend what it finds",
                "Write hint.en and so on.",
            )
            continue
        for language in lacking:
            yield _say(
                "rule-text-missing",
                rule.origin,
                f"{rule.name} has no {what} in {LANGUAGES[language]}, and the package says that "
                "it has that language",
                f"Write {what}.{language}, or take {language!r} out of `languages`.",
            )
    said = _placeholders(rule.message.get("en", "")) | _placeholders(rule.hint.get("en", ""))
    for what, texts in (("message", rule.message), ("hint", rule.hint)):
        for language, text in texts.items():
            more = sorted(_placeholders(text) - said)
            if more:
                yield _say(
                    "rule-placeholder",
                    rule.origin,
                    f"the {what} of {rule.name} in {LANGUAGES[language]} names {{{more[0]}}}, "
                    "which the English texts do not name",
                    "A translation names the columns of the finding as they are: mend it.",
                )
    if not rule.clause:
        yield _say(
            "rule-without-clause",
            rule.origin,
            f"{rule.name} names no clause of the standard",
            'Write clause = "..."; "cimkit" if the rule is this project\'s, "none" of no text.',
        )
    if not rule.element:
        yield _say(
            "rule-without-element",
            rule.origin,
            f"{rule.name} names no data quality element of ISO 19157",
            "",
            "info",
        )


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def _scope(standard: Standard, rule: Rule, where: str) -> Iterator[LintFinding]:
    kinds = get_args(Kind)
    for kind in rule.applies_to.kinds:
        if kind not in kinds:
            yield _say(
                "kind-unknown",
                where,
                f"{rule.name} applies to a kind of source that does not exist: {kind!r}",
                f"There are: {', '.join(kinds)}.",
                "error",
            )
    for code in rule.applies_to.classes:
        if code not in standard.by_code:
            yield _say(
                "rule-class-unknown",
                where,
                f"{rule.name} applies to class {code}, which does not exist or is retired",
                "Name a class in force.",
                "error",
            )


def _say(
    code: str, where: str, message: str, mend: str, severity: Severity = "warning"
) -> LintFinding:
    return LintFinding(code, severity, where, message, mend)
