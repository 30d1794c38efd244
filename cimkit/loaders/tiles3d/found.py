"""What is found in a tileset on the way through it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from cimkit.model import Problem

__all__ = ["Found"]

_SHOWN = 5


@dataclass(slots=True)
class Found:
    """Counts, properties, and problems of which many of one kind are one."""

    counts: Counter[str] = field(default_factory=Counter)
    """tiles, contents, subtrees, features, and contents by their type."""
    levels: Counter[int] = field(default_factory=Counter)
    """Tiles by their depth below the root."""
    properties: dict[str, Any] = field(default_factory=dict)
    """JSON values."""
    extensions: set[str] = field(default_factory=set)
    """Used anywhere."""
    size: int = 0
    """Bytes of the contents."""
    _met: dict[tuple[str, str, str, str, str], list[tuple[str, str]]] = field(default_factory=dict)

    def trouble(
        self,
        code: str,
        message: str,
        place: str = "",
        *,
        got: str = "",
        expected: str = "",
        severity: Literal["error", "warning", "info"] = "warning",
        hint: str = "",
    ) -> None:
        """Note something wrong."""
        self._met.setdefault((code, message, severity, expected, hint), []).append((place, got))

    def problems(self) -> list[Problem]:
        """Return one problem for each kind of trouble, with the first places."""
        found = []
        for (code, message, severity, expected, hint), met in self._met.items():
            places = [p for p, _ in met[:_SHOWN] if p]
            values = list(dict.fromkeys(g for _, g in met[:_SHOWN] if g))
            got = ", ".join(values)
            if len(met) > 1:
                got = f"{len(met)} times" + (f": {got}" if got else "")
            more = f" and {len(met) - _SHOWN} more" if len(met) > _SHOWN else ""
            found.append(
                Problem(
                    code,
                    message,
                    severity,  # type: ignore[arg-type]
                    ", ".join(places) + more,
                    got=got,
                    expected=expected,
                    hint=hint,
                )
            )
        return found
