"""IDS in bulk against ifctester: 100,000 walls, five specifications, both in one run.

usage: python tests/benchmarks/bench_ids.py [WALLS]

CPU seconds of this process and of its workers: reading the model and holding it against the first
rule set, then against a second one. The peer's JSON report and our findings are written to files.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEAD = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('ViewDefinition [CoordinationView]'),'2;1');
FILE_NAME('walls.ifc','2026-01-01T00:00:00',(''),(''),'','','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
#1=IFCPROJECT('0000000000000000000001',$,'Walls',$,$,$,$,$,#2);
#2=IFCUNITASSIGNMENT((#3));
#3=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
"""
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"


def guid(number: int) -> str:
    """Return a GlobalId of 22 signs."""
    signs = []
    for _ in range(21):
        number, digit = divmod(number, 64)
        signs.append(DIGITS[digit])
    return "0" + "".join(reversed(signs))


def write_model(file: Path, walls: int) -> None:
    """Write walls with a property set of four and a quantity each, of which some are wrong."""
    with file.open("w", encoding="ascii") as out:
        out.write(HEAD)
        n = 10
        for k in range(walls):
            name = "$" if k % 50 == 0 else f"'W{k % 1000:04d}'"
            rating = "R30" if k % 20 else "wrong"
            w, p, r, q = n, n + 1, n + 5, n + 6
            out.write(
                f"#{w}=IFCWALL('{guid(w)}',$,{name},$,$,$,$,'{k}',.SOLIDWALL.);\n"
                f"#{p}=IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('{rating}'),$);\n"
                f"#{p + 1}=IFCPROPERTYSINGLEVALUE('IsExternal',$,IFCBOOLEAN(.T.),$);\n"
                f"#{p + 2}=IFCPROPERTYSINGLEVALUE('Reference',$,IFCIDENTIFIER('T{k % 97}'),$);\n"
                f"#{p + 3}=IFCPROPERTYSET('{guid(p + 3)}',$,'Pset_WallCommon',$,"
                f"(#{p},#{p + 1},#{p + 2}));\n"
                f"#{r}=IFCRELDEFINESBYPROPERTIES('{guid(r)}',$,$,$,(#{w}),#{p + 3});\n"
                f"#{q}=IFCQUANTITYLENGTH('Length',$,$,{1000 + k % 9000}.,$);\n"
                f"#{q + 1}=IFCELEMENTQUANTITY('{guid(q + 1)}',$,'Qto_WallBaseQuantities',$,$,"
                f"(#{q}));\n"
                f"#{q + 2}=IFCRELDEFINESBYPROPERTIES('{guid(q + 2)}',$,$,$,(#{w}),#{q + 1});\n"
            )
            n += 9
        out.write("ENDSEC;\nEND-ISO-10303-21;\n")


ATTRIBUTE = "<attribute><name><simpleValue>Name</simpleValue></name>{}</attribute>"
PROPERTY = (
    '<property dataType="{}"><propertySet><simpleValue>{}</simpleValue></propertySet>'
    "<baseName><simpleValue>{}</simpleValue></baseName>{}</property>"
)


def within(base: str, inner: str) -> str:
    """Return a value that is a restriction."""
    return f'<value><xs:restriction base="xs:{base}">{inner}</xs:restriction></value>'


