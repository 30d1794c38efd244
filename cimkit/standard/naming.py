"""File names: a template with named parts, compiled to one regular expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cimkit.standard._expressions import captures, fits, glob_pattern, groups, wrong_with

__all__ = ["FileGrammar", "Naming", "Part"]

DATE = "(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
"""Pattern of a part of type ``date``: yyyymmdd."""


@dataclass(frozen=True, slots=True)
class Part:
    """One named part of a file name."""

    name: str
    """Name of the part and of its group."""
    pattern: str
    """Regular expression (RE2) without groups that capture."""
    values: tuple[str, ...] = ()
    """The only values allowed; empty: what the pattern allows."""
    says: str = ""
    """What is wanted, in words."""

    def reasons(self, text: str) -> list[str]:
        """Return why ``text`` cannot be this part."""
        if fits(self.pattern, text):
            return []
        wanted = self.says or (" | ".join(self.values) if self.values else self.pattern)
        return [f"{self.name} is {text!r}, expected {wanted}"]


@dataclass(frozen=True)
class FileGrammar:
    """A template such as ``{division}_{theme}_{date}[_{part}].{ext}``; ``[...]`` may be absent."""

    name: str
    """For messages."""
    template: str
    """As written in ``naming.toml``."""
    parts: Mapping[str, Part]
    """By name."""

    @cached_property
    def pattern(self) -> str:
        """The whole file name with one named group a part (RE2)."""
        out = []
        for text, name in _pieces(self.template):
            if name:
                out.append(f"(?P<{name}>{self.parts[name].pattern})")
            else:
                out.append({"[": "(?:", "]": ")?"}.get(text) or re.escape(text))
        return "^" + "".join(out) + "$"

    def parse(self, path: str) -> dict[str, str] | None:
        """Return the parts of a file's name (the folders before it do not matter), or None."""
        found = groups(self.pattern[1:-1], _base(path))
        return None if found is None else {k: v for k, v in found.items() if v}

    def explain(self, path: str) -> list[str]:
        """Return why a file's name does not fit, part by part; [] if it fits."""
        if self.parse(path) is not None:
            return []
        stem, dot, suffix = _base(path).partition(".")
        if not dot:
            return [f"the name has no suffix, expected {self.template}"]
        texts = stem.split("_")
        names = [n for n in _names(self.template) if n != "ext"]
        optional = set(_names("".join(re.findall(r"\[[^]]*\]", self.template))))
        least = len(names) - len(optional)
        if not least <= len(texts) <= len(names):
            number = str(least) if least == len(names) else f"{least} to {len(names)}"
            return [f"{len(texts)} parts between _, expected {number}: {self.template}"]
        reasons = []
        for name, text in zip(names, texts, strict=False):
            reasons += self.parts[name].reasons(text)
        if "ext" in self.parts:
            reasons += self.parts["ext"].reasons(suffix)
        return reasons or [f"the name does not fit {self.template}"]


@dataclass(frozen=True)
class Naming:
    """The file names of a standard: a file must fit one of the grammars, or be exempt.

    Examples
    --------
    >>> parts = {"theme": Part("theme", "(?:bld|bim)", ("bld", "bim")),
    ...          "date": Part("date", DATE), "ext": Part("ext", "[a-z]+")}
    >>> naming = Naming((FileGrammar("delivery", "{theme}_{date}.{ext}", parts),), ("*.txt",))
    >>> naming.parse("north/bld_20260901.gpkg")["theme"]
    'bld'
    >>> naming.explain("north/car_20260901.gpkg")
    ["theme is 'car', expected bld | bim"]
    """

    grammars: tuple[FileGrammar, ...]
    """Tried in order."""
    exempt: tuple[str, ...] = ()
    """Globs over paths of files that need not fit."""

    @cached_property
    def pattern(self) -> str:
        """One expression for file names (no folders) in SQL; groups are named if there is one."""
        if len(self.grammars) == 1:
            return self.grammars[0].pattern
        bare = (re.sub(r"\?P<\w+>", "?:", g.pattern[1:-1]) for g in self.grammars)
        return "^(?:" + "|".join(bare) + ")$"

    def parse(self, path: str) -> dict[str, str] | None:
        """Return the parts of a file's name by the first grammar that fits, or None."""
        for grammar in self.grammars:
            found = grammar.parse(path)
            if found is not None:
                return found
        return None

    def is_exempt(self, path: str) -> bool:
        """Return whether a file may be called as it likes."""
        patterns = map(glob_pattern, self.exempt)
        return any(fits(f"(?s:{p})", name) for p in patterns for name in (path, _base(path)))

    def explain(self, path: str) -> list[str]:
        """Return why a file's name fits none of the grammars (the nearest one's reasons)."""
        if self.is_exempt(path) or self.parse(path) is not None:
            return []
        return min((g.explain(path) for g in self.grammars), key=len, default=[])


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _pieces(template: str) -> list[tuple[str, str]]:
    return re.findall(r"(\[|\]|[^][{}]+)|\{(\w+)\}", template)


def _names(template: str) -> list[str]:
    return [name for _, name in _pieces(template) if name]


def problems(template: str, parts: Mapping[str, Part]) -> str:
    """Return why a template makes no grammar, or ""."""
    names = _names(template)
    if "".join(text or f"{{{name}}}" for text, name in _pieces(template)) != template:
        return "braces are not paired"
    if re.sub(r"[^][]", "", template).replace("[]", ""):
        return "square brackets are not paired (and cannot be nested)"
    if len(set(names)) != len(names):
        return "one part stands twice"
    missing = [n for n in names if n not in parts]
    if missing:
        return f"part {missing[0]!r} is not described: add [part.{missing[0]}]"
    for part in parts.values():
        wrong = wrong_with(part.pattern)
        if wrong:
            return f"part {part.name!r}: {wrong}"
        if captures(part.pattern):
            return f"part {part.name!r}: no capturing groups, write (?:...)"
    return ""
