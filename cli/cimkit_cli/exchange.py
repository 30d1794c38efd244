"""What the commands that read and write other formats share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from cimkit.errors import UsageError

if TYPE_CHECKING:
    from cimkit.standard.draft import Loss

__all__ = ["format_and_two", "pairs", "show_losses"]


def format_and_two(words: Sequence[str], wanted: str) -> tuple[str | None, str, str]:
    """Return ``(format or None, first, second)`` of two or three arguments."""
    if len(words) not in (2, 3):
        raise UsageError("wrong number of arguments", got=" ".join(words), expected=wanted)
    form = words[0] if len(words) == 3 else None
    return form, words[-2], words[-1]


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """Return ``role=column`` texts as a table."""
    found = {}
    for text in texts:
        role, equals, column = text.partition("=")
        if not equals or not column:
            raise UsageError("no column can be read here", got=text, expected="role=column")
        found[role.strip()] = column.strip()
    return found


def show_losses(out: str, losses: Sequence[Loss], as_json: bool) -> None:
    """Print what was written and what was lost on the way."""
    from cimkit_cli.printing import document

    if as_json:
        said = [{"what": x.what, "which": x.which, "why": x.why} for x in losses]
        document({"out": out, "losses": said})
        return
    click.echo(out)
    for loss in losses:
        click.echo(f"  not carried: {loss.what} {loss.which}: {loss.why}".replace(" :", ":"))
    click.echo(f"{len(losses)} losses" if losses else "nothing was lost")
