"""Ed25519 keys in PEM files."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

__all__ = ["ALGORITHM", "new_key", "private_key", "public_key", "raw"]

ALGORITHM = "Ed25519"


def new_key(file: Path, passphrase: str | None = None) -> Path:
    """Write a new Ed25519 key pair and return the file of the public key.

    Parameters
    ----------
    file
        Of the private key (PEM, readable by its owner only); the public one is beside it with
        the suffix ``.pub.pem``. Neither may be there.
    passphrase
        To encrypt the private key with.

    Raises
    ------
    UsageError
        If a file is there already.
    """
    import os

    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = file.with_suffix(".pub.pem")
    for one in (file, public):
        if one.exists():
            raise UsageError("there is such a file already", got=str(one), mend="Choose another.")
    private = Ed25519PrivateKey.generate()
    locked: form.KeySerializationEncryption = form.NoEncryption()
    if passphrase:
        locked = form.BestAvailableEncryption(passphrase.encode())
    text = private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, locked)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(text)
    public.write_bytes(
        private.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    )
    return public


def private_key(file: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """Return the private key in a PEM file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    secret = passphrase.encode() if passphrase else None
    try:
        key = load_pem_private_key(_bytes(file), secret)
    except (ValueError, TypeError) as error:
        raise UsageError(
            "the private key cannot be used", where=str(file), mend=f"{error}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError("the private key is of another kind", where=str(file), expected=ALGORITHM)
    return key


def public_key(file: Path) -> Ed25519PublicKey:
    """Return the public key in a PEM file, that of a private key included."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    text = _bytes(file)
    if b"PRIVATE KEY" in text:
        return private_key(file, None).public_key()
    try:
        key = load_pem_public_key(text)
    except ValueError as error:
        raise UsageError("the public key cannot be used", where=str(file)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError("the public key is of another kind", where=str(file), expected=ALGORITHM)
    return key


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError("the key cannot be read", where=str(file), got=error.strerror) from error


def raw(key: Ed25519PublicKey) -> str:
    """Return the 32 bytes of a public key in base64."""
    return base64.b64encode(key.public_bytes_raw()).decode()
