"""``cimkit standard lint``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    from cimkit.checks import Proof


_SHOWN = 8
"""Findings of one kind that are shown."""


@click.command("lint")
@click.argument("names", metavar="[ID|PATH]...", nargs=-1)
@click.option("--strict", is_flag=True, help="Leave with 1 on warnings, too.")
@click.option("--all", "every", is_flag=True, help="Show every finding, not the first of a kind.")
@options.as_json
@click.pass_context
def command(
    ctx: click.Context, names: tuple[str, ...], strict: bool, every: bool, as_json: bool
) -> None:
    """Say what is wrong with standard packages, and run their fixtures.

    Without a name: all packages that can be found. Leaves with 1 if one has errors.
    """
    from cimkit.checks import proof
    from cimkit.standard import available
    from cimkit_cli.printing import document

    named = names or tuple(str(path) for _, _, _, path in available())
    proofs = [proof(name) for name in named]
    if as_json:
        document({"packages": [p.to_json() for p in proofs]})
    else:
        for one in proofs:
            _show(one, None if every else _SHOWN)
    bad = ("error", "warning") if strict else ("error",)
    ctx.exit(int(any(f.severity in bad for p in proofs for f in p.findings)))


def _show(proof: Proof, shown: int | None) -> None:
    click.secho(proof.package, bold=True)
    groups: dict[tuple[str, str], list[str]] = {}
    for found in proof.findings:
        mend = f"\n      {found.mend}" if found.mend else ""
        text = f"{found.where}: {found.message}{mend}"
        groups.setdefault((found.severity, found.code), []).append(text)
    for (severity, code), texts in groups.items():
        click.echo(f"  {severity} {code} ({len(texts)})")
        for text in texts[:shown]:
            click.echo(f"    {text}")
        if shown is not None and len(texts) > shown:
            click.echo(f"    ... and {len(texts) - shown} more (--all shows them)")
    said = []
    for severity in ("error", "warning", "info"):
        count = sum(f.severity == severity for f in proof.findings)
        said += [f"{count} {severity}{'s' * (count != 1)}"] if count else []
    click.echo("  " + ", ".join(["clean"] * proof.clean + said))
    c = proof.counts
    if c:
        click.echo(
            f"  proven: {c['rules_proven']} of {c['rules']} rules, {c['mapping_proven']} of "
            f"{c['mapping']} mapping rows; {c['fixtures_ok']} of {c['fixtures']} fixtures "
            "came out as they say"
        )
