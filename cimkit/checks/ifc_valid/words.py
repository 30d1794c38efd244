"""Phrases of the rules in three languages."""

from __future__ import annotations

import tomllib
from pathlib import Path

from cimkit.checks.ifc_valid.table import rule_rows

__all__ = ["HINTED", "WORDS"]

_HINTS = tomllib.loads(Path(__file__).with_name("hints.toml").read_text(encoding="utf-8"))
HINTED = frozenset(_HINTS)
"""Codes of rules with a hint of their own, under the word ``<code>-hint``."""

_ABSENT = {
    "en": "the model holds no {part}",
    "zh": "模型中没有{part}",
    "ja": "モデルに{part}がありません",
}


def _words() -> dict[str, dict[str, str]]:
    said = {code: dict(row.words) for code, row in rule_rows().items() if not row.present}
    for code, row in rule_rows().items():
        if row.present:
            said[f"{code}-absent"] = {
                language: text.replace("{part}", row.words[language])
                for language, text in _ABSENT.items()
            }
    for code, hint in _HINTS.items():
        said[f"{code}-hint"] = dict(zip(("en", "zh", "ja"), hint, strict=True))
    said["not-followed"] = {
        "en": "{code} could not be held against the model: {error}",
        "zh": "无法对模型检查 {code}：{error}",
        "ja": "{code} をモデルについて検査できません：{error}",
    }
    return said


WORDS = _words()
