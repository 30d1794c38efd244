"""The context package of a city, opened for a check: what only the city knows.

Checks see its tables in the schema ``city``: those of `cimkit.checks._context_tables.CONTEXT`
(``city.objects``, ``city.codes`` ...; geometry as GEOMETRY), and what `known_again` adds.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from cimkit.checks._context_match import known_again
from cimkit.checks._context_tables import CONTEXT, DOCUMENT, FORMAT, SCHEMA, document_hash
from cimkit.checks._sql import quote
from cimkit.errors import ContextError

if TYPE_CHECKING:
    import duckdb

    from cimkit.model import Sheet
    from cimkit.standard import Standard

__all__ = ["City", "city_views", "open_context"]

_MEND = "Ask the city for its package again: `cimkit export context` writes it."


@dataclass(frozen=True, slots=True)
class City:
    """What a city has published."""

    folder: Path
    """Where the tables lie, ``<name>.parquet``."""
    document: Mapping[str, Any]
    """What `DOCUMENT` says."""

    @property
    def hash(self) -> str:
        """Hash of the whole package."""
        return str(self.document["hash"])

    @property
    def standard(self) -> str:
        """``id@edition`` that it was made under; "" if the city had none."""
        return str(self.document.get("standard") or "")

    def fits(self, standard: Standard) -> bool:
        """Return whether its classes and codes are those of a standard."""
        return self.standard in ("", standard.key)

    def told(self, standard: Standard) -> dict[str, Any]:
        """Return what a receipt says of it.

        ``same_standard`` is False if the standard of that name has been written otherwise since.
        """
        said = ("hash", "standard", "version", "time", "access", "withheld")
        same = self.fits(standard) and self.document.get("standard_hash") in (None, standard.hash)
        return {**{k: self.document.get(k) for k in said}, "same_standard": same}

    def file(self, name: str) -> Path:
        """Return where a file of the package lies, e.g. of ``city.dem``."""
        return self.folder / name


@contextmanager
def open_context(place: Path) -> Iterator[City]:
    """Open a context package, a folder or a zip, and verify all of it.

    Raises
    ------
    ContextError
        If it is none, is damaged, or was written for another version of cimkit.
    """
    if place.is_dir():
        yield _verified(place, place / DOCUMENT, place)
        return
    if not place.is_file():
        raise ContextError("there is no such context package", where=str(place))
    if not zipfile.is_zipfile(place):
        raise _foreign(place)
    with tempfile.TemporaryDirectory(prefix="cimkit-context-") as folder:
        try:
            _unpack(place, Path(folder))
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
            if isinstance(error, ContextError):
                raise
            raise ContextError(
                "the context package is damaged", where=str(place), got=str(error), mend=_MEND
            ) from error
        yield _verified(Path(folder), Path(folder) / DOCUMENT, place)


@contextmanager
def city_views(
    con: duckdb.DuckDBPyConnection, city: City | None, sheet: Sheet | None
) -> Iterator[None]:
    """Show the tables of a package as the schema ``city``, inside `delivery_views`."""
    if city is None:
        yield
        return
    con.execute("CREATE SCHEMA city")
    for name, schema in CONTEXT.items():
        columns = "*"
        if "geometry" in schema.names:
            columns = "* REPLACE (ST_GeomFromWKB(geometry) AS geometry)"
        file = quote(str(city.folder / f"{name}.parquet"))
        con.execute(f"CREATE TABLE city.{name} AS SELECT {columns} FROM read_parquet({file})")
    known_again(con, sheet)
    yield


def _foreign(place: Path) -> ContextError:
    return ContextError(
        "this is no context package", where=str(place), expected=f"a folder or zip with {DOCUMENT}"
    )


def _unpack(place: Path, folder: Path) -> None:
    """Unpack the document and what it names, and nothing else."""
    with zipfile.ZipFile(place) as opened:
        if DOCUMENT not in opened.namelist():
            raise _foreign(place)
        document = _read(opened.read(DOCUMENT), place)
        (folder / DOCUMENT).write_bytes(opened.read(DOCUMENT))
        there = {info.filename: info for info in opened.infolist()}
        for name, facts in document["files"].items():
            info = there.get(name)
            if info is None or info.file_size != facts["size"]:
                raise _damaged(place, name)
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(info) as source, target.open("wb") as made:
                _copy(source, made)


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(1 << 20):
        target.write(block)


def _damaged(place: Path, name: str) -> ContextError:
    return ContextError(
        "the context package is damaged",
        where=str(place),
        got=f"{name} is not as written",
        mend=_MEND,
    )


def _read(content: bytes, place: Path) -> dict[str, Any]:
    """Return the document, if this version of cimkit can read what it describes."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise ContextError(
            f"{DOCUMENT} is no JSON", where=str(place), got=str(error), mend=_MEND
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _foreign(place)
    if document.get("schema") != SCHEMA:
        raise ContextError(
            "the context package was written for another version of cimkit",
            where=str(place),
            got=f"schema {document.get('schema')}",
            expected=f"schema {SCHEMA}",
            mend="Use the version of cimkit that the city uses, or ask for a package of this one.",
        )
    files = document.get("files")
    if (
        not isinstance(files, dict)
        or not all(_sound(name, facts) for name, facts in files.items())
        or not {f"{name}.parquet" for name in CONTEXT} <= set(files)
        or document.get("hash") != document_hash(document)
    ):
        raise _damaged(place, DOCUMENT)
    return document


def _sound(name: object, facts: object) -> bool:
    """Return whether a name stays inside the folder, and size and hash are told."""
    parts = PurePosixPath(str(name))
    inside = not parts.is_absolute() and ".." not in parts.parts and "\\" not in str(name)
    told = isinstance(facts, dict) and isinstance(facts.get("size"), int) and "sha256" in facts
    return inside and told


def _verified(folder: Path, file: Path, place: Path) -> City:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not file.is_file():
        raise _foreign(place)
    document = _read(file.read_bytes(), place)
    for name, facts in document["files"].items():
        at = folder / name
        if not at.is_file() or _hash(at) != facts["sha256"]:
            raise _damaged(place, name)
    for name, schema in CONTEXT.items():
        try:
            found = pq.read_schema(folder / f"{name}.parquet")
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged(place, f"{name}.parquet") from error
        if not found.equals(schema):
            raise _damaged(place, f"{name}.parquet")
    return City(folder, document)


def _hash(file: Path) -> str:
    found = sha256()
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            found.update(block)
    return found.hexdigest()
