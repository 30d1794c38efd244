"""``cimkit export``: its flags are those that the formats know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cimkit_cli.commands.export import OPTIONS, command
from cimkit_cli.main import cli
from click.testing import CliRunner

import cimkit
from cimkit.errors import UsageError
from cimkit.exporters import _SPELLED, _options
from cimkit.registry import entry, names

FORMATS = {_SPELLED.get(name, name): name for name in names("cimkit.exporters")}


def test_every_flag_is_known_to_the_formats_it_names() -> None:
    for name, flag, formats, _ in OPTIONS:
        for form in formats.split():
            assert name in _options(entry("cimkit.exporters", FORMATS[form])), (flag, form)


def test_every_option_of_a_format_has_a_flag() -> None:
    flagged = {(form, name) for name, _, formats, _ in OPTIONS for form in formats.split()}
    for form, module in FORMATS.items():
        for name in _options(entry("cimkit.exporters", module)):
            assert (form, name) in flagged


def test_what_a_format_does_not_know_is_refused(tmp_path: Path) -> None:
    city = cimkit.create(tmp_path / "city")
    with pytest.raises(UsageError, match="the format gpkg has no such option") as refused:
        cimkit.export(city, "gpkg", tmp_path / "x.gpkg", size=3)
    assert refused.value.got == "size"
    done = CliRunner().invoke(
        cli, ["-C", str(city.folder), "export", "stac", str(tmp_path / "out"), "--clamp"]
    )
    assert isinstance(done.exception, UsageError)
    assert done.exception.got == "clamp"


@pytest.mark.parametrize("form", FORMATS)
def test_the_help_names_every_format(form: str) -> None:
    assert re.search(rf"\b{form}\b", command.help or "")
