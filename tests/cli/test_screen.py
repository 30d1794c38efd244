"""Names in packages and deliveries do not steer the terminal on which they are read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CLI = Path(__file__).resolve().parents[2] / "cli"
PACKAGE = 'id = "t"\nedition = "1"\n[titles]\nen = "Town\\u001b]0;x\\u0007"\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "standard.toml").write_text(PACKAGE, encoding="utf-8")
    names = "code,name_en\n01,Lamp \x1b[2J\n02,\u202egnp.exe\n"
    (folder / "classes.csv").write_text(names, encoding="utf-8")
    return folder


def show(package: Path, stdout: int) -> bytes:
    code = f"import sys; sys.path.insert(0, {str(CLI)!r}); from cimkit_cli.main import main; main()"
    words = [sys.executable, "-c", code, "standard", "show", str(package)]
    done = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, check=True)
    return done.stdout or b""


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_on_a_terminal_signs_that_steer_it_are_written_out(package: Path) -> None:
    ours, theirs = os.openpty()
    try:
        show(package, theirs)
        said = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Lamp <U+001B>[2J" in said
    assert "<U+202E>gnp.exe" in said
    assert not {"\x1b", "\x07", "\u202e"} & {*said}


def test_what_goes_elsewhere_is_data(package: Path) -> None:
    assert "\u202egnp.exe" in show(package, subprocess.PIPE).decode()
