"""An IFC model in a zip (.ifczip), read in place."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cimkit.errors import SourceUnreadable

__all__ = ["member", "models", "opened"]

_SUFFIXES = (".ifc", ".ifcxml", ".ifcjson")
_MAX_RATIO = 200
_FREE_BYTES = 64 << 20
"""What a small archive may give whatever its ratio."""


def models(file: Path) -> list[str]:
    """Return the names of the models in a zip, as the archive has them; [] if it is no zip.

    Two archives' worth of files may lie beside them: textures, documents. What a Macintosh adds
    (``__MACOSX/._model.ifc``) is no model.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            names = [i.filename for i in packed.infolist() if not i.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return []
    return [
        n
        for n in names
        if n.lower().endswith(_SUFFIXES)
        and not n.replace("\\", "/").split("/")[-1].startswith("._")
    ]


def member(file: Path) -> str | None:
    """Return the name of the one model in a zip, or None if the file is no zip.

    Raises
    ------
    SourceUnreadable
        If it holds no model or several.
    """
    with file.open("rb") as start:
        if start.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
            return None
    names = models(file)
    if len(names) != 1:
        raise SourceUnreadable(
            "an ifcZIP holds exactly one model",
            where=file.name,
            got=len(names),
            expected="1 file *.ifc or *.ifcxml",
            mend="Deliver the models unpacked, or each in an archive of its own.",
        )
    return names[0]


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """Open a model for reading, in a zip or not.

    Raises
    ------
    SourceUnreadable
        If the archive is encrypted, damaged, or grows beyond all measure.
    """
    name = member(file)
    if name is None:
        with file.open("rb") as plain:
            yield plain
        return
    try:
        with zipfile.ZipFile(file) as packed:
            info = packed.getinfo(name)
            if info.flag_bits & 0x1:
                raise SourceUnreadable(
                    "the archive is encrypted", where=name, mend="Deliver it without a password."
                )
            if info.file_size > max(_FREE_BYTES, _MAX_RATIO * info.compress_size):
                raise SourceUnreadable(
                    "the archive grows beyond all measure while it is unpacked",
                    where=name,
                    got=f"{info.file_size} bytes from {info.compress_size}",
                    expected=f"at most {_MAX_RATIO} times its size",
                    mend="Deliver the model unpacked.",
                )
            with packed.open(info) as stream:
                yield stream
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise SourceUnreadable(
            "the archive is damaged or packed in a way that cannot be read",
            where=f"{file.name}: {name}",
            got=str(error) or type(error).__name__,
            mend="Pack it as plain ZIP, or deliver the model unpacked.",
        ) from error
