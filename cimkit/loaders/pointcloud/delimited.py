"""Lines of numbers, read by Arrow in blocks: bounded memory, and no loop over lines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from cimkit.model import Problem

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BadLines", "blocks", "count_lines", "plain_spaces"]

_BLOCK = 16_000_000
_LONGEST = 4_000_000  # bytes of a line; a longer one is none
_NUMBER = r"^\s*[+-]?(\d+POINT?\d*|POINT\d+)([eEdD][+-]?\d+)?\s*$"
_SPACES = re.compile(rb"[ \t]{2,}|\t")


class BadLines:
    """Lines that are no points: counted, and the first of them remembered."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []
        self.lone: list[str] = []

    def note(self, text: str, many: int = 1) -> None:
        """Take up lines like one."""
        self.count += many
        if text.strip().isdigit() and len(self.lone) < 100_000:
            self.lone.append(text.strip())  # the count of a further scan, in PTS
        if len(self.first) < 3:
            self.first.append(text[:60])

    def forget(self) -> None:
        """Begin again."""
        self.count, self.first, self.lone = 0, [], []

    def add(self, other: BadLines) -> None:
        """Take up what another one has."""
        self.count += other.count
        self.first = [*self.first, *other.first][:3]
        self.lone += other.lone

    def problem(self, points: int) -> list[Problem]:
        """Return what to say of them."""
        if not self.count:
            return []
        return [
            Problem(
                "lines-unreadable",
                f"{self.count:,} lines are no points like the others and were left out.",
                "error",
                "; ".join(self.first),
                f"{self.count} lines",
                "as many numbers as in the other lines",
            )
        ]


def plain_spaces(block: bytes) -> bytes:
    """Return lines with one space between numbers and none around them."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\t" in block or b"  " in block:
        block = _SPACES.sub(b" ", block)
    if b"\n " in block:
        block = block.replace(b"\n ", b"\n")
    if b" \n" in block:
        block = block.replace(b" \n", b"\n")
    return block.strip(b" ")


def count_lines(opened: IO[bytes]) -> int:
    """Count the lines from here to the end that hold anything."""
    count, last = 0, b"\n"
    while block := opened.read(_BLOCK):
        count += block.count(b"\n")
        last = block[-1:]
    return count + (last not in (b"\n", b"\r"))


def blocks(
    opened: IO[bytes],
    names: Sequence[str],
    delimiter: str,
    *,
    comma: bool = False,
    lines: int | None = None,
    bad: BadLines,
    encoding: str = "utf-8",
) -> Iterator[pa.Table]:
    """Yield tables of float64 columns of the lines from here on.

    Parameters
    ----------
    opened : binary file
        Stands at the first line.
    names : sequence of str
        Of the columns.
    delimiter : str
        Between numbers; " " is any space.
    comma : bool
        Whether decimals stand behind a comma.
    lines : int, optional
        How many lines to read at most; the file is left behind the last one.
    bad : BadLines
        Takes up lines that cannot be read.
    encoding : str
        Of what is no number, for the messages.
    """
    rest = b""
    while lines is None or lines > 0:
        read = opened.read(_BLOCK)
        held = rest + read
        if not held:
            return
        if read:
            cut = held.rfind(b"\n") + 1
            if not cut and b"\r" in held:
                cut = held.rfind(b"\r") + 1
            if not cut and len(held) > _LONGEST:
                bad.note(held[:60].decode(encoding, "replace"))
                return
            held, rest = held[:cut], held[cut:]
        else:
            rest = b""
        if lines is not None:
            many = held.count(b"\n")
            if many >= lines:
                cut = _nth(held, lines)
                opened.seek(cut - len(held) - len(rest), io.SEEK_CUR)
                held, rest = held[:cut], b""
                lines = 0
            else:
                lines -= many
        if held.strip():
            yield parsed(held, names, delimiter, comma, bad, encoding)
        if not read:
            return


def _nth(held: bytes, lines: int) -> int:
    """Return where the line behind the n-th begins."""
    import numpy as np

    ends = np.flatnonzero(np.frombuffer(held, np.uint8) == 10)
    return int(ends[lines - 1]) + 1


def parsed(
    held: bytes, names: Sequence[str], delimiter: str, comma: bool, bad: BadLines, encoding: str
) -> Any:
    """Return the table of some lines."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    if not held.isascii() or b"\0" in held:
        held = held.replace(b"\0", b" ").decode(encoding, "replace").encode()
    if delimiter == " ":
        held = plain_spaces(held)

    own = BadLines()

    def skip(row: Any) -> str:
        if row.text is not None and row.text.strip():
            own.note(row.text)
        return "skip"

    options = {
        "read_options": pacsv.ReadOptions(
            column_names=list(names), use_threads=False, block_size=max(len(held) + 1, 1024)
        ),
        "parse_options": pacsv.ParseOptions(
            delimiter=delimiter,
            quote_char=False if delimiter == " " else '"',
            invalid_row_handler=skip,
        ),
    }
    spelled = {"decimal_point": ","} if comma else {}
    nothing = ["", "nan", "NaN", "NAN", "-nan", "null", "-", "nan(ind)", "-nan(ind)", "#N/A"]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(held),
            **options,
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.float64()),
                null_values=nothing,
                **spelled,
            ),
        )
    except pa.ArrowInvalid:
        own.forget()  # the same lines are met again
        table = _picked(held, names, options, comma, own)
    bad.add(own)
    return table


def _picked(
    held: bytes,
    names: Sequence[str],
    options: dict[str, Any],
    comma: bool,
    bad: BadLines,
) -> Any:
    """Read lines as texts and keep those that are numbers throughout."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pacsv

    try:
        table = pacsv.read_csv(
            pa.BufferReader(held),
            **options,
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        bad.forget()
        bad.note(held[:60].decode("utf-8", "replace"), max(held.count(b"\n"), 1))
        return pa.table({n: pa.array([], pa.float64()) for n in names})
    sound = None
    number = _NUMBER.replace("POINT", "[.,]" if comma else r"\.")
    for name in names:
        column = pc.or_(
            pc.match_substring_regex(table[name], number),
            pc.match_substring_regex(table[name], r"(?i)^\s*([+-]?(nan|inf).*|null|-)?\s*$"),
        )
        sound = column if sound is None else pc.and_(sound, column)
    for row in table.filter(pc.invert(sound)).slice(0, 3).to_pylist():
        bad.note(" ".join(str(v) for v in row.values()), 0)
    bad.count += table.num_rows - (pc.sum(sound).as_py() or 0)
    table = table.filter(sound)
    columns = {}
    for name in names:
        plain = pc.utf8_trim_whitespace(table[name])
        plain = pc.replace_substring_regex(plain, "[dD]", "e")
        plain = pc.replace_substring(plain, ",", ".") if comma else plain
        digits = pc.match_substring_regex(plain, r"^[+-]?[\d.]")
        plain = pc.if_else(digits, plain, pa.scalar(None, pa.string()))
        plain = pc.replace_substring_regex(plain, r"^\+", "")
        columns[name] = pc.cast(plain, pa.float64())
    return pa.table(columns)
