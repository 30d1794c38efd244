"""What the parts of lint look at, and how they say what they found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.model import Standard
from cimkit.standard.package._files import PackageFiles
from cimkit.standard.package._package import Package

__all__ = ["LANGUAGES", "Examined", "counted", "in_order", "package_key", "some"]

LANGUAGES = {"zh": "Chinese", "ja": "Japanese", "en": "English"}
_WEIGHT = {"error": 0, "warning": 1, "info": 2}


@dataclass
class Examined:
    """A package that was looked at."""

    name: str
    """As it was asked for, or ``id@edition`` if it builds."""
    path: Path
    """Where it is."""
    files: PackageFiles | None = None
    """What is in it; None if it cannot be opened."""
    package: Package | None = None
    """What it says itself; None if it cannot be read."""
    standard: Standard | None = None
    """What it builds to, parents included; None if it does not."""
    findings: list[LintFinding] = field(default_factory=list)
    """What is wrong with it."""

    def built(self) -> tuple[PackageFiles, Package, Standard]:
        """Return its files, what it says and what it builds to, of one that builds."""
        assert self.files is not None
        assert self.package is not None
        assert self.standard is not None
        return self.files, self.package, self.standard

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that the package says it has; those of its titles if it does not say."""
        head = self.package.head if self.package else {}
        said = head.get("languages") or [*head.get("titles", {})]
        return tuple(x for x in said if x in LANGUAGES)


def in_order(findings: Sequence[LintFinding]) -> list[LintFinding]:
    """Return findings, the worst first; those of one severity as they were found."""
    return sorted(dict.fromkeys(findings), key=lambda f: _WEIGHT[f.severity])


def package_key(standard: Standard) -> str:
    """Return ``id@edition``, by which rows name the package that wrote them."""
    return f"{standard.id}@{standard.edition}"


def counted(number: int, what: str, many: str = "") -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> counted(1, "class", "classes"), counted(2, "row")
    ('1 class', '2 rows')
    """
    return f"{number} {what if number == 1 else many or what + 's'}"


def some(names: Iterable[str], shown: int = 8) -> str:
    """Return a list of names for a message; of a long one the first, and how many more.

    Examples
    --------
    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    listed = list(names)
    more = len(listed) - shown
    return ", ".join(listed[:shown]) + (f" and {more} more" if more > 0 else "")
