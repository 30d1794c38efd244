"""The words of findings in three languages: each phrase once, and what fills it in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from cimkit.checks import RuleResult, tell
from cimkit.reporters._content import LANGUAGES

__all__ = ["FILLED", "Templates"]

FILLED = ("path", "layer", "place", "measured", "expected", "tolerance")
"""Columns that the page has anyway, and fills in itself."""
_NAME = re.compile(r"\{(\w+)\}")


class Templates:
    """Phrases by rule, reason and hint, found while findings go by."""

    def __init__(self, rules: Mapping[str, RuleResult]) -> None:
        self._rules = rules
        self._index = {rule: n for n, rule in enumerate(rules)}
        self._known: dict[tuple[str, str, bool, str], int] = {}
        self.rows: list[dict[str, Any]] = []
        """rule (its number), names (what fills it in), message and hint by language."""

    def of(self, finding: Mapping[str, Any]) -> tuple[int, str]:
        """Return the number of the phrase of a failure, and a JSON list of what fills it in.

        The list is in the order of the phrase's names; null: the name stays as it is.
        """
        details = json.loads(finding["details"]) if finding["details"] else {}
        own = "reason" in details
        key = (finding["rule"], finding["reason"] or "", own, str(details.get("hint") or ""))
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = len(self.rows)
            self.rows.append(self._phrase(finding, key))
        names = self.rows[number]["names"]
        if not names:
            return number, ""
        values = {**finding, **details}
        if own:
            # A reason that is no word is the same in all languages; what it names is filled in.
            result = self._rules[finding["rule"]]
            values["reason"] = tell(({}, {}), {**finding, "status": ""}, "en", result.words)[0]
        given = [str(values[name]) if name in values else None for name in names]
        return number, json.dumps(given, ensure_ascii=False)

    def _phrase(
        self, finding: Mapping[str, Any], key: tuple[str, str, bool, str]
    ) -> dict[str, Any]:
        """Return the phrase with its names in braces: told of a finding that has no values."""
        rule, reason, own, hint = key
        result = self._rules[rule]
        details = {"reason": "{reason}"} if own else {}
        details |= {"hint": hint} if hint else {}
        bare = {"status": finding["status"], "reason": reason, "details": json.dumps(details)}
        said = {n: tell(result.texts, bare, n, result.words) for n in LANGUAGES}
        found = sorted(
            {name for texts in said.values() for t in texts for name in _NAME.findall(t)}
        )
        return {
            "rule": self._index[rule],
            "names": [name for name in found if name not in (*FILLED, "count")],
            "message": {n: message for n, (message, _) in said.items()},
            "hint": {n: hint for n, (_, hint) in said.items()},
        }
