"""Materials and textures of a geometry, taken out of the document so that they stand alone."""

from __future__ import annotations

from typing import Any

from cimkit.loaders._city.tally import Tally
from cimkit.model import Problem

__all__ = ["Library"]


class Library:
    """The appearance of a document.

    Parameters
    ----------
    said : Any
        What stands under ``appearance``.
    tally : Tally
        Takes ``appearance-invalid``.
    """

    def __init__(self, said: Any, tally: Tally) -> None:
        held = said if isinstance(said, dict) else {}
        self._materials: list[Any] = held.get("materials") or []
        self._textures: list[Any] = held.get("textures") or []
        self._uv: list[Any] = held.get("vertices-texture") or []
        self._tally = tally

    def of(self, given: dict[str, Any], where: str) -> dict[str, Any] | None:
        """Return the appearance of a geometry, with the materials and textures that it uses.

        Indices are those into the lists beside them. An index that points nowhere is told and
        becomes null.
        """
        looks = {k: given[k] for k in ("material", "texture") if isinstance(given.get(k), dict)}
        if not looks:
            return None
        taken = _Taken(self, where)
        made: dict[str, Any] = {}
        for theme, said in looks.get("material", {}).items():
            if not isinstance(said, dict):
                continue
            own = {k: taken.material(v) if k in ("value", "values") else v for k, v in said.items()}
            made.setdefault("material", {})[theme] = own
        for theme, said in looks.get("texture", {}).items():
            if isinstance(said, dict):
                own = {k: taken.texture(v) if k == "values" else v for k, v in said.items()}
                made.setdefault("texture", {})[theme] = own
        for name, held, used in (
            ("materials", self._materials, taken.materials),
            ("textures", self._textures, taken.textures),
            ("vertices-texture", self._uv, taken.uv),
        ):
            if used:
                made[name] = [held[n] for n in used]
        return made or None

    def sizes(self) -> tuple[int, int, int]:
        """Return how many materials, textures and texture coordinates there are."""
        return len(self._materials), len(self._textures), len(self._uv)

    def wrong(self, kind: str, number: Any, where: str) -> None:
        """Tell of an index that points nowhere."""
        self._tally.add(
            Problem(
                "appearance-invalid",
                f"A geometry asks for a {kind} that is not there.",
                place=where,
                got=str(number)[:40],
            )
        )


class _Taken:
    """Renumbers what one geometry uses."""

    def __init__(self, library: Library, where: str) -> None:
        self._library, self._where = library, where
        self._sizes = library.sizes()
        self.materials: dict[int, int] = {}
        self.textures: dict[int, int] = {}
        self.uv: dict[int, int] = {}

    def _take(self, number: Any, known: dict[int, int], size: int, kind: str) -> int | None:
        if number is None:
            return None
        if not isinstance(number, int) or not 0 <= number < size:
            self._library.wrong(kind, number, self._where)
            return None
        return known.setdefault(number, len(known))

    def material(self, nested: Any) -> Any:
        """Return the values of a theme with new numbers."""
        if isinstance(nested, list):
            return [self.material(part) for part in nested]
        return self._take(nested, self.materials, self._sizes[0], "material")

    def texture(self, nested: Any) -> Any:
        """Return the values of a theme with new numbers: in a ring the texture comes first."""
        if not isinstance(nested, list):
            return None
        if any(isinstance(part, list) for part in nested):
            return [self.texture(part) for part in nested]
        if not nested:
            return []
        first = self._take(nested[0], self.textures, self._sizes[1], "texture")
        if first is None:
            return [None]
        rest = [self._take(n, self.uv, self._sizes[2], "texture coordinate") for n in nested[1:]]
        return [first, *rest]
