"""One package as it is written: rows with their places, nothing resolved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard import naming as names
from cimkit.standard.package._files import PackageFiles
from cimkit.standard.package._head import Head, read_head
from cimkit.standard.package._names import read_naming
from cimkit.standard.package._place import Place
from cimkit.standard.package._requirements import requirement_rules
from cimkit.standard.rows import Level, Scheme
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
    "scheme",
    "class",
    "without",
    "name",
    "replaces",
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
    "change",
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
LEVEL_COLUMNS = [
    "scheme",
    "code",
    "same_as",
    "name_zh",
    "name_ja",
    "name_en",
    "code_origin",
    "verified",
    "source",
]
LEVEL_RULE_COLUMNS = [
    "kind",
    "source_class",
    "predefined_type",
    "class",
    "lod",
    "level",
    "source",
]
MODEL_COLUMNS = [
    "scheme",
    "class",
    "model",
    "height",
    "width",
    "length",
    "depth",
    "heading",
    "color",
    "source",
]
CROSSWALK_COLUMNS = ["from_scheme", "from_code", "to_scheme", "to_code", "relation", "source"]
DOMAIN_COLUMNS = [
    "change",
    "code",
    "name_zh",
    "name_ja",
    "name_en",
    "code_origin",
    "verified",
    "source",
]


@dataclass(frozen=True)
class Package:
    """What one package says, with places."""

    about: Head
    head: dict[str, Any]
    classes: list[tuple[Place, dict[str, str]]]
    attributes: list[tuple[Place, dict[str, str]]]
    mapping: list[tuple[Place, dict[str, str]]]
    domains: dict[str, list[tuple[Place, dict[str, str]]]]
    levels: tuple[Level, ...]
    level_rules: list[tuple[Place, dict[str, str]]]
    crosswalk: list[tuple[Place, dict[str, str]]]
    models: list[tuple[Place, dict[str, str]]]
    rules: list[Rule]
    changes: list[RuleChange]
    naming: names.Naming | None
    files: PackageFiles
    verified_only: bool = False
    """Whether its rows that are not verified are left out, as the chain it stands in says."""

    @property
    def id(self) -> str:
        return self.about.id

    @property
    def edition(self) -> str:
        return self.about.edition

    @property
    def key(self) -> str:
        return f"{self.id}@{self.edition}"

    @property
    def extends(self) -> tuple[str, ...]:
        return self.about.extends

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        return self.about.schemes

    @property
    def where(self) -> str:
        return self.files.where("standard.toml")


def read_package(files: PackageFiles) -> Package:
    """Read one package; raises `StandardError` with file and line at the first mistake."""
    head = files.toml("standard.toml")
    about = read_head(head, files.where("standard.toml"))
    rules: list[Rule] = []
    changes: list[RuleChange] = []
    for name in files.under("rules", ".toml"):
        more = read_rules(
            files.text(name),
            package=about.id,
            where=files.where(name),
            place=partial(files.entry, name),
        )
        rules += more[0]
        changes += more[1]
    return Package(
        about=about,
        head=head,
        classes=_rows(files, "classes.csv", CLASS_COLUMNS, ("code",)),
        attributes=_rows(files, "attributes.csv", ATTRIBUTE_COLUMNS, ("name",)),
        mapping=[row for name in files.under("mapping", ".csv") for row in _mapping(files, name)],
        domains={
            name.rpartition("/")[2].removesuffix(".csv"): _domain(files, name)
            for name in files.under("domains", ".csv")
        },
        levels=tuple(
            Level(
                **{  # type: ignore[arg-type]
                    **row,
                    "verified": truth(row["verified"], place.cell("verified")),
                    "origin": place,
                }
            )
            for place, row in _rows(files, "levels.csv", LEVEL_COLUMNS, ("code",))
        ),
        level_rules=_rows(files, "level_rules.csv", LEVEL_RULE_COLUMNS, ("level",)),
        crosswalk=[
            row
            for name in files.under("crosswalk", ".csv")
            for row in _rows(files, name, CROSSWALK_COLUMNS, tuple(CROSSWALK_COLUMNS[:4]))
        ],
        models=_rows(files, "models.csv", MODEL_COLUMNS, ("class", "model")),
        rules=requirement_rules(files, about.id, rules),
        changes=changes,
        naming=read_naming(files),
        files=files,
    )


def truth(text: str, place: str) -> bool:
    """Return yes/no as a bool; "" is no."""
    word = text.lower()
    if word in ("yes", "true", "1"):
        return True
    if word in ("", "no", "false", "0"):
        return False
    raise StandardError(
        "`verified` says yes or no",
        where=place,
        got=text,
        mend="Write yes if code and name were seen in the source, else no.",
    )


def _rows(
    files: PackageFiles, name: str, columns: list[str], needed: tuple[str, ...]
) -> list[tuple[Place, dict[str, str]]]:
    return list(files.rows(name, tuple(columns), needed)) if name in files.files else []


def _domain(files: PackageFiles, name: str) -> list[tuple[Place, dict[str, str]]]:
    rows = _rows(files, name, DOMAIN_COLUMNS, ("code",))
    seen: set[str] = set()
    for place, row in rows:
        if row["code"] in seen:
            raise StandardError("one code stands twice in a list", where=place, got=row["code"])
        seen.add(row["code"])
    return rows


def _mapping(files: PackageFiles, name: str) -> list[tuple[Place, dict[str, str]]]:
    rows = _rows(files, name, MAPPING_COLUMNS, ())
    for place, row in rows:
        if not row["class"] and row["change"] != "retire":
            raise StandardError(
                "`class` is empty",
                where=place.cell("class"),
                mend="Name the class that such objects have, or - if none is due.",
            )
    return rows
