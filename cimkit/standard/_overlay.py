"""Resolve a package and its parents into one standard."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from cimkit.errors import StandardConflict, StandardError
from cimkit.standard._attributes import merge_attributes
from cimkit.standard._classes import merge_classes
from cimkit.standard._code import read_grammar
from cimkit.standard._conditions import check_row
from cimkit.standard._files import find_package, open_package
from cimkit.standard._package import FACTS, Package, read_package
from cimkit.standard._terms import (
    read_acceptance,
    read_crs,
    read_jurisdiction,
    with_division,
)
from cimkit.standard.model import Acceptance, CrsRules, Standard
from cimkit.standard.rows import NO_CLASS, ClassRow, CrosswalkRow, LevelRule, MappingRow
from cimkit.standard.rule import Rule


def resolve(path: Path) -> Standard:
    """Read the package at ``path`` and all it extends; see `cimkit.standard.load`."""
    chain = _chain(path)
    package = chain[-1]
    schemes = _main_line(chain)
    classes = merge_classes(chain, schemes)
    domains = _domains(chain)
    codes = {code for scheme, code in classes if scheme == package.id}
    jurisdiction = read_jurisdiction(chain)
    grammar = _last(chain, lambda p: read_grammar(p.head, p.where))
    standard = Standard(
        id=package.id,
        edition=package.edition,
        titles=package.head["titles"],
        parents=tuple(p.key for p in reversed(chain[:-1])),
        facts={k: package.head[k] for k in FACTS if k in package.head},
        scheme_of=schemes,
        class_rows=tuple(classes[k] for k in sorted(classes)),
        attributes=merge_attributes(chain, codes, domains),
        domains=domains,
        mapping=_mapping(chain, schemes, classes),
        class_fields=tuple(
            dict.fromkeys(f for p in reversed(chain) for f in p.head.get("class_fields", ()))
        ),
        rules=_rules(chain),
        naming=_last(chain, lambda p: p.naming),
        grammar=with_division(grammar, jurisdiction, package.where),
        jurisdiction=jurisdiction,
        levels=_last(chain, lambda p: p.levels) or (),
        level_rules=_level_rules(chain),
        crosswalk=_crosswalk(chain),
        crs_rules=_last(chain, read_crs) or CrsRules(),
        acceptance=_last(chain, read_acceptance) or Acceptance(),
        hash="",
    )
    return dataclasses.replace(standard, hash=_hash(standard))


def _chain(path: Path) -> list[Package]:
    """Return the packages, every parent before its child, the package at ``path`` last."""
    done: dict[str, Package] = {}

    def visit(at: Path, child: Package | None, line: tuple[str, ...], wanted: str) -> None:
        package = read_package(open_package(at))
        if wanted and package.key != wanted:
            raise StandardError(
                "not the edition asked for", where=package.where, got=package.key, expected=wanted
            )
        if package.key in line:
            raise StandardError(
                "packages extend each other", where=package.where, got=" > ".join(line)
            )
        if package.key in done:
            return
        for parent in package.extends:
            visit(find_package(parent, beside=at), package, (*line, package.key), parent)
        other = next((p for p in done.values() if p.id == package.id), None)
        if other is not None:
            raise StandardError(
                f"two editions of {package.id} are extended at once",
                where=child.where if child else package.where,
                got=f"{other.key}, {package.key}",
            )
        done[package.key] = package

    visit(path, None, (), "")
    return list(done.values())


def _main_line(chain: Sequence[Package]) -> dict[str, str]:
    """Return the scheme that each package's own scheme has become part of.

    The first parent, and its first parent, share one tree of classes with the package; further
    parents keep their own.
    """
    by_key = {p.key: p for p in chain}
    at: Package | None = chain[-1]
    line = {}
    while at is not None:
        line[at.id] = chain[-1].id
        at = by_key[at.extends[0]] if at.extends else None
    return line


def _last(chain: Sequence[Package], get: Any) -> Any:
    """Return what the nearest package says that says something."""
    for package in reversed(chain):
        said = get(package)
        if said:
            return said
    return None


def _domains(chain: Sequence[Package]) -> dict[str, pa.Table]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for package in chain:
        for name, table in package.domains.items():
            codes = found.setdefault(name, {})
            for row in table.to_pylist():
                old = codes.get(row["code"])
                if old is not None and old["name_zh"] != row["name_zh"]:
                    raise StandardConflict(
                        f"value {row['code']} of list {name} has two meanings",
                        where=package.files.where(f"domains/{name}.csv"),
                        got=row["name_zh"],
                        expected=old["name_zh"],
                        mend="Take a code that is free, or give the list a name of its own.",
                    )
                codes[row["code"]] = row
    columns = ("code", "name_zh", "name_ja", "name_en")
    return {
        name: pa.table({c: pa.array([r[c] for r in codes.values()], pa.string()) for c in columns})
        for name, codes in sorted(found.items())
    }


def _mapping(
    chain: Sequence[Package],
    schemes: Mapping[str, str],
    classes: Mapping[tuple[str, str], ClassRow],
) -> tuple[MappingRow, ...]:
    heirs: dict[tuple[str, str], list[str]] = {}
    for (scheme, code), heir in classes.items():
        for gone in heir.replaces:
            heirs.setdefault((scheme, gone), []).append(code)
    out = []
    for depth, package in enumerate(reversed(chain)):
        for place, cells in package.mapping:
            said = cells["scheme"] or package.id
            scheme, code = schemes.get(said, said), cells["class"]
            row = classes.get((scheme, code))
            exempt = code == NO_CLASS and any(s == scheme for s, _ in classes)
            if row is None and not exempt:
                raise StandardError(
                    "a mapping to a class that is not there", where=place, got=f"{scheme} {code}"
                )
            if row is not None and row.retired:
                # What an ancestor maps to a retired class goes to its one heir, or nowhere.
                if depth == 0:
                    raise StandardError("a mapping to a retired class", where=place, got=code)
                left = heirs.get((scheme, code), [])
                if len(left) != 1:
                    continue
                code = left[0]
            local = place.removeprefix(package.files.where(""))
            copied = {k: v for k, v in cells.items() if k not in ("class", "scheme", "confidence")}
            mapped = MappingRow(
                rule=f"{package.id}/{local}",
                class_code=code,
                scheme=scheme,
                confidence=_confidence(cells["confidence"], place),
                depth=depth,
                origin=place,
                **copied,
            )
            check_row(mapped, place)
            out.append(mapped)
    return tuple(out)


def _level_rules(chain: Sequence[Package]) -> tuple[LevelRule, ...]:
    levels = {level.code for package in chain for level in package.levels}
    out = []
    for depth, package in enumerate(reversed(chain)):
        for place, cells in package.level_rules:
            if cells["level"] not in levels:
                raise StandardError(
                    "no such level",
                    where=place.cell("level"),
                    got=cells["level"],
                    expected=", ".join(sorted(levels)),
                )
            said = {k: v for k, v in cells.items() if k != "class"}
            out.append(LevelRule(class_code=cells["class"], depth=depth, origin=place, **said))
    return tuple(out)


def _crosswalk(chain: Sequence[Package]) -> tuple[CrosswalkRow, ...]:
    relations = ("exact", "close", "broad", "narrow", "related")
    out = []
    for package in chain:
        for place, cells in package.crosswalk:
            relation = cells["relation"] or "exact"
            if relation not in relations:
                raise StandardError(
                    "no such relation",
                    where=place.cell("relation"),
                    got=relation,
                    expected=" | ".join(relations),
                )
            out.append(CrosswalkRow(**{**cells, "relation": relation}, origin=place))
    return tuple(out)


def _confidence(text: str, place: str) -> float:
    try:
        value = float(text or 1)
    except ValueError as error:
        raise StandardError("`confidence` is a number", where=place, got=text) from error
    if not 0 < value <= 1:
        raise StandardError("`confidence` is above 0 and at most 1", where=place, got=text)
    return value


def _rules(chain: Sequence[Package]) -> tuple[Rule, ...]:
    found: dict[str, Rule] = {}
    for package in chain:
        for rule in package.rules:
            if rule.id in found:
                raise StandardConflict(
                    f"rule {rule.id} stands twice",
                    where=rule.origin,
                    expected=f"once ({found[rule.id].origin})",
                    mend="Use [[change]] to change a parent's rule.",
                )
            found[rule.id] = rule
        for change in package.changes:
            if change.id not in found:
                raise StandardError(
                    "no such rule to change",
                    where=change.origin,
                    got=change.id,
                    expected=", ".join(found) or "none: the parents have no rules",
                )
            if change.enabled:
                found[change.id] = change.apply(found[change.id])
            else:
                del found[change.id]
    return tuple(found.values())


def _hash(standard: Standard) -> str:
    said = {f.name: getattr(standard, f.name) for f in dataclasses.fields(standard)}
    text = json.dumps(said, default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, pa.Table):
        return value.to_pylist()
    if isinstance(value, Mapping):
        return dict(value)
    # The place in a file is no part of what is said, nor is a mapping's name, which is made of it:
    # a folder, a zip and a workbook have one hash.
    names = [f.name for f in dataclasses.fields(value) if f.name not in ("origin", "rule")]
    return {name: getattr(value, name) for name in names}
