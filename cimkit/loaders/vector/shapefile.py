"""Shapefiles: their parts found, held against each other, and mended in a scratch folder."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.encoding import detect, superset
from cimkit.loaders._layers.text import settle
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.dbf import LDID, Dbf, read_dbf
from cimkit.loaders.vector.gdal import Plan, gdal_name
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["plan_dbf", "plan_shapefile"]

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SAMPLES = 200


def plan_shapefile(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    """Find the parts; an index or a table that does not fit is made anew in ``scratch``."""
    file = source.file
    parts = _parts(file)
    way = Plan(file)
    made: dict[str, Path] = {}
    shapes = _index(file, parts, way, made, scratch)
    if ".prj" in parts:
        _readable_crs(parts[".prj"], way, made, scratch)
    there = set(parts)
    table = _table(file, parts, way)
    if table is not None:
        _compare(shapes, table, parts[".dbf"], way, made, scratch)
    plain = there == set(parts) and all(parts[s] == file.with_suffix(s) for s in parts)
    if made or not plain or "!" in str(file):
        folder = scratch / "shapefile"
        folder.mkdir()
        for suffix, part in (parts | made).items():
            (folder / f"layer{suffix}").symlink_to(part.absolute())
        way.file, way.layer = folder / "layer.shp", file.stem
    if table is not None:
        _encoded(way, table, parts.get(".cpg"), options, source)
    return way


def _readable_crs(file: Path, way: Plan, made: dict[str, Path], scratch: Path) -> None:
    """Write a .prj whose names are no UTF-8 anew: of these, nothing of it would be read."""
    raw = file.read_bytes()
    try:
        raw.decode()
    except UnicodeDecodeError:
        encoding = detect(raw)
        made[".prj"] = scratch / "made.prj"
        made[".prj"].write_text(raw.decode(superset(encoding), "replace"), encoding="utf-8")
        way.problems.append(
            Problem(
                "encoding-detected",
                f"The names in its .prj are no UTF-8; they were read as {encoding}.",
                "info",
                file.name,
                encoding,
            )
        )


def _table(file: Path, parts: dict[str, Path], way: Plan) -> Dbf | None:
    """Read what the table says of itself; one that is missing or none at all costs no shapes."""
    code, why, hint = "dbf-missing", "comes without its attributes (.dbf)", "with it"
    if ".dbf" in parts:
        try:
            return read_dbf(parts[".dbf"])
        except ValueError as error:
            code, hint = "dbf-unreadable", "again"
            why = f"is read without its attributes: the .dbf is {error}"
        del parts[".dbf"]
    message = f"The shapefile {why}."
    way.problems.append(Problem(code, message, "error", hint=f"Deliver {file.stem}.dbf {hint}."))
    way.shown, way.origin = None, "none"
    return None


def plan_dbf(source: Source, options: ReadOptions) -> Plan:
    """Plan a table that comes without a shapefile."""
    try:
        table = read_dbf(source.file)
    except ValueError as error:
        raise SourceUnreadable(f"it is {error}", where=source.path) from error
    way = Plan(source.file)
    _tell(table, way)
    way.fewer = table.deleted
    _encoded(way, table, _parts(source.file).get(".cpg"), options, source)
    return way


def _parts(file: Path) -> dict[str, Path]:
    """Find the parts by suffix, in whatever case; those spelt as the main file come first."""
    found: dict[str, Path] = {}
    beside = [p for p in file.parent.iterdir() if p.stem.casefold() == file.stem.casefold()]
    for part in sorted(beside, key=lambda p: (p.stem != file.stem, p.name)):
        if part.suffix.lower() in _PARTS:
            found.setdefault(part.suffix.lower(), part)
    if file.suffix.lower() != ".dbf":
        found[".shp"] = file  # whatever it is called
    return found


def _index(
    file: Path, parts: dict[str, Path], way: Plan, made: dict[str, Path], scratch: Path
) -> int:
    """Return the number of shapes; make an index where there is none that fits."""
    import numpy as np

    size = file.stat().st_size
    if ".shx" in parts:
        raw = parts[".shx"].read_bytes()[100:]
        entries = np.frombuffer(raw[: len(raw) // 8 * 8], ">i4").reshape(-1, 2).astype(np.int64)
        if _fits(file, entries, size):
            return len(entries)
    entries, rest, _ = _walk(file, size)
    target = scratch / "made.shx"
    words = 50 + 4 * len(entries)
    with file.open("rb") as opened:
        head = opened.read(100)
    target.write_bytes(
        head[:24] + struct.pack(">i", words) + head[28:100] + entries.astype(">i4").tobytes()
    )
    made[".shx"] = target
    hint = f"Deliver {file.stem}.shx with it, as it was made with the .shp."
    if ".shx" in parts:
        way.problems.append(
            Problem(
                "shx-contradiction",
                "The index (.shx) does not fit the shapes (.shp); it was rebuilt in memory.",
                hint=hint,
            )
        )
    else:
        way.problems.append(
            Problem(
                "shx-missing",
                "The shapefile comes without its index (.shx); it was rebuilt on a copy.",
                hint=hint,
            )
        )
    if rest:
        way.problems.append(
            Problem(
                "shp-truncated",
                f"The last {rest} bytes of the .shp are no complete shape; what comes before is "
                "read.",
                "error",
                got=f"{len(entries)} shapes",
                hint="Deliver the file again: it was cut short.",
            )
        )
    return len(entries)


def _fits(file: Path, entries: npt.NDArray[np.int64], size: int) -> bool:
    """Whether the places that an index names are those of shapes; some of many are looked at."""
    import numpy as np

    given = entries
    if len(given) == 0:
        return size <= 100
    offsets, lengths = given[:, 0] * 2, given[:, 1] * 2
    if (offsets < 100).any() or (lengths < 4).any() or (offsets + lengths + 8 > size).any():
        return False
    if int((lengths + 8).sum()) + 100 < size - 8 and _walk(file, size)[2] > len(given):
        return False  # shapes that the index does not name; what editing left over has old numbers
    looked = np.unique(np.linspace(0, len(given) - 1, min(len(given), _SAMPLES)).astype(int))
    with file.open("rb") as opened:
        for i in looked:
            opened.seek(int(offsets[i]))
            head = opened.read(8)
            if len(head) < 8 or struct.unpack(">ii", head)[1] * 2 != lengths[i]:
                return False
    return True


def _walk(file: Path, size: int) -> tuple[npt.NDArray[np.int64], int, int]:
    """Go from shape to shape.

    Returns
    -------
    entries : (n, 2) array
        Offset and length, in words of two bytes.
    rest : int
        How many bytes are left behind the last shape.
    number : int
        The highest number that a shape has.
    """
    import numpy as np

    entries = []
    at, highest = 100, 0
    with file.open("rb") as opened:
        while at + 12 <= size:
            opened.seek(at)
            number, words = struct.unpack(">ii", opened.read(8))
            if words < 2 or at + 8 + 2 * words > size:
                break
            entries.append((at // 2, words))
            highest = max(highest, number)
            at += 8 + 2 * words
    return np.array(entries, np.int64).reshape(-1, 2), size - at, highest


def _compare(
    shapes: int, table: Dbf, file: Path, way: Plan, made: dict[str, Path], scratch: Path
) -> None:
    """Hold the number of rows against that of shapes; rows that are missing are blank ones."""
    _tell(table, way)
    way.fewer = table.deleted
    if shapes == table.records == table.held:
        return
    way.problems.append(
        Problem(
            "record-count-contradiction",
            f"There are {shapes} shapes, but {table.records} rows of attributes, of which "
            f"{table.held} are there.",
            "error",
            got=str(table.held),
            expected=str(shapes),
            hint="Deliver .shp, .shx and .dbf that were written together.",
        )
    )
    if table.held < shapes or table.records < shapes:
        target = scratch / "made.dbf"
        shutil.copyfile(file, target)
        with target.open("r+b") as opened:
            opened.seek(4)
            opened.write(struct.pack("<I", shapes))
            opened.truncate(table.header + min(table.held, shapes) * table.size)
            opened.seek(0, 2)
            opened.write(b" " * (table.size * (shapes - min(table.held, shapes))))
        made[".dbf"] = target


def _tell(table: Dbf, way: Plan) -> None:
    if table.deleted:
        way.problems.append(
            Problem(
                "rows-deleted",
                f"{table.deleted} rows are marked as deleted; they are left out, as the file says.",
                "info",
                got=str(table.deleted),
            )
        )
    if table.memos:
        way.problems.append(
            Problem(
                "memo-left-out",
                "Some of its texts are in a memo file (.dbt, .fpt), which is not read.",
                got=", ".join(n.decode("ascii", "replace") for n in table.memos)[:200],
                hint="Deliver the table as GeoPackage.",
            )
        )
    for code, severity, message, odd in (
        # shapelib, and so GDAL, QGIS and R, writes asterisks for NULL, too
        (
            "number-overflow",
            "info",
            "numbers are asterisks: NULL, or too long for their field",
            table.overflown,
        ),
        ("date-invalid", "warning", "dates are no dates", table.undated),
    ):
        if odd:
            shown = ", ".join(f"{n.decode('ascii', 'replace')} {c}" for n, c in odd.items())
            told = f"{sum(odd.values())} {message}."
            way.problems.append(Problem(code, told, severity, got=shown[:200]))  # type: ignore[arg-type]


def _encoded(way: Plan, table: Dbf, cpg: Path | None, options: ReadOptions, source: Source) -> None:
    """Settle the encoding: the sheet's word, else .cpg, else the table's own, else its bytes."""
    said = LDID.get(table.ldid)
    if cpg is not None:
        given = cpg.read_bytes()[:100].decode("ascii", "replace")
        said = given.strip("\x00\ufeff\ufffd \r\n\t") or said
    chosen = settle(table.text, said, source, options)
    way.shown, way.origin = chosen.name, chosen.origin
    way.encoding = gdal_name(chosen.reads)
    if chosen.problem is not None:
        way.problems.append(chosen.problem)
