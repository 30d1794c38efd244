"""A package reads its own files and no others."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.errors import StandardError, StandardNotFound
from cimkit.standard import available, load
from cimkit.standard.package import _unpacking
from cimkit.standard.package._files import open_package

Make = Callable[..., Path]


def test_a_link_out_of_the_package_is_refused(make: Make, tmp_path: Path) -> None:
    folder = make("a")
    secret = tmp_path / "secret.csv"
    secret.write_text("code,name_en\n1,secret\n", encoding="utf-8")
    (folder / "domains").mkdir()
    (folder / "domains" / "x.csv").symlink_to(secret)
    with pytest.raises(StandardError, match="leads out of the package") as caught:
        load(folder)
    assert "secret\n" not in str(caught.value)
    (folder / "domains" / "x.csv").unlink()
    (folder / "tests").symlink_to(tmp_path)
    with pytest.raises(StandardError, match="link to a folder"):
        load(folder)


def test_a_link_within_the_package_is_followed(make: Make) -> None:
    folder = make("a", {"domains/x.csv": "code,name_en\n1,One\n"})
    (folder / "domains" / "y.csv").symlink_to("x.csv")
    assert set(load(folder).domains) == {"x", "y"}


def test_a_broken_link_is_refused(make: Make) -> None:
    folder = make("a")
    (folder / "gone.csv").symlink_to("/nowhere/gone.csv")
    with pytest.raises(StandardError, match="link"):
        load(folder)


def test_what_systems_leave_behind_is_no_part(make: Make) -> None:
    folder = make("a")
    for name in (".git/config", ".DS_Store", "__MACOSX/x", "~$classes.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\xff")
    assert set(open_package(folder).files) == {"classes.csv", "standard.toml"}


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../b", "C:/x", "..\\x"])
def test_a_zip_with_names_that_lead_out_is_refused(make: Make, name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(make("a") / "standard.toml", "standard.toml")
        archive.writestr(name, "x")
    with pytest.raises(StandardError, match="leads out of it"):
        load(tmp_path / "a.zip")


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_unpacking, "LIMIT", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("standard.toml", b" " * 2_000_000)
    assert (tmp_path / "a.zip").stat().st_size < 10_000
    with pytest.raises(StandardError, match="too large"):
        open_package(tmp_path / "a.zip")


def test_a_folder_that_is_too_large_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make("a", {"big.txt": "x" * 5000})
    monkeypatch.setattr(_unpacking, "LIMIT", 4000)
    with pytest.raises(StandardError, match="too large"):
        open_package(folder)


@pytest.mark.parametrize("parent", ["{path}@1", "../b@1", "./b@1", "b.zip@1", "..@1", "b\\c@1"])
def test_a_parent_is_no_path(make: Make, parent: str, tmp_path: Path) -> None:
    make("b")
    named = parent.format(path=tmp_path / "b").replace("\\", "\\\\")
    folder = make("a")
    text = (folder / "standard.toml").read_text(encoding="utf-8")
    text = text.replace("extends = []", f'extends = ["{named}"]')
    (folder / "standard.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StandardError):
        load(folder)


@pytest.mark.parametrize("name", ["/etc/hostname", "../b/area.geojson", "area/../../b.geojson"])
def test_the_area_lies_in_the_package(make: Make, name: str, tmp_path: Path) -> None:
    make("b", {"area.geojson": "{}"})
    folder = make("a")
    with (folder / "standard.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[jurisdiction]\npolygon = "{name}"\n')
    with pytest.raises(StandardError, match="no such file in the package"):
        load(folder)


def test_templates_are_not_listed(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make("_template.x")
    make("b")
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path))
    assert "b" in {name for name, *_ in available()}
    assert not {"_template.x", "city.template"} & {name for name, *_ in available()}
    with pytest.raises(StandardNotFound):
        load("city.template")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_file(make: Make) -> None:
    folder = make("a")
    os.mkfifo(folder / "pipe")
    assert "pipe" not in open_package(folder).files
