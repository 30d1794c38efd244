"""Asking all loaders whose a file is, and giving every file to one source."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from cimkit.loaders._spec import Head
from cimkit.model import Problem
from cimkit.registry import entries

__all__ = ["Recogniser", "gather"]


class Recogniser:
    """All loaders, and the notes of those that stumbled.

    A loader may be anybody's, and one that fails on one file must not end the search for the
    others: what it raised is noted at that file.
    """

    def __init__(self, notes: dict[str, list[Problem]]) -> None:
        self.loaders: dict[str, ModuleType] = entries("cimkit.loaders")
        self.notes = notes

    def best(self, head: Head, path: str) -> str | None:
        """Return the loader that is surest of a file or folder, None if none knows it."""
        scores = {name: self._score(name, head, path) for name in self.loaders}
        best = max(scores, key=lambda name: scores[name], default=None)
        return best if best is not None and scores[best] > 0 else None

    def siblings(self, loader: str, path: str, listing: set[str], file: Path) -> set[str]:
        """Return which files of a listing a loader takes as parts of one of its sources."""
        ask = getattr(self.loaders[loader], "siblings", None)
        if ask is None:
            return set()
        try:
            return set(ask(path, listing, file)) & listing
        except Exception as error:
            self._stumbled(loader, path, error)
            return set()

    def _score(self, name: str, head: Head, path: str) -> int:
        try:
            return int(self.loaders[name].sniff(head))
        except Exception as error:
            self._stumbled(name, path, error)
            return 0

    def _stumbled(self, name: str, path: str, error: Exception) -> None:
        self.notes.setdefault(path, []).append(
            Problem(
                "sniff-failed",
                f"The loader {name!r} stumbled over it while files were told apart; it may belong "
                "to other files of the delivery than is said here.",
                got=f"{type(error).__name__}: {error}"[:200],
            )
        )


def gather(roots: Iterable[str], claims: dict[str, set[str]]) -> dict[str, list[str]]:
    """Give every path to one source: first what nobody claims, then what is claimed in a ring."""
    owner: dict[str, str] = {}
    everything = sorted(roots)
    wanted = set().union(*claims.values()) if claims else set()
    for start in [p for p in everything if p not in wanted] + everything:
        if start in owner:
            continue
        owner[start] = start
        waiting = sorted(claims.get(start, ()))
        while waiting:
            member = waiting.pop()
            if member not in owner:
                owner[member] = start
                waiting += sorted(claims.get(member, ()))
    members: dict[str, list[str]] = {}
    for path, source in owner.items():
        members.setdefault(source, [])
        if path != source:
            members[source].append(path)
    return members
