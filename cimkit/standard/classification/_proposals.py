"""Proposals for layers, classes and fields that a standard does not know."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cimkit.standard.classification._conditions import word_pattern
from cimkit.standard.classification._suggest import Hit, Index, Name
from cimkit.standard.classification._wording import NOISE, wording
from cimkit.standard.model import Standard
from cimkit.standard.rows import ClassRow

__all__ = ["Proposal", "Seen", "mapping_csv", "suggest"]

_CSV = ("kind", "layer", "source_class", "field", "op", "value", "class", "confidence", "source")
_CJK = re.compile(r"[^\W\da-z_]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """Objects without class that have kind, layer and class of the source in common."""

    kind: str
    """Kind of source."""
    layer: str
    """Layer name."""
    source_class: str
    """Class name in the source."""
    objects: int = 1
    """How many."""
    fields: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    """Addresses of their fields, with values met, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What something may be, and why one thinks so."""

    kind: str
    """Kind of source."""
    layer: str
    """Condition on the layer name, "" none."""
    source_class: str
    """Condition on the class name in the source, "" none."""
    field: str
    """Field of the condition, or the field that may be `attribute`; "" none."""
    op: str
    """Comparison, "" none."""
    value: str
    """With what."""
    class_code: str | None
    """The class proposed; None: it is the field for which something is proposed."""
    name: str
    """Name of the class or title of the attribute."""
    attribute: str | None
    """Attribute that the field may hold; ``class_fields``: the field holds class codes."""
    score: float
    """0 to 1."""
    reason: str
    """Why."""
    objects: int
    """Objects it is about."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return dataclasses.asdict(self)


def suggest(
    standard: Standard, seen: Iterable[Seen], *, limit: int = 3, least: float = 0.5
) -> list[Proposal]:
    """Propose mapping rows and attributes for what has no class yet.

    Parameters
    ----------
    standard : Standard
        Whose classes, attributes and domains.
    seen : iterable of Seen
        What has no class.
    limit : int
        Proposals for each layer, class or field at most.
    least : float
        Least score of a proposal, 0 to 1.

    Returns
    -------
    list of Proposal
        In the order of ``seen``, of each thing the best first. They are proposals: names mislead.

    Examples
    --------
    >>> from cimkit.standard import load
    >>> found = suggest(load("cn.components"), [Seen("gis", "路燈點_2026", "")])
    >>> found[0].class_code, found[0].op, found[0].value, found[0].reason
    ('0118', 'contains', '路燈點', "the same name: zh '路灯'")
    """
    index = Index.of(standard)
    fields = _Fields(standard)
    found: list[Proposal] = []
    for one in seen:
        found += _classes(standard, index, one, limit, least)
        found += fields.of(index, one, limit, least)
    return list(dict.fromkeys(found))


def mapping_csv(proposals: Iterable[Proposal]) -> str:
    """Return the proposals for classes as rows of ``mapping/*.csv``, with a header.

    The confidence stays below that of rows that somebody has checked.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV)
    for p in proposals:
        if p.class_code is not None:
            row = [p.kind, p.layer, p.source_class, p.field, p.op, p.value, p.class_code]
            writer.writerow([*row, f"{0.7 * p.score:.2f}", f"suggested, to be checked: {p.reason}"])
    return out.getvalue()


def _classes(
    standard: Standard, index: Index, one: Seen, limit: int, least: float
) -> Iterator[Proposal]:
    """Yield the classes that the names of the layer and of the class remind of."""
    best: dict[str, tuple[Hit, str]] = {}
    for text in dict.fromkeys(t for t in (one.layer, one.source_class) if t):
        for hit in index.nearest(text, limit=limit, least=least):
            if hit.class_code not in best or hit.score > best[hit.class_code][0].score:
                best[hit.class_code] = (hit, text)
    hits = sorted(best.values(), key=lambda h: (-h[0].score, h[0].class_code))
    for hit, text in hits[:limit]:
        by_layer = text == one.layer and (one.kind == "gis" or text != one.source_class)
        field, op, value = _condition(text) if by_layer else ("", "", "")
        yield Proposal(
            kind=one.kind,
            layer=text if by_layer and not op else "",
            source_class="" if by_layer else text,
            field=field,
            op=op,
            value=value,
            class_code=hit.class_code,
            name=_name(standard.by_code.get(hit.class_code)),
            attribute=None,
            score=round(hit.score, 2),
            reason=f"{hit.how}: {hit.name.origin} {hit.name.text!r}",
            objects=one.objects,
        )


def _condition(layer: str) -> tuple[str, str, str]:
    """Return what would find the layer under next year's name too; ("", "", ""): its whole name."""
    plain = layer.lower()
    if not re.search(r"\d", plain):
        return "", "", ""
    runs = sorted(_CJK.findall(plain), key=len, reverse=True)
    if runs and len(runs[0]) >= 2:
        return "layer", "contains", runs[0]
    value = " ".join(w for w in re.findall(r"[a-z]+", plain) if w not in NOISE)
    if len(value) >= 3 and re.search(word_pattern(value), plain):
        return "layer", "word", value
    return "", "", ""


