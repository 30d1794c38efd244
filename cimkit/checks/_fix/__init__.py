"""What vendors want mended, mended in a copy: what follows without a doubt, and all of it told."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.checks._fix._sheet import sheet_text
from cimkit.checks._fix._spec import Change, FixSpec, Job, Left
from cimkit.checks._fix._telling import as_csv, as_json, as_markdown, sentence
from cimkit.checks._run import DEFAULT, check
from cimkit.errors import ExportError, UsageError
from cimkit.model import Sheet, SheetRow
from cimkit.registry import entries

if TYPE_CHECKING:
    from cimkit.checks._verdict import Verdict
    from cimkit.standard import Standard

__all__ = ["Change", "FixSpec", "Fixed", "Job", "Left", "fix"]

_SAME = ("rule", "reason", "path", "layer", "place", "measured")
"""What a failure of the copy must have in common with one before to be that one."""


@dataclass(frozen=True)
class Fixed:
    """A copy of a delivery in which some things were mended."""

    out: Path
    """The copy."""
    before: Verdict
    """On the delivery."""
    after: Verdict
    """On the copy: the proof."""
    changes: tuple[Change, ...]
    """All that was changed."""
    left: tuple[Left, ...]
    """What fixes are for and could not mend."""
    mended: tuple[Mapping[str, Any], ...]
    """Findings before that are gone."""
    open: int
    """Failures before that are still there."""
    new: int
    """Failures that were not there before."""
    titles: Mapping[str, Mapping[str, str]]
    """What each fix does, by its name and language."""
    sheet: Sheet | None = None
    """The delivery sheet of the copy, if files have other names now."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return {
            "out": str(self.out),
            "before": self.before.verdict,
            "after": self.after.verdict,
            "changes": [c.to_json() for c in self.changes],
            "left": [dataclasses.asdict(x) for x in self.left],
            "mended": [dict(f) for f in self.mended],
            "open": self.open,
            "new": self.new,
        }

    def to_text(self, language: str = "en") -> str:
        """Return one sentence for people."""
        return sentence(self, language)

    def to_markdown(self, language: str = "en") -> str:
        """Return the list of changes for people."""
        return as_markdown(self, language)


def fix(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    standard: str | Path | Standard = DEFAULT,
    sheet: Sheet | None = None,
    language: str = "en",
    progress: Callable[..., None] | None = None,
    **options: Any,
) -> Fixed:
    """Copy a delivery, mend in the copy what can be mended without loss, and check it again.

    Beside the copy lie ``<out>.changes.json``, ``.csv`` and ``.md``, and ``<out>.delivery.toml`` if
    files have other names now. The delivery itself is only read.

    Parameters
    ----------
    paths
        What was delivered.
    out
        Folder for the copy: new, or empty.
    standard, sheet, language, progress
        As of `cimkit.check`.
    **options
        Others of `cimkit.check`: context, jobs, rules, waivers ...

    Raises
    ------
    UsageError
        If the copy would lie in the delivery.
    ExportError
        If ``out`` holds something, or cannot be written.
    """
    from cimkit.loaders import probe
    from cimkit.standard import load

    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    delivered = [Path(p).absolute() for p in given]
    target = Path(out).absolute()
    _refuse(delivered, target)
    said = {"standard": standard, "language": language, "progress": progress, **options}
    before = check(delivered, sheet=sheet, **said)
    loaded = load(before.receipt["standard"]) if isinstance(standard, (str, Path)) else standard
    assets = {a.path: a for a in probe(delivered, sheet=sheet, jobs=options.get("jobs"))}
    checks = {rule.id: (rule.check or "").replace("-", "_") for rule in loaded.rules}
    failures = [
        {**row, "check": checks.get(row["rule"], "")}
        for row in before.findings.to_pylist()
        if row["status"] == "fail"
    ]
    _copy(delivered, target)
    job = Job(target, assets, sheet or Sheet(), loaded, failures)
    fixes = sorted(entries(__name__).values(), key=lambda module: module.SPEC.order)
    changes = [change for module in fixes for change in module.run(job)]
    used = _followed(sheet, job.renamed)
    after = check([target], sheet=used or sheet, **said)
    mended, still, new = _compared(failures, after, job.renamed)
    titles = {module.SPEC.name: module.SPEC.title for module in fixes}
    fixed = Fixed(
        target,
        before,
        after,
        tuple(changes),
        tuple(job.left),
        tuple(mended),
        still,
        new,
        titles,
        used,
    )
    _write(fixed, language)
    return fixed


