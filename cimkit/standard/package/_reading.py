"""Read the files of a package as a draft: a workbook's files are what its sheets say."""

from __future__ import annotations

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Row
from cimkit.standard.package._files import PackageFiles
from cimkit.standard.package._package import (
    ATTRIBUTE_COLUMNS,
    CLASS_COLUMNS,
    CROSSWALK_COLUMNS,
    DOMAIN_COLUMNS,
    LEVEL_COLUMNS,
    LEVEL_RULE_COLUMNS,
    MAPPING_COLUMNS,
    MODEL_COLUMNS,
)


def draft_of(files: PackageFiles) -> Draft:
    """Return what stands in the files of a package; raises `StandardError` with file and line."""
    left = dict(files.files)

    def rows(name: str, columns: list[str]) -> list[Row]:
        if left.pop(name, None) is None:
            return []
        return [
            {column: text for column, text in row.items() if text}
            for _, row in files.rows(name, tuple(columns))
        ]

    def tables(folder: str, columns: list[str]) -> dict[str, list[Row]]:
        found = {}
        for name in files.under(folder, ".csv"):
            found[name.removeprefix(f"{folder}/").removesuffix(".csv")] = rows(name, columns)
        return found

    draft = Draft(
        head=files.toml("standard.toml"),
        classes=rows("classes.csv", CLASS_COLUMNS),
        attributes=rows("attributes.csv", ATTRIBUTE_COLUMNS),
        mapping={n: t for n, t in tables("mapping", MAPPING_COLUMNS).items() if t},
        levels=rows("levels.csv", LEVEL_COLUMNS),
        level_rules=rows("level_rules.csv", LEVEL_RULE_COLUMNS),
        models=rows("models.csv", MODEL_COLUMNS),
        crosswalk={n: t for n, t in tables("crosswalk", CROSSWALK_COLUMNS).items() if t},
    )
    for path, table in tables("domains", DOMAIN_COLUMNS).items():
        name = path.rpartition("/")[2]
        if name in draft.domains:
            raise StandardError("two lists of one name", where=files.where("domains"), got=name)
        draft.domains[name] = table
    for name in files.under("rules", ".toml"):
        document = files.toml(name)
        if document:
            draft.rules[name.removeprefix("rules/").removesuffix(".toml")] = document
        del left[name]
    if "naming.toml" in left:
        draft.naming = files.toml("naming.toml")
        del left["naming.toml"]
    del left["standard.toml"]
    draft.files = left
    return draft
