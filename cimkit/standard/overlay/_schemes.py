"""The schemes of a chain of packages, and which of them a row speaks of."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cimkit.errors import StandardError
from cimkit.standard.package._package import Package
from cimkit.standard.package._place import Place
from cimkit.standard.rows import Scheme


@dataclass(frozen=True)
class Schemes:
    """What ``scheme`` columns may say in one chain of packages."""

    of: Mapping[str, str]
    """By package id, the scheme of its rows that name none."""
    declared: Mapping[str, Scheme]
    """Those with a ``[[scheme]]``, by id; the nearest package first."""
    primary: str
    """The one of the package itself."""

    def named(self, package: Package, said: str, place: Place) -> str:
        """Return the scheme that a cell of a package means.

        Raises
        ------
        StandardError
            If there is none of that name.
        """
        if not said or said in self.declared:
            return said or self.of[package.id]
        if said in self.of:
            return self.of[said]
        raise StandardError(
            "no such scheme",
            where=place.cell("scheme"),
            got=said,
            expected=", ".join(dict.fromkeys((*self.of, *self.declared))),
            mend="Declare it with [[scheme]] in standard.toml.",
        )

    def used(self, chain: Sequence[Package], used: Collection[str]) -> tuple[Scheme, ...]:
        """Return the schemes declared or used, the primary one first."""
        found = dict(self.declared)
        for package in reversed(chain):
            id_ = self.of[package.id]
            if id_ not in found and (id_ in used or id_ == self.primary):
                found[id_] = Scheme(id_, package.head["titles"], package=package.key)
        rows = (dataclasses.replace(s, primary=s.id == self.primary) for s in found.values())
        return tuple(sorted(rows, key=lambda s: not s.primary))


def read_chain_schemes(chain: Sequence[Package]) -> Schemes:
    """Return the schemes of packages, every parent before its child.

    A package's rows belong to the scheme that it declares as primary; else to that of its first
    parent, so that both share one tree; else to one that bears its own id. A tree that is not
    declared is called after the last package that shares it.

    Raises
    ------
    StandardError
        If a package declares schemes and has classes, none of them in the primary one.
    """
    root: dict[str, str] = {}
    last: dict[str, str] = {}
    declared: dict[str, Scheme] = {}
    by_key = {p.key: p for p in chain}
    for package in chain:
        declared |= {s.id: s for s in package.schemes}
        said = next((s.id for s in package.schemes if s.primary), None)
        first = by_key[package.extends[0]].id if package.extends else None
        root[package.id] = f"={said}" if said else root[first] if first else package.id
        last[root[package.id]] = package.id
    of = {id_: at[1:] if at.startswith("=") else last[at] for id_, at in root.items()}
    for package in chain:
        mine = {cells["scheme"] for _, cells in package.classes}
        if (
            package.schemes
            and not package.extends
            and mine
            and not mine & {"", package.id, of[package.id]}
        ):
            raise StandardError(
                "none of the classes is in the primary scheme",
                where=package.where,
                got=", ".join(sorted(mine)),
                expected=of[package.id],
                mend="Write primary = true at the [[scheme]] that classes and codes of objects "
                "belong to.",
            )
    nearest = dict(sorted(declared.items(), key=lambda s: _nearness(chain, s[1])))
    return Schemes(of, nearest, of[chain[-1].id])


def _nearness(chain: Sequence[Package], scheme: Scheme) -> tuple[int, int]:
    depth = next(n for n, p in enumerate(reversed(chain)) if p.key == scheme.package)
    package = chain[len(chain) - 1 - depth]
    return depth, [s.id for s in package.schemes].index(scheme.id)
