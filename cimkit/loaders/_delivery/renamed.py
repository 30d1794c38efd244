"""Names that libraries cannot open, in GBK or with line breaks: met through links in UTF-8."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from cimkit.loaders._delivery.encoding import decodes, detect

__all__ = ["meant", "readable", "shown"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def shown(name: str) -> str:
    """Return a file name as its maker meant it: on Linux it may be bytes in GBK or Shift_JIS.

    A line break or an escape in it would break what is written of it, and GDAL opens none such.
    """
    raw = os.fsencode(name)
    text = name if decodes(raw, "utf-8") else raw.decode(detect(raw), "replace")
    return _CONTROL.sub("\ufffd", text)


def readable(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Return where files and folders can be opened by libraries that only know UTF-8.

    Parameters
    ----------
    paths : sequence of Path
        The content of one folder: what belongs together stays together.
    folder : Path
        Is made, and filled with links, if one of the names is not as it is shown.

    Returns
    -------
    list of Path
        The paths themselves, or links with the names that were meant.
    """
    if all(decodes(os.fsencode(p), "utf-8") and shown(p.name) == p.name for p in paths):
        return list(paths)
    folder.mkdir(parents=True)
    links = []
    for path in paths:
        link = folder / shown(path.name)
        try:
            link.symlink_to(path)
        except OSError:  # two names that mean the same, or no links here: it stays as it is
            link = path
        links.append(link)
    return links


def meant(root: Path, path: str) -> Path:
    """Return the file under a folder that a delivered path means, whatever bytes its name is."""
    at = root
    for part in path.split("/"):
        inner = at / part
        if not os.path.lexists(inner) and at.is_dir():
            alike = (name for name in os.listdir(at) if shown(name) == part)
            inner = at / next(alike, part)
        at = inner
    return at
