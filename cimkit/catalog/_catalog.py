"""A catalogue: a folder, and how to get into it."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.catalog import _config, _lake, _lock, _schema, _standards, _views
from cimkit.errors import CatalogError, CatalogExists, CatalogNotFound, StandardNotFound

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Standard

__all__ = ["Catalog", "create", "find", "open_catalog"]

_RESTORE = "Restore the folder lake from a backup."


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalogue in a folder that may be moved and copied.

    It holds no connection: each verb opens the lake, fetches and closes, so that readers never
    stand in a writer's way.
    """

    folder: Path
    """Absolute path."""
    config: _config.Config
    """Its settings, as they were when it was opened."""

    @property
    def standard_id(self) -> str | None:
        """The standard in force: ``id@edition`` or the path of a package."""
        return self.config.standard

    @property
    def lake(self) -> Path:
        """Folder of metadata and Parquet files."""
        return self.folder / "lake"

    @property
    def meshes(self) -> Path:
        """Folder of the shape packs, ``<sha256 of the source>.parquet``."""
        return self.folder / "meshes"

    @property
    def staging(self) -> Path:
        """Folder of what loaders have read; may be deleted when nothing is running."""
        return self.folder / "staging"

    def standard(self) -> Standard | None:
        """Return the standard in force, loaded, or None.

        Raises
        ------
        StandardError
            If there is one but it cannot be found or built.
        """
        try:
            return _standards.load(self.config.standard)
        except StandardNotFound as error:
            raise StandardNotFound(
                "the standard of this catalogue is not where it was",
                where=f"{self.folder / _config.FILE}, standard",
                got=self.config.standard,
                mend="Put it back, or say where it lies now: cimkit adopt PATH.",
            ) from error

    def version(self) -> int:
        """Return the newest version (DuckLake snapshot)."""
        # Past DuckDB: loading its extensions takes a thousand times as long as this question.
        with self.metadata() as metadata:
            return int(
                metadata.execute("SELECT max(snapshot_id) FROM ducklake_snapshot").fetchone()[0]
            )

    def has_change(self, mark: str) -> bool:
        """Return whether a commit carries a mark (``change`` of its extra information)."""
        with self.metadata() as metadata:
            found = metadata.execute(
                "SELECT commit_extra_info FROM ducklake_snapshot_changes "
                "WHERE commit_extra_info IS NOT NULL ORDER BY snapshot_id DESC"
            )
            return any(json.loads(extra).get("change") == mark for (extra,) in found)

    @contextmanager
    def metadata(self) -> Iterator[sqlite3.Connection]:
        """Open the lake's metadata for reading, past DuckDB.

        Raises
        ------
        CatalogError
            If they are lost or damaged.
        """
        file = self.lake / "metadata.sqlite"
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as opened:
                yield opened
        except sqlite3.DatabaseError as error:
            raise CatalogError(
                "the catalogue's metadata cannot be read",
                where=str(file),
                got=str(error),
                mend=_RESTORE,
            ) from error

    @contextmanager
    def connect(
        self, *, read_only: bool = True, version: int | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the lake: a database in memory whose views show one version of its tables.

        The tables of `cimkit.model.LAKE` are views (``objects``, ``items`` ...), beside macros in
        metres (``distance_m``, ``buffer_m``, ``within_m``, ``area_m``) and ``class_in``, and what
        the table ``crosswalk`` says: ``translate_class(scheme, code, other scheme)`` is the class
        there that surely holds, or NULL, ``translations`` all of them with their relation, and
        ``objects_as(other scheme)`` the objects with ``other_code``, NULL where there is none.
        Columns ``geometry`` are GEOMETRY in CRS84; to Arrow they go as WKB. The version stays the
        same for as long as the connection is open. Keep it open briefly: fetch, then close.

        Parameters
        ----------
        read_only : bool
            False takes the writer's lock; the tables are then ``lake.objects`` and so on, and the
            views show them as they change.
        version : int, optional
            Version to be seen; None: the newest. Only with `read_only`.

        Raises
        ------
        CatalogLocked
            If it is to be written to and another process is writing.
        CatalogError
            If there is no such version, or the lake cannot be opened.
        """
        if read_only:
            con = self._open(version=self.version() if version is None else version)
            try:
                yield con
            finally:
                con.close()
            return
        with _lock.writer(self.folder, "connect"):
            con = self._open()
            try:
                yield con
            finally:
                con.close()

    def _open(self, version: int | None = None) -> duckdb.DuckDBPyConnection:
        spill = self.staging / ".spill"
        con = _lake.open_database(spill=spill)
        try:
            _lake.attach(con, self.lake, read_only=version is not None, version=version)
            _schema.views(con)
            _views.macros(con)
        except BaseException:
            con.close()
            raise
        return con


def newest(con: duckdb.DuckDBPyConnection) -> int:
    """Return the newest version of the attached lake."""
    row = con.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
    assert row is not None
    return int(row[0])


def create(
    folder: Path | str,
    *,
    definition: str = "default",
    standard: str | None = None,
    division: str | None = None,
) -> Catalog:
    """Make an empty catalogue.

    Parameters
    ----------
    folder : Path or str
        Where; it is made if missing and may hold other files.
    definition : str
        Name of a shipped definition, or a folder with a ``definition.toml``.
    standard : str, optional
        Standard in force; overrides the definition.
    division : str, optional
        Administrative division that identifier codes start with; overrides the definition.

    Raises
    ------
    CatalogExists
        If there is one already.
    StandardNotFound
        If there is no such standard.
    UsageError
        If there is no such definition, or no identifier code of the standard can have that
        division.
    """
    place = Path(folder).resolve()
    if (place / _config.FILE).exists():
        raise CatalogExists("there is a catalogue already", where=str(place))
    if place.exists() and not place.is_dir():
        raise CatalogError("this is a file and no folder", where=str(place))
    config = _config.definition(definition)
    loaded = _standards.load(standard or config.standard)
    if loaded is not None:
        named = standard or config.standard
        key = _standards.reopens(str(named), loaded)
        if division:
            _standards.check_division(division, loaded)
        config = dataclasses.replace(
            config,
            standard=key,
            division=division or config.division or loaded.jurisdiction.division,
        )
    elif division:
        config = dataclasses.replace(config, division=division)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogError(
            f"the folder cannot be made: {error.strerror}", where=str(place)
        ) from error
    catalog = Catalog(place, config)
    for part in (catalog.lake / "data", catalog.meshes, catalog.staging):
        part.mkdir(parents=True, exist_ok=True)
    with _lock.writer(place, "create"):
        con = _lake.open_database()
        try:
            _lake.attach(con, catalog.lake, read_only=False)
            con.execute("BEGIN")
            for statement in _schema.ddl():
                con.execute(statement)
            if loaded is not None:
                _standards.write(con, loaded)
            said = f"create, standard {loaded.key if loaded else 'none'}"
            con.execute("CALL lake.set_commit_message(?, ?)", [_lock.user(), said])
            con.execute("COMMIT")
        finally:
            con.close()
        # Last, because this file is what makes the folder a catalogue.
        _config.write(place, config)
    return catalog


def find(start: Path | str | None = None) -> Catalog:
    """Return the catalogue in a folder or the nearest one above it, as git does.

    Raises
    ------
    CatalogNotFound
        If there is none.
    """
    place = Path(start or Path.cwd()).resolve()
    for folder in (place, *place.parents):
        if (folder / _config.FILE).is_file():
            return open_catalog(folder)
    raise CatalogNotFound(
        "no catalogue here or above",
        where=str(place),
        mend="Name one with -C DIR, or make one with `cimkit init DIR`.",
    )


def open_catalog(folder: Path | str) -> Catalog:
    """Return the catalogue in exactly this folder.

    Raises
    ------
    CatalogError
        If it is none, or is damaged.
    """
    catalog = Catalog(Path(folder).resolve(), _config.read(Path(folder).resolve()))
    if not (catalog.lake / "metadata.sqlite").is_file():
        raise CatalogError(
            "the catalogue has lost its lake", where=str(catalog.lake), mend=_RESTORE
        )
    _config.adopted(catalog.folder, catalog.has_change)
    catalog = Catalog(catalog.folder, _config.read(catalog.folder))
    if catalog.config.local_crs:
        from cimkit.geometry.local_crs import look_in

        look_in(catalog.folder / catalog.config.local_crs)
    return catalog
