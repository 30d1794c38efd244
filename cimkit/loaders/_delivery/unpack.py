"""Archives: their members are laid out in a folder of our own, within limits."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.archives import BROKEN, members, seven_zip
from cimkit.model import Problem

__all__ = ["MAX_DEPTH", "Allowance", "Unpacked", "unpack"]

MAX_DEPTH = 4
"""Archives within archives that are still opened."""
MAX_BYTES = 200 * 2**30
MAX_RATIO = 250
"""Bytes out for one byte in, counted once an archive has given `FREE_BYTES`."""
FREE_BYTES = 256 * 2**20


@dataclass(slots=True)
class Unpacked:
    """One member of an archive: where it now lies, or why it does not."""

    name: str
    file: Path | None
    problem: Problem | None = None


def _safe(name: str) -> str | None:
    """Return the member's path inside the folder, or None if it points out of it."""
    name = name.replace("\\", "/")
    parts = [p for p in PurePosixPath(name).parts if p not in ("", ".")]
    if not parts or name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        return None
    return "/".join(parts)


class Allowance:
    """What a delivered archive and those inside it may give together: bombs are nested, too.

    Parameters
    ----------
    archive : Path
        The delivered one.
    disk : Path
        A folder on the disk that it is unpacked to.
    """

    def __init__(self, archive: Path, disk: Path) -> None:
        self.packed = max(1, archive.stat().st_size)
        self.limit = min(MAX_BYTES, int(shutil.disk_usage(disk).free * 0.8))
        self.given = 0

    def spend(self, count: int) -> None:
        """Count bytes that came out."""
        self.given += count
        if self.given > self.limit or (
            self.given > FREE_BYTES and self.given > MAX_RATIO * self.packed
        ):
            raise SourceUnreadable(
                "the archive grows beyond all measure while it is unpacked",
                got=f"{self.given} bytes from {self.packed}",
                expected=f"at most {MAX_RATIO} times its size and {self.limit} bytes",
                mend="Deliver the files unpacked.",
            )


class _Layout:
    """The folder that one archive is laid out in, and what it may still give."""

    def __init__(self, into: Path, allowance: Allowance) -> None:
        self.into = into
        self.spend = allowance.spend
        self.taken: set[str] = set()

    def place(self, name: str) -> Unpacked:
        """Return where a member goes, or why it goes nowhere."""
        safe = _safe(name)
        if safe is None:
            shown = name.replace("\\", "/").replace("..", "__").lstrip("/")
            return Unpacked(shown, None, _lost("unsafe-name", name, "its name leads out of it"))
        if safe.casefold() in self.taken:
            return Unpacked(f"{safe}#2", None, _lost("member-twice", name, "it is in it twice"))
        self.taken.add(safe.casefold())
        target = self.into / safe
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.open("xb").close()
        except FileExistsError:  # some disks take é for one letter or for two
            return Unpacked(f"{safe}#2", None, _lost("member-twice", name, "it is in it twice"))
        except (OSError, ValueError) as error:
            return Unpacked(safe, None, _unreadable(name, error))
        return Unpacked(safe, target)

    def copy(self, stream: IO[bytes], target: Path) -> None:
        """Write a member."""
        with target.open("wb") as out:
            while block := stream.read(1 << 20):
                self.spend(len(block))
                out.write(block)


def unpack(
    archive: Path, kind: str, into: Path, allowance: Allowance | None = None
) -> Iterator[Unpacked]:
    """Lay the members of an archive out under the folder ``into``.

    One inside another archive has the `Allowance` of that.

    Names are decoded as their maker meant them, never leave the folder, and a member that cannot be
    had is given with its `Problem`; the others are not lost for it.

    Raises
    ------
    SourceUnreadable
        If the archive itself cannot be read, or grows beyond its limits.
    """
    into.mkdir(parents=True, exist_ok=True)
    layout = _Layout(into, allowance or Allowance(archive, into))
    try:
        if kind == "7z":
            yield from _seven_zip(archive, layout)
        else:
            yield from _one_by_one(archive, kind, layout)
    except SourceUnreadable:
        raise
    except (NotImplementedError, RuntimeError) as error:
        raise SourceUnreadable(
            "the archive uses a method that cannot be read",
            got=str(error),
            mend="Pack it as plain ZIP.",
        ) from error
    except BROKEN as error:
        raise SourceUnreadable("the archive cannot be read", got=str(error)) from error


def _one_by_one(archive: Path, kind: str, layout: _Layout) -> Iterator[Unpacked]:
    for name, stream, why in members(archive, kind):
        if stream is None and _safe(name) is not None:
            yield Unpacked(_safe(name) or name, None, _lost("member-unreadable", name, why))
            continue
        placed = layout.place(name)
        if placed.file is not None and stream is not None:
            try:
                layout.copy(stream, placed.file)
            except SourceUnreadable:
                raise
            except BROKEN as error:
                _remove(placed.file)
                placed = Unpacked(placed.name, None, _unreadable(name, error))
        yield placed


def _seven_zip(archive: Path, layout: _Layout) -> Iterator[Unpacked]:
    placed: list[Unpacked] = []
    out: list[IO[bytes]] = []

    def begin(name: str) -> Callable[[bytes], None]:
        placed.append(layout.place(name))
        file = placed[-1].file
        if file is not None:
            out.append(file.open("wb"))

        def take(block: bytes) -> None:
            layout.spend(len(block))
            if file is not None:
                out[-1].write(block)

        return take

    def end() -> None:
        while out:
            out.pop().close()

    try:
        seven_zip(archive, begin, end)
    finally:
        end()
    yield from placed


def _remove(target: Path) -> None:
    """Remove what was written of a member; nothing was, if its name is too long for this disk."""
    with contextlib.suppress(OSError, ValueError):
        target.unlink()


def _unreadable(name: str, error: Exception) -> Problem:
    why = error.strerror or "" if isinstance(error, OSError) else ""
    return _lost("member-unreadable", name, why or str(error) or type(error).__name__)


def _lost(code: str, name: str, why: str) -> Problem:
    return Problem(
        code=code,
        message=f"A member of the archive was not unpacked: {why}.",
        severity="error",
        place=name,
        hint="Deliver the file unpacked.",
    )
