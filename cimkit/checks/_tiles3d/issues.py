"""What is wrong in a tileset or model: word, place, what was met and what was wanted."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

__all__ = ["COLUMNS", "SUBJECTS", "Issues", "Told", "shown"]

SUBJECTS = (
    *("structure", "references", "volumes", "errors", "extensions", "metadata"),
    *("implicit", "contents", "gltf", "inside"),
)
"""What a rule can speak of."""

COLUMNS = pa.schema(
    [
        ("subject", pa.string()),
        ("reason", pa.string()),
        ("severity", pa.string()),
        ("file", pa.string()),
        ("place", pa.string()),
        ("measured", pa.string()),
        ("expected", pa.string()),
        ("mistake", pa.string()),
        ("count", pa.int64()),
        ("x", pa.float64()),
        ("y", pa.float64()),
        ("z", pa.float64()),
        ("geometry", pa.binary()),
    ]
)

_MOST = 1_000
"""Places of one mistake that are told one by one; the rest are counted."""


@dataclass(slots=True)
class Told:
    """What the parts of a check share about one source."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    met: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    more: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    checked: Counter[str] = field(default_factory=Counter)
    unseen: list[tuple[str, str]] = field(default_factory=list)
    sound: set[str] = field(default_factory=set)
    absent: int = 0
    """Addresses whose file is not among those delivered."""


@dataclass(frozen=True, slots=True)
class Issues:
    """A list to be told of what is wrong, and where in the source it is being looked."""

    subject: str = "structure"
    """Which rule it concerns."""
    file: str = ""
    """File or content that pointers are into; "" for the source's own."""
    base: str = ""
    """JSON pointer in front of those told."""
    found: set[str] = field(default_factory=set)
    """Extensions met anywhere in the document at hand."""
    told: Told = field(default_factory=Told)

    def tell(
        self,
        word: str,
        pointer: str = "",
        *,
        got: Any = None,
        expected: str = "",
        severity: str = "error",
        at: tuple[float, float, float] | None = None,
        shape: bytes | None = None,
    ) -> None:
        """Note something wrong.

        Parameters
        ----------
        word
            Of `cimkit.checks._tiles3d.words.WORDS`.
        pointer
            JSON pointer (RFC 6901) below `base`.
        got, expected
            The value met, and what was wanted.
        severity
            error, warning or info.
        at
            Longitude and latitude in degrees, height in metres.
        shape
            WKB in CRS84 with heights.
        """
        place = f"{self.base}{pointer}"
        # One mistake made in many tiles: the same word at the same field, whatever the indices.
        alike = re.sub(r"/\d+(?=/|$)|\[[^\]]*\]", "/*", place)
        mistake = f"{word} {alike}"
        key = (self.subject, mistake, severity)
        self.told.met[key] += 1
        if self.told.met[key] > _MOST:
            self.told.more[key]["count"] += 1
            return
        x, y, z = at if at is not None else (None, None, None)
        row = {
            "subject": self.subject,
            "reason": word,
            "severity": severity,
            "file": self.file,
            "place": f"{self.file}#{place}" if self.file and place else self.file or place,
            "measured": "" if got is None else shown(got),
            "expected": expected,
            "mistake": mistake,
            "count": 1,
            "x": x,
            "y": y,
            "z": z,
            "geometry": shape,
        }
        self.told.rows.append(row)
        self.told.more[key] = row

    def on(self, subject: str) -> Issues:
        """Return the same list for another subject."""
        return self if subject == self.subject else replace(self, subject=subject)

    def at(self, pointer: str) -> Issues:
        """Return the same list for pointers below another."""
        return replace(self, base=f"{self.base}{pointer}")

    def into(self, file: str, *, own_extensions: bool = True) -> Issues:
        """Return the same list for what is in another file."""
        found: set[str] = set() if own_extensions else self.found
        return replace(self, file=file, base="", found=found)

    def count(self, subject: str, number: int = 1) -> None:
        """Note that things of a subject have been looked at."""
        self.told.checked[subject] += number

    def unseen(self, subject: str, reason: str) -> None:
        """Note that something could not be looked at, and why (a word)."""
        if (subject, reason) not in self.told.unseen:
            self.told.unseen.append((subject, reason))

    @property
    def number(self) -> int:
        """Number of mistakes so far, errors only."""
        return sum(n for (_, _, severity), n in self.told.met.items() if severity == "error")


def shown(value: Any) -> str:
    """Return a value as a report shows it."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, float):
        text = f"{value:.9g}"
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            text = str(type(value).__name__)
    return text if len(text) <= 120 else text[:117] + "..."
