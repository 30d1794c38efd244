"""Samples that both sides draw alike: nothing but the seed and the names decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

__all__ = ["draw", "sample_size", "seed_of"]


def draw(names: Iterable[str], size: int, seed: str) -> list[str]:
    """Return so many of the names, sorted.

    Those are taken whose SHA-256 with the seed in front is smallest: the order in which the names
    come, the machine and the version of Python make no difference, and one name more changes the
    sample by one at most.

    Examples
    --------
    >>> draw(["a", "b", "c", "d"], 2, "2026")
    ['a', 'c']
    >>> draw(reversed(["a", "b", "c", "d"]), 2, "2026")
    ['a', 'c']
    """
    marked = sorted((sha256(f"{seed}\x1f{name}".encode()).hexdigest(), name) for name in set(names))
    return sorted(name for _, name in marked[:size])


def sample_size(lot: int, sizes: Sequence[tuple[int, int]]) -> int:
    """Return how many of a lot are drawn; all of them if no sizes are given.

    Examples
    --------
    >>> [sample_size(n, [(20, 3), (40, 5)]) for n in (2, 20, 21, 900)]
    [2, 3, 5, 5]
    """
    if not sizes:
        return lot
    size = next((size for up_to, size in sizes if lot <= up_to), sizes[-1][1])
    return min(size, lot)


def seed_of(files: Iterable[Mapping[str, object]], standard_hash: str) -> str:
    """Return the seed that holds where nobody names one.

    It follows from the delivered bytes and the standard: who delivers cannot know the sample
    before the delivery is finished, and who receives cannot choose it.
    """
    digest = sha256(standard_hash.encode())
    for path, content in sorted((str(f["path"]), str(f["sha256"])) for f in files):
        digest.update(f"\x1e{path}\x1f{content}".encode())
    return digest.hexdigest()[:16]