def write_ids(file: Path, rating: str, least: str) -> None:
    """Write five specifications of walls."""
    enumerated = within(
        "string", f'<xs:enumeration value="{rating}"/><xs:enumeration value="R60"/>'
    )
    demands = [
        ATTRIBUTE.format(within("string", '<xs:pattern value="W[0-9]{4}"/>')),
        PROPERTY.format("IFCLABEL", "Pset_WallCommon", "FireRating", enumerated),
        PROPERTY.format("IFCBOOLEAN", "Pset_WallCommon", "IsExternal", ""),
        PROPERTY.format(
            "IFCLENGTHMEASURE",
            "Qto_WallBaseQuantities",
            "Length",
            within("double", f'<xs:minInclusive value="{least}"/>'),
        ),
        "<entity><name><simpleValue>IFCWALL</simpleValue></name><predefinedType>"
        "<simpleValue>SOLIDWALL</simpleValue></predefinedType></entity>",
    ]
    specifications = "".join(
        f'<specification name="S{n}" ifcVersion="IFC4"><applicability maxOccurs="unbounded">'
        "<entity><name><simpleValue>IFCWALL</simpleValue></name></entity></applicability>"
        f"<requirements>{demand}</requirements></specification>"
        for n, demand in enumerate(demands)
    )
    file.write_text(
        '<ids xmlns="http://standards.buildingsmart.org/IDS" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema"><info><title>Walls</title></info>'
        f"<specifications>{specifications}</specifications></ids>",
        encoding="utf-8",
    )


def cpu(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return CPU seconds of this process and its children, seconds by the clock, the result."""
    began, clock = _used(), time.perf_counter()
    result = work()
    return _used() - began, time.perf_counter() - clock, result


def _used() -> float:
    """Return what this process and its workers have used, those still waiting included."""
    import psutil

    own = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    own += sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    for child in psutil.Process(os.getpid()).children(recursive=True):
        own += sum(child.cpu_times()[:2])
    return own


def main(walls: int) -> None:
    """Run both and print the ratios."""
    import cimkit

    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        model, first, second = room / "walls.ifc", room / "first.ids", room / "second.ids"
        write_model(model, walls)
        write_ids(first, "R30", "1")
        write_ids(second, "R30", "1.001")
        print(f"{walls} walls, {model.stat().st_size / 1e6:.0f} MB, 5 specifications")
        ours, clock, verdict = cpu(lambda: cimkit.check(model, standard=first))
        print(f"cimkit: first rule set {ours:.1f} s CPU ({clock:.1f} s)")
        again, clock, _ = cpu(lambda: cimkit.check(model, standard=second))
        print(f"cimkit: second rule set {again:.2f} s CPU ({clock:.1f} s)")
        mine, report_size = (_saved(verdict, room / f"findings.{x}") for x in ("parquet", "json"))
        theirs, report = peer(model, first, room)
        failed = sum(r.failed for r in verdict.rules)
        print(f"failures: cimkit {failed}, ifctester {report[1]}")
        print(
            f"findings: cimkit .parquet {mine / 1e6:.2f}, .json {report_size / 1e6:.2f} MB, "
            f"ifctester JSON {report[0] / 1e6:.1f} MB"
        )
        print(
            f"ratios: first {theirs[0] / ours:.1f} (without the peer's report), "
            f"further {theirs[1] / again:.0f}, file {report[0] / mine:.0f} (.parquet), "
            f"{report[0] / report_size:.0f} (.json)"
        )


def _saved(verdict: Any, file: Path) -> int:
    """Write a report and return its size in bytes."""
    from cimkit.reporters import save

    save(verdict, file)
    return file.stat().st_size


def peer(model: Path, rules: Path, room: Path) -> tuple[tuple[float, float], tuple[int, int]]:
    """Return CPU seconds to open and validate, and to validate; size of the report, failures."""
    import ifcopenshell
    from ifctester import ids, reporter

    opened, _, file = cpu(lambda: ifcopenshell.open(str(model)))
    asked = ids.open(str(rules))
    validated, _, _ = cpu(lambda: asked.validate(file))
    told = reporter.Json(asked)
    reported, _, _ = cpu(lambda: (told.report(), told.to_file(str(room / "peer.json"))))
    failed = sum(len(r.failures) for s in asked.specifications for r in s.requirements)
    print(
        f"ifctester: open {opened:.1f}, validate {validated:.1f}, JSON report {reported:.1f} s CPU"
    )
    return (opened + validated, validated), ((room / "peer.json").stat().st_size, failed)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
