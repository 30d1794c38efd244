"""Files beside a cloud: its CRS in a .prj, its waveforms, its indices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cimkit.errors import CimkitError
from cimkit.loaders.pointcloud.chunk import CloudFacts
from cimkit.loaders.pointcloud.ept import tiles
from cimkit.model import Problem, Source

__all__ = ["beside", "siblings"]

_STEM = (".prj", ".wdp", ".lax", ".qix", ".wkt")
_WHOLE = (".prj", ".lax", ".aux.xml", ".xml", ".wkt")
_LARGEST = 100_000  # bytes of a .prj


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the files that belong to a cloud, unless they are those of a shapefile."""
    if path.lower().endswith(".json"):
        return tiles(path, listing)
    stem = str(PurePosixPath(path).with_suffix(""))
    if any(f"{stem}{e}" in listing for e in (".shp", ".SHP")):
        return set()
    names = [f"{stem}{e}" for e in _STEM] + [f"{path}{e}" for e in _WHOLE]
    return {n for name in names for n in (name, _upper(name)) if n in listing and n != path}


def _upper(name: str) -> str:
    given = PurePosixPath(name)
    return str(given.with_suffix(given.suffix.upper()))


def _held(source: Source, *suffixes: str) -> Iterator[Path]:
    for member in source.members:
        name = PurePosixPath(member).name
        if name.lower().endswith(suffixes) and (file := source.file.with_name(name)).is_file():
            yield file


def beside(source: Source, facts: CloudFacts) -> None:
    """Add to the facts what files beside the cloud say and the cloud does not."""
    from cimkit.geometry.crs import crs_name, parse_crs

    if facts.crs is None:
        for file in _held(source, ".prj", ".wkt"):
            text = file.read_bytes()[:_LARGEST].decode("utf-8", "replace").strip("\ufeff\0 \r\n")
            try:
                crs = parse_crs(text)
            except CimkitError:
                facts.problems.append(
                    Problem(
                        "crs-unknown",
                        "The CRS in the file beside the cloud is not understood.",
                        place=file.name,
                        got=text[:120],
                        expected="WKT or an EPSG code",
                        hint='In the delivery sheet: crs = "EPSG:…".',
                    )
                )
                continue
            facts.crs = crs_name(crs)
            facts.properties["crs_from"] = file.name
            facts.problems = [p for p in facts.problems if p.code != "crs-unknown"]
            break
    outside = "waves_outside" in facts.properties.get("encoding", ())
    if outside and not any(_held(source, ".wdp")):
        facts.problems.append(
            Problem(
                "waveforms-missing",
                "The header says that waveforms are in a file of their own (.wdp), which was not "
                "delivered with it.",
                "error",
                "global encoding, bit 2",
                expected=str(PurePosixPath(source.path).with_suffix(".wdp").name),
                hint="Deliver the .wdp beside the .las.",
            )
        )
