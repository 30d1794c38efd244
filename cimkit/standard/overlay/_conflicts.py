"""Gather what overlays say otherwise than their parents, so that all of it is told at once."""

from __future__ import annotations

from types import TracebackType

from cimkit.errors import Conflict, StandardConflict, StandardError


class Conflicts:
    """A block in which conflicts are gathered; it ends with a `StandardConflict` if there are any.

    Later steps may stumble over what a conflict left behind, so that the conflicts outrank any
    other error of the block.
    """

    def __init__(self) -> None:
        self._found: list[Conflict] = []

    def add(self, conflict: Conflict) -> None:
        """Note one; what the parents say stays."""
        self._found.append(conflict)

    def __enter__(self) -> Conflicts:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._found and (error is None or isinstance(error, StandardError)):
            raise StandardConflict(self._found) from error
