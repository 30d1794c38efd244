"""A folder is exported as a whole: an earlier one is replaced when the new one is complete."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cimkit.errors import CimkitError, ExportError

__all__ = ["refuse_foreign", "replaced", "swap"]


@contextmanager
def replaced(out: Path, mark: str) -> Iterator[Path]:
    """Give a folder to write to, and put it in the place of the earlier export when it is whole.

    Parameters
    ----------
    out : Path
        Where the export shall go.
    mark : str
        The file that every export of this format has.

    Raises
    ------
    ExportError
        If ``out`` holds something that is no export, or cannot be written.
    """
    refuse_foreign(out, mark)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield work
        swap(work, out)
    except OSError as error:
        if isinstance(error, CimkitError):
            raise
        raise ExportError(f"cannot write: {error}", where=str(out)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def refuse_foreign(out: Path, mark: str) -> None:
    """Refuse a folder that holds something other than an earlier export.

    Parameters
    ----------
    out : Path
        Where the export shall go.
    mark : str
        The file that every export of this format has.

    Raises
    ------
    ExportError
        If it is a file, or a folder with other content.
    """
    if out.is_dir() and ((out / mark).is_file() or not any(out.iterdir())):
        return
    if out.exists():
        raise ExportError(
            "this place holds something else",
            where=str(out),
            mend="Name a folder that is new, empty or holds an earlier export.",
        )


def swap(work: Path, out: Path) -> None:
    """Put a complete folder in the place of the earlier one; both lie in one file system."""
    work.chmod(0o755)
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    work.rename(out)
    shutil.rmtree(old, ignore_errors=True)
