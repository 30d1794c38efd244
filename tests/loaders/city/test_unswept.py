"""The collector of cycles is held off while rows are made, and never for those who use them."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from cimkit.loaders._city.unswept import unswept, unswept_items


def states() -> Iterator[bool]:
    for _ in range(3):
        yield gc.isenabled()


def test_off_while_made_and_on_while_used() -> None:
    assert gc.isenabled()
    for made in unswept_items(states()):
        assert not made
        assert gc.isenabled()
    assert gc.isenabled()


def test_on_again_after_an_error_and_as_it_was() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - of any text
        list(unswept_items(failing()))
    assert gc.isenabled()
    gc.disable()
    try:
        with unswept():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
