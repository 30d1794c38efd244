"""What an ingest did."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DatasetReport", "IngestReport"]


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What happened to one dataset."""

    dataset_id: str
    """The lasting product."""
    name: str
    """Its name."""
    recognised_by: str
    """``sheet``, ``sha256``, ``source keys`` or ``new``."""
    action: str
    """``replace``, ``extend`` or ``patch``."""
    sources: int
    """Delivered sources that belong to it."""


@dataclass(slots=True)
class IngestReport:
    """What an ingest did, or with ``dry_run`` would have done."""

    delivery_id: str | None = None
    """None if there was nothing to do."""
    version: int | None = None
    """The catalogue's version after it; None for a dry run."""
    name: str = ""
    """Name of the delivery."""
    dry_run: bool = False
    """Whether nothing was written."""
    sources: dict[str, int] = field(default_factory=lambda: {"ok": 0, "refused": 0, "ignored": 0})
    """Delivered sources by status."""
    known: int = 0
    """Sources whose bytes and declaration the catalogue knew already."""
    reused: int = 0
    """Sources that an earlier run had read."""
    objects: dict[str, int] = field(
        default_factory=lambda: {"new": 0, "changed": 0, "unchanged": 0, "retired": 0}
    )
    """Objects of the datasets of this delivery, compared with the version before."""
    classed: int = 0
    """Objects written that have a class of the standard."""
    exempt: int = 0
    """Objects written of which the standard says that no class is due: openings, grids."""
    written: int = 0
    """Objects written."""
    coded: int = 0
    """Objects written that have an identifier code."""
    levelled: int = 0
    """Objects written that have a level."""
    unclassed: list[dict[str, Any]] = field(default_factory=list)
    """What has most objects without class: kind, source_layer, source_class, count."""
    unlevelled: list[dict[str, Any]] = field(default_factory=list)
    """Where most objects have no level, if the standard has any: kind, source_class, count."""
    datasets: list[DatasetReport] = field(default_factory=list)
    """Datasets touched or confirmed."""
    problems: dict[str, int] = field(default_factory=dict)
    """Problems in the sources, by code."""
    notes: list[str] = field(default_factory=list)
    """What a person should know."""
    seconds: dict[str, float] = field(default_factory=dict)
    """``read``, ``commit`` and ``total``."""

    @property
    def classed_share(self) -> float | None:
        """Share of the objects written to which a class is due that have one, 0 to 1.

        None if a class is due to none.
        """
        due = self.written - self.exempt
        return self.classed / due if due else None

    @property
    def nothing_to_do(self) -> bool:
        """Whether the catalogue was left as it was because it knew everything."""
        return self.delivery_id is None

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        plain = dataclasses.asdict(self)
        return {**plain, "classed_share": self.classed_share, "nothing_to_do": self.nothing_to_do}

    def to_text(self) -> str:
        """Return a few lines for a person."""
        counts = ", ".join(f"{n} {status}" for status, n in self.sources.items())
        lines = [f"{sum(self.sources.values())} sources: {counts}."]
        if self.nothing_to_do:
            lines.append("Nothing to do: the catalogue knows all of it.")
        else:
            lines.append("Objects: " + ", ".join(f"{n} {w}" for w, n in self.objects.items()) + ".")
            share = self.classed_share
            if share is not None:
                lines.append(f"Classed {share:.1%}, coded {self.coded}.")
            if self.exempt:
                lines.append(f"No class is due to {self.exempt} objects, by the standard.")
            if self.unclassed:
                top = self.unclassed[0]
                what = top["source_class"] or top["source_layer"] or top["kind"]
                lines.append(f"Most objects without class: {what} ({top['count']}).")
            if self.unlevelled:
                top = self.unlevelled[0]
                what = top["source_class"] or top["kind"]
                lines.append(
                    f"{self.written - self.levelled} objects have no level, most of them {what} "
                    f"({top['count']})."
                )
        if self.problems:
            top3 = sorted(self.problems.items(), key=lambda x: -x[1])[:5]
            lines.append("Problems: " + ", ".join(f"{n} {code}" for code, n in top3) + ".")
        lines += self.notes
        if self.dry_run:
            lines.append("Dry run: nothing was written.")
        elif self.delivery_id is not None:
            lines.append(f"Version {self.version}, delivery {self.name}.")
        lines.append(
            f"{self.reused} sources read before; {self.seconds.get('total', 0.0):.1f} seconds."
        )
        return "\n".join(lines)
