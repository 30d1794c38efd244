"""Which edition of a standard governs on a day, and why."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cimkit.errors import UsageError
from cimkit.standard.model import Standard
from cimkit.standard.overlay._edition_words import reasons
from cimkit.standard.package._files import find_package, open_package, packages
from cimkit.standard.package._head import Transition, read_date, read_transition
from cimkit.standard.package._named import UNVERIFIED, edition_order, split_flag

__all__ = ["Governing", "governing"]


@dataclass(frozen=True, slots=True)
class Governing:
    """Which standard a delivery is held against, and why."""

    standard_key: str
    """``id@edition``, with ``+unverified`` if that was asked for."""
    date: str
    """The day that was asked about, ``YYYY-MM-DD``."""
    reason: Mapping[str, str]
    """In a sentence, by language: zh, ja, en."""
    alternatives: tuple[str, ...] = ()
    """``id@edition`` of others that are in force or accepted on that day."""
    warning: bool = False
    """Whether it is not in force on that day, so that people must know."""
    load: str = ""
    """What `cimkit.standard.load` finds it by: the key, or the path that was named."""


@dataclass(frozen=True, slots=True)
class _Edition:
    id: str
    edition: str
    begins: str = ""
    ends: str = ""
    transition: Transition | None = field(default=None)

    @property
    def key(self) -> str:
        return f"{self.id}@{self.edition}"

    @property
    def order(self) -> tuple[object, ...]:
        return self.begins, edition_order(self.edition)

    def accepts(self, key: str, day: str) -> bool:
        """Return whether it lets another standard pass beside itself on a day."""
        said = self.transition
        return said is not None and day <= said.until and key in said.accepts


def governing(name: str | Standard, date: datetime.date | str | None = None) -> Governing:
    """Return which edition of a standard governs on a day, and why.

    An edition is in force from its ``effective_from`` to its ``effective_to``, where it says so,
    and until a later one comes into force. What a later one accepts for a time
    (``[transition]``) is told as an alternative.

    Parameters
    ----------
    name : str or Standard
        ``id``: the edition in force is chosen. ``id@edition``, a path or a standard that is
        loaded: that one is taken, and the reason says how it stands on that day.
    date : date or str, optional
        The day, as a date or as a text that begins with ``YYYY-MM-DD``; default: today.

    Raises
    ------
    StandardNotFound
        If there is no such standard.
    UsageError
        If the text is no date.

    Examples
    --------
    >>> found = governing("cn.components", "2026-05-01")
    >>> found.standard_key, found.warning
    ('cn.components@2007', False)
    >>> print(found.reason["en"])
    cn.components@2007 governs on 2026-05-01: in force from 2007-01-01
    """
    day = _day(date)
    if isinstance(name, Standard):
        there = list(_editions(name.id))
        flag = UNVERIFIED if name.unverified else ""
        return _named(_of_standard(name), there, day, flag)
    wanted, unverified = split_flag(name)
    flag = UNVERIFIED if unverified else ""
    if wanted.lower().endswith(".ids"):
        # A file is no edition of anything: it has no others beside it.
        return dataclasses.replace(_named(_of_path(find_package(wanted)), [], day, ""), load=name)
    id_, _, edition = wanted.partition("@")
    there = list(_editions(id_))
    same = [e for e in there if e.id == id_ and edition in ("", e.edition)]
    path = Path(wanted)
    if not same or (path.parent != Path() and path.exists()):
        # A path, or a name that `find_package` refuses with those there are.
        mine = _of_path(find_package(wanted))
        found = _named(mine, list(_editions(mine.id)), day, flag)
        return dataclasses.replace(found, load=name)
    return _named(same[0], there, day, flag) if edition else _in_force(same, there, day, flag)


def _day(date: datetime.date | str | None) -> str:
    if date is None:
        return datetime.date.today().isoformat()
    text = str(date)[:10]
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError("no date", got=str(date), expected="YYYY-MM-DD") from error


def _editions(wanted: str) -> Iterable[_Edition]:
    """Yield the editions of an id that can be found, and what accepts others beside itself.

    Of one in several places the first counts.
    """
    seen: set[str] = set()
    for id_, edition, path, head in packages():
        if id_ != wanted and "transition" not in head:
            continue
        found = _edition(head, str(path / "standard.toml"), id_, edition)
        if found.key not in seen:
            seen.add(found.key)
            yield found


def _edition(head: dict[str, object], where: str, id_: str, edition: str) -> _Edition:
    begins, ends = (read_date(head, key, where) for key in ("effective_from", "effective_to"))
    return _Edition(id_, edition, begins, ends, read_transition(head, where))


def _of_path(path: Path) -> _Edition:
    files = open_package(path)
    head = files.toml("standard.toml")
    return _edition(
        head, files.where("standard.toml"), str(head.get("id")), str(head.get("edition"))
    )


def _of_standard(standard: Standard) -> _Edition:
    transition = Transition(standard.transition_until, standard.accepts)
    return _Edition(
        standard.id,
        standard.edition,
        standard.facts.get("effective_from", ""),
        standard.facts.get("effective_to", ""),
        transition if standard.accepts else None,
    )


def _in_force(editions: list[_Edition], there: list[_Edition], day: str, flag: str) -> Governing:
    """Return the edition in force among those of one id, or the nearest to it."""
    begun = [e for e in editions if e.begins <= day]
    chosen = max(begun or editions, key=lambda e: e.order)
    if not begun:
        chosen = min(editions, key=lambda e: e.order)
    key = (
        "none yet" if not begun else "none left" if chosen.ends and chosen.ends < day else "governs"
    )
    others = _beside(chosen, there, day)
    return _said(key, chosen, day, flag, others, warning=key != "governs")


def _named(mine: _Edition, there: list[_Edition], day: str, flag: str) -> Governing:
    """Return how an edition that was named stands."""
    same = [e for e in there if e.id == mine.id and e.key != mine.key]
    later = [e for e in same if mine.order < e.order and e.begins <= day and not _over(e, day)]
    heirs = [e for e in there if e.accepts(mine.key, day) and e.begins <= day]
    now = max(later, key=lambda e: e.order, default=None)
    others = tuple(dict.fromkeys(e.key for e in (*([now] if now else []), *heirs)))
    if mine.begins > day:
        past = [e for e in same if e.begins <= day and not _over(e, day)]
        before = max(past, key=lambda e: e.order, default=None)
        others = (before.key,) if before else ()
        return _said("early", mine, day, flag, others, warning=True)
    if now is None and not _over(mine, day):
        return _said("governs", mine, day, flag, _beside(mine, there, day))
    if now is not None and mine.ends and not _over(mine, day):
        return _said("beside", mine, day, flag, others, now)
    if heirs:
        return _said("accepted", mine, day, flag, others, heirs[0], warning=True)
    if _over(mine, day):
        return _said("over", mine, day, flag, others, warning=True)
    return _said("superseded", mine, day, flag, others, now, warning=True)


def _over(edition: _Edition, day: str) -> bool:
    return bool(edition.ends) and edition.ends < day


def _beside(mine: _Edition, there: list[_Edition], day: str) -> tuple[str, ...]:
    """Return what is accepted beside an edition in force, for a time."""
    said = mine.transition
    accepted = said.accepts if said is not None and day <= said.until else ()
    still = (
        e.key
        for e in there
        if e.id == mine.id and e.key != mine.key and e.begins <= day <= (e.ends or "")
    )
    return tuple(dict.fromkeys((*accepted, *still)))


def _said(
    why: str,
    mine: _Edition,
    day: str,
    flag: str,
    others: tuple[str, ...],
    other: _Edition | None = None,
    *,
    warning: bool = False,
) -> Governing:
    until = other.transition.until if other and other.transition else ""
    values = {"key": mine.key + flag, "date": day, "begins": mine.begins, "ends": mine.ends}
    values |= {"other": other.key if other else "", "since": other.begins if other else ""}
    said = reasons(why, until=until, **values)
    return Governing(mine.key + flag, day, said, others, warning, load=mine.key + flag)
