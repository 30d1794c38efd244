"""Waivers: failures that somebody answers for, with a reason and until a day.

A file of waivers is TOML::

    [[waiver]]
    rule = "cn.components/file-naming"   # full id, or a glob over full ids
    path = "gis/old_*.shp"               # globs, each of which may be missing:
    layer = "*"                          #   path, layer, place, reason
    fingerprint = "0f3c…"                # or just one failure, as the report calls it
    owner = "Li Wei, Second Bureau"      # who answers for it
    why = "Names are those of the 2019 contract."
    expires = 2027-03-31                 # the last day it holds
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.model import Status
from cimkit.standard._expressions import glob_pattern

__all__ = ["Waiver", "WaiverUse", "read_waivers", "waive"]

_GLOBS = ("rule", "path", "layer", "place", "reason")
_NEEDED = ("owner", "why", "expires")
_KEYS = ("id", *_GLOBS, "fingerprint", *_NEEDED)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Failures that somebody answers for."""

    id: str
    """As the file calls it, else its number in the file."""
    owner: str
    """Who answers for it."""
    why: str
    """The reason, for those who read the report."""
    expires: date
    """The last day it holds."""
    globs: Mapping[str, str] = field(default_factory=dict)
    """Globs over rule, path, layer, place and reason."""
    fingerprint: str = ""
    """Of the one failure, if it is for one."""
    origin: str = ""
    """File and number."""


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """What became of a waiver in a check."""

    waiver: Waiver
    """The waiver."""
    expired: bool
    """It held no longer, and nothing was waived."""
    count: int
    """Failures that it set aside."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        made = self.waiver
        said = {"id": made.id, "owner": made.owner, "why": made.why}
        said |= {"expires": made.expires.isoformat(), **made.globs}
        said |= {"fingerprint": made.fingerprint} if made.fingerprint else {}
        return {**said, "expired": self.expired, "count": self.count}


def read_waivers(file: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers.

    Raises
    ------
    UsageError
        If it cannot be read, or a waiver lacks owner, why or expires, or speaks of all failures.
    """
    try:
        document = tomllib.loads(Path(file).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            "the waivers cannot be read", where=str(file), got=error.strerror
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"no valid TOML: {error}", where=str(file)) from error
    entries = document.get("waiver", [])
    strange = sorted(set(document) - {"waiver"})
    if strange or not isinstance(entries, list):
        raise UsageError(
            "waivers stand in [[waiver]]", where=str(file), got=", ".join(strange) or "no list"
        )
    return tuple(_waiver(entry, n, f"{file}: waiver {n}") for n, entry in enumerate(entries, 1))


def _waiver(entry: Any, number: int, where: str) -> Waiver:
    if not isinstance(entry, dict):
        raise UsageError("a waiver is a table", where=where, got=entry)
    for name in sorted(set(entry) - set(_KEYS)):
        raise UsageError(
            "no such key in a waiver", where=where, got=name, expected=", ".join(_KEYS)
        )
    missing = [name for name in _NEEDED if not entry.get(name)]
    if missing:
        raise UsageError(
            f"a waiver needs {', '.join(missing)}",
            where=where,
            mend="Say who answers for it (owner), the reason (why) and its last day (expires).",
        )
    expires = entry["expires"]
    try:
        last = expires if type(expires) is date else date.fromisoformat(str(expires)[:10])
    except ValueError:
        raise UsageError("no date", where=where, got=expires, expected="YYYY-MM-DD") from None
    globs = {name: str(entry[name]) for name in _GLOBS if entry.get(name)}
    if not globs and not entry.get("fingerprint"):
        raise UsageError(
            "a waiver for everything",
            where=where,
            mend="Name the rule, the path, or the fingerprint of the failure.",
        )
    return Waiver(
        str(entry.get("id") or number),
        str(entry["owner"]),
        str(entry["why"]),
        last,
        globs,
        str(entry.get("fingerprint", "")),
        where,
    )


def waive(
    findings: pa.Table, waivers: Sequence[Waiver], today: date
) -> tuple[pa.Table, tuple[WaiverUse, ...]]:
    """Return findings with the failures that are waived marked, and what each waiver did.

    The first waiver that fits takes a failure. One that has expired takes none.
    """
    import numpy as np
    import pyarrow.compute as pc

    failed = pc.equal(findings["status"], str(Status.FAIL))
    free = failed.to_numpy(zero_copy_only=False)
    marks = np.full(findings.num_rows, "", dtype=object)
    uses = []
    for waiver in waivers:
        expired = today > waiver.expires
        fits = free.copy()
        if waiver.fingerprint:
            same = pc.equal(findings["fingerprint"], waiver.fingerprint)
            fits &= same.to_numpy(zero_copy_only=False)
        for name, glob in waiver.globs.items():
            pattern = f"(?s)^(?:{glob_pattern(glob)})$"
            met = pc.match_substring_regex(findings[name], pattern)
            fits &= pc.fill_null(met, False).to_numpy(zero_copy_only=False)
        if expired:
            fits[:] = False
        marks[fits] = waiver.id
        free &= ~fits
        uses.append(WaiverUse(waiver, expired, int(fits.sum())))
    at = findings.schema.get_field_index("waived")
    return (
        findings.set_column(at, findings.schema.field(at), pa.array(marks.tolist(), pa.string())),
        tuple(uses),
    )
