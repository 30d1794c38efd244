"""Warnings that a package accepts, with its reason: facts that cannot be mended.

In ``standard.toml``::

    [[lint.accept]]
    code = "class-duplicate-name"
    about = "0133"                    # in the message or the place; "" all of that code
    why = "The source gives both codes the same name."
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cimkit.errors import StandardError
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import in_order
from cimkit.standard.package._files import PackageFiles
from cimkit.standard.package._toml import known, scalar, table, tables

__all__ = ["settle"]


def settle(
    files: PackageFiles | None, findings: Sequence[LintFinding], *, whole: bool = False
) -> list[LintFinding]:
    """Return findings, the worst first; those that the package accepts are infos, with its reason.

    Parameters
    ----------
    whole
        Whether these are all findings, so that what is accepted and not among them is no longer so.
    """
    if files is None:
        return in_order(findings)
    try:
        return in_order(_accepted(files, findings, whole))
    except StandardError as error:
        return in_order([*findings, LintFinding("accept-unread", "error", error.where, error.what)])


def _accepted(
    files: PackageFiles, findings: Sequence[LintFinding], whole: bool
) -> list[LintFinding]:
    where = f"{files.where('standard.toml')}, [lint]"
    said = table(files.toml("standard.toml"), "lint", where)
    known(said, ["accept"], where)
    found = list(findings)
    for entry in tables(said, "accept", where):
        known(entry, ["code", "about", "why"], where)
        code, about, why = (scalar(entry, k, str, where, "") for k in ("code", "about", "why"))
        met = [
            n
            for n, f in enumerate(found)
            if f.code == code and f.severity == "warning" and about in f"{f.message} {f.where}"
        ]
        for n in met if why else ():
            message = f"{found[n].message} (accepted: {why})"
            found[n] = replace(found[n], severity="info", message=message)
        if (whole and not met) or not why:
            found.append(
                LintFinding(
                    "accept-unused" if why else "accept-without-why",
                    "warning",
                    where,
                    f"{code} {about}".strip()
                    + (" is accepted, and lint finds no such warning" if why else " has no `why`"),
                    "Remove the entry." if why else "Say why it is accepted.",
                )
            )
    return found
