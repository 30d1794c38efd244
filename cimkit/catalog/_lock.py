"""One writer at a time."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cimkit.errors import CatalogLocked

__all__ = ["holder", "user", "writer"]


def user() -> str:
    """Return the name of the person at this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return f"uid {os.getuid()}"


@contextmanager
def writer(folder: Path, what: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the right to write to the catalogue in a folder.

    SQLite lets one writer in; three at once were seen to hang for ever. The operating system frees
    the lock when its holder dies.

    Parameters
    ----------
    folder : Path
        The catalogue.
    what : str
        What for, for those who have to wait.
    wait_s : float
        How long to wait for the other writer.

    Raises
    ------
    CatalogLocked
        If another process holds it; the error says who, since when and what for.
    """
    import filelock

    lock = filelock.FileLock(folder / ".lock")
    note = folder / ".lock.json"
    try:
        lock.acquire(timeout=wait_s)
    except filelock.Timeout as error:
        who = holder(folder)
        said = (
            f"{who['user']} on {who['host']}, process {who['pid']}, since {who['since']}: "
            f"{who['what']}"
            if who
            else "another process"
        )
        raise CatalogLocked(
            "the catalogue is being written to",
            where=str(folder),
            got=said,
            mend="Wait for it to end; reading goes on meanwhile.",
        ) from error
    try:
        note.write_text(
            json.dumps(
                {
                    "user": user(),
                    "host": socket.gethostname(),
                    "pid": os.getpid(),
                    "since": datetime.now(UTC).isoformat(timespec="seconds"),
                    "what": what,
                }
            ),
            encoding="utf-8",
        )
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def holder(folder: Path) -> dict[str, Any] | None:
    """Return who wrote the last note about the lock, or None if it was given back."""
    try:
        found: dict[str, Any] = json.loads((folder / ".lock.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        # Not held, or the note is just being written.
        return None
    return found
