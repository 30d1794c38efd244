"""The how-to and the README say what the command line and the packages understand."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
from cimkit_cli.main import cli

from cimkit.registry import entry, names
from cimkit.standard.classification._conditions import OPS
from cimkit.standard.package._head import HEAD
from cimkit.standard.package._package import (
    ATTRIBUTE_COLUMNS,
    CLASS_COLUMNS,
    CROSSWALK_COLUMNS,
    LEVEL_COLUMNS,
    LEVEL_RULE_COLUMNS,
    MAPPING_COLUMNS,
    MODEL_COLUMNS,
)
from cimkit.standard.rule import read_rules

GUIDE = Path(__file__).parents[2] / "standards" / "HOWTO.md"
TEXT = GUIDE.read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, body in BLOCKS if kind == "sh" for line in body.splitlines() if line]
README = (GUIDE.parents[1] / "README.md").read_text("utf-8")
README_COMMANDS = [
    command.strip()
    for line in re.findall("^cimkit .*", README, re.MULTILINE)
    for command in line.split("&&")
]
TOML = [body for kind, body in BLOCKS if kind == "toml"]


def section(title: str) -> str:
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


@pytest.mark.parametrize("line", COMMANDS + README_COMMANDS)
def test_each_command_is_understood(line: str) -> None:
    words = shlex.split(line, comments=True)
    assert words.pop(0) == "cimkit"
    if words[0] == "-C":
        words = words[2:]
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found, f"there is no {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    options, _, _ = command.make_parser(context).parse_args(list(words))
    assert options is not None


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 20
    assert len(README_COMMANDS) > 14


@pytest.mark.parametrize("body", TOML)
def test_each_piece_of_toml_is_read(body: str) -> None:
    said = tomllib.loads(body)
    if {"rule", "change"} & set(said):
        rules, changes = read_rules(body, package="city.mytown", where="guide")
        assert rules
        assert changes
        return
    assert set(said) <= {*HEAD, "exempt", "file", "part"}


@pytest.mark.parametrize(
    ("title", "columns"),
    [
        ("classes.csv", CLASS_COLUMNS),
        ("attributes.csv and domains", ATTRIBUTE_COLUMNS),
        ("mapping/*.csv", MAPPING_COLUMNS),
        ("levels.csv and level_rules.csv", {*LEVEL_COLUMNS, *LEVEL_RULE_COLUMNS}),
        ("models.csv", MODEL_COLUMNS),
        ("crosswalk/*.csv", CROSSWALK_COLUMNS),
    ],
)
def test_each_column_is_told(title: str, columns: list[str]) -> None:
    told = set(re.findall(r"`(\w+)`", section(title)))
    # The names of levels are told in one word.
    wanted = {c for c in columns if not (c.startswith("name_") and title.startswith("levels"))}
    assert wanted - told == set()


def test_each_key_and_op_is_told() -> None:
    head = section("standard.toml")
    assert [k for k in HEAD if k not in head] == []
    assert [op for op in OPS if f"`{op}`" not in section("mapping/*.csv")] == []


@pytest.mark.parametrize("name", names("cimkit.checks"))
def test_each_check_says_what_it_does(name: str) -> None:
    module = entry("cimkit.checks", name)
    told = module.run.__doc__ or ""
    assert module.SPEC.name == name
    assert [p for p in module.SPEC.parameters if f"``{p}``" not in told] == []
    assert [w for w, by in module.SPEC.words.items() if set(by) != {"en", "ja", "zh"}] == []
