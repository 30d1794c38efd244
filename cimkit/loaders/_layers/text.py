"""Which encoding the texts of a source are in, and who said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cimkit.loaders._delivery.encoding import detect, fits, named, superset
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Problem, Source

__all__ = ["Encoding", "settle"]

_WEAK = {"cp1252", "iso8859-1", "ascii", "cp437", "cp850"}
"""What programs write for "the code page of this computer": nearly any bytes are valid in them."""

_MANY = 12


@dataclass(frozen=True, slots=True)
class Encoding:
    """The outcome."""

    name: str
    """As Python calls it, for people."""
    origin: Literal["declared", "detected", "sheet"]
    """Who said so."""
    problem: Problem | None = None
    """What is to be told of it."""

    @property
    def reads(self) -> str:
        """The encoding to read with: it may know more characters than the one named."""
        return superset(self.name)


def settle(text: bytes, said: str | None, source: Source, options: ReadOptions) -> Encoding:
    """Settle the encoding: the sheet's word, else the source's if its bytes bear it, else bytes.

    Parameters
    ----------
    text : bytes
        Texts of the source, one a line, as many as can be had; lines in ASCII say nothing.
    said : str or None
        What the source says of its encoding, in any spelling.
    source : Source
        For the line to write in the delivery sheet.
    options : ReadOptions
        What the sheet declares.
    """
    declared = options.declared.encoding
    if declared is not None:
        return Encoding(named(declared) or declared, "sheet")
    claim = named(said) if said else None
    found = detect(text, cut=True)
    if found == "ascii":
        return Encoding(claim, "declared") if claim else Encoding("ascii", "detected")
    doubted = claim in _WEAK and found not in ("cp1252", "latin-1")
    if found == "utf-8" and claim != "utf-8":  # by chance, a few bytes are valid UTF-8, many never
        doubted |= sum(byte > 0x7F for byte in text[:4096]) >= _MANY
    if claim is not None and not doubted and fits(text, superset(claim)):
        return Encoding(claim, "declared")
    line = f'glob = "{source.path}", encoding = "{found}"'
    proposal = (("encoding", found),)
    if claim is None:
        problem = Problem(
            "encoding-detected",
            f"Nothing says how its texts are encoded; they look like {found}.",
            got=found if not said else f"{said}: {found}",
            hint=f"Add a .cpg, or write in the delivery sheet: {line}.",
            proposal=proposal,
        )
    elif doubted and claim in _WEAK:
        problem = Problem(
            "encoding-detected",
            f"Its texts are said to be {claim}, but they look like {found}; read as that.",
            got=claim,
            expected=found,
            hint=f"In the delivery sheet: {line}.",
            proposal=proposal,
        )
    else:
        problem = Problem(
            "encoding-contradiction",
            f"Its texts are not {claim}, which it says they are; read as {found}.",
            got=claim,
            expected=found,
            hint=f"In the delivery sheet: {line}.",
            proposal=proposal,
        )
    return Encoding(found, "detected", problem)
