"""A package and all it extends, read, in order."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cimkit.errors import StandardError
from cimkit.standard.package._files import find_package, open_package
from cimkit.standard.package._package import Package, read_package


def read_chain(path: Path, *, unverified: bool = False) -> list[Package]:
    """Return the packages, every parent before its child, the package at ``path`` last.

    Parameters
    ----------
    path : Path
        Folder, zip or workbook.
    unverified : bool
        Whether it was asked for with rows that are not verified.

    Raises
    ------
    StandardError
        If packages extend each other, or two editions of one package come together.
    """
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
        if other is not None and child is None:
            raise StandardError(
                "a package cannot extend another edition of itself",
                where=package.where,
                got=other.key,
                mend="Copy the package of that edition, and say in the copy what is otherwise.",
            )
        if other is not None:
            raise StandardError(
                f"two editions of {package.id} are extended at once",
                where=child.where if child else package.where,
                got=f"{other.key}, {package.key}",
            )
        done[package.key] = package

    visit(path, None, (), "")
    chain = list(done.values())
    shown = _shown(chain, "on" if unverified else "")
    return [dataclasses.replace(p, verified_only=not shown[p.key]) for p in chain]


def _shown(chain: list[Package], asked: str) -> dict[str, bool]:
    """Return of each package whether its rows that are not verified are in use.

    The nearest that says so decides: the name asked for, then each package for itself and those
    it extends. A package that is reached on two ways shows them if one of the ways does.
    """
    by_key = {p.key: p for p in chain}
    shown: dict[str, bool] = {}

    def decide(package: Package, nearer: str) -> None:
        said = nearer or package.about.unverified
        shown[package.key] = shown.get(package.key, False) or said != "off"
        for parent, flag in zip(package.extends, package.about.extends_unverified, strict=True):
            decide(by_key[parent], nearer or ("on" if flag else package.about.unverified))

    decide(chain[-1], asked)
    return shown
