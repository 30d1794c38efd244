"""The report in the BIM Collaboration Format: a topic for each mistake, not for each element.

A ``.bcf`` file is BCF 3.0; a ``.bcfzip`` file is BCF 2.1, for software that does not read 3.0 yet.
What is alike but in many places is one topic: its first viewpoint selects all the elements, the
next ones look at single places. The first topic is the report: verdict, provenance, rules, and
what was not checked.
"""

from __future__ import annotations

import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.model import Status
from cimkit.reporters._bcf_markup import Markup, Topic, View
from cimkit.reporters._cameras import Models, guid_of, overview
from cimkit.reporters._content import Group, groups, pick, results, said, where
from cimkit.reporters._section import cell
from cimkit.reporters._sections import sections
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._words import heading

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "save"]

SPEC = ReporterSpec(name="bcf", title="BCF", suffixes=(".bcf", ".bcfzip"))

_TOPICS = 2_000
_SELECTED = 1_000
"""Elements that one viewpoint selects."""
_LISTED = 20
"""Places that a topic names."""
_VIEWS = 10
"""Places that a topic looks at one by one."""
_ROWS = 200
_NAMESPACE = uuid.UUID("6f6c4ad6-6b0b-5c53-8b5e-0f4d4c5a7e11")


def save(
    verdict: Verdict, file: Path, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write the report.

    Parameters
    ----------
    verdict
        The verdict.
    file
        The file to write; its suffix says which edition.
    language
        Of topics: zh, ja or en.
    machine
        A file that holds all findings, named where topics show some.
    """
    markup = Markup("2.1" if file.suffix.lower() == ".bcfzip" else "3.0", verdict, language)
    found = groups(verdict)
    models = Models(verdict)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in markup.frame().items():
            out.writestr(name, data)
        _put(out, markup, _report(verdict, found, language, machine))
        for n, group in enumerate(found[:_TOPICS], 1):
            _put(out, markup, _topic(verdict, group, models, n, language))


def _put(out: zipfile.ZipFile, markup: Markup, topic: Topic) -> None:
    for name, data in markup.files(topic).items():
        out.writestr(f"{topic.guid}/{name}", data)


def _report(verdict: Verdict, found: list[Group], language: str, machine: Path | None) -> Topic:
    word = heading(verdict.word, language)
    by = heading("by", language, standard=verdict.receipt.get("standard") or "")
    texts = []
    for section in sections(verdict):
        if section.key in ("spread", "files"):
            continue
        lines = [section.title[language]]
        for row in section.rows[:_ROWS]:
            lines.append("  " + "  |  ".join(cell(value, language) for value in row if value))
        left = len(section.rows) - _ROWS
        if left > 0:
            lines.append("  " + heading("more rows", language, count=f"{left:,}"))
        if section.note:
            lines.append(section.note[language])
        texts.append("\n".join(lines))
    if len(found) > _TOPICS:
        places = sum(len(group.rows) for group in found[_TOPICS:])
        count = f"{len(found) - _TOPICS:,}"
        texts.append(heading("more groups", language, count=count, places=f"{places:,}"))
    if machine is not None:
        texts.append(heading("machine", language, file=str(machine)))
    return Topic(
        guid=_guid(verdict, "report"),
        title=f"{word} {by}",
        kind="Report",
        index=0,
        labels=(verdict.word,),
        description=texts[0],
        files=(),
        comments=tuple((_guid(verdict, f"report {n}"), t, "") for n, t in enumerate(texts[1:])),
        views=(),
    )


def _topic(verdict: Verdict, group: Group, models: Models, n: int, language: str) -> Topic:
    result = results(verdict)[group.rule]
    key = f"{group.rule} {group.severity} {group.reason} {group.mistake}"
    rows = pick(verdict, group.rows[:_SELECTED])
    message, hint = said(verdict, result, rows[0], language)
    places = f"{len(group.rows):,}"
    copies = "copies" if group.mistake else "alike"
    title = message if len(rows) == 1 else f"{message} — {heading(copies, language, count=places)}"
    facts = [(heading(k, language), rows[0][k]) for k in ("measured", "expected", "tolerance")]
    facts += [(heading(k, language), rows[0][k]) for k in ("clause", "element")]
    lines = [f"{name}: {value}" for name, value in facts if value]
    if hint:
        lines.append(f"→ {hint} ({heading('mender ' + rows[0]['mender'], language)})")
    listed = [f"{row['path'] or '.'}  {where(row)}".rstrip() for row in rows[:_LISTED]]
    left = len(group.rows) - len(listed)
    if left:
        listed.append(heading("more rows", language, count=f"{left:,}"))
    views = _views(verdict, key, rows, models)
    comments = [
        (_guid(verdict, f"{key} places"), "\n".join(listed), views[0].guid if views else "")
    ]
    for number, view in enumerate(views[1:]):
        row = rows[view.row]
        text = f"{row['path']}  {where(row)}\n{said(verdict, result, row, language)[0]}"
        comments.append((_guid(verdict, f"{key} {number}"), text, view.guid))
    return Topic(
        guid=_guid(verdict, key),
        title=title,
        kind={"error": "Error", "warning": "Warning", "info": "Info"}[group.severity],
        index=n,
        labels=(group.rule, *((group.reason,) if group.reason else ())),
        description="\n".join([message, *lines]),
        files=tuple(dict.fromkeys(row["path"] for row in rows if row["path"])),
        comments=tuple(comments),
        views=tuple(views),
    )


def _views(verdict: Verdict, key: str, rows: list[dict[str, Any]], models: Models) -> list[View]:
    """Return one view of all the elements, then one of each of the first places."""
    guids = [guid_of(row) for row in rows]
    spots = models.positions(rows)
    if not any(guids) and all(spot is None for spot in spots):
        return []
    known = [spot for spot in spots if spot is not None]
    selected = tuple(dict.fromkeys(guid for guid in guids if guid))
    found = [View(_guid(verdict, f"{key} view"), 0, selected, overview(known))]
    if len(rows) > 1:
        for n, (guid, spot) in enumerate(zip(guids[:_VIEWS], spots[:_VIEWS], strict=True)):
            if spot is not None:
                own = (guid,) if guid else ()
                found.append(View(_guid(verdict, f"{key} view {n}"), n, own, overview([spot])))
    return found


def _guid(verdict: Verdict, key: str) -> str:
    """Return the same id for the same thing in each report of one delivery."""
    receipt = verdict.receipt
    named = f"{receipt.get('standard')} {receipt.get('delivery')} {Status.FAIL} {key}"
    return str(uuid.uuid5(_NAMESPACE, named))
