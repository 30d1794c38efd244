"""What people decide about the class of objects: it outranks the rules and lasts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.catalog import _lock, _reclass, _same_as, _standards
from cimkit.catalog._decision import Decision
from cimkit.catalog._objects import meant, named
from cimkit.catalog._transaction import commit_as, transaction
from cimkit.errors import UsageError
from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._catalog import Catalog
    from cimkit.standard import Standard

__all__ = ["Decided", "decide", "withdraw"]


@dataclass(slots=True)
class Decided:
    """What came of decisions."""

    version: int
    """The catalogue's version after them."""
    author: str
    """Whose they are."""
    objects: int
    """Objects decided upon."""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """Objects that changed: object_id, source_key, old_class, class_code, old_level, level,
    old_code, asset_code."""
    notes: list[str] = field(default_factory=list)
    """What a person should know."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return dataclasses.asdict(self)

    def to_text(self) -> str:
        """Return a few lines for a person."""
        lines = []
        for row in self.changes[:20]:
            steps = [
                f"{word} {row[old] or 'none'} → {row[new] or 'none'}"
                for word, old, new in (
                    ("class", "old_class", "class_code"),
                    ("level", "old_level", "level"),
                    ("code", "old_code", "asset_code"),
                )
                if row[old] != row[new]
            ]
            lines.append(f"{row['source_key'] or row['object_id']}: {', '.join(steps)}")
        if len(self.changes) > 20:
            lines.append(f"… and {len(self.changes) - 20} more.")
        lines.append(f"{self.objects} objects decided upon, {len(self.changes)} changed.")
        return "\n".join([*lines, *self.notes, f"Version {self.version}, by {self.author}."])


def decide(
    catalog: Catalog,
    decisions: Sequence[Decision],
    *,
    author: str | None = None,
    message: str | None = None,
) -> Decided:
    """Give objects the class that a person says, all in one transaction.

    The decision stays with the object: delivered again, under whatever file name, it keeps it. A
    new class means a new identifier code; the old one stays the object's and is given to no other.

    Parameters
    ----------
    catalog : Catalog
        With a standard in force.
    decisions : sequence of Decision
        Two that say the same of an object in a scheme count once.
    author : str, optional
        Who decides; else the user of this machine.
    message : str, optional
        For the log; else the reason.

    Raises
    ------
    UsageError
        If an object, a class, a scheme or a level does not exist, a reason is missing, or two
        decisions contradict each other. It tells all that is wrong; nothing is written then.
    CatalogLocked
        If another process is writing.
    """
    standard = _standard(catalog)
    said = [dataclasses.replace(d, scheme=d.scheme or standard.scheme) for d in decisions]
    wrong = [_problem(one, standard) for one in said]
    who = author or _lock.user()
    now = datetime.now(UTC)
    with _lock.writer(catalog.folder, "decide"), transaction(catalog) as con:
        ids = meant(con, [d.object for d in said], [d.place for d in said])
        rows: dict[tuple[str, str | None], dict[str, Any]] = {}
        first: dict[tuple[str, str | None], Decision] = {}
        for n, (object_id, d) in enumerate(zip(ids, said, strict=True)):
            if isinstance(object_id, UsageError):
                wrong[n] = wrong[n] or object_id
                continue
            row = {
                "object_id": object_id,
                "scheme": d.scheme,
                "class_code": None if d.class_code in (None, "-") else d.class_code,
                "level": d.level or None,
                "author": who,
                "decided": now,
                "reason": d.reason.strip(),
            }
            key = (object_id, d.scheme)
            there = rows.setdefault(key, row)
            before = first.setdefault(key, d)
            if (row["class_code"], row["level"]) != (there["class_code"], there["level"]):
                wrong[n] = wrong[n] or UsageError(
                    f"the same object as at {before.place or 'a decision before'} gets another "
                    "class or level",
                    where=d.place,
                    got=f"{d.object}: {d.class_code or '-'}",
                    expected=before.class_code or "-",
                    mend="Leave one of the two.",
                )
        _refuse([w for w in wrong if w is not None], len(said))
        con.register("said_", pa.Table.from_pylist(list(rows.values()), schema=LAKE["decisions"]))
        con.execute("CREATE TEMP TABLE asked_ AS FROM said_")
        con.unregister("said_")
        con.execute(
            """
            DELETE FROM lake.decisions WHERE (object_id, scheme) IN (
                SELECT (object_id, scheme) FROM asked_);
            INSERT INTO lake.decisions BY NAME FROM asked_
            """
        )
        why = message or (f"decide: {said[0].reason}" if len(rows) == 1 else f"decide {len(rows)}")
        return _settle(con, catalog, standard, who, why)


def withdraw(
    catalog: Catalog,
    objects: Sequence[str],
    *,
    scheme: str | None = None,
    author: str | None = None,
    message: str | None = None,
) -> Decided:
    """Take decisions back: the objects get what the rules say.

    Parameters
    ----------
    objects : sequence of str
        Object ids, identifier codes or source keys.
    scheme : str, optional
        Only the decision in this scheme.

    Raises
    ------
    UsageError
        If there is no such object, or no decision on it.
    """
    standard = _standard(catalog)
    who = author or _lock.user()
    with _lock.writer(catalog.folder, "decide"), transaction(catalog) as con:
        ids = named(con, objects)
        con.register("said_", pa.table({"object_id": pa.array(ids, pa.string())}))
        con.execute("CREATE TEMP TABLE asked_ AS SELECT DISTINCT object_id FROM said_")
        con.unregister("said_")
        of = "object_id IN (SELECT object_id FROM asked_) AND scheme = coalesce($1, scheme)"
        there = con.execute(
            f"SELECT DISTINCT object_id FROM lake.decisions WHERE {of}", [scheme]
        ).fetchall()
        for text, object_id in zip(objects, ids, strict=True):
            if (object_id,) not in there:
                raise UsageError("nobody has decided on this object", got=text)
        con.execute(f"DELETE FROM lake.decisions WHERE {of}", [scheme])
        return _settle(con, catalog, standard, who, message or "decide: withdrawn")


def _standard(catalog: Catalog) -> Standard:
    standard = catalog.standard()
    if standard is None:
        raise UsageError(
            "the catalogue has no standard, so there are no classes to decide on",
            where=str(catalog.folder),
            mend="Give it one: cimkit adopt STANDARD.",
        )
    return standard


_SHOWN = 20


def _refuse(wrong: list[UsageError], of: int) -> None:
    """Raise what is wrong with decisions, all at once."""
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        more = [f"  ... and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        said = [f"  {str(w).removesuffix(f'. {w.mend}')}" for w in wrong[:_SHOWN]]
        head = f"{len(wrong)} of {of} decisions cannot be obeyed, so none was written:"
        mends = " ".join(dict.fromkeys(w.mend for w in wrong if w.mend))
        raise UsageError("\n".join([head, *said, *more, *([mends] if mends else [])]))


def _problem(one: Decision, standard: Standard) -> UsageError | None:
    """Return why a decision cannot be obeyed, if so."""
    from cimkit.standard import nearest_classes

    assert one.scheme is not None
    codes = {c.code for c in standard.class_rows if c.scheme == one.scheme and not c.retired}
    if not codes:
        known = sorted({c.scheme for c in standard.class_rows})
        return UsageError(
            f"{standard.key} has no such scheme",
            where=one.place,
            got=one.scheme,
            expected=", ".join(known),
        )
    if one.class_code not in (None, "-") and one.class_code not in codes:
        near = nearest_classes(standard, one.class_code or "", scheme=one.scheme)
        return UsageError(
            f"{standard.key} has no such class",
            where=one.place,
            got=one.class_code,
            expected=" or ".join(f"{c.code} {c.name('en')}" for c in near)
            or "a code of `cimkit standard show`, or - if no class is due",
        )
    levels = [level.code for level in standard.levels]
    if one.level and one.level not in levels:
        return UsageError(
            f"{standard.key} has no such level",
            where=one.place,
            got=one.level,
            expected=", ".join(levels) or "none: it has no levels",
        )
    if not one.reason.strip():
        return UsageError(
            "a decision needs its reason", where=one.place, got=one.object, mend="Say --because."
        )
    return None


def _settle(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, standard: Standard, author: str, message: str
) -> Decided:
    """Class the objects of ``asked_`` anew, write and commit."""
    of = "o.object_id IN (SELECT object_id FROM asked_)"
    notes = _reclass.compare(con, standard, catalog.config.division, of)
    changes = con.execute(
        "SELECT m.* EXCLUDE (rowid_), o.source_key FROM moved_ m JOIN lake.objects o "
        "USING (object_id) ORDER BY object_id"
    )
    table: list[dict[str, Any]] = changes.to_arrow_table().to_pylist()
    count = con.execute("SELECT count(*) FROM ids_").fetchone()
    assert count is not None
    _reclass.write(con)
    _same_as.relate(con, standard, "moved_")
    if not _standards.in_force(con, standard):
        _standards.write(con, standard)
    version = commit_as(con, author, message, {})
    return Decided(version, author, count[0], table, notes)
