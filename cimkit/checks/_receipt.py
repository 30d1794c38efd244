"""The receipt of a check: what was checked with what, and what came out, signed.

It is a JSON document. What is signed is the document without ``signature``, written with sorted
keys, without white space, in UTF-8; the signature is Ed25519 (RFC 8032).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.checks._keys import ALGORITHM, private_key, public_key, raw
from cimkit.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from cimkit.checks._verdict import Verdict

__all__ = ["Verification", "receipt_of", "verify", "write_receipt"]

_KEPT = (
    *("standard", "standard_hash", "context_hash", "sheet_hash", "tool", "delivery", "checked"),
    "files",
)


@dataclass(frozen=True)
class Verification:
    """What a receipt is worth."""

    signature: str
    """``valid``, ``invalid``, ``other key`` (valid, but not by the key that was given) or
    ``none``."""
    key: str
    """The public key it is signed with, base64; "" if it is not signed."""
    trusted: bool
    """A key was given, and the signature is by it."""
    verdict: str
    """accepted, rejected or incomplete, as the receipt says."""
    standard: str
    """``id@edition`` it was checked against."""
    standard_known: bool | None
    """Whether the standard of that name here has the same hash; None: there is none here."""
    changed: tuple[str, ...]
    """Files with other bytes than those checked."""
    missing: tuple[str, ...]
    """Files that were checked and are not there."""
    added: tuple[str, ...]
    """Files that are there and were not checked."""
    renamed: tuple[tuple[str, str], ...]
    """Files with the bytes that were checked under another name: then, now."""
    compared: bool
    """Whether a delivery was held against it at all."""

    @property
    def holds(self) -> bool:
        """The signature is right (by the key given, if one was), and the delivery is the same."""
        signed = self.signature == "valid"
        return signed and not (self.changed or self.missing or self.added)

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return {"holds": self.holds, **asdict(self)}


def receipt_of(verdict: Verdict) -> dict[str, Any]:
    """Return the receipt of a check, not signed."""
    score = verdict.score
    findings = verdict.findings.select(
        ["fingerprint", "rule", "status", "severity", "waived", "path", "count"]
    ).to_pylist()
    lines = sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in findings)
    return {
        "receipt": 1,
        "verdict": verdict.word,
        "counts": verdict.counts,
        "score": score
        and {
            "points": score.points,
            "grade": score.grade,
            "judged": score.judged,
            "lot": score.lot,
            "seed": score.seed,
        },
        "overrides": [asdict(override) for override in verdict.overrides],
        "waivers": [use.to_json() for use in verdict.waivers],
        "findings_sha256": sha256("\n".join(lines).encode()).hexdigest(),
        **{name: verdict.receipt.get(name) for name in _KEPT},
    }


def write_receipt(
    verdict: Verdict, file: Path, key: Path | None = None, passphrase: str | None = None
) -> None:
    """Write the receipt of a check, signed if there is a key.

    Parameters
    ----------
    verdict
        The verdict.
    file
        Written whole or not at all.
    key
        PEM file with an Ed25519 private key.
    passphrase
        Of the key.

    Raises
    ------
    UsageError
        If the key cannot be used.
    """
    document = receipt_of(verdict)
    if key is not None:
        private = private_key(key, passphrase)
        document["signature"] = {
            "algorithm": ALGORITHM,
            "public_key": raw(private.public_key()),
            "value": base64.b64encode(private.sign(_canonical(document))).decode(),
        }
    beside = file.with_name(f"{file.name}.part")
    beside.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    beside.replace(file)


def verify(
    receipt: str | Path, paths: Sequence[str | Path] = (), key: str | Path | None = None
) -> Verification:
    """Say whether a receipt is genuine, and whether a delivery is still the one it speaks of.

    Parameters
    ----------
    receipt
        File that `write_receipt` wrote.
    paths
        The delivery, as it was given to the check; none: only the receipt is looked at.
    key
        PEM file with the public key (or the private one) of whoever should have signed. Without
        it anybody may have signed.

    Raises
    ------
    UsageError
        If the file is no receipt, or the key cannot be used.
    """
    file = Path(receipt)
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(
            "the receipt cannot be read", where=str(file), got=error.strerror
        ) from error
    except ValueError as error:
        raise UsageError("this is no receipt: it is no JSON", where=str(file)) from error
    if not isinstance(document, dict) or document.get("receipt") != 1:
        raise UsageError("this is no receipt of cimkit", where=str(file))
    listed = document.get("files")
    if not isinstance(listed, list) or not all(isinstance(f, dict) and "path" in f for f in listed):
        raise UsageError("the receipt lists no files", where=str(file))
    signature, own = _signature(document, public_key(Path(key)) if key else None)
    here = _hashes([Path(p) for p in paths]) if paths else {}
    then = {str(f["path"]): f.get("sha256") or "" for f in listed}
    gone = [path for path in then if path not in here] if paths else []
    more = [path for path in here if path not in then]
    renamed = []
    by_hash = {here[path]: path for path in more}
    for path in list(gone):
        if then[path] and then[path] in by_hash:
            now = by_hash.pop(then[path])
            renamed.append((path, now))
            gone.remove(path)
            more.remove(now)
    return Verification(
        signature=signature,
        key=own,
        trusted=signature == "valid" and key is not None,
        verdict=str(document.get("verdict") or ""),
        standard=str(document.get("standard") or ""),
        standard_known=_standard_known(document),
        changed=tuple(p for p in then if p in here and then[p] != here[p]),
        missing=tuple(gone),
        added=tuple(more),
        renamed=tuple(renamed),
        compared=bool(paths),
    )


def _canonical(document: dict[str, Any]) -> bytes:
    plain = {name: value for name, value in document.items() if name != "signature"}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _signature(document: dict[str, Any], wanted: Ed25519PublicKey | None) -> tuple[str, str]:
    """Return what the signature is worth, and the key that it says it is by."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    said = document.get("signature")
    if not isinstance(said, dict):
        return "none", ""
    own = str(said.get("public_key") or "")
    try:
        if said.get("algorithm") != ALGORITHM:
            return "invalid", own
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(own, validate=True))
        key.verify(base64.b64decode(str(said.get("value")), validate=True), _canonical(document))
    except (InvalidSignature, ValueError):
        return "invalid", own
    return ("valid" if wanted is None or raw(wanted) == own else "other key"), own


def _hashes(paths: list[Path]) -> dict[str, str]:
    from cimkit.loaders import content_hashes

    return content_hashes(paths)


def _standard_known(document: dict[str, Any]) -> bool | None:
    from cimkit.errors import StandardError
    from cimkit.standard import load

    try:
        return load(str(document.get("standard"))).hash == document.get("standard_hash")
    except StandardError:
        return None
