"""Standards as data: packages of TOML and CSV, overlays on them, and what they compile to.

A package is a folder, a zip or a workbook::

    standard.toml    id, edition, titles, extends, unverified, class_fields, effective_from/to,
                     [[scheme]], [transition], [code], [jurisdiction], [crs], [acceptance] ...
    classes.csv      change, scheme, code, parent, names, definition, geometry, level, access ...
    attributes.csv   change, scheme, class (several with blanks between), without, name, replaces,
                     title, kinds, type, unit, domain, obligation, level, pattern, minimum ...
    domains/*.csv    change, code, name_zh, name_ja, name_en
    mapping/*.csv    change, kind, layer, source_class, predefined_type, field op value | sql,
                     scheme, class, confidence, level
    levels.csv       scheme, code, same_as, name_zh, name_ja, name_en
    level_rules.csv  kind, source_class, predefined_type, class, lod -> level; the first that fits
    models.csv       scheme, class -> model, height, width, length, depth, heading, color
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

An **overlay** names its parents, ``extends = ["id@edition"]``, any number deep. What it writes of
their rows it declares in the column ``change``; what it says otherwise undeclared is a conflict,
and all conflicts are told at once (`cimkit.errors.StandardConflict`):

* blank or ``add``: a new class, attribute, value. The same thing said again changes nothing;
  ``add`` on one that a parent retired brings it back.
* ``rename``: the same thing by another name. Of an attribute ``replaces`` holds the former name.
* ``restrict``: fewer geometries, narrower access; an attribute asked more strictly, within
  narrower limits, from a shorter list. At one value of a list: of the parents' values only those
  stay that are written down here. Blank cells keep what the parent says.
* ``retire``: gone, at the classes named. What parents map to a retired class goes to the one
  class whose ``replaces`` names its code, or nowhere.
* ``replace``: another thing under this code (it loses its parents' mapping and attributes), or the
  same thing on other terms.

Mapping rows know ``retire`` (takes away the parents' rows that agree in every cell filled here)
and ``replace`` (takes away those with these very conditions); without either a row of greater
confidence wins, and of two alike that of the overlay. Rules change by ``[[change]]``, see `Rule`.
Naming, code grammar, levels, acceptance, coordinate systems and jurisdiction are taken as a whole
from the nearest package that has them; level rules of parents come after its own.

**Crosswalk.** ``relation`` is exact, close, broad (the class of ``to_scheme`` is the wider one),
narrow or related; the code ``-`` says that there is none. A scheme may carry an edition
(``city.x@2025``), so that an edition says what became of the codes of the one before; in
``classes.csv`` the column ``replaces`` says the same more briefly: one code, several of which one
was made, or the class's own code where only its name is new. `crosswalk` and `difference` heed
both.

**Models.** ``models.csv`` says what objects of a class, and of all below it, look like in tiles: a
model (`cimkit.standard.appearance.MODELS`; ``-``: nothing is drawn) with sizes. ``tree_height|8``
is the attribute ``tree_height`` in the unit that ``attributes.csv`` gives it, and 8 metres without
one. A line of an overlay takes the place of its parents' for the same class.

**Schemes.** ``[[scheme]] id, titles, primary, note`` declares a tree of classes with codes of its
own; the column ``scheme`` names it. Blank means the package's primary scheme: the one declared
so, else that of the first parent, else one with the package's id. Objects have at most one class
in each; their ``class_code`` and identifier codes speak of the primary one. A package's id names
its primary scheme, too.

**Not verified.** With ``unverified = "off"`` rows whose ``verified`` is not yes stay behind, with
what speaks of them (`Standard.left_out` counts them); a class stays where one below it is in use.
The nearest package that says ``on`` or ``off`` decides for itself and its parents, a name that
ends in ``+unverified`` (in `load`, ``extends``, a catalogue) before all.

**Editions.** ``effective_from`` and ``effective_to`` say when an edition is in force,
``[transition] until = "2027-06-30", accepts = ["id@edition"]`` what it accepts beside itself;
`governing` says which one governs on a day, and why.

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

from cimkit.errors import StandardError
from cimkit.standard.acceptance import Acceptance
from cimkit.standard.classification._classify import classify_sql
from cimkit.standard.classification._explain import Candidate, Comparison, candidates, matches_sql
from cimkit.standard.classification._levels import levels_sql
from cimkit.standard.classification._proposals import Proposal, Seen, mapping_csv, suggest
from cimkit.standard.classification._suggest import nearest_classes
from cimkit.standard.codes._explain import CodePart, explain_code
from cimkit.standard.codes._mesh import Mesh, MetricGrid
from cimkit.standard.comparison._crosswalk import Crosswalk, crosswalk
from cimkit.standard.comparison._difference import Change, Difference, difference
from cimkit.standard.comparison.comparing import compare_table, corrections
from cimkit.standard.draft import Draft, Loss, flatten, read_draft, write_draft
from cimkit.standard.exchange import export_standard, import_standard
from cimkit.standard.grammar import CodeGrammar, Segment
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._lint import lint
from cimkit.standard.model import CrsRules, Jurisdiction, Standard
from cimkit.standard.naming import FileGrammar, Naming, Part
from cimkit.standard.overlay._editions import Governing, governing
from cimkit.standard.overlay._overlay import resolve
from cimkit.standard.package._files import find_package, packages
from cimkit.standard.package._named import split_flag
from cimkit.standard.rows import (
    Attribute,
    ClassRow,
    CrosswalkRow,
    Level,
    LevelRule,
    MappingRow,
    ModelRow,
    Place,
    Scheme,
)
from cimkit.standard.rule import AppliesTo, Rule
from cimkit.standard.starting import new

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
    "Draft",
    "FileGrammar",
    "Governing",
    "Jurisdiction",
    "Level",
    "LevelRule",
    "LintFinding",
    "Loss",
    "MappingRow",
    "Mesh",
    "MetricGrid",
    "ModelRow",
    "Naming",
    "Part",
    "Place",
    "Proposal",
    "Rule",
    "Scheme",
    "Seen",
    "Segment",
    "Standard",
    "available",
    "candidates",
    "classify_sql",
    "compare_table",
    "corrections",
    "crosswalk",
    "difference",
    "explain_code",
    "export_standard",
    "flatten",
    "governing",
    "import_standard",
    "levels_sql",
    "lint",
    "load",
    "mapping_csv",
    "matches_sql",
    "nearest_classes",
    "new",
    "read_draft",
    "suggest",
    "write_draft",
]


def load(id_or_path: str | Path) -> Standard:
    """Read a standard and all it extends.

    Parameters
    ----------
    id_or_path : str or Path
        ``"cn.components"``, ``"city.linjiang@2026"``, a folder, a zip or a workbook. Ids are
        looked for in the folders of ``CIMKIT_STANDARDS``, then among those shipped; without an
        edition the latest is taken (see `governing` for the one in force). ``+unverified`` at the
        end asks for the rows that are not verified, too.

    Raises
    ------
    StandardNotFound
        If there is no such package.
    StandardConflict
        If overlays give codes of their parents another meaning without saying so; all of them.
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


def available(broken: list[StandardError] | None = None) -> list[tuple[str, str, str, Path]]:
    """Return ``(id, edition, English title, path)`` of all packages found by id, sorted.

    Parameters
    ----------
    broken : list, optional
        Takes the errors of packages that cannot be read; without it the first is raised.

    Raises
    ------
    StandardError
        If a package cannot be read and there is no such list.
    """
    found = []
    for id_, edition, path, head in packages(broken):
        titles = head.get("titles")
        title = titles.get("en", "") if isinstance(titles, dict) else ""
        found.append((id_, edition, str(title), path))
    return sorted(found)
