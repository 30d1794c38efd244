"""Fixtures that are files: they go through the loaders and the catalogue as deliveries do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.checks._fixture import Fixture, FixtureResult
from cimkit.checks._fixture_verdict import compare

if TYPE_CHECKING:
    from cimkit.model import Sheet
    from cimkit.standard import Standard
    from cimkit.standard.package._files import PackageFiles

__all__ = ["run_files"]


def run_files(
    standard: Standard, files: PackageFiles, fixtures: Sequence[Fixture]
) -> Iterator[FixtureResult]:
    """Yield what each fixture comes to; a sheet ``delivery.toml`` in a folder is obeyed."""
    from cimkit.catalog import create, ingest
    from cimkit.checks._examine import check_tables
    from cimkit.checks._inspect import Sources

    for fixture in fixtures:
        with tempfile.TemporaryDirectory(prefix="cimkit-fixture-") as folder:
            delivered = Path(folder, "delivery")
            _write(files, fixture.name, delivered)
            sheet = _sheet(delivered)
            catalog = create(Path(folder, "catalogue"), standard=str(files.path))
            ingest(catalog, [delivered], sheet=sheet, jobs=1)
            alone = replace(standard, rules=(fixture.rule,))
            with catalog.connect() as con:
                verdict = check_tables(
                    con, alone, sheet=sheet, sources=Sources(catalog.config.roots, 1)
                )
        found = [f for f in verdict.findings.to_pylist() if f["rule"] == fixture.rule.id]
        yield compare(files, fixture, (), found)


def _write(files: PackageFiles, name: str, folder: Path) -> None:
    """Write a fixture's file, with those beside it of the same stem, or its folder's files."""
    folder.mkdir()
    inside = f"{name}/"
    above, _, own = name.rpartition("/")
    stem = f"{above}/{own.partition('.')[0]}."
    for path, content in files.files.items():
        if path.startswith(inside):
            target = folder / path.removeprefix(inside)
        elif name in files.files and path.startswith(stem):
            target = folder / path.rpartition("/")[2]
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _sheet(folder: Path) -> Sheet | None:
    from cimkit.loaders import read_sheet

    for name in ("delivery.toml", "delivery.xlsx"):
        if (folder / name).is_file():
            return read_sheet(folder / name)
    return None
