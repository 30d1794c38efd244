"""Standards as data: packages of TOML and CSV, overlays on them, and what they compile to.

A package is a folder or a zip::

    standard.toml    id, edition, titles, extends, class_fields, [code], [jurisdiction], [crs], ...
    classes.csv      scheme, code, parent, names, definition, geometry, level, code_origin, ...
    attributes.csv   class (several with blanks between), name, type, unit, domain, obligation, ...
    domains/*.csv    code, name_zh, name_ja, name_en
    mapping/*.csv    kind, layer, source_class, predefined_type, field op value | sql, class ...
    levels.csv       scheme, code, same_as, name_zh, name_ja, name_en
    level_rules.csv  kind, source_class, predefined_type, class, lod -> level; the first that fits
    crosswalk/*.csv  from_scheme, from_code, to_scheme, to_code, relation
    naming.toml      [[file]] template, [part.<name>] values | pattern | type
    rules/*.toml     see `Rule`

The column ``field`` of a mapping addresses a field of the object: ``name``, ``source_key`` (its
identifier in the source: GlobalId, gml:id, key field), ``layer``, ``kind``,
``source_class``, ``predefined_type``, ``type``, ``material``, ``classification`` (codes; also
``classification.system``, ``classification.name``), ``presentation_layer``, ``system``,
``pset.P.prop``, ``quantities.Q.quantity``, ``attributes.A``, ``measure.height`` (also area_m2,
length_m, z_min, z_max), and else a flat field name; of ``a|b`` the first that
has a value. ``op`` is one of equals, in (``a|b``),
contains, prefix, suffix, word, matches, exists, absent, gt, ge, lt, le. The class ``-`` says that
such objects are no assets (an opening, a grid): no class is due, and none is missing.

``[code]`` says how identifier codes are built, segment by segment: administrative division,
class, grid cell (JIS X 0410, or metres), date, free text, separators, sequence and check digit::

    class = ["major", "minor"]
    fields = ["ObjID"]
    segments = [
      { name = "division", length = 6 }, { text = "-" },
      { name = "major", length = 2 }, { name = "minor", length = 2 }, { text = "-" },
      { name = "cell", mesh = "jis-x-0410", level = 3 }, { text = "-" },
      { name = "sequence", length = 6, scope = ["division", "class", "cell"] },
      { name = "check", check = "iso7064-mod11-2" },
    ]

Numbers count within ``scope`` (default: division, class and cell, as far as there are). The check
digit (luhn, gs1, verhoeff, damm, iso7064-mod11-2, -mod11-10, -mod37-2, -mod37-36) is taken over
all before it but separators.
"""

from __future__ import annotations

from pathlib import Path

from cimkit.standard._classify import classify_sql
from cimkit.standard._code_explain import CodePart, explain_code
from cimkit.standard._editions import Governing, governing
from cimkit.standard._explain import Candidate, Comparison, candidates, matches_sql
from cimkit.standard._files import find_package, packages
from cimkit.standard._levels import levels_sql
from cimkit.standard._mesh import Mesh, MetricGrid
from cimkit.standard._named import split_flag
from cimkit.standard._overlay import resolve
from cimkit.standard._suggest import nearest_classes
from cimkit.standard.crosswalk import Crosswalk, crosswalk
from cimkit.standard.difference import Change, Difference, difference
from cimkit.standard.grammar import CodeGrammar, Segment
from cimkit.standard.lint import LintFinding, lint
from cimkit.standard.model import Acceptance, CrsRules, Jurisdiction, Standard
from cimkit.standard.naming import FileGrammar, Naming, Part
from cimkit.standard.rows import (
    Attribute,
    ClassRow,
    CrosswalkRow,
    Level,
    LevelRule,
    MappingRow,
    Place,
    Scheme,
)
from cimkit.standard.rule import AppliesTo, Rule

__all__ = [
    "Acceptance",
    "AppliesTo",
    "Attribute",
    "Candidate",
    "Change",
    "ClassRow",
    "CodeGrammar",
    "CodePart",
    "Comparison",
    "Crosswalk",
    "CrosswalkRow",
    "CrsRules",
    "Difference",
    "FileGrammar",
    "Governing",
    "Jurisdiction",
    "Level",
    "LevelRule",
    "LintFinding",
    "MappingRow",
    "Mesh",
    "MetricGrid",
    "Naming",
    "Part",
    "Place",
    "Rule",
    "Scheme",
    "Segment",
    "Standard",
    "available",
    "candidates",
    "classify_sql",
    "crosswalk",
    "difference",
    "explain_code",
    "governing",
    "levels_sql",
    "lint",
    "load",
    "matches_sql",
    "nearest_classes",
]


def load(id_or_path: str | Path) -> Standard:
    """Read a standard and all it extends.

    Parameters
    ----------
    id_or_path : str or Path
        ``"cn.components"``, ``"city.linjiang@2026"``, a folder or a zip. Ids are looked for in the
        folders of ``CIMKIT_STANDARDS``, then among those shipped; without an edition the latest
        is taken.

    Raises
    ------
    StandardNotFound
        If there is no such package.
    StandardConflict
        If an overlay gives a code of its parent another meaning without saying so.
    StandardError
        If a package is not well formed; the error names file and line.

    Examples
    --------
    >>> standard = load("cn.components")
    >>> standard.key, standard.by_code["0118"].name("en")
    ('cn.components@2007', 'Street lamp')
    """
    name, unverified = split_flag(str(id_or_path))
    return resolve(find_package(name), unverified=unverified)


def available() -> list[tuple[str, str, str, Path]]:
    """Return ``(id, edition, English title, path)`` of all packages found by id, sorted."""
    return sorted(
        (id_, edition, str(head.get("titles", {}).get("en", "")), path)
        for id_, edition, path, head in packages()
    )
