"""One package as it is written: rows with their places, nothing resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cimkit.errors import StandardError
from cimkit.standard import grammar as code
from cimkit.standard import naming as names
from cimkit.standard._files import PackageFiles
from cimkit.standard._toml import known, one_of, scalar, table, tables, texts
from cimkit.standard.rows import Level
from cimkit.standard.rule import Rule, RuleChange, read_rules

CLASS_COLUMNS = [
    "change",
    "scheme",
    "code",
    "parent",
    "name_zh",
    "name_ja",
    "name_en",
    "definition",
    "geometry",
    "level",
    "access",
    "valid_from",
    "valid_to",
    "replaces",
    "code_origin",
    "verified",
    "source",
]
ATTRIBUTE_COLUMNS = [
    "change",
    "class",
    "name",
    "title",
    "kinds",
    "type",
    "unit",
    "domain",
    "obligation",
    "level",
    "pattern",
    "minimum",
    "maximum",
    "access",
    "code_origin",
    "verified",
    "source",
]
MAPPING_COLUMNS = [
    "kind",
    "layer",
    "source_class",
    "predefined_type",
    "field",
    "op",
    "value",
    "sql",
    "scheme",
    "class",
    "confidence",
    "level",
    "source",
]
LEVEL_COLUMNS = ["code", "name_zh", "name_ja", "name_en", "code_origin", "verified", "source"]
DOMAIN_COLUMNS = ["code", "name_zh", "name_ja", "name_en", "code_origin", "verified", "source"]
HEAD = [
    "id",
    "edition",
    "status",
    "titles",
    "issuer",
    "licence",
    "languages",
    "effective_from",
    "effective_to",
    "note",
    "extends",
    "schemes",
    "class_fields",
    "code",
    "jurisdiction",
    "crs",
    "acceptance",
]


@dataclass(frozen=True)
class Package:
    """What one package says, with places."""

    id: str
    edition: str
    head: dict[str, Any]
    extends: tuple[str, ...]
    classes: list[tuple[str, dict[str, str]]]
    attributes: list[tuple[str, dict[str, str]]]
    mapping: list[tuple[str, dict[str, str]]]
    domains: dict[str, pa.Table]
    levels: tuple[Level, ...]
    rules: list[Rule]
    changes: list[RuleChange]
    naming: names.Naming | None
    files: PackageFiles

    @property
    def key(self) -> str:
        return f"{self.id}@{self.edition}"

    @property
    def where(self) -> str:
        return self.files.where("standard.toml")


FACTS = ("status", "issuer", "licence", "effective_from", "effective_to", "note")
"""Keys of the head that are taken over as texts."""


def read_package(files: PackageFiles) -> Package:
    """Read one package; raises `StandardError` with file and line at the first mistake."""
    where = files.where("standard.toml")
    head = files.toml("standard.toml")
    known(head, HEAD, where)
    for key in ("id", "edition"):
        if not scalar(head, key, str, where):
            raise StandardError(f"`{key}` must be given", where=where)
    titles = table(head, "titles", where)
    known(titles, ("zh", "ja", "en"), f"{where}, [titles]")
    if not all(scalar(titles, k, str, f"{where}, [titles]") for k in ("en", *titles)):
        raise StandardError("titles.en must be given, and none may be empty", where=where)
    for key in FACTS:
        scalar(head, key, str, where)
    texts(head, "class_fields", where)
    extends = texts(head, "extends", where)
    for parent in extends:
        if not all(parent.partition("@")):
            raise StandardError(
                "a parent is named with its edition", where=where, got=parent, expected="id@edition"
            )
    rules: list[Rule] = []
    changes: list[RuleChange] = []
    for name in files.under("rules", ".toml"):
        more = read_rules(files.text(name), package=head["id"], where=files.where(name))
        rules += more[0]
        changes += more[1]
    return Package(
        id=head["id"],
        edition=head["edition"],
        head=head,
        extends=extends,
        classes=_rows(files, "classes.csv", CLASS_COLUMNS, ("code",)),
        attributes=_rows(files, "attributes.csv", ATTRIBUTE_COLUMNS, ("name",)),
        mapping=[
            row
            for name in files.under("mapping", ".csv")
            for row in _rows(files, name, MAPPING_COLUMNS, ("class",))
        ],
        domains={
            name.rpartition("/")[2].removesuffix(".csv"): _domain(files, name)
            for name in files.under("domains", ".csv")
        },
        levels=tuple(
            Level(**{**row, "verified": truth(row["verified"], place)})  # type: ignore[arg-type]
            for place, row in _rows(files, "levels.csv", LEVEL_COLUMNS, ("code",))
        ),
        rules=rules,
        changes=changes,
        naming=_naming(files),
        files=files,
    )


def truth(text: str, place: str) -> bool:
    """Return yes/no as a bool; "" is no."""
    word = text.lower()
    if word in ("yes", "true", "1"):
        return True
    if word in ("", "no", "false", "0"):
        return False
    raise StandardError("`verified` says yes or no", where=place, got=text)


def _rows(
    files: PackageFiles, name: str, columns: list[str], needed: tuple[str, ...]
) -> list[tuple[str, dict[str, str]]]:
    return list(files.rows(name, tuple(columns), needed)) if name in files.files else []


def _domain(files: PackageFiles, name: str) -> pa.Table:
    rows = _rows(files, name, DOMAIN_COLUMNS, ("code",))
    seen: set[str] = set()
    for place, row in rows:
        if row["code"] in seen:
            raise StandardError("one code stands twice in a list", where=place, got=row["code"])
        seen.add(row["code"])
    columns = ("code", "name_zh", "name_ja", "name_en")
    return pa.table({c: pa.array([row[c] for _, row in rows], pa.string()) for c in columns})


def read_grammar(head: dict[str, Any], where: str) -> code.CodeGrammar | None:
    """Return the code grammar of ``[code]``, or None."""
    if "code" not in head:
        return None
    where = f"{where}, [code]"
    said = table(head, "code", where)
    known(said, ["segments", "class", "fields"], where)
    segments = []
    for entry in tables(said, "segments", where):
        known(entry, ["name", "length", "alphabet", "values"], where)
        segments.append(
            code.Segment(
                scalar(entry, "name", str, where, ""),
                scalar(entry, "length", int, where, 0),
                scalar(entry, "alphabet", str, where, "digits"),
                texts(entry, "values", where),
            )
        )
    grammar = code.CodeGrammar(
        tuple(segments),
        texts(said, "class", where) or ("major", "minor"),
        texts(said, "fields", where),
    )
    wrong = code.problems(grammar.segments, grammar.class_segments)
    if wrong:
        raise StandardError(wrong, where=where)
    return grammar


def _naming(files: PackageFiles) -> names.Naming | None:
    if "naming.toml" not in files.files:
        return None
    where = files.where("naming.toml")
    said = files.toml("naming.toml")
    known(said, ["file", "part", "exempt"], where)
    parts = {}
    for name, entry in table(said, "part", where).items():
        here = f"{where}, [part.{name}]"
        known(entry, ["type", "values", "pattern", "says"], here)
        values = texts(entry, "values", here)
        if one_of(entry.get("type", ""), ("", "date"), "type", here):
            pattern = names.DATE
        else:
            written = scalar(entry, "pattern", str, here, "[^_.]+")
            pattern = "|".join(map(re.escape, values)) or written
        says = scalar(entry, "says", str, here, "")
        parts[name] = names.Part(name, f"(?:{pattern})", values, says)
    grammars = []
    for number, entry in enumerate(tables(said, "file", where), 1):
        here = f"{where}, [[file]] {number}"
        known(entry, ["name", "template"], here)
        template = scalar(entry, "template", str, here, "")
        wrong = names.problems(template, parts)
        if wrong:
            raise StandardError(wrong, where=here, got=template)
        name = scalar(entry, "name", str, here, str(number))
        grammars.append(names.FileGrammar(name, template, parts))
    return names.Naming(tuple(grammars), texts(said, "exempt", where))
