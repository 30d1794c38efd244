"""What a facet says of each of some instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["EMPTY", "FITS", "MISSING", "NOSET", "NULL", "OTHER", "TYPE", "Answer", "States"]

States = npt.NDArray[np.int8]
FITS, OTHER, TYPE, EMPTY, NULL, MISSING, NOSET = range(7)
"""It is there and as asked; it is there and otherwise; of another type; there, and empty; there,
without a value; not there; not even the set it would be in. Of several, the highest counts."""


@dataclass(frozen=True)
class Answer:
    """The state of each instance, and what is there in its place."""

    states: States
    """One of the states above."""
    there: npt.NDArray[np.bool_]
    """Whether there is anything of that name at all, be it empty."""
    measured: Callable[[npt.NDArray[np.int64]], list[str]]
    """What stands at some positions, as a text."""
    lenient: npt.NDArray[np.bool_]
    """Whether it does where the thing may be left out, but not be otherwise."""

    def fails(self, cardinality: str, bare: bool) -> npt.NDArray[np.bool_]:
        """Return which instances fail.

        Parameters
        ----------
        cardinality : str
            required, optional or prohibited.
        bare : bool
            Whether nothing is said but that it be there: what is prohibited so may not even be
            there empty.
        """
        if cardinality == "optional":
            return ~self.lenient
        if cardinality == "prohibited":
            return self.there if bare else np.asarray(self.states == FITS, bool)
        return np.asarray(self.states != FITS, bool)
