"""An IDS that stands alone, as the files of a package of nothing else."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["MARK", "bare_ids"]

MARK = "ids.toml"
"""A file that only such a package has: its rules are not named after the IDS once more."""


def bare_ids(path: Path) -> dict[str, bytes]:
    """Return the files of the package that an IDS is.

    Its id is that of the file, its edition the version that the IDS says, else its date.

    Raises
    ------
    StandardInvalid
        If it is no IDS 1.0.
    """
    import tomli_w

    from cimkit.standard.requirements import read_ids

    content = path.read_bytes()
    document = read_ids(content, path.name)
    head = {
        "id": _named(path.stem) or "ids",
        "edition": _named(document.version or document.facts.get("date", "")) or "1",
        "titles": {"en": document.title or path.stem},
    }
    files = {"standard.toml": tomli_w.dumps(head).encode(), f"ids/{path.name}": content}
    return {**files, MARK: b""}


def _named(text: str) -> str:
    """Return a text that can be an id or an edition."""
    return re.sub(r"[/\\\s@+\x00-\x1f\x7f]+", "-", text).strip("-")
