"""A small model that no rule has anything against, and what makes it wrong."""

from __future__ import annotations

from pathlib import Path

from cimkit.checks.ifc_valid.model import Model
from cimkit.model import Source

HOUSE = Path(__file__).parents[3] / "standards/int.quality/tests/ifc-practice/pass-house.ifc"


def house(folder: Path, *changes: tuple[str, str], add: str = "") -> Source:
    """Write the house with parts of its text changed, and further statements at its end."""
    text = HOUSE.read_text(encoding="ascii")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    head, _, tail = text.rpartition("ENDSEC;")
    file = folder / "house.ifc"
    file.write_text(f"{head}{add}\nENDSEC;{tail}", encoding="latin-1")
    return Source("house.ifc", file)


def model(folder: Path, *changes: tuple[str, str], add: str = "") -> Model:
    """Open the house with parts of its text changed."""
    return Model(house(folder, *changes, add=add))
