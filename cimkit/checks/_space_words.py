"""Phrases that checks of objects in space share."""

from __future__ import annotations

__all__ = ["UNPLACED", "phrase"]


def phrase(en: str, zh: str, ja: str) -> dict[str, str]:
    """Return a phrase by language."""
    return {"en": en, "zh": zh, "ja": ja}


UNPLACED = {
    "unplaced": phrase(
        "has a geometry, and its place on the Earth is not known",
        "有几何图形，但无法确定其在地球上的位置",
        "形状はありますが、地球上の位置がわかりません",
    )
}
