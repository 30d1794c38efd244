"""Why a package does not build: all that can be said of its rows, not the first of them only."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from cimkit.errors import StandardConflict, StandardError
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import Examined
from cimkit.standard.linting._values import values
from cimkit.standard.overlay._changes import words
from cimkit.standard.overlay._overlay import resolve
from cimkit.standard.package import _package
from cimkit.standard.package._files import PackageFiles, find_package
from cimkit.standard.package._place import Place
from cimkit.standard.rows import NO_CLASS
from cimkit.standard.rule import read_rules

__all__ = ["not_built", "raw"]

Rows = list[tuple[Place, dict[str, str]]]


def not_built(error: StandardError) -> list[LintFinding]:
    """Return the findings that an error of a package comes to; of conflicts, all of them."""
    if isinstance(error, StandardConflict) and error.conflicts:
        return [
            LintFinding(
                "conflict",
                "error",
                c.where,
                f"{c.what}: {c.got!r} here, {c.expected!r} in {c.expected_by or 'a parent'} "
                f"({c.expected_where})",
                c.mend or error.mend,
            )
            for c in error.conflicts
        ]
    said = [
        f"{word} {value}"
        for word, value in (
            ("got", None if error.got is None else repr(error.got)),
            ("expected", error.expected),
        )
        if value is not None
    ]
    message = f"{error.what}: {', '.join(said)}" if said else error.what
    return [LintFinding("package-not-built", "error", error.where, message, error.mend)]


def raw(seen: Examined, *, partly: bool = False) -> Iterator[LintFinding]:
    """Yield what keeps single files from being read, and rows that name what is not there.

    Parameters
    ----------
    seen : Examined
        The package, its files read.
    partly : bool
        Whether some rows could not be read: then nothing can be said of what rows name.
    """
    files = seen.files
    if files is None:
        return
    rows: dict[str, Rows] = {}
    broken = False
    for name, read in _readers(files):
        try:
            rows[name] = read()
        except StandardError as error:
            # Rules have no rows: the tables can be held against each other without them.
            broken |= name.endswith(".csv")
            yield from not_built(error)
            continue
        for wrong in values(name, rows[name]):
            yield from not_built(wrong)
    if partly:
        return
    try:
        parents = _parents(seen)
    except StandardError:
        return  # the building says it
    if not broken:
        yield from _rows(files, rows, parents)


def _readers(files: PackageFiles) -> Iterator[tuple[str, Callable[[], Rows]]]:
    """Yield each table of a package with what reads it; rules have no rows."""

    def table(name: str, columns: list[str], needed: tuple[str, ...]) -> Rows:
        return list(files.rows(name, tuple(columns), needed))

    def rules(name: str) -> Rows:
        head = files.toml("standard.toml")
        place = partial(files.entry, name)
        package = str(head.get("id", ""))
        read_rules(files.text(name), package=package, where=files.where(name), place=place)
        return []

    single = {
        "classes.csv": (_package.CLASS_COLUMNS, ("code",)),
        "attributes.csv": (_package.ATTRIBUTE_COLUMNS, ("name",)),
        "levels.csv": (_package.LEVEL_COLUMNS, ("code",)),
        "level_rules.csv": (_package.LEVEL_RULE_COLUMNS, ("level",)),
        "models.csv": (_package.MODEL_COLUMNS, ("class", "model")),
    }
    for name, (columns, needed) in single.items():
        if name in files.files:
            yield name, partial(table, name, columns, needed)
    for name in files.under("mapping", ".csv"):
        yield name, partial(table, name, _package.MAPPING_COLUMNS, ("class",))
    for name in files.under("domains", ".csv"):
        yield name, partial(table, name, _package.DOMAIN_COLUMNS, ("code",))
    for name in files.under("rules", ".toml"):
        yield name, partial(rules, name)


def _parents(seen: Examined) -> dict[tuple[str, str], bool]:
    """Return the classes of all parents by scheme and code, and whether they are in force.

    The scheme of the first parent is that of the package.
    """
    assert seen.files is not None
    head = seen.files.toml("standard.toml")
    found = {}
    for number, parent in enumerate(head.get("extends", [])):
        standard = resolve(find_package(str(parent), beside=seen.path))
        for row in standard.class_rows:
            scheme = "" if number == 0 and row.scheme == standard.scheme else row.scheme
            found[scheme, row.code] = not row.retired
    return found


def _rows(
    files: PackageFiles, rows: Mapping[str, Rows], parents: Mapping[tuple[str, str], bool]
) -> Iterator[LintFinding]:
    head = files.toml("standard.toml")
    # A package's own scheme, that of its first parent, and one declared as primary are one.
    names = {
        "",
        str(head.get("id", "")),
        *(p.partition("@")[0] for p in head.get("extends", [])[:1]),
    }
    names |= {s["id"] for s in head.get("scheme", []) if s.get("primary")}

    def scheme(said: str) -> str:
        return "" if said in names else said

    known = dict(parents)
    met: dict[tuple[str, str], Place] = {}
    for place, row in rows.get("classes.csv", []):
        key = (scheme(row["scheme"]), row["code"])
        if key in met:
            yield LintFinding(
                "class-twice",
                "error",
                place.cell("code"),
                f"code {row['code']} stands twice",
                f"See {met[key]}.",
            )
        met[key] = place
        known[key] = "retire" not in words(row["change"])
    for place, row in rows.get("classes.csv", []):
        above = (scheme(row["scheme"]), row["parent"])
        if not row["parent"] or not known[above[0], row["code"]]:
            continue
        if above not in known:
            yield LintFinding(
                "class-dangling-parent",
                "error",
                place.cell("parent"),
                f"class {row['code']} stands below {row['parent']}, which does not exist",
                _meant(above, known),
            )
        elif not known[above]:
            yield LintFinding(
                "class-under-retired",
                "error",
                place.cell("parent"),
                f"class {row['code']} stands below {row['parent']}, which is retired",
                "Move it with `replace`, or retire it too.",
            )
    for name, table in rows.items():
        if name.startswith("mapping/"):
            yield from _mapped(table, known, scheme)
    yield from _asked(files, rows, known)


def _meant(above: tuple[str, str], known: Mapping[tuple[str, str], bool]) -> str:
    """Return the mend for a parent that is not there: often its digits are full-width."""
    plain = unicodedata.normalize("NFKC", above[1]).strip()
    if plain != above[1] and (above[0], plain) in known:
        return f"It is written in full-width characters; there is a class {plain}."
    return "Add that class, or name another parent."


def _mapped(
    table: Rows, known: Mapping[tuple[str, str], bool], scheme: Callable[[str], str]
) -> Iterator[LintFinding]:
    for place, row in table:
        key = (scheme(row["scheme"]), row["class"])
        if row["class"] == NO_CLASS or known.get(key):
            continue
        why = "is retired" if key in known else "does not exist"
        yield LintFinding(
            "mapping-class-unknown",
            "error",
            place.cell("class"),
            f"a mapping to class {row['class']}, which {why}",
            "Map to a class in force, or add the class.",
        )


def _asked(
    files: PackageFiles, rows: Mapping[str, Rows], known: Mapping[tuple[str, str], bool]
) -> Iterator[LintFinding]:
    head = files.toml("standard.toml")
    own = {n.rpartition("/")[2].removesuffix(".csv") for n in rows if n.startswith("domains/")}
    for place, row in rows.get("attributes.csv", []):
        for code in words(row["class"]):
            if ("", code) not in known:
                yield LintFinding(
                    "attribute-class-unknown",
                    "error",
                    place.cell("class"),
                    f"attribute {row['name']} of class {code}, which does not exist",
                    "Name a class of this standard.",
                )
        if row["domain"] and row["domain"] not in own and not head.get("extends"):
            yield LintFinding(
                "attribute-domain-unknown",
                "error",
                place.cell("domain"),
                f"attribute {row['name']} takes values of a list {row['domain']!r} that is not "
                "there",
                f"Add domains/{row['domain']}.csv, or name one of: {', '.join(sorted(own))}.",
            )
