"""The head of a package, ``standard.toml``: who it is, what it extends, when it holds."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.package._named import UNVERIFIED, split_flag
from cimkit.standard.package._toml import at, known, one_of, scalar, table, tables, texts
from cimkit.standard.rows import Scheme

HEAD = [
    "id",
    "edition",
    "status",
    "titles",
    "issuer",
    "licence",
    "languages",
    "effective_from",
    "effective_to",
    "note",
    "extends",
    "lint",
    "unverified",
    "scheme",
    "transition",
    "class_fields",
    "code",
    "jurisdiction",
    "crs",
    "acceptance",
]
FACTS = ("status", "issuer", "licence", "effective_from", "effective_to", "note")
"""Keys of the head that are taken over as texts."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What an edition still accepts beside itself, and how long."""

    until: str
    """ISO date of the last day."""
    accepts: tuple[str, ...]
    """``id@edition`` of the standards accepted."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a head says of the package itself."""

    id: str
    edition: str
    extends: tuple[str, ...]
    """Parents as ``id@edition``."""
    extends_unverified: tuple[bool, ...]
    """Of each parent whether its rows that are not verified are asked for."""
    unverified: str
    """``on``, ``off`` or "" where nothing is said."""
    schemes: tuple[Scheme, ...]
    """Those declared with ``[[scheme]]``."""


def read_head(document: dict[str, Any], where: str) -> Head:
    """Return what a ``standard.toml`` says of the package; raises `StandardError`."""
    known(document, HEAD, where)
    for key in ("id", "edition"):
        said = scalar(document, key, str, where)
        if not said:
            raise StandardError(f"`{key}` must be given", where=where)
        if re.search(r"[/\\\s\x00-\x1f\x7f]", said):
            raise StandardError(
                f"`{key}` is part of names of files and links",
                where=at(where, key),
                got=said,
                expected="a text without blanks, / and \\",
                mend="Take letters, digits, dots and hyphens.",
            )
        if "@" in said or said.endswith(UNVERIFIED):
            raise StandardError(
                f"`{key}` holds what names are put together with",
                where=where,
                got=said,
                expected=f"a text without @ and {UNVERIFIED}",
            )
    titles = table(document, "titles", where)
    known(titles, ("zh", "ja", "en"), f"{where}, [titles]")
    if not all(scalar(titles, k, str, f"{where}, [titles]") for k in ("en", *titles)):
        raise StandardError("titles.en must be given, and none may be empty", where=where)
    for key in FACTS:
        scalar(document, key, str, where)
    for key in ("effective_from", "effective_to"):
        read_date(document, key, where)
    read_transition(document, where)
    texts(document, "class_fields", where)
    if "unverified" in document:
        one_of(document["unverified"], ("on", "off"), "unverified", where)
    extends = [_parent(text, where) for text in texts(document, "extends", where)]
    return Head(
        id=document["id"],
        edition=document["edition"],
        extends=tuple(name for name, _ in extends),
        extends_unverified=tuple(flag for _, flag in extends),
        unverified=document.get("unverified", ""),
        schemes=_schemes(document, where),
    )


def read_date(said: Mapping[str, Any], key: str, where: str) -> str:
    """Return a date as ``YYYY-MM-DD``, "" if it is not given; raises `StandardError`."""
    text = scalar(dict(said), key, str, where, "")
    try:
        good = not text or datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        good = False
    if not good:
        raise StandardError(f"`{key}` is a date", where=where, got=text, expected='"YYYY-MM-DD"')
    return str(text)


def read_transition(document: dict[str, Any], where: str) -> Transition | None:
    """Return what ``[transition]`` says, None if it is not there; raises `StandardError`."""
    if "transition" not in document:
        return None
    where = f"{where}, [transition]"
    said = table(document, "transition", where)
    known(said, ("until", "accepts"), where)
    until, accepts = read_date(said, "until", where), texts(said, "accepts", where)
    if not until or not accepts:
        raise StandardError(
            "a transition says until when and what it accepts",
            where=where,
            got=said,
            expected='until = "YYYY-MM-DD", accepts = ["id@edition"]',
        )
    return Transition(until, tuple(_parent(text, where)[0] for text in accepts))


def _parent(text: str, where: str) -> tuple[str, bool]:
    """Return ``id@edition``, and whether unverified rows are wanted."""
    name, flag = split_flag(text)
    if not all(name.partition("@")):
        raise StandardError(
            "a parent is named with its edition", where=where, got=text, expected="id@edition"
        )
    return name, flag


def _schemes(document: dict[str, Any], where: str) -> tuple[Scheme, ...]:
    found: dict[str, Scheme] = {}
    for number, entry in enumerate(tables(document, "scheme", where), 1):
        here = f"{where}, [[scheme]] {number}"
        known(entry, ("id", "titles", "primary", "note"), here)
        id_ = scalar(entry, "id", str, here, "")
        if not id_ or id_ in found:
            raise StandardError("a scheme needs an id of its own", where=here, got=id_)
        titles = table(entry, "titles", here)
        known(titles, ("zh", "ja", "en"), f"{here}, titles")
        found[id_] = Scheme(
            id_,
            {k: scalar(titles, k, str, f"{here}, titles") for k in titles},
            scalar(entry, "primary", bool, here, False),
            scalar(entry, "note", str, here, ""),
            f"{document['id']}@{document['edition']}",
        )
    first = [s.id for s in found.values() if s.primary]
    if len(first) > 1:
        raise StandardError("two schemes are primary", where=where, got=", ".join(first))
    return tuple(found.values())