def _name(row: ClassRow | None) -> str:
    return " / ".join(n for n in (row.name_zh, row.name_en) if n) if row else ""


class _Fields:
    """What fields of a source may be."""

    def __init__(self, standard: Standard) -> None:
        self._standard = standard
        self._codes = {c.lower() for c in standard.by_code}
        self._titles = {a.name: a.title or a.name for a in standard.attributes}
        self._known = {a.name.lower() for a in standard.attributes}
        self._known |= {f.lower() for f in standard.class_fields}
        self._index = Index(
            {
                a.name: [Name(a.name, wording(a.name), "name")]
                + ([Name(a.title, wording(a.title), "title")] if a.title else [])
                for a in standard.attributes
            },
            strict=True,
        )
        self._domains = {
            a.name: {str(v).lower() for c in standard.domains[a.domain].columns[:4] for v in c}
            - {"", "none"}
            for a in standard.attributes
            if a.domain in standard.domains
        }
        self._asked: dict[str, list[Hit]] = {}

    def of(self, index: Index, one: Seen, limit: int, least: float) -> Iterator[Proposal]:
        """Yield proposals for the fields of one group of objects."""
        for field, values in one.fields.items():
            told = [v.strip() for v in values if v.strip()]
            if not told or field.lower() in self._known:
                continue
            codes = sum(v.lower() in self._codes for v in told)
            if codes >= 0.5 * len(told):
                why = f"{codes} of {len(told)} values are codes of the standard"
                score = round(codes / len(told), 2)
                yield self._attribute(one, field, "class_fields", "code of the class", score, why)
                continue
            meant = {v: c for v in told if (c := index.exact(v)) is not None}
            if len(meant) >= 0.5 * len(told):
                for value, code in list(meant.items())[: 10 * limit]:
                    yield Proposal(
                        kind=one.kind,
                        layer="",
                        source_class="",
                        field=field,
                        op="equals",
                        value=value,
                        class_code=code,
                        name=_name(self._standard.by_code.get(code)),
                        attribute=None,
                        score=round(0.5 + 0.45 * len(meant) / len(told), 2),
                        reason=f"{len(meant)} of {len(told)} values are names of classes",
                        objects=one.objects,
                    )
                continue
            yield from self._attributes(one, field, told, limit, least)

    def _attributes(
        self, one: Seen, field: str, values: list[str], limit: int, least: float
    ) -> Iterator[Proposal]:
        short = field.rpartition(".")[2]
        if short not in self._asked:
            self._asked[short] = self._index.nearest(short, limit=limit)
        scores = {h.class_code: (h.score, f"{h.how}: {h.name.text!r}") for h in self._asked[short]}
        for name, domain in self._domains.items():
            share = sum(v.lower() in domain for v in values) / len(values)
            # Numbers like 01 stand in many lists.
            told = any(not v.isdigit() for v in values)
            if share >= 0.8 and told and share > scores.get(name, (0.0, ""))[0]:
                scores[name] = (0.95 * share, "its values are those of the attribute")
        best = sorted(scores.items(), key=lambda s: (-s[1][0], s[0]))
        for name, (score, why) in best[:limit]:
            if score >= max(least, 0.6):
                yield self._attribute(one, field, name, self._titles[name], round(score, 2), why)

    def _attribute(
        self, one: Seen, field: str, attribute: str, name: str, score: float, why: str
    ) -> Proposal:
        return Proposal(
            kind=one.kind,
            layer=one.layer if one.kind == "gis" else "",
            source_class="" if one.kind == "gis" else one.source_class,
            field=field,
            op="",
            value="",
            class_code=None,
            name=name,
            attribute=attribute,
            score=score,
            reason=why,
            objects=one.objects,
        )
