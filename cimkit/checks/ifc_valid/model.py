"""One model as all rules of one opening see it: its instances, its text, what is asked often."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.statements import Statements
    from cimkit.loaders.ifc.header import Header
    from cimkit.model import Problem, Source

__all__ = ["Model", "model_of"]

_PRECISION = 1e-5
"""Where no context gives one, as the validation service assumes."""

_held: dict[tuple[Any, ...], Model] = {}
"""At most one: all rules that look into a source share its opening."""


class Model:
    """A model and what its evaluators share.

    Parameters
    ----------
    source : Source
    encoding : str, optional
        Of texts that stand as raw bytes, as the delivery sheet says.

    Raises
    ------
    SourceUnreadable
        If no parser reads it.
    """

    def __init__(self, source: Source, encoding: str | None = None) -> None:
        import ifcopenshell

        from cimkit.loaders.ifc.open import header_of, open_model

        self.source = source
        self.header: Header = header_of(source.file, encoding)
        self.file: Any
        self.problems: list[Problem]
        self.file, self.named, self.problems = open_model(source.file, encoding)
        self._kept: dict[str, Any] = {}
        self._thing = ifcopenshell.entity_instance

    @property
    def family(self) -> str:
        """IFC2X3, IFC4 or IFC4X3."""
        return str(self.file.schema)

    @property
    def schema(self) -> str:
        """Full name of the schema it was read as, such as IFC4X3_ADD2."""
        return str(self.file.schema_identifier)

    def is_thing(self, value: Any) -> bool:
        """Tell whether a value is an instance, or a value of a named type."""
        return isinstance(value, self._thing)

    def of(self, name: str, *, exactly: bool = False) -> list[Any]:
        """Return the instances of a class; none if its schema has no such class."""
        try:
            return list(self.file.by_type(name, not exactly))
        except RuntimeError:
            return []

    def knows(self, name: str) -> bool:
        """Tell whether the schema has a class."""
        from cimkit.loaders.ifc.types import class_of

        return class_of(self.schema, name) is not None

    def shared(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what was made under a key before, or make it."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @cached_property
    def statements(self) -> Statements:
        """Its instances as columns of their text."""
        from cimkit.checks.ifc_valid.statements import read_statements

        return read_statements(self)

    @cached_property
    def _precisions(self) -> dict[int, float]:
        found: dict[int, float] = {}
        for context in self.of("IfcGeometricRepresentationContext"):
            top = context
            for _ in range(8):  # a context may name itself as its parent
                if not top.is_a("IfcGeometricRepresentationSubContext") or not top.ParentContext:
                    break
                top = top.ParentContext
            precision = getattr(top, "Precision", None)
            found[context.id()] = float(precision) if precision else _PRECISION
        return found

    def precision(self, item: Any = None) -> float:
        """Return the precision that holds for an item, in units of the model.

        It is that of the context of the representation the item is used in; where all contexts
        have the same, no representation is looked for.
        """
        among = set(self._precisions.values())
        if len(among) <= 1 or item is None:
            return max(among, default=_PRECISION)
        seen: set[int] = set()
        open_: list[Any] = [item]
        found: list[float] = []
        while open_:
            thing = open_.pop()
            if thing.id() in seen:
                continue
            seen.add(thing.id())
            if thing.is_a("IfcRepresentation"):
                context = thing.ContextOfItems
                found.append(self._precisions.get(context.id(), _PRECISION) if context else 0.0)
                continue
            open_.extend(self.file.get_inverse(thing))
        return max(found, default=_PRECISION)

    @cached_property
    def length_unit(self) -> float:
        """Metres in the unit of length of the project."""
        from ifcopenshell.util.unit import calculate_unit_scale

        try:
            return float(calculate_unit_scale(self.file))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
            return 1.0


def model_of(source: Source, encoding: str | None = None) -> Model:
    """Return the model of a source; the one at hand if it is that of the same unchanged file."""
    status = source.file.stat()
    key = (str(source.file), status.st_size, status.st_mtime_ns, encoding)
    if key not in _held:
        _held.clear()
        _held[key] = Model(source, encoding)
    return _held[key]
