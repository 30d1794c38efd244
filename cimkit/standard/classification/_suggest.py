"""Proposals for what a mapping does not know yet: from names, never applied by themselves."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from cimkit.standard.classification._wording import Wording, pinyin, wording
from cimkit.standard.model import Standard
from cimkit.standard.rows import ClassRow

__all__ = ["Index", "nearest_classes"]

_NAMING = ("equals", "in", "contains", "word", "prefix", "suffix")
"""Comparisons with a name."""


@dataclass(frozen=True, slots=True)
class Name:
    """One of the names that a class goes by."""

    text: str
    """As it is written."""
    said: Wording
    """Taken apart."""
    origin: str
    """``zh``, ``ja``, ``en`` (names of the class) or ``mapping``."""


@dataclass(frozen=True, slots=True)
class Hit:
    """How well a name fits a class."""

    class_code: str
    """The class."""
    score: float
    """0 to 1."""
    name: Name
    """The name of the class that fits best."""
    how: str
    """In what way."""


@dataclass(frozen=True)
class Index:
    """All names by which the classes of a scheme go."""

    names: dict[str, list[Name]] = field(default_factory=dict)
    """By class code."""
    groups: frozenset[str] = frozenset()
    """Classes that have others below them: objects seldom belong there."""
    strict: bool = False
    """Whether words that a name does not have count in full against it."""

    @classmethod
    def of(cls, standard: Standard, scheme: str | None = None) -> Index:
        """Return the names of the classes of a scheme: its own, and what the mapping calls them.

        Parameters
        ----------
        standard : Standard
            Whose.
        scheme : str, optional
            Which; the primary one if not given.
        """
        scheme = scheme or standard.scheme
        names: dict[str, list[Name]] = {}
        for row in standard.class_rows:
            if row.scheme != scheme or row.retired:
                continue
            own = (("zh", row.name_zh), ("ja", row.name_ja), ("en", row.name_en))
            names[row.code] = [Name(t, wording(t), lang) for lang, t in own if t]
        for mapped in standard.mapping:
            if mapped.scheme != scheme or mapped.class_code not in names:
                continue
            # Rows that ask for more than a name say that the name alone is not enough.
            if mapped.source_class or mapped.predefined_type or mapped.sql:
                continue
            values = [mapped.layer]
            if mapped.field in ("layer", "name") and mapped.op in _NAMING:
                values += mapped.value.split("|") if mapped.op == "in" else [mapped.value]
            names[mapped.class_code] += [Name(v, wording(v), "mapping") for v in values if v]
        groups = frozenset(c.code for c in standard.class_rows if c.scheme == scheme and not c.leaf)
        return cls(names, groups)

    @cached_property
    def weights(self) -> dict[str, float]:
        """How much a word tells: one that many classes have in their names tells little."""
        counts: Counter[str] = Counter()
        for names in self.names.values():
            counts.update({w for n in names for w in n.said.words})
        return {w: math.log(1 + len(self.names) / c) for w, c in counts.items()}

    @cached_property
    def _exact(self) -> dict[Wording, str | None]:
        found: dict[Wording, str | None] = {}
        for code, names in self.names.items():
            for name in names:
                # What two classes are called tells neither.
                same = found.setdefault(name.said, code) == code
                found[name.said] = code if same else None
        return found

    def exact(self, text: str) -> str | None:
        """Return the class that goes by this very name, None if there is none or several."""
        said = wording(text)
        return self._exact.get(said) if said.cjk or said.words else None

    def nearest(self, text: str, *, limit: int = 3, least: float = 0.0) -> list[Hit]:
        """Return the classes whose names are most like a text, best first.

        Parameters
        ----------
        text : str
            A layer name, a class of a source, a value.
        limit : int
            How many at most.
        least : float
            Least score.
        """
        asked = wording(text)
        if not asked.words and not asked.cjk:
            return []
        found = []
        for code, names in self.names.items():
            score, name, how = max(
                (self._alike(asked, n) for n in names), key=lambda h: h[0], default=(0.0, None, "")
            )
            if name is not None:
                found.append(Hit(code, score * (0.85 if code in self.groups else 1), name, how))
        found.sort(key=lambda h: (-h.score, h.class_code))
        return [h for h in found[:limit] if h.score > least]

    def _alike(self, asked: Wording, name: Name) -> tuple[float, Name, str]:
        said = name.said
        ways = [(0.0, "nothing in common")]
        if asked.cjk and said.cjk:
            ways.append(_cjk(asked.cjk, said.cjk))
        if asked.words and said.words:
            ways.append(self._words(asked, said))
        if asked.words and said.cjk and not said.words and name.origin in ("zh", "mapping"):
            ways.append(_pinyin(asked.joined, said.cjk))
        score, how = max(ways)
        # What only a mapping row says stands a little behind the name of the class itself.
        return (score if name.origin != "mapping" else score * 0.97), name, how

    def _words(self, asked: Wording, said: Wording) -> tuple[float, str]:
        """Compare English words by what they tell."""
        from rapidfuzz.distance import DamerauLevenshtein

        mine, theirs = list(dict.fromkeys(asked.words)), list(dict.fromkeys(said.words))
        pairs: dict[str, float] = {}
        met: set[str] = set()
        for word in theirs:
            best, score = "", 0.0
            for other in mine:
                like = 1.0 if other == word else 0.0
                if not like and min(len(word), len(other)) >= 4:
                    near = DamerauLevenshtein.normalized_similarity(word, other)
                    like = near if near > 0.82 else 0.0
                if not like and len(other) in (3, 4) and word.startswith(other):
                    like = 0.0 if other in self.weights else 0.8  # an abbreviation, no word itself
                if like > score:
                    best, score = other, like
            if best:
                pairs[word] = score
                met.add(best)
        weight = self.weights
        usual = max(weight.values(), default=1.0)
        total = sum(weight.get(w, usual) for w in theirs)
        covered = sum(weight.get(w, usual) * s for w, s in pairs.items()) / total
        # A word that no class has in its names says little against one.
        unknown, floor = (usual, 0.2) if self.strict else (0.4 * usual, 0.6)
        rest = sum(weight.get(w, unknown) for w in mine if w not in met)
        known = sum(weight.get(w, usual) for w in mine if w in met)
        share = known / (known + rest) if known else 0.0
        score = covered * (floor + (1 - floor) * share)
        how = "the same words" if score > 0.99 else f"the words {', '.join(sorted(met))}"
        # Written together: streetlamp, firehydrant.
        other = said.joined
        slip = DamerauLevenshtein.normalized_similarity(asked.joined, other)
        if len(other) >= 6 and slip >= 0.85 and 0.9 * slip > score:
            score, how = 0.9 * slip, "nearly the same letters"
        whole = (asked.joined,) if self.strict else (*mine, asked.joined)
        for word in whole if len(other) >= 5 and len(theirs) > 1 else ():
            if word == other or (other in word and word in mine):
                together = 0.7 + 0.3 * len(other) / len(asked.joined)
                if together > score:
                    score, how = together, "the same words written together"
        return score, how


def _cjk(asked: str, said: str) -> tuple[float, str]:
    from rapidfuzz import fuzz

    if asked == said:
        return 1.0, "the same name"
    if said in asked:
        return 0.7 + 0.28 * len(said) / len(asked), "the name is part of it"
    if asked in said and len(asked) >= 2:
        return 0.5 + 0.4 * len(asked) / len(said), "it is part of the name"
    ratio = fuzz.ratio(asked, said) / 100
    return 0.85 * ratio, "characters in common"


def _pinyin(asked: str, said: str) -> tuple[float, str]:
    full, initials = pinyin(said)
    if len(full) >= 5 and full == asked:
        return 0.88, "its pinyin"
    if len(full) >= 6 and full in asked:
        return 0.6 + 0.25 * len(full) / len(asked), "its pinyin is part of it"
    if len(initials) >= 3 and initials == asked:
        return 0.6, "the initials of its pinyin"
    if len(initials) == 2 and initials == asked:
        return 0.45, "the initials of its pinyin"
    return 0.0, ""


def nearest_classes(
    standard: Standard, text: str, *, scheme: str | None = None, limit: int = 3
) -> list[ClassRow]:
    """Return the classes that somebody may have meant by a code or a name, best first.

    Examples
    --------
    >>> from cimkit.standard import load
    >>> [c.code for c in nearest_classes(load("cn.components"), "steet lamp", limit=1)]
    ['0118']
    """
    from rapidfuzz import fuzz

    scheme = scheme or standard.scheme
    rows = {c.code: c for c in standard.class_rows if c.scheme == scheme and not c.retired}
    hits: Iterable[tuple[float, str]] = [
        *((h.score, h.class_code) for h in Index.of(standard, scheme).nearest(text, least=0.4)),
        *((s, c) for c in rows if (s := fuzz.ratio(text, c) / 100) >= 0.7),
    ]
    best = sorted(hits, key=lambda h: (-h[0], h[1]))
    return [rows[c] for c in dict.fromkeys(code for _, code in best)][:limit]
