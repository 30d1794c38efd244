"""IDS that stand alone, as the files of a package of nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["bare_ids"]

_FACTS = {"author": "issuer", "copyright": "licence", "description": "note"}


def bare_ids(path: Path) -> dict[str, bytes]:
    """Return the files of the package that an IDS is, or a folder of them.

    A folder that has a ``standard.toml`` is a package of its own, and no IDS at all is none: {}.
    Its id is the name of the file, or of the folder that holds several; its edition the version
    that the IDS says, else its date, the latest of several.

    Raises
    ------
    StandardInvalid
        If one is no IDS 1.0.
    """
    import tomli_w

    from cimkit.standard.requirements import read_ids

    files: Sequence[Path] = ()
    if path.suffix.lower() == ".ids" and path.is_file():
        files = [path]
    elif path.is_dir() and not (path / "standard.toml").is_file():
        files = sorted(path.glob("*.[iI][dD][sS]"))
    if not files:
        return {}
    contents: dict[str, bytes] = {}
    for file in files:
        name = f"{file.stem}.ids"
        contents[file.name + ".ids" if name in contents else name] = file.read_bytes()
    documents = [read_ids(content, name) for name, content in contents.items()]
    editions = [_named(d.version or d.facts.get("date", "")) for d in documents]
    name = path.resolve().stem if path.is_file() else path.resolve().name
    head: dict[str, object] = {"id": _named(name) or "ids", "edition": max(editions) or "1"}
    if path.is_file():
        facts = documents[0].facts
        head |= {key: facts[k] for k, key in _FACTS.items() if facts.get(k)}
        name = documents[0].title or name
    head["titles"] = {"en": name}
    return {
        "standard.toml": tomli_w.dumps(head).encode(),
        **{f"ids/{name}": content for name, content in contents.items()},
    }


def _named(text: str) -> str:
    """Return a text that can be an id or an edition."""
    return re.sub(r"[/\\\s@+\x00-\x1f\x7f]+", "-", text).strip("-")
