"""Drafting a delivery sheet from what a probe found."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cimkit.errors import SheetError
from cimkit.loaders._delivery.sheet import COLUMNS
from cimkit.loaders._delivery.sheet_proposals import Proposal, common, proposals, written
from cimkit.loaders.photo.poses import image_name
from cimkit.loaders.photo.tracks import read_track
from cimkit.model import Asset, Declaration, Problem

__all__ = ["write_sheet"]


@dataclass(frozen=True, slots=True)
class _Draft:
    """One row."""

    glob: str
    detected: str
    trajectory: dict[str, str] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Poses:
    """A trajectory that was found, and the photographs it names."""

    asset: Asset
    images: frozenset[str]

    def named(self, photos: Iterable[Asset]) -> int:
        names = (image_name(p.path) for p in photos)
        return sum(bool({n, n.rpartition(".")[0] or n} & self.images) for n in names)


def write_sheet(file: Path, assets: Iterable[Asset], paths: Sequence[Path] = ()) -> None:
    """Draft a delivery sheet: one row for each folder and kind of file, with what was detected.

    Photographs whose names stand in a table of poses get that trajectory, as a proposal; the CRS
    of its positions is left to be said, unless they are degrees. What else the problems of the
    sources propose stands beside its row, and holds as soon as a person accepts it.

    Parameters
    ----------
    file : Path
        ``.toml`` or ``.xlsx``. A file that is there is never written over.
    assets : iterable of Asset
        What `cimkit.loaders.probe` gave.
    paths : sequence of Path
        What was probed; without it no trajectories are proposed.

    Raises
    ------
    SheetError
        If the file exists already: somebody may have corrected it.
    """
    file = Path(file)
    if file.exists():
        raise SheetError(
            "there is a sheet already", where=str(file), mend="Give the draft another name."
        )
    rows = [_Draft("*", "all sources"), *_drafts(list(assets), paths)]
    if file.suffix.lower() == ".xlsx":
        _write_workbook(file, rows)
    elif file.suffix.lower() == ".toml":
        _write_toml(file, rows)
    else:
        raise SheetError("a delivery sheet is .toml or .xlsx", where=str(file), got=file.suffix)


def _drafts(assets: list[Asset], paths: Sequence[Path]) -> list[_Draft]:
    groups: dict[str, list[Asset]] = {}
    for asset in assets:
        if asset.status != "ignored":
            path = PurePosixPath(asset.path)
            folder = "" if str(path.parent) == "." else f"{_escaped(str(path.parent))}/"
            many = asset.kind == "imagery"  # thousands of one drive are one row
            name = f"*{_escaped(path.suffix)}" if many else _escaped(path.name)
            groups.setdefault(folder + name, []).append(asset)
    poses = list(_poses(assets, paths)) if paths else []
    known = _with_neighbours(assets)
    groups = {glob: [known[a.path] for a in members] for glob, members in groups.items()}
    given = {glob: (members, proposals(members, COLUMNS)) for glob, members in groups.items()}
    alike = common(given)
    rows = [
        _Draft(glob, "proposed for all of these", proposals=several)
        for glob, several in sorted(alike.items())
    ]
    for glob, (members, own) in sorted(given.items()):
        told = alike.get(_kind_of(members[0])) is not None and "*" not in _plain(glob)
        rows.append(
            dataclasses.replace(_draft(glob, members, poses), proposals=() if told else own)
        )
    return rows


def _with_neighbours(assets: list[Asset]) -> dict[str, Asset]:
    """Return the sources by path; those that the others tell something of have a problem more."""
    from cimkit.loaders._placing.neighbours import apart_from_the_rest, crs_of_the_rest

    found = {a.path: a for a in assets}
    for path, km in apart_from_the_rest(assets).items():
        far = Problem(
            "far-from-the-rest",
            f"It lies {km:.0f} km from the middle of the delivery.",
            hint="Is its coordinate system the right one?",
        )
        found[path] = dataclasses.replace(found[path], problems=(*found[path].problems, far))
    for path, crs in crs_of_the_rest(assets).items():
        fits = Problem(
            "crs-missing",
            f"In {crs}, which other sources have, it would lie beside them.",
            proposal=(("crs", crs),),
        )
        # What was supposed from its numbers alone is worth less.
        own = (
            p if p.code != "crs-missing" else dataclasses.replace(p, proposal=())
            for p in found[path].problems
        )
        found[path] = dataclasses.replace(found[path], problems=(*own, fits))
    return found


def _plain(glob: str) -> str:
    return glob.replace("[*]", "")


def _kind_of(asset: Asset) -> str:
    path = PurePosixPath(asset.path)
    folder = "" if str(path.parent) == "." else f"{_escaped(str(path.parent))}/"
    return f"{folder}*{path.suffix}"


def _poses(assets: list[Asset], paths: Sequence[Path]) -> Iterator[_Poses]:
    given = [Path(p).absolute() for p in paths]
    root = Path(os.path.commonpath([p if p.is_dir() else p.parent for p in given]))
    for asset in assets:
        file = root / asset.path
        # One that lies in an archive is no file, and no sheet can name it.
        if asset.kind == "trajectory" and asset.status == "ok" and file.is_file():
            yield _Poses(asset, frozenset(read_track(file, Declaration()).names) - {""})


def _draft(glob: str, members: list[Asset], poses: list[_Poses]) -> _Draft:
    detected = _detected(members)
    photos = [a for a in members if a.kind == "imagery" and a.status == "ok"]
    best = max(poses, key=lambda p: p.named(photos), default=None)
    if best is None or not best.named(photos):
        return _Draft(glob, detected)
    table = best.asset
    share = f"proposed: {table.path} names {best.named(photos)} of these {len(photos)} photographs"
    if table.crs is None:
        hints = (p.hint for p in table.problems if p.code == "crs-missing")
        share = " ".join([f"{share} but not the CRS of its positions.", *hints]).removesuffix(".")
    return _Draft(
        glob, f"{share}; {detected}", {"file": table.path, **table.properties.get("columns", {})}
    )


def _escaped(text: str) -> str:
    return "".join(f"[{c}]" if c in "[*?" else c for c in text)


def _detected(assets: list[Asset]) -> str:
    def all_of(values: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(v for v in values if v))

    said = [all_of(f"{a.kind} {a.format}".strip() for a in assets)]
    if len(assets) > 1:
        said[0] = f"{len(assets)} sources, {said[0]}"
    said.append(
        "crs " + (all_of(f"{a.crs} ({a.crs_origin})" for a in assets if a.crs) or "unknown")
    )
    encodings = all_of(f"{a.encoding} ({a.encoding_origin})" for a in assets if a.encoding)
    if encodings:
        said.append(f"encoding {encodings}")
    problems = {
        p.code: f"{p.code}: {p.message} {p.hint}".strip() for a in assets for p in a.problems
    }
    return "; ".join([*said, *problems.values()])[:1000]


_INTRO = """\
# Delivery sheet: what the files do not say themselves. Later rows outrank earlier ones.
# Fields of a row: glob, dataset, action (replace, extend, patch), owner, producer, licence,
# crs, vertical_datum, epoch, encoding, access (public, internal, secret), observed, key_field,
# code (identifier of the thing that the whole source shows, as the building of a model),
# place = { easting, northing, height, rotation, scale },
# trajectory = { file, image, x, y, z, heading, time, crs }. `detected` is for the reader only.
# A city's own grid: crs = "local:NAME", local_crs = "NAME.toml" (its definition stays there).
# Proposals are comments: take the # away in front of those that are right.
"""


def _write_toml(file: Path, rows: list[_Draft]) -> None:
    parts = [_INTRO, '[delivery]\nname = ""\nauthor = ""\nmessage = ""\n']
    for row in rows:
        part = f"[[source]]\nglob = {_quoted(row.glob)}\ndetected = {_quoted(row.detected)}\n"
        if row.trajectory:
            said = ", ".join(f"{k} = {_quoted(v)}" for k, v in row.trajectory.items())
            part += f"trajectory = {{ {said} }}\n"
        for proposal in row.proposals:
            part += f"# {proposal.column} = {_quoted(proposal.value)}"
            part += f"  # would mend {', '.join(proposal.codes)}\n"
        parts.append(part)
    file.write_text("\n".join(parts), encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_workbook(file: Path, rows: list[_Draft]) -> None:
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "sources"
    sheet.append(COLUMNS)
    for row in rows:
        said = {f"trajectory_{k}": v for k, v in row.trajectory.items()}
        said |= {"glob": row.glob, "detected": row.detected, "proposed": written(row.proposals)}
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", said.get(c, "")) or None for c in COLUMNS])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    about = book.create_sheet("delivery")
    for name in ("name", "author", "message", "standard"):
        about.append([name, None])
    book.save(file)
