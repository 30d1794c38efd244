"""The rows of a standard: classes, attributes, mapping, levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cimkit.standard.package._place import NOWHERE, Place

__all__ = [
    "NO_CLASS",
    "Attribute",
    "ClassRow",
    "CrosswalkRow",
    "Level",
    "LevelRule",
    "MappingRow",
    "ModelRow",
    "Place",
    "Scheme",
]

NO_CLASS = "-"
"""Written in place of a class: objects like this are no assets, so no class is due."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One classification among those of a standard: a tree of classes with codes of its own."""

    id: str
    """Name in ``scheme`` columns, e.g. ``gbt51269.14``; by default the standard's id."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """By language: zh, ja, en."""
    primary: bool = False
    """Whether it is the one that an object's ``class_code`` and identifier code speak of."""
    note: str = ""
    """What there is to know about it."""
    package: str = ""
    """``id@edition`` of the package that says so last."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of one scheme."""

    scheme: str
    """Scheme it belongs to; codes are unique within a scheme, not within a standard."""
    code: str
    """Code in the scheme."""
    parent: str = ""
    """Code of the class above, "" at the top."""
    name_zh: str = ""
    """Chinese name."""
    name_ja: str = ""
    """Japanese name."""
    name_en: str = ""
    """English name."""
    definition: str = ""
    """In a sentence."""
    geometry: tuple[str, ...] = ()
    """Geometry types allowed (Point, LineString, Polygon); a Multi type counts as its single."""
    level: str = ""
    """Level of its objects where no mapping says another."""
    access: str = "public"
    """public, internal or secret."""
    valid_from: str = ""
    """ISO date."""
    valid_to: str = ""
    """ISO date."""
    replaces: tuple[str, ...] = ()
    """Codes it takes the place of."""
    code_origin: str = ""
    """Who gave the code: the issuer's name, ``cimkit`` for our own."""
    verified: bool = False
    """Whether code and name were seen in a source."""
    source: str = ""
    """Which source."""
    package: str = ""
    """``id@edition`` of the package that says so last."""
    meant_by: str = ""
    """``id@edition`` of the package that gave the code its meaning: first, or by ``replace``."""
    origin: Place = NOWHERE
    """File and row where it is written."""
    leaf: bool = True
    """Whether no class has it as parent; objects belong to leaves."""
    retired: bool = False
    """Whether an overlay took it away: kept for the message, not to be used."""
    changes: tuple[str, ...] = ()
    """What overlays did to it: ``rename``, ``restrict``, ``replace``, ``retire``, ``add``."""

    def name(self, language: str) -> str:
        """Return the name in a language (zh, ja, en), or the first there is."""
        names = {"zh": self.name_zh, "ja": self.name_ja, "en": self.name_en}
        return names.get(language) or self.name_en or self.name_zh or self.name_ja or self.code


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that objects of some classes carry."""

    classes: tuple[str, ...]
    """Class codes; each stands for itself and all below it; empty: all classes of the scheme."""
    name: str
    """Field name in deliveries."""
    title: str = ""
    """What it means, in English."""
    kinds: tuple[str, ...] = ()
    """Kinds of source that deliver it, e.g. ``("gis",)``; empty: all."""
    type: str = "text"
    """text, integer, number, date, boolean."""
    unit: str = ""
    """Unit of a number."""
    domain: str = ""
    """Name of the list of its values in `Standard.domains`."""
    obligation: str = "O"
    """M obligatory, C conditional, O optional."""
    level: str = ""
    """Level from which it is asked for; "" always."""
    pattern: str = ""
    """Regular expression (RE2) of the whole value."""
    minimum: float | None = None
    """Least value."""
    maximum: float | None = None
    """Greatest value."""
    access: str = "public"
    """public, internal or secret."""
    code_origin: str = ""
    """Who named it, ``cimkit`` for our own."""
    verified: bool = False
    """Whether the name was seen in a source (the obligation: see `source`)."""
    source: str = ""
    """Which source."""
    package: str = ""
    """``id@edition`` of the package that says so last."""
    origin: Place = NOWHERE
    """File and row where it is written."""
    scheme: str = ""
    """The scheme of its classes, "" the primary one."""
    without: tuple[str, ...] = ()
    """Classes among these (with all below them) that do not carry it."""


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One line of ``mapping/*.csv``: objects like this have that class. Conditions are all met."""

    rule: str
    """Stable name: ``<package>/mapping/<file>:<row>``."""
    class_code: str
    """The class given, or `NO_CLASS`."""
    scheme: str
    """The scheme of that class."""
    kind: str = ""
    """Kind of source, "" any."""
    layer: str = ""
    """Layer name, exactly but for case, "" any."""
    source_class: str = ""
    """Class name in the source, e.g. ``IfcWall``, "" any."""
    predefined_type: str = ""
    """IFC predefined type, "" any."""
    field: str = ""
    """What `op` looks at: a field name, or an address as described at `cimkit.standard`."""
    op: str = ""
    """The comparison; "" if the columns before suffice."""
    value: str = ""
    """What it compares with; ``|`` between the values of ``in``."""
    sql: str = ""
    """A predicate in SQL; with it, `field` and `op` stay empty."""
    confidence: float = 1.0
    """0 to 1; the greatest wins; ties: see `cimkit.standard.classify_sql`."""
    level: str = ""
    """Level of the object; "" that of the class."""
    source: str = ""
    """Why."""
    depth: int = 0
    """0 for the package itself, 1 for its parents ..."""
    origin: Place = NOWHERE
    """File and row where it is written."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of detail."""

    code: str
    """E.g. ``CIM4``."""
    scheme: str = ""
    """Which series it belongs to, e.g. ``CIM``, ``LoD``, ``LOIN``; "" if there is only one."""
    same_as: str = ""
    """Code of the level of the first series that it corresponds to, "" none."""
    name_zh: str = ""
    """Chinese name."""
    name_ja: str = ""
    """Japanese name."""
    name_en: str = ""
    """English name."""
    code_origin: str = ""
    """Who named it."""
    verified: bool = False
    """Whether it was seen in a source."""
    source: str = ""
    """Which source."""
    origin: Place = NOWHERE
    """File and row where it is written."""


