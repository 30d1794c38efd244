"""Resolve a package and its parents into one standard."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.acceptance import Acceptance
from cimkit.standard.model import CrsRules, Standard
from cimkit.standard.overlay._attributes import merge_attributes
from cimkit.standard.overlay._chain import read_chain
from cimkit.standard.overlay._classes import Key, merge_classes
from cimkit.standard.overlay._conflicts import Conflicts
from cimkit.standard.overlay._domains import domain_tables, merge_domains
from cimkit.standard.overlay._hash import hash_of
from cimkit.standard.overlay._mapping import merge_level_rules, merge_mapping
from cimkit.standard.overlay._models import merge_models
from cimkit.standard.overlay._schemes import Schemes, read_chain_schemes
from cimkit.standard.overlay._sieve import Sieve
from cimkit.standard.overlay._terms import (
    read_acceptance,
    read_crs,
    read_jurisdiction,
    with_division,
)
from cimkit.standard.package._code import read_grammar
from cimkit.standard.package._head import FACTS, Transition, read_transition
from cimkit.standard.package._package import Package
from cimkit.standard.package._rule_changes import merge_rules
from cimkit.standard.rows import ClassRow, CrosswalkRow


def resolve(path: Path, *, unverified: bool = False) -> Standard:
    """Read the package at ``path`` and all it extends; see `cimkit.standard.load`."""
    chain = read_chain(path, unverified=unverified)
    schemes = read_chain_schemes(chain)
    with Conflicts() as conflicts:
        return _resolve(chain, schemes, conflicts, unverified)


def _resolve(
    chain: Sequence[Package], schemes: Schemes, conflicts: Conflicts, unverified: bool
) -> Standard:
    package = chain[-1]
    sieve = Sieve(chain)
    merged = merge_classes(chain, schemes, conflicts)
    lists = merge_domains(chain, conflicts)
    codes = {name: {c for c, v in vs.items() if not v.retired} for name, vs in lists.items()}
    attributes = merge_attributes(chain, schemes, merged, codes, conflicts)
    rules = merge_rules(chain)
    levels = sieve.levels(next((p for p in reversed(chain) if p.levels), None))
    classes = _with_levels(sieve.classes(merged), sieve)
    jurisdiction = read_jurisdiction(chain)
    grammar = _last(chain, lambda p: read_grammar(p.head, p.files.section("code"), p.files.segment))
    transition: Transition | None = read_transition(package.head, package.where)
    standard = Standard(
        id=package.id,
        edition=package.edition,
        titles=package.head["titles"],
        parents=tuple(p.key for p in reversed(chain[:-1])),
        facts={k: package.head[k] for k in FACTS if k in package.head},
        scheme_of=schemes.of,
        class_rows=tuple(classes[k] for k in sorted(classes)),
        attributes=sieve.attributes(attributes),
        domains=domain_tables(sieve.values(lists)),
        mapping=merge_mapping(chain, schemes, merged, classes, sieve),
        class_fields=tuple(
            dict.fromkeys(f for p in reversed(chain) for f in p.head.get("class_fields", ()))
        ),
        rules=rules,
        naming=_last(chain, lambda p: p.naming),
        grammar=with_division(grammar, jurisdiction, package.where),
        jurisdiction=jurisdiction,
        levels=levels,
        level_rules=merge_level_rules(chain, levels, schemes.primary, sieve),
        models=merge_models(chain, schemes, merged, classes, sieve),
        crosswalk=sieve.crosswalk(_crosswalk(chain), schemes),
        crs_rules=_last(chain, read_crs) or CrsRules(),
        acceptance=_last(chain, read_acceptance) or Acceptance(),
        hash="",
        primary=schemes.primary,
        schemes=schemes.used(chain, {scheme for scheme, _ in classes}),
        transition_until=transition.until if transition else "",
        accepts=transition.accepts if transition else (),
        unverified=unverified,
    )
    standard = dataclasses.replace(standard, left_out=sieve.left_out)
    return dataclasses.replace(standard, hash=hash_of(standard))


def _with_levels(classes: dict[Key, ClassRow], sieve: Sieve) -> dict[Key, ClassRow]:
    """Return the classes, without the levels that stayed behind."""
    return {
        key: row
        if row.level == sieve.level(row.level)
        else dataclasses.replace(row, level=sieve.level(row.level))
        for key, row in classes.items()
    }


def _last(chain: Sequence[Package], get: Callable[[Package], Any]) -> Any:
    """Return what the nearest package says that says something."""
    for package in reversed(chain):
        said = get(package)
        if said:
            return said
    return None


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
