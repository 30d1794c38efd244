"""Which models belong together, and which of them say otherwise than most."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cimkit.checks._sql import any_of

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext

__all__ = ["Group", "Model", "groups_of"]


_NO_NAME = re.compile(
    r"(?:my |new |default |unnamed |untitled )?project(?: name| number| id)?|0001|default|unnamed"
    r"|untitled|undefined|\W*project\W*(?:name|number)\W*|(?:新建)?(?:项目|工程)(?:名称|编号)?|プロジェクト(?:名|番号)?"
)
"""What authoring tools call a project until somebody names it."""


@dataclass(frozen=True, slots=True)
class Model:
    """What the catalogue holds of a model."""

    item_id: str
    """Its item."""
    path: str
    """Where it was delivered."""
    crs: str | None
    """CRS it is placed in, None if it is not."""
    vertical_datum: str | None
    """What its heights are above."""
    facts: Mapping[str, Any]
    """``items.properties``."""


@dataclass(frozen=True, slots=True)
class Group:
    """Models of one project."""

    name: str
    """Folder and project, as far as they tell it from others."""
    models: tuple[Model, ...]
    """Two or more, by path."""

    @property
    def where(self) -> str:
        """The predicate of SQL that an item is one of them."""
        return any_of("item_id", [m.item_id for m in self.models])

    def odd(
        self,
        values: Mapping[str, Any],
        same: Callable[[Any, Any], bool],
        reason: str,
        *,
        say: Callable[[Any], str] = str,
        off: Callable[[Any, Any], str] | None = None,
        place: str = "",
    ) -> list[dict[str, Any]]:
        """Return a bad row for each model that says otherwise than most; silent ones are left out.

        Parameters
        ----------
        values
            What each says, by item; None: nothing.
        same
            Whether two say the same.
        say
            How a value is written.
        off
            How far a value is from that of the others.
        """
        said = [(m, values[m.item_id]) for m in self.models if values.get(m.item_id) is not None]
        if len(said) < 2:
            return []
        votes = [sum(same(one, other) for _, other in said) for _, one in said]
        first = votes.index(max(votes))
        reference, due = said[first]
        rows = []
        for model, value in said:
            if same(value, due):
                continue
            far = off(value, due) if off is not None else ""
            measured = f"{say(value)} ({far})" if far else say(value)
            rows.append(
                {
                    "path": model.path,
                    "place": place or self.name,
                    "reason": reason,
                    "measured": measured,
                    "expected": say(due),
                    "other": _others(reference.path, max(votes) - 1),
                    "group": self.name,
                    "mistake": f"{self.name} {place} {reason} {measured}",
                    "count": 1,
                }
            )
        return rows


def _others(path: str, more: int) -> str:
    return f"{path} + {more}" if more else path


def groups_of(context: CheckContext, here: str, how: str) -> list[Group]:
    """Return the groups of two or more models that a rule speaks of.

    Parameters
    ----------
    here
        Predicate of SQL over items.
    how
        auto, project, folder or delivery.
    """
    found: defaultdict[tuple[str, str], list[Model]] = defaultdict(list)
    for row in context.table(
        f"""SELECT item_id, path, crs, vertical_datum, properties FROM items
            WHERE status = 'ok' AND {here} ORDER BY path"""
    ).to_pylist():
        facts = json.loads(row.pop("properties") or "{}")
        folder = row["path"].rpartition("/")[0]
        project = str(facts.get("project") or "").strip().casefold()
        if how in ("auto", "project") and (not project or _NO_NAME.fullmatch(project)):
            continue
        key = {
            "auto": (folder, project),
            "project": ("", project),
            "folder": (folder, ""),
            "delivery": ("", ""),
        }[how]
        found[key].append(Model(**row, facts=facts))
    return [
        Group(" · ".join(part for part in key if part) or "delivery", tuple(models))
        for key, models in sorted(found.items())
        if len(models) > 1
    ]
