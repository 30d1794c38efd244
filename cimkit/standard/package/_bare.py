"""An IDS that stands alone, as the files of a package of nothing else."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["bare_ids"]

_FACTS = {"author": "issuer", "copyright": "licence", "description": "note"}


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
        **{key: document.facts[k] for k, key in _FACTS.items() if document.facts.get(k)},
        "titles": {"en": document.title or path.stem},
    }
    return {"standard.toml": tomli_w.dumps(head).encode(), f"ids/{path.name}": content}


def _named(text: str) -> str:
    """Return a text that can be an id or an edition."""
    return re.sub(r"[/\\\s@+\x00-\x1f\x7f]+", "-", text).strip("-")
