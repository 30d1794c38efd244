"""Paths through a model: what rules speak of, and what must hold there.

A path starts with a class; ``.Name`` goes on to what an attribute holds (inverse ones too, lists
taken apart, what is unset left out), ``.*`` to everything referred to, however far. Brackets keep
what fits:

===================== ==========================================================
``[IfcWall|IfcSlab]`` of one of these classes, or of one below
``[=IfcWall]``        of this very class
``[Name=a|b]``        the attribute is one of these
``[Name^=Pset_]``     the attribute starts so
``[Name~=^[Pp]set]``  the attribute fits this regular expression
``[Name]``            the attribute is set, and not empty
``[.A.B[IfcX]]``      a path from here leads somewhere
``[IFC2X3]``          the model is of this version of IFC
``[!…]``              not so
===================== ==========================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["fits", "walk"]

Fits = Callable[["Model", Any], bool]
Step = tuple[str, Any]

_ATTRIBUTE = re.compile(r"(!?)(\w+)(?:([\^~]?=)(.*))?", re.DOTALL)


@cache
def _steps(path: str) -> tuple[Step, ...]:
    """Return the steps of a path: its class or attributes, and what is kept on the way."""
    steps: list[Step] = []
    at = 0
    while at < len(path):
        if path[at] == "[":
            end = _closing(path, at)
            steps.append(("keep", _condition(path[at + 1 : end])))
            at = end + 1
            continue
        found = re.compile(r"\.?(\w+|\*)").match(path, at)
        assert found, path
        steps.append(("go", found[1]))
        at = found.end()
    return tuple(steps)


def _closing(path: str, start: int) -> int:
    depth = 0
    for n in range(start, len(path)):
        depth += {"[": 1, "]": -1}.get(path[n], 0)
        if not depth:
            return n
    raise AssertionError(path)


@cache
def fits(condition: str) -> Fits:
    """Return the predicate that brackets such as ``[Name=a][!Tag]`` say."""
    steps = _steps(condition)
    return lambda model, thing: all(keep(model, thing) for _, keep in steps)


def _condition(text: str) -> Fits:
    if text.startswith("!."):
        inner = _condition(text[1:])
        return lambda model, thing: not inner(model, thing)
    if text.startswith("."):
        steps = _steps(text)
        return lambda model, thing: next(_follow(model, [thing], steps), None) is not None
    if text.startswith("IFC"):
        return lambda model, thing: model.family == text
    if text.startswith("=Ifc"):
        exact = frozenset(text[1:].split("|"))
        return lambda model, thing: model.is_thing(thing) and thing.is_a() in exact
    if text.startswith("Ifc"):
        names = tuple(text.split("|"))
        return lambda model, thing: model.is_thing(thing) and any(thing.is_a(n) for n in names)
    return _attribute(text)


def _attribute(text: str) -> Fits:
    found = _ATTRIBUTE.fullmatch(text)
    assert found, text
    wanted, name, compare, values = not found[1], found[2], found[3], found[4]
    if compare is None:
        return lambda model, thing: _said(getattr(thing, name, None)) is wanted
    if compare == "=":
        among = frozenset(values.split("|"))
        return lambda model, thing: (_plain(getattr(thing, name, None)) in among) is wanted
    if compare == "~=":
        like = re.compile(values)
        return lambda model, thing: (
            bool(like.search(str(_plain(getattr(thing, name, None)) or ""))) is wanted
        )
    return lambda model, thing: (
        str(_plain(getattr(thing, name, None)) or "").startswith(values) is wanted
    )


def _plain(value: Any) -> Any:
    return getattr(value, "wrappedValue", value)


def _said(value: Any) -> bool:
    return value is not None and value not in ((), "")


def walk(model: Model, path: str) -> Iterator[Any]:
    """Yield what a path leads to; paths through the same beginning share its end."""
    steps = _steps(path)
    known = 1
    things: Iterable[Any] = model.of(steps[0][1])
    # What several rules start with is followed once: the representations of all products.
    if path.startswith(_SHARED):
        known = len(_steps(_SHARED))
        things = model.shared(_SHARED, lambda: list(_follow(model, things_of(model), _TAIL)))
    yield from _follow(model, things, steps[known:])


_SHARED = "IfcProduct.Representation.Representations"


def things_of(model: Model) -> list[Any]:
    """Return all products."""
    return model.of("IfcProduct")


_TAIL: tuple[Step, ...] = (("go", "Representation"), ("go", "Representations"))


def _follow(model: Model, things: Iterable[Any], steps: tuple[Step, ...]) -> Iterator[Any]:
    if not steps:
        yield from things
        return
    (kind, what), rest = steps[0], steps[1:]
    if kind == "keep":
        yield from _follow(model, (t for t in things if what(model, t)), rest)
    else:
        yield from _follow(model, _gone(model, things, what), rest)


def _gone(model: Model, things: Iterable[Any], name: str) -> Iterator[Any]:
    for thing in things:
        if name == "*":
            yield from model.file.traverse(thing)
            continue
        value = getattr(thing, name, None)
        if isinstance(value, tuple):
            yield from (v for v in value if v is not None)
        elif value is not None:
            yield value
