"""The rules of the house that a machine can hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = [
    {"model"},
    {"geometry"},
    {"loaders"},
    {"standard"},
    {"catalog"},
    {"checks"},
    {"tiles"},
    {"exporters", "reporters"},
    {"server", "demo"},
]
SHARED_ROOMS = {"errors", "registry", "runtime"}
FILES = sorted((ROOT / "cimkit").rglob("*.py"))


def _rooms_imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            continue
        found |= {n.split(".")[1] for n in names if n.startswith("cimkit.") and n.count(".")}
    return found


def _floor(room: str) -> int:
    return next(i for i, floor in enumerate(FLOORS) if room in floor)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_run_one_way(file: Path) -> None:
    room = file.relative_to(ROOT / "cimkit").parts[0].removesuffix(".py")
    if room == "__init__":
        return  # the front door names every room, lazily
    for other in _rooms_imported(file) - {room} - {"__version__"}:
        if other in SHARED_ROOMS:
            continue
        assert room not in {"errors", "registry"}, f"{room} must not import {other}"
        if room == "runtime":
            assert other == "model", f"runtime must not import {other}"
            continue
        assert _floor(other) < _floor(room), f"{room} must not import {other}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_no_relative_imports_hide_from_the_rule(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level > 0]


def test_rooms_are_all_known() -> None:
    rooms = {p.name for p in (ROOT / "cimkit").iterdir() if (p / "__init__.py").is_file()}
    assert rooms == set().union(*FLOORS) | {"runtime"}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from cimkit_cli.main import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'duckdb', 'rich', 'shapely', 'pyproj', 'ifcopenshell'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "cli"
    )
    assert done.stderr.strip() == "[]"
    assert "ingest" in done.stdout


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_the_network_is_out_of_reach() -> None:
    import socket

    import pytest_socket

    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s,
        pytest.raises((pytest_socket.SocketBlockedError, pytest_socket.SocketConnectBlockedError)),
    ):
        s.connect(("192.0.2.1", 80))