@dataclass(frozen=True, slots=True)
class LevelRule:
    """One line of ``level_rules.csv``: the first that fits says the level of an object.

    They are asked where the mapping row that gave the class names no level. Conditions are all met.
    """

    level: str
    """Code of the level given."""
    kind: str = ""
    """Kind of source, "" any."""
    source_class: str = ""
    """Class name in the source, "" any."""
    predefined_type: str = ""
    """IFC predefined type, "" any."""
    class_code: str = ""
    """Class of the primary scheme: it and all below it; "" any, unclassed objects too."""
    lod: str = ""
    """Highest level of detail among the object's geometries, e.g. ``2``: it and ``2.x``; "" any."""
    source: str = ""
    """Why."""
    depth: int = 0
    """0 for the package itself, 1 for its parents ..."""
    origin: Place = NOWHERE
    """File and row where it is written."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of ``models.csv``: what objects of a class, and of those below it, look like.

    Sizes are texts as `cimkit.standard.appearance.read_size` has them: ``tree_height|8`` is the
    attribute ``tree_height``, in its own unit, and 8 metres where it has no value.
    """

    scheme: str
    """Scheme of the class."""
    class_code: str
    """Class of that scheme: it and all below it that have no line of their own."""
    model: str
    """A name of `cimkit.standard.appearance.MODELS`; `NO_CLASS`: nothing is drawn."""
    height: str = ""
    """From foot to top; of a culvert its outer height."""
    width: str = ""
    """Across: crown of a tree, lid of a manhole, outer diameter of a pipe, surface of a road."""
    length: str = ""
    """Along the heading, where it is not as wide as long."""
    depth: str = ""
    """Of a pipe or culvert: from the ground down to its upper side."""
    heading: str = ""
    """Where its front looks: degrees clockwise from north."""
    color: str = ""
    """``#rrggbb``, sRGB; "" that of the model."""
    source: str = ""
    """Why."""
    package: str = ""
    """``id@edition`` of the package that says so."""
    origin: Place = NOWHERE
    """File and row where it is written."""


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """One line of ``crosswalk/*.csv``: a class of one scheme in terms of another scheme."""

    from_scheme: str
    """Scheme of the class, e.g. ``cn.components``."""
    from_code: str
    """Its code."""
    to_scheme: str
    """The other scheme, e.g. ``int.citygml``."""
    to_code: str
    """The code there; `NO_CLASS`: it is known that there is none."""
    relation: str = "exact"
    """SKOS: exact, close, broad (the other is wider), narrow (the other is narrower), related."""
    source: str = ""
    """Who says so."""
    origin: Place = NOWHERE
    """File and row where it is written."""
