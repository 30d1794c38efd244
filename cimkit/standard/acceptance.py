"""When a delivery is accepted: no error at all, or a score."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.package._toml import known, one_of, scalar, table, texts

__all__ = ["Acceptance", "acceptance_of"]

_METHODS = ("zero-error", "score")
_UNITS = ("source", "dataset", "delivery")
_CLASSES = ("A", "B", "C", "D")


def _fixed(**values: float) -> Any:
    return field(default_factory=lambda: MappingProxyType(dict(values)))


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When a delivery is accepted.

    By *score* each unit starts at 100 points in each part of each quality element; each place that
    fails takes the points of its rule's defect class away. GB/T 24356 works so; its points (42, 12,
    4 and 1) were seen in two public inspection systems, its table of sample sizes was not, so a
    package states its own.
    """

    method: str = "zero-error"
    """``zero-error``: no more than `maximum` failures of rules of severity error; ``score``: as
    the other fields say."""
    maximum: int = 0
    """Failures of severity error allowed by ``zero-error``."""
    unit: str = "source"
    """What has a score of its own: source, dataset or delivery."""
    weights: Mapping[str, float] = _fixed()
    """Weights by quality element ("positional accuracy") and by its parts ("positional accuracy:
    absolute"), as rules call them; one that is not named weighs 1."""
    deductions: Mapping[str, float] = _fixed(A=42, B=12, C=4, D=1)
    """Points that a place of defect class A, B, C or D takes away, times the rule's weight."""
    adjustment: float = 1.0
    """Divides the deductions of B, C and D where a product is difficult."""
    veto: tuple[str, ...] = ("A",)
    """Defect classes of which one place fails the unit."""
    floor: float = 60.0
    """Points below which one part of an element fails the unit."""
    gross_ratio: float = 5.0
    """Share of things, in %, that may fail one rule of positional accuracy; with more the delivery
    fails; 0: not asked."""
    grades: Mapping[str, float] = _fixed(excellent=90, good=75, qualified=60)
    """Least points of each grade; a unit below all of them has failed."""
    overview: Mapping[str, float] = _fixed(A=0, B=3)
    """How many places without a file the delivery as a whole may have, by defect class."""
    sample: tuple[tuple[int, int], ...] = ()
    """Sizes of lot and sample: of up to so many units, so many are drawn; the last pair holds for
    larger lots, too. Empty: a census, all units count."""

    @property
    def sizes(self) -> tuple[str, ...]:
        """`sample` as a package writes it."""
        return tuple(f"{lot}:{size}" for lot, size in self.sample)

    def stated(self) -> dict[str, Any]:
        """Return what differs from the defaults, as a package writes it, method and maximum first.

        Examples
        --------
        >>> Acceptance(method="score", sample=((20, 3),)).stated()
        {'method': 'score', 'maximum': 0, 'sample': ['20:3']}
        """
        usual = Acceptance()
        said: dict[str, Any] = {"method": self.method, "maximum": self.maximum}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name in said or value == getattr(usual, f.name):
                continue
            if f.name == "sample":
                value = self.sizes
            said[f.name] = dict(value) if isinstance(value, Mapping) else value
            if isinstance(value, tuple):
                said[f.name] = list(value)
        return said


def acceptance_of(head: dict[str, Any], where: str) -> Acceptance:
    """Return what the table ``[acceptance]`` of a package says.

    Raises
    ------
    StandardError
        If a key or a value is not one described at `Acceptance`.
    """
    said = table(head, "acceptance", where)
    known(said, [f.name for f in fields(Acceptance)], where)
    usual = Acceptance()
    method = one_of(said.get("method", usual.method), _METHODS, "method of acceptance", where)
    veto = texts(said, "veto", where) if "veto" in said else usual.veto
    for name in veto:
        one_of(name, _CLASSES, "defect class", where)
    return Acceptance(
        method=method,
        maximum=scalar(said, "maximum", int, where, usual.maximum),
        unit=one_of(said.get("unit", usual.unit), _UNITS, "unit of acceptance", where),
        weights=_numbers(said, "weights", usual.weights, where),
        deductions=_numbers(said, "deductions", usual.deductions, where, _CLASSES),
        adjustment=_above(said, "adjustment", usual.adjustment, where),
        veto=veto,
        floor=scalar(said, "floor", float, where, usual.floor),
        gross_ratio=scalar(said, "gross_ratio", float, where, usual.gross_ratio),
        grades=_numbers(said, "grades", usual.grades, where),
        overview=_numbers(said, "overview", usual.overview, where, _CLASSES),
        sample=_sizes(texts(said, "sample", where), where),
    )


def _numbers(
    said: dict[str, Any],
    key: str,
    usual: Mapping[str, float],
    where: str,
    names: tuple[str, ...] = (),
) -> Mapping[str, float]:
    if key not in said:
        return usual
    inner = table(said, key, where)
    for name in inner:
        if names:
            one_of(name, names, f"name in {key}", where)
        value = scalar(inner, name, float, where)
        if not math.isfinite(value) or value < 0:
            raise StandardError(f"`{key}` are numbers of 0 or more", where=where, got=inner[name])
    return MappingProxyType({name: float(value) for name, value in inner.items()})


def _above(said: dict[str, Any], key: str, usual: float, where: str) -> float:
    value: float = scalar(said, key, float, where, usual)
    if not math.isfinite(value) or value <= 0:
        raise StandardError(f"`{key}` is more than 0", where=where, got=said[key])
    return value


def _sizes(pairs: tuple[str, ...], where: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for pair in pairs:
        lot, colon, size = pair.partition(":")
        if not colon or not lot.strip().isdecimal() or not size.strip().isdecimal():
            raise StandardError(
                "`sample` are sizes of lot and sample", where=where, got=pair, expected='"20:3"'
            )
        found.append((int(lot), int(size)))
    if any(b[0] <= a[0] or b[1] < a[1] for a, b in itertools.pairwise(found)):
        raise StandardError(
            "`sample` goes from small lots to large ones", where=where, got=", ".join(pairs)
        )
    return tuple(found)