def _refuse(delivered: Sequence[Path], target: Path) -> None:
    for path in delivered:
        if not path.exists():
            raise UsageError("no such file or folder", got=str(path))
        if target == path or path in target.parents or target in path.parents:
            raise UsageError(
                "the copy cannot lie in the delivery, nor the delivery in the copy",
                got=str(target),
                mend="Name a folder beside it.",
            )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ExportError(
            "this place holds something already",
            where=str(target),
            mend="Name a folder that is new or empty.",
        )


def _copy(delivered: Sequence[Path], target: Path) -> None:
    try:
        if len(delivered) == 1 and delivered[0].is_dir():
            shutil.copytree(delivered[0], target, dirs_exist_ok=True)
            return
        root = Path(commonpath([p if p.is_dir() else p.parent for p in delivered]))
        for path in delivered:
            into = target / path.relative_to(root)
            into.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, into, dirs_exist_ok=True)
            else:
                shutil.copy2(path, into)
        for file in target.rglob("*"):
            file.chmod(file.stat().st_mode | 0o200)
    except OSError as error:
        raise ExportError(f"cannot write: {error}", where=str(target)) from error


def _followed(sheet: Sheet | None, renamed: Mapping[str, str]) -> Sheet | None:
    """Return the sheet with a line for each file whose new name it would not meet as the old."""
    if sheet is None or not renamed:
        return None
    more = [
        SheetRow(new, sheet.declared(old))
        for old, new in renamed.items()
        if sheet.declared(new) != sheet.declared(old)
    ]
    return dataclasses.replace(sheet, rows=(*sheet.rows, *more)) if more else None


def _compared(
    failures: Sequence[Mapping[str, Any]], after: Verdict, renamed: Mapping[str, str]
) -> tuple[list[Mapping[str, Any]], int, int]:
    """Return the failures that are gone, how many are still there, and how many are new."""

    def key(row: Mapping[str, Any], path: str) -> tuple[object, ...]:
        layer = row["layer"]
        if path != row["path"] and layer and layer in row["path"]:
            layer = path.rpartition("/")[2].rpartition(".")[0]  # called after its file
        return tuple({**row, "path": path, "layer": layer}[name] for name in _SAME)

    now = Counter(
        key(row, row["path"]) for row in after.findings.to_pylist() if row["status"] == "fail"
    )
    total = sum(now.values())
    mended: list[Mapping[str, Any]] = []
    for row in failures:
        same = key(row, renamed.get(row["path"], row["path"]))
        if now[same]:
            now[same] -= 1
        else:
            mended.append({name: row[name] for name in (*_SAME, "severity", "message")})
    still = len(failures) - len(mended)
    return mended, still, total - still


def _write(fixed: Fixed, language: str) -> None:
    beside = fixed.out.with_name
    try:
        for suffix, text in (
            ("json", as_json(fixed)),
            ("csv", as_csv(fixed)),
            ("md", as_markdown(fixed, language)),
        ):
            beside(f"{fixed.out.name}.changes.{suffix}").write_text(text, encoding="utf-8")
        if fixed.sheet is not None:
            text = sheet_text(fixed.sheet)
            beside(f"{fixed.out.name}.delivery.toml").write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportError(f"cannot write: {error}", where=str(fixed.out)) from error
