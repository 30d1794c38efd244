"""What a user gets who installs the package and runs it from another folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built without network; the viewer only if it is built already."""
    copy = tmp_path_factory.mktemp("tree") / "cimkit"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(".venv", ".git", "node_modules", "build", "__pycache__"),
    )
    out = tmp_path_factory.mktemp("wheel")
    without_npm = {**os.environ, "PATH": str(Path(sys.executable).parent)}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=copy,
        env=without_npm,
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_holds_code_standards_and_definitions(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "cimkit/py.typed",
        "cimkit/standards/cn.components/standard.toml",
        "cimkit/standards/city.linjiang/standard.toml",
        "cimkit/catalogs/default/definition.toml",
        "cimkit_cli/commands/ingest.py",
    ):
        assert wanted in names
    assert not [n for n in names if n.startswith(("tests/", "examples/")) or "node_modules" in n]


def test_the_installed_package_runs_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = (
        "import cimkit, sys; sys.argv[0] = 'cimkit';"
        f"assert cimkit.__file__.startswith({str(site)!r});"
        "from cimkit_cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "standard", "list"],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cn.components@2007" in done.stdout
