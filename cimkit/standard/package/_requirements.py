"""Rules that the IDS files of a package make: one for each specification."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cimkit.errors import StandardError
from cimkit.standard.package._files import PackageFiles
from cimkit.standard.rule import AppliesTo, Rule

if TYPE_CHECKING:
    from cimkit.standard.requirements import Document

__all__ = ["CHECK", "requirement_rules"]

CHECK = "ids"
_ELEMENT = "completeness: omission"
_MESSAGE = {"en": "{reason}", "zh": "{reason}", "ja": "{reason}"}
_LONGEST = 60


def requirement_rules(files: PackageFiles, package: str, rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules of a package with those that its ``ids/*.ids`` make.

    A rule that names an IDS stands for all its specifications or the one it names, with its own
    severity, clause and words; what no rule names becomes a rule as it is.

    Raises
    ------
    StandardInvalid
        If a file is no IDS 1.0.
    StandardError
        If a rule names a file or a specification that is not there.
    """
    documents = {
        name.removeprefix("ids/"): _document(files.files[name], _place(files, name))
        for name in files.under("ids", ".ids")
    }
    found: list[Rule] = []
    told: set[tuple[str, int]] = set()
    for rule in rules:
        if rule.check != CHECK or "file" not in rule.parameters:
            found.append(rule)
            continue
        name, only = rule.parameters["file"], rule.parameters.get("only", "")
        if name not in documents:
            raise StandardError(
                "no such IDS in the package",
                where=rule.origin,
                got=name,
                expected=", ".join(documents) or "files in ids/",
            )
        chosen = _chosen(documents[name], only)
        if not chosen:
            raise StandardError(
                "the IDS has no such specification",
                where=rule.origin,
                got=only,
                expected=", ".join(str(s["name"]) for s in documents[name].specifications[:10]),
                mend="Name it by its name or identifier.",
            )
        told |= {(name, n) for n in chosen}
        for n in chosen:
            one = documents[name].specifications[n]
            suffix = "" if only else f".{_slug(one, n)}"
            found.append(_ruled(rule, one, f"{rule.id}{suffix}"))
    taken = {rule.id for rule in found}
    alone = files.bare and not files.path.is_dir()
    for name, document in documents.items():
        stem = "" if alone else f"{_plain(name.removesuffix('.ids'))}."
        for n, one in enumerate(document.specifications):
            if (name, n) in told:
                continue
            base = f"{package}/{stem}{_slug(one, n)}"
            full = base if base not in taken else f"{base}-{n + 1}"
            taken.add(full)
            where = _place(files, f"ids/{name}")
            found.append(
                Rule(
                    id=full,
                    element=_ELEMENT,
                    applies_to=AppliesTo(kinds=("bim",)),
                    check=CHECK,
                    parameters={"specification": _said(one)},
                    clause=_clause(document, one),
                    message=_MESSAGE,
                    hint=_hint(one),
                    origin=f"{where}:{one['line']}",
                )
            )
    return found


def _place(files: PackageFiles, name: str) -> str:
    """Return how messages name an IDS of a package, or one that stands alone."""
    if not files.bare:
        return files.where(name)
    return files.path.name if files.path.is_file() else files.where(name.removeprefix("ids/"))


@lru_cache(32)
def _document(content: bytes, where: str) -> Document:
    # Brings the schemas of IFC with it, which a package without IDS has no use for.
    from cimkit.standard.requirements import read_ids

    return read_ids(content, where)


def _chosen(document: Document, only: str) -> list[int]:
    return [
        n
        for n, s in enumerate(document.specifications)
        if not only or only in (s["name"], s.get("identifier"))
    ]


def _ruled(rule: Rule, one: Mapping[str, Any], full: str) -> Rule:
    kept = {k: v for k, v in rule.parameters.items() if k not in ("file", "only")}
    return dataclasses.replace(
        rule,
        id=full,
        element=rule.element or _ELEMENT,
        applies_to=rule.applies_to if rule.applies_to.kinds else AppliesTo(kinds=("bim",)),
        parameters={**kept, "specification": _said(one)},
        message=rule.message or _MESSAGE,
        hint=rule.hint or _hint(one),
        clause=rule.clause or str(one["name"]),
    )


def _said(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification without the lines it stands in."""
    return {k: _without_lines(v) for k, v in one.items() if k != "line"}


def _without_lines(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_lines(v) for k, v in value.items() if k != "line"}
    if isinstance(value, list):
        return [_without_lines(v) for v in value]
    return value


def _hint(one: Mapping[str, Any]) -> dict[str, str]:
    """Return what the author of a specification tells those who fulfil it, in their language."""
    said = [str(one[k]).strip() for k in ("instructions", "description") if one.get(k)]
    return dict.fromkeys(("en", "zh", "ja"), _escaped(" ".join(said))) if said else {}


def _escaped(text: str) -> str:
    """Return a text whose braces are no names of columns."""
    return text.replace("{", "\N{FULLWIDTH LEFT CURLY BRACKET}").replace(
        "}", "\N{FULLWIDTH RIGHT CURLY BRACKET}"
    )


def _clause(document: Document, one: Mapping[str, Any]) -> str:
    parts = [document.title, str(one.get("identifier") or ""), str(one["name"])]
    return ", ".join(p for p in dict.fromkeys(parts) if p)


def _slug(one: Mapping[str, Any], number: int) -> str:
    """Return a short name for a specification that can stand in an id."""
    text = _plain(str(one.get("identifier") or one["name"]))
    return text or str(number + 1)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    return re.sub(r"[^\w.]+", "-", text).strip("-.")[:_LONGEST].rstrip("-.")
