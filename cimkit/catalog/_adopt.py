"""From one standard, or edition, to another: everything in the lake is classed anew."""

from __future__ import annotations

import dataclasses
import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.catalog import _config, _lock, _reclass, _same_as, _standards
from cimkit.catalog._transaction import commit_as, transaction
from cimkit.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._catalog import Catalog
    from cimkit.standard import Standard

__all__ = ["Adoption", "adopt"]


@dataclass(slots=True)
class Adoption:
    """What another standard makes of a catalogue, done or with ``dry_run`` only said."""

    standard: str
    """``id@edition`` of the standard adopted."""
    before: str | None
    """That of the standard before; None: there was none."""
    dry_run: bool
    """Whether nothing was written."""
    version: int | None = None
    """The catalogue's version after it; None for a dry run."""
    objects: int = 0
    """Objects in the catalogue."""
    changed: int = 0
    """Objects that have another class than before."""
    lost: int = 0
    """Objects that had a class and have none."""
    gained: int = 0
    """Objects that had no class and have one."""
    levels: int = 0
    """Objects whose level is another than before."""
    codes: int = 0
    """Identifier codes newly given; the former ones stay taken."""
    moves: list[dict[str, Any]] = field(default_factory=list)
    """Objects by from_class and to_class (each with its English name), most first."""
    level_moves: list[dict[str, Any]] = field(default_factory=list)
    """Objects by from_level and to_level, most first."""
    idle_decisions: list[dict[str, Any]] = field(default_factory=list)
    """Decisions of people that do not hold, since the class is no more: object_id, scheme,
    class_code, author, reason, replaced_by. They are kept."""
    notes: list[str] = field(default_factory=list)
    """What a person should know."""
    seconds: float = 0.0
    """How long it took."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return dataclasses.asdict(self)

    def to_text(self) -> str:
        """Return a few lines for a person."""
        lines = [f"{self.before or 'no standard'} → {self.standard}: {self.objects} objects."]
        lines.append(
            f"{self.changed} objects change class, {self.lost} lose theirs, {self.gained} get one; "
            f"{self.levels} change level; {self.codes} new codes."
        )
        for row in self.moves[:30]:
            first = f"{row['from_class'] or 'no class'} {row['from_name'] or ''}".strip()
            then = f"{row['to_class'] or 'no class'} {row['to_name'] or ''}".strip()
            lines.append(f"  {row['objects']:>8}  {first} → {then}")
        if len(self.moves) > 30:
            lines.append(f"  … and {len(self.moves) - 30} more pairs of classes.")
        for row in self.idle_decisions[:10]:
            then = f"; {row['replaced_by']} takes its place" if row["replaced_by"] else ""
            lines.append(
                f"Decision of {row['author']} on {row['object_id']} does not hold: there is no "
                f"class {row['class_code']} in {row['scheme']}{then}."
            )
        if len(self.idle_decisions) > 10:
            lines.append(f"… and {len(self.idle_decisions) - 10} more decisions that do not hold.")
        end = "Dry run: nothing was written." if self.dry_run else f"Version {self.version}."
        return "\n".join([*lines, *self.notes, end])


def adopt(
    catalog: Catalog,
    standard: str | Path | Standard,
    *,
    dry_run: bool = False,
    author: str | None = None,
    message: str | None = None,
) -> Adoption:
    """Move a catalogue to another standard or edition.

    All objects are classed anew in one pass; class, level and code are written where they change,
    in one transaction, and the catalogue's settings name the standard from then on. Killed at any
    moment, the catalogue is as before or as after. What people decided is kept.

    Parameters
    ----------
    catalog : Catalog
        What to move.
    standard : str, Path or Standard
        Where to: as for `cimkit.standard.load`, or a standard that is loaded (dry run only, since
        the settings name it by id or path).
    dry_run : bool
        Only say what would change; the lake is not locked.
    author, message : str, optional
        Who does it, and why.

    Raises
    ------
    StandardError
        If the standard cannot be found or built.
    UsageError
        If a loaded standard is to be written: the settings could not name it.
    CatalogLocked
        If another process is writing.
    """
    started = time.monotonic()
    named, loaded = _named(standard)
    if named is None and not dry_run:
        raise UsageError("a standard is adopted by its id or path", got=loaded.key)
    division = catalog.config.division or loaded.jurisdiction.division
    lock = nullcontext() if dry_run else _lock.writer(catalog.folder, "adopt")
    with lock, transaction(catalog) as con:
        before = con.execute("SELECT standard FROM lake.standards").fetchone()
        said = Adoption(loaded.key, before[0] if before else catalog.standard_id, dry_run)
        said.notes = _reclass.compare(con, loaded, division, "true")
        _count(con, loaded, said)
        if not dry_run:
            _reclass.write(con)
            _same_as.relate(con, loaded)
            _standards.write(con, loaded, adopted=True, alone=True)
            # The settings are laid down before the commit and hold from it on.
            mark = uuid.uuid4().hex
            config = dataclasses.replace(
                _config.read(catalog.folder), standard=named, division=division
            )
            _config.write(catalog.folder, config, change=mark)
            who = author or _lock.user()
            why = message or f"adopt {loaded.key}"
            said.version = commit_as(con, who, why, {"change": mark, "adopted": loaded.key})
            _config.adopted(catalog.folder, lambda m: m == mark)
    said.seconds = round(time.monotonic() - started, 3)
    return said


def _named(standard: str | Path | Standard) -> tuple[str | None, Standard]:
    """Return the name that the settings get, and the standard."""
    if not isinstance(standard, str | Path):
        return None, standard
    from cimkit.standard import load

    loaded = load(standard)
    return _standards.reopens(str(standard), loaded), loaded


def _count(con: duckdb.DuckDBPyConnection, standard: Standard, said: Adoption) -> None:
    row = con.execute(
        """
        SELECT (SELECT count(*) FROM ids_),
            count(*) FILTER (old_class <> class_code),
            count(*) FILTER (old_class IS NOT NULL AND class_code IS NULL),
            count(*) FILTER (old_class IS NULL AND class_code IS NOT NULL),
            count(*) FILTER (old_level IS DISTINCT FROM level),
            (SELECT count(*) FROM new_codes_)
        FROM moved_
        """
    ).fetchone()
    assert row is not None
    said.objects, said.changed, said.lost, said.gained, said.levels, said.codes = row
    con.register("classes_", standard.classes)
    moves = con.execute(
        """
        WITH was AS (
            SELECT code, any_value(name_en) AS name FROM lake.classes
            WHERE scheme = (SELECT scheme FROM lake.standards) GROUP BY code
        ), will AS (SELECT code, name_en AS name FROM classes_ WHERE scheme = $1)
        SELECT m.old_class AS from_class, w.name AS from_name, m.class_code AS to_class,
            n.name AS to_name, count(*) AS objects
        FROM moved_ m LEFT JOIN was w ON w.code = m.old_class
        LEFT JOIN will n ON n.code = m.class_code
        WHERE m.old_class IS DISTINCT FROM m.class_code
        GROUP BY ALL ORDER BY objects DESC, from_class, to_class
        """,
        [standard.scheme],
    )
    said.moves = moves.to_arrow_table().to_pylist()
    levels = con.execute(
        "SELECT old_level AS from_level, level AS to_level, count(*) AS objects FROM moved_ "
        "WHERE old_level IS DISTINCT FROM level GROUP BY ALL ORDER BY ALL"
    )
    said.level_moves = levels.to_arrow_table().to_pylist()
    idle = con.execute(
        """
        SELECT object_id, scheme, class_code, author, reason FROM lake.decisions
        WHERE class_code IS NOT NULL AND (scheme, class_code) NOT IN (
                SELECT (scheme, code) FROM classes_)
            OR scheme NOT IN (SELECT scheme FROM classes_)
        ORDER BY object_id, scheme
        """
    )
    heirs = {(c.scheme, old): c.code for c in standard.class_rows for old in c.replaces}
    said.idle_decisions = [
        {**d, "replaced_by": heirs.get((d["scheme"], d["class_code"]))}
        for d in idle.to_arrow_table().to_pylist()
    ]
    con.unregister("classes_")
