"""The Chinese zones of Gauss and Krüger: which code is which meridian, zone in front or not.

EPSG has each zone twice: *zone n* with n in front of the easting (36 500 000 on the meridian) and
*CM* without it (500 000).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Zone", "zone_of"]

# First codes of: zones 25 to 45 and meridians 75 to 135 (3 degrees wide), zones 13 to 23 and
# meridians 75 to 135 (6 degrees wide).
_FIRST = {
    "CGCS2000": (4513, 4534, 4491, 4502),
    "Xian 1980": (2349, 2370, 2327, 2338),
    "Beijing 1954": (2401, 2422, 21413, 21453),
}


@dataclass(frozen=True, slots=True)
class Zone:
    """One of them."""

    datum: str
    """CGCS2000, Xian 1980 or Beijing 1954."""
    width: int
    """3 or 6 degrees."""
    meridian: int
    """Degrees east."""
    prefixed: bool
    """Whether the zone's number stands in front of the easting."""

    @property
    def number(self) -> int:
        """The zone's number.

        Examples
        --------
        >>> zone_of(4544).number, zone_of(4507).number
        (35, 18)
        """
        return self.meridian // 3 if self.width == 3 else (self.meridian + 3) // 6

    @property
    def code(self) -> str | None:
        """``EPSG:n``, None if there is no such zone."""
        first = _FIRST[self.datum][(0 if self.width == 3 else 2) + (not self.prefixed)]
        index, rest = divmod(self.meridian - 75, self.width)
        ok = not rest and 0 <= index <= (135 - 75) // self.width
        return f"EPSG:{first + index}" if ok else None

    def of_number(self, number: int) -> Zone:
        """Return the prefixed zone of the same datum that a number in front of eastings means.

        Examples
        --------
        >>> zone_of(4544).of_number(36).code, zone_of(4544).of_number(18).code
        ('EPSG:4524', 'EPSG:4496')
        """
        wide = number < 25
        return Zone(self.datum, 6 if wide else 3, number * 6 - 3 if wide else number * 3, True)


def zone_of(code: int) -> Zone | None:
    """Return the zone that an EPSG code is, None if it is none.

    Examples
    --------
    >>> zone_of(4544)
    Zone(datum='CGCS2000', width=3, meridian=105, prefixed=False)
    """
    for datum, firsts in _FIRST.items():
        for place, first in enumerate(firsts):
            width = 3 if place < 2 else 6
            if first <= code <= first + (135 - 75) // width:
                return Zone(datum, width, 75 + width * (code - first), place % 2 == 0)
    return None
