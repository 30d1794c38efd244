"""Our verdicts on the cases of CesiumGS/3d-tiles-validator, folder by folder."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.tiles import check_content

from .conftest import look_at

ROOT = Path(__file__).resolve().parents[3]
CASES = "tiles3d/CesiumGS-3d-tiles-validator"
README = ROOT / "cimkit/checks/README.md"

# What that validator tells without failing (its issues have severities of their own).
HARMLESS = {
    "ARRAY_LENGTH_UNEXPECTED",
    "ASSET_VERSION_UNKNOWN",
    "CONTENT_VALIDATION_INFO",
    "CONTENT_VALIDATION_WARNING",
    "EXTENSION_NOT_SUPPORTED",
    "EXTENSION_USED_BUT_NOT_FOUND",
    "METADATA_SEMANTIC_UNKNOWN",
    "TEMPLATE_URI_MISSING_VARIABLE_NAME",
    "TILE_GEOMETRIC_ERRORS_INCONSISTENT",
    "TILE_REFINE_WRONG_CASE",
    "TYPE_UNEXPECTED",
}
# Other files that these cases name are not in the folder of real files.
INCOMPLETE = {"tilesetWithMultipleExternal", "validTilesetWithValidSchemaFromUri"}
SOUND = {"PropertyTexturePropertyTexCoordDefault"}
WARNINGS = {"inside", "errors"}
"""Subjects whose rules are warnings."""


def fails(issues: Issues) -> bool:
    rows = issues.told.rows
    return any(r["severity"] == "error" and r["subject"] not in WARNINGS for r in rows)


def upstream(expected: str) -> bool | None:
    """Whether a case fails with that validator, by the manifest; None if it does not say."""
    said = re.search(r"expects (\d+) issue\(s\)(?:: (.*))?", expected)
    if said is None:
        return None
    names = (said[2] or "").split(", ") if said[2] else []
    return int(said[1]) > 0 and (len(names) < int(said[1]) or bool(set(names) - HARMLESS))


def model(file: Path) -> Issues:
    issues = Issues()
    check_content(file.read_bytes(), issues, partial(beside, file.parent))
    return issues


def beside(folder: Path, uri: str) -> bytes | None:
    file = folder / uri
    return file.read_bytes() if file.is_file() else None


def test_verdicts_are_those_of_the_validators_own_cases(shared_data: Path) -> None:
    met: Counter[tuple[str, str]] = Counter()
    wrong = []
    with (shared_data / "MANIFEST.csv").open(encoding="utf-8") as opened:
        rows = [r for r in csv.DictReader(opened) if r["path"].startswith(f"{CASES}/")]
    for row in rows:
        path = row["path"].removeprefix(f"{CASES}/")
        name = Path(path).stem
        folder = path.partition("/")[0]
        if path.startswith("gltfExtensions/") and path.endswith(".gltf"):
            folder = path.rpartition("/")[0]
            theirs: bool | None = not name.startswith("Valid") and name not in SOUND
            ours = fails(model(shared_data / CASES / path))
        elif path.endswith(".json") and (theirs := upstream(row["expected"])) is not None:
            ours = fails(look_at(shared_data / CASES, path))
        else:
            continue
        outcome = "incomplete" if name in INCOMPLETE else "agree" if ours == theirs else "differ"
        met[folder, outcome] += 1
        if outcome == "differ":
            wrong.append(path)
    assert wrong == []
    text = README.read_text(encoding="utf-8")
    for folder in {f for f, _ in met}:
        counts = [met[folder, o] for o in ("agree", "differ", "incomplete")]
        line = f"| `{folder}` | {sum(counts)} | {' | '.join(map(str, counts))} |"
        assert line in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("1.0/TilesetWithRequestVolume", {"bytes-misaligned", "content-out-tile"}),
        ("1.1/BoundingBoxTests/2_0_0-4_1_1", {"extension-undeclared"}),
        ("1.1/BoundingBoxTests/0_2_0-1_4_1", set()),
        ("1.1/SparseImplicitQuadtree", set()),
        ("glTF/EXT_mesh_features/FeatureIdAttribute", set()),
        ("glTF/EXT_structural_metadata/MultipleClasses", set()),
    ],
)
def test_samples_that_real_programs_wrote(shared_data: Path, path: str, words: set[str]) -> None:
    issues = look_at(shared_data / "tiles3d/CesiumGS-3d-tiles-samples" / path)
    assert {r["reason"] for r in issues.told.rows} == words
