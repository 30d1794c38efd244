"""LZF, the compression of PCD files (liblzf's format)."""

from __future__ import annotations

__all__ = ["unpack"]


def unpack(data: bytes, size: int) -> bytes:
    """Unpack at most ``size`` bytes; what is broken ends where it breaks.

    Examples
    --------
    >>> unpack(bytes([2]) + b"abc" + bytes([0x20, 2]), 6)
    b'abcabc'
    """
    out = bytearray()
    at, end = 0, len(data)
    while at < end and len(out) < size:
        control = data[at]
        at += 1
        if control < 32:  # so many bytes, and one more, as they are
            out += data[at : at + control + 1]
            at += control + 1
            continue
        length = control >> 5
        if length == 7:
            if at >= end:
                break
            length += data[at]
            at += 1
        if at >= end:
            break
        back = ((control & 31) << 8 | data[at]) + 1
        at += 1
        length += 2
        start = len(out) - back
        if start < 0:
            break
        if back >= length:
            out += out[start : start + length]
        else:
            piece = bytes(out[start:])
            out += (piece * (length // back + 1))[:length]
    return bytes(out[:size])
