"""Problems of one kind, gathered into one with a count and the first places."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cimkit.model import Problem

__all__ = ["Tally"]

_SHOWN = 3


@dataclass(slots=True)
class _Kind:
    first: Problem
    count: int = 0
    places: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)


class Tally:
    """Takes problems one by one; those of one code and message become one."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def add(self, problem: Problem, count: int = 1) -> None:
        """Count a problem; of each kind the first places and values are kept."""
        kind = self._kinds.setdefault((problem.code, problem.message), _Kind(problem))
        kind.count += count
        if problem.place and len(kind.places) < _SHOWN and problem.place not in kind.places:
            kind.places.append(problem.place)
        if problem.got and len(kind.met) < _SHOWN and problem.got not in kind.met:
            kind.met.append(problem.got)

    def problems(self) -> list[Problem]:
        """Return one problem of each kind.

        Examples
        --------
        >>> tally = Tally()
        >>> for line in (3, 8):
        ...     tally.add(Problem("ring-short", "A ring has 2 points.", place=f"line {line}"))
        >>> tally.problems()[0].message, tally.problems()[0].place
        ('A ring has 2 points. It is so 2 times.', 'line 3, line 8')
        """
        found = []
        for kind in self._kinds.values():
            if kind.count == 1:
                found.append(kind.first)
                continue
            found.append(
                replace(
                    kind.first,
                    message=f"{kind.first.message} It is so {kind.count} times.",
                    place=", ".join(kind.places),
                    got=", ".join(kind.met),
                )
            )
        return found
