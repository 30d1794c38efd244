"""The head of a package: dates that can be, languages that it has, parents that are current."""

from __future__ import annotations

from collections.abc import Iterator

from cimkit.errors import StandardNotFound
from cimkit.standard.linting._classes import is_date
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import LANGUAGES, Examined
from cimkit.standard.package._files import find_package, open_package, packages

__all__ = ["head"]

_GONE = ("superseded", "withdrawn", "abolished", "废止", "廃止")


def head(seen: Examined) -> Iterator[LintFinding]:
    """Yield what is wrong with ``standard.toml``."""
    files, package, _ = seen.built()
    where, said = package.where, package.head
    dates = {k: said.get(k) for k in ("effective_from", "effective_to") if said.get(k)}
    for key, text in dates.items():
        if not is_date(str(text)):
            yield LintFinding(
                "date-unread",
                "error",
                where,
                f"{key} is {text!r}, which is no date",
                "Write it as 2026-01-31.",
            )
    days = [str(d) for d in dates.values()]
    if len(days) == 2 and all(map(is_date, days)) and days[0] > days[1]:
        yield LintFinding(
            "dates-order",
            "error",
            where,
            f"the standard ends ({days[1]}) before it begins ({days[0]})",
            "Swap the two, or mend one of them.",
        )
    for language in said.get("languages", []):
        if language not in LANGUAGES:
            yield LintFinding(
                "language-unknown",
                "error",
                where,
                f"`languages` names {language!r}",
                f"There are: {', '.join(LANGUAGES)}.",
            )
        elif language not in said.get("titles", {}):
            yield LintFinding(
                "title-missing",
                "warning",
                where,
                f"the standard has no title in {LANGUAGES[language]}, and says that it has that "
                "language",
                f"Write {language} below [titles].",
            )
    for key, why in (
        ("status", "whether it is in force"),
        ("issuer", "who issues it"),
        ("licence", "who may use it"),
    ):
        # An IDS has no place for them.
        if not said.get(key) and not files.bare:
            yield LintFinding(
                f"{key}-missing",
                "warning",
                where,
                f"the head does not say {why}",
                f'Write {key} = "..." in standard.toml.',
            )
    yield from _parents(seen)


def _parents(seen: Examined) -> Iterator[LintFinding]:
    """Yield the parents that have ended, or of which there is a later edition."""
    _, package, _ = seen.built()
    begins = str(package.head.get("effective_from", ""))
    for name in package.extends:
        id_, _, edition = name.partition("@")
        try:
            parent = open_package(find_package(name, beside=seen.path)).toml("standard.toml")
        except StandardNotFound:
            continue  # found by its place alone, and read already
        ends = str(parent.get("effective_to", ""))
        status = str(parent.get("status", "")).lower()
        if (ends and begins and ends < begins) or any(status.startswith(w) for w in _GONE):
            yield LintFinding(
                "extends-ended",
                "warning",
                package.where,
                f"the parent {name} ended" + (f" on {ends}" if ends else f" ({status})"),
                "Extend the edition that took its place.",
            )
            continue
        begun = str(parent.get("effective_from", ""))
        later = [
            (e, str(h.get("effective_from", "")))
            for i, e, _, h in packages()
            if i == id_ and e != edition and begun and str(h.get("effective_from", "")) > begun
        ]
        if later:
            newest = max(later, key=lambda x: x[1])
            yield LintFinding(
                "extends-superseded",
                "warning",
                package.where,
                f"the parent {name} has a later edition, {id_}@{newest[0]}, in force from "
                f"{newest[1]}",
                f"Extend {id_}@{newest[0]}; `cimkit standard diff` says what changes.",
            )
