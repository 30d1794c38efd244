"""Classes: names in all languages, names and codes that can be told apart, groups that are even."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import LANGUAGES, Examined, counted, package_key, some
from cimkit.standard.model import Standard
from cimkit.standard.rows import ClassRow

__all__ = ["classes", "is_date"]

_GEOMETRIES = ("Point", "LineString", "Polygon", "Solid", "GeometryCollection")
_ALIKE = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1"})


def classes(seen: Examined) -> list[LintFinding]:
    """Return what is wrong with the classes that a package writes itself."""
    _, _, standard = seen.built()
    own = [c for c in standard.class_rows if c.package == package_key(standard) and not c.retired]
    return [
        *_names(seen, own),
        *_twice(standard, own),
        *_codes(standard, own),
        *_lengths(own),
        *_values(own),
        *_unmapped(standard, own),
    ]


def _names(seen: Examined, own: Sequence[ClassRow]) -> Iterator[LintFinding]:
    for row in own:
        for language in seen.languages:
            if not getattr(row, f"name_{language}"):
                yield LintFinding(
                    "class-name-missing",
                    "warning",
                    row.origin.cell(f"name_{language}"),
                    f"class {row.code} has no {LANGUAGES[language]} name, and the package says "
                    "that it has that language",
                    f"Translate it, or take {language!r} out of `languages`.",
                )


def _twice(standard: Standard, own: Sequence[ClassRow]) -> Iterator[LintFinding]:
    """Yield classes of one name that stand beside each other."""
    mine = {(c.scheme, c.code) for c in own}
    groups: dict[tuple[str, ...], list[ClassRow]] = defaultdict(list)
    for row in standard.class_rows:
        for language in () if row.retired else LANGUAGES:
            name = unicodedata.normalize("NFKC", getattr(row, f"name_{language}")).casefold()
            if name.strip():
                beside = (row.scheme, row.parent, str(row.leaf), language, name.strip())
                groups[beside].append(row)
    pairs: dict[tuple[str, str, str], tuple[ClassRow, ClassRow, list[str]]] = {}
    for (scheme, _, _, language, _), rows in groups.items():
        for row in rows[1:]:
            here, other = (row, rows[0]) if (scheme, row.code) in mine else (rows[0], row)
            if (scheme, here.code) in mine:
                pair = pairs.setdefault((scheme, here.code, other.code), (here, other, []))
                pair[2].append(language)
    for here, other, languages in pairs.values():
        column = f"name_{languages[0]}"
        yield LintFinding(
            "class-duplicate-name",
            "warning",
            here.origin.cell(column),
            f"class {here.code} has the same name as {other.code} in "
            f"{some(LANGUAGES[x] for x in languages)}: {getattr(here, column)}",
            f"Name them so that people can tell them apart ({other.origin}).",
        )


def _codes(standard: Standard, own: Sequence[ClassRow]) -> Iterator[LintFinding]:
    """Yield codes with characters that are taken for others."""
    by_shape: dict[tuple[str, str], list[str]] = defaultdict(list)
    digits: dict[tuple[str, str], int] = defaultdict(int)
    for row in standard.class_rows:
        by_shape[row.scheme, row.code.translate(_ALIKE)].append(row.code)
        digits[row.scheme, row.parent] += row.code.isascii() and row.code.isdigit()
    for row in own:
        plain = unicodedata.normalize("NFKC", row.code)
        twins = [c for c in by_shape[row.scheme, row.code.translate(_ALIKE)] if c != row.code]
        odd = "".join(c for c in row.code if unicodedata.category(c) in ("Cf", "Cc", "Zs"))
        why = ""
        if plain != row.code:
            why = f"is written with other characters than {plain}"
        elif odd:
            why = "has a character that cannot be seen (" + ", ".join(
                f"U+{ord(c):04X}" for c in odd
            )
            why += ")"
        elif twins:
            why = f"looks like {twins[0]}"
        elif (
            row.code.translate(_ALIKE).isdigit()
            and not row.code.isdigit()
            and digits[row.scheme, row.parent]
        ):
            why = "has a letter that looks like a digit; others beside it have digits alone"
        if why:
            yield LintFinding(
                "class-code-lookalike",
                "warning",
                row.origin.cell("code"),
                f"code {row.code!r} {why}",
                "Type it anew in plain characters."
                if not twins
                else "Give one of them another code.",
            )


def _lengths(own: Sequence[ClassRow]) -> Iterator[LintFinding]:
    groups: dict[tuple[str, str], list[ClassRow]] = defaultdict(list)
    for row in own:
        groups[row.scheme, row.parent].append(row)
    for (_, parent), rows in groups.items():
        lengths: dict[int, list[ClassRow]] = defaultdict(list)
        for row in rows:
            lengths[len(row.code)].append(row)
        if len(lengths) > 1 and all(r.code.isalnum() and r.code[:1].isdigit() for r in rows):
            rare = min(lengths.values(), key=len)
            yield LintFinding(
                "class-mixed-lengths",
                "info",
                rare[0].origin.cell("code"),
                f"the codes below {parent or 'the top'} have different lengths: "
                f"{some(f'{len(v)} of {k} characters' for k, v in sorted(lengths.items()))}",
            )


def _values(own: Sequence[ClassRow]) -> Iterator[LintFinding]:
    for row in own:
        wrong = [g for g in row.geometry if g not in _GEOMETRIES]
        if wrong:
            yield LintFinding(
                "class-geometry-unknown",
                "error",
                row.origin.cell("geometry"),
                f"class {row.code} allows a geometry that does not exist: {wrong[0]!r}",
                f"There are {', '.join(_GEOMETRIES[:3])}; a Multi type counts as its single.",
            )
        days = [(c, getattr(row, c)) for c in ("valid_from", "valid_to") if getattr(row, c)]
        unread = [(c, text) for c, text in days if not is_date(text)]
        if unread:
            yield LintFinding(
                "class-date-unread",
                "error",
                row.origin.cell(unread[0][0]),
                f"{unread[0][1]!r} is no date",
                "Write it as 2026-01-31.",
            )
        elif len(days) == 2 and days[0][1] > days[1][1]:
            yield LintFinding(
                "class-dates",
                "error",
                row.origin.cell("valid_to"),
                f"class {row.code} ends ({days[1][1]}) before it begins ({days[0][1]})",
                "Swap the two, or mend one of them.",
            )


def _unmapped(standard: Standard, own: Sequence[ClassRow]) -> Iterator[LintFinding]:
    """Yield one finding on the classes that no object can get."""
    if standard.class_fields or (standard.grammar and standard.grammar.field_names):
        return
    given = {(r.scheme, r.class_code) for r in standard.mapping}
    lost = [c for c in own if c.leaf and (c.scheme, c.code) not in given]
    if lost and standard.mapping:
        yield LintFinding(
            "class-unmapped",
            "info",
            lost[0].origin,
            f"no mapping row gives {counted(len(lost), 'class', 'classes')}, and there is no field "
            f"in which a delivery states the class: {some(c.code for c in lost)}",
            "Map something to them, or name `class_fields` in standard.toml.",
        )


def is_date(text: str) -> bool:
    """Return whether a text is a day as 2026-01-31."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
