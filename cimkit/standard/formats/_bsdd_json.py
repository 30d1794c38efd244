"""Parts of a JSON document of which nothing is sure."""

from __future__ import annotations

from typing import Any

__all__ = ["EMPTY", "listed", "number", "objects", "renamed", "text"]

_OLD = {
    "Classifications": "Classes",
    "DomainName": "DictionaryName",
    "ParentClassificationCode": "ParentClassCode",
    "ClassificationProperties": "ClassProperties",
    "ClassificationRelations": "ClassRelations",
    "RelatedClassificationUri": "RelatedClassUri",
    "PossibleValues": "AllowedValues",
}
"""Names of version 1 of the model."""


def renamed(value: Any) -> Any:
    """Return a document of version 1 with the names of version 2."""
    if isinstance(value, dict):
        return {_OLD.get(k, k): renamed(v) for k, v in value.items()}
    return [renamed(v) for v in value] if isinstance(value, list) else value


EMPTY: tuple[Any, ...] = (None, "", [], {})
"""Values that say nothing."""


def text(value: Any) -> str:
    """Return a text, "" for anything else."""
    return value.strip() if isinstance(value, str) else ""


def number(value: Any) -> str:
    """Return a number as a cell has it, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    return repr(float(value)).removesuffix(".0")


def listed(value: Any) -> list[Any]:
    """Return a list, [] for anything else."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [v for v in listed(value) if isinstance(v, dict)]
