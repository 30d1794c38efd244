"""The grammar of file names as ``naming.toml`` of a package writes it."""

from __future__ import annotations

import re

from cimkit.errors import StandardError
from cimkit.standard import naming as names
from cimkit.standard.package._files import PackageFiles
from cimkit.standard.package._toml import at, known, one_of, scalar, table, tables, texts


def read_naming(files: PackageFiles) -> names.Naming | None:
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
        here = files.entry("naming.toml", "file", number)
        known(entry, ["name", "template", "example"], here)
        template = scalar(entry, "template", str, here, "")
        wrong = names.problems(template, parts)
        if wrong:
            raise StandardError(wrong, where=at(here, "template"), got=template)
        name = scalar(entry, "name", str, here, str(number))
        grammars.append(names.FileGrammar(name, template, parts))
    return names.Naming(tuple(grammars), texts(said, "exempt", where))
