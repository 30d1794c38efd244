"""``cimkit standard code``."""

from __future__ import annotations

import sys

import click

from cimkit_cli import options


@click.command("code")
@click.argument("name", metavar="ID")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@options.language
@options.as_json
def command(name: str, codes: tuple[str, ...], language: str, as_json: bool) -> None:
    """Explain identifier codes segment by segment; leave with 1 if one is not valid.

    A CODE of - reads codes from stdin, one a line.
    """
    import dataclasses

    from cimkit.standard import explain_code, load
    from cimkit_cli.printing import document

    standard = load(name)
    given = [c for code in codes for c in (_lines() if code == "-" else [code])]
    found = [(code, explain_code(code, standard)) for code in given]
    valid = {code: not any(p.wrong for p in parts) for code, parts in found}
    if as_json:
        document(
            [
                {"code": c, "valid": valid[c], "parts": [dataclasses.asdict(p) for p in parts]}
                for c, parts in found
            ]
        )
    else:
        for code, parts in found:
            click.echo(f"{code}  {'valid' if valid[code] else 'NOT VALID'}")
            for part in parts:
                said = part.wrong or part.meaning
                mark = "✗" if part.wrong else " "
                click.echo(f"  {mark} {part.segment:<10} {part.text:<12} {said.get(language, '')}")
    if not all(valid.values()):
        sys.exit(1)


def _lines() -> list[str]:
    return [line.strip() for line in sys.stdin if line.strip()]
