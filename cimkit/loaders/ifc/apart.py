"""Geometry kernels in processes of their own: a shape that ends one costs itself alone."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from cimkit.loaders.ifc.geometry import elements
from cimkit.loaders.ifc.shapes import Element
from cimkit.loaders.ifc.unbuilt import Unbuilt

__all__ = ["elements_apart", "forked"]

T = TypeVar("T")

_GROUP = 128
_DIVISOR = 8
_CPU_S = 8
"""Seconds for one group: what hangs costs so much at each division."""
_WALL_S = 4 * _CPU_S
_MEMORY = 4 * 2**30


def elements_apart(
    model: Any, products: Sequence[Any], seconds: float, unbuilt: Unbuilt
) -> Iterator[Element]:
    """Triangulate products as `elements` does, group by group in forked processes.

    A group whose process crashes, hangs or outgrows its memory is divided, down to the one shape
    that does it. Nothing is parsed again: the processes share the model's memory.

    Parameters
    ----------
    model : ifcopenshell.file
    products : sequence of IfcProduct
    seconds : float
        After which what is left is left out.
    unbuilt : Unbuilt
        What `elements` adds, and how the processes of others ended.
    """
    size = max(_GROUP, len(products) // 100)
    groups = [list(products[n : n + size]) for n in range(0, len(products), size)][::-1]
    end = time.monotonic() + seconds
    while groups:
        group = groups.pop()
        if time.monotonic() > end:
            late = f"no time was left of {seconds:.0f} s"
            unbuilt.fatal |= {p.id(): late for p in group}
            continue
        found = forked(lambda group=group: _built(model, group))  # type: ignore[misc]
        if not isinstance(found, str):
            yield from found[0]
            unbuilt.add(found[1])
        elif len(group) == 1:
            unbuilt.fatal[group[0].id()] = found
        else:
            step = -(-len(group) // _DIVISOR)
            # The parts come last: sound groups are not kept waiting by one that is not.
            groups[:0] = [group[n : n + step] for n in range(0, len(group), step)]


def _built(model: Any, group: list[Any]) -> tuple[list[Element], Unbuilt]:
    unbuilt = Unbuilt()
    return list(elements(model, group, 1, unbuilt)), unbuilt


def forked(work: Callable[[], T]) -> T | str:
    """Return what a function gives in a forked process, or how that ended without a result.

    The process may take 8 s of CPU and 4 GB beyond what it shares with this one. What the
    function gives must pickle, and be no text.
    """
    handle, name = tempfile.mkstemp(prefix="cimkit-ifc-")
    os.close(handle)
    file = Path(name)
    try:
        child = os.fork()
        if not child:
            _in_child(work, file)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return _ended(os.WTERMSIG(status))
        if os.WEXITSTATUS(status):
            return "it ended without a result"
        found: T = pickle.loads(file.read_bytes())
        return found
    finally:
        file.unlink()


def _in_child(work: Callable[[], T], file: Path) -> None:
    """Do the work and end the process, whatever comes of it."""
    code = 1
    try:
        # The default action of these ends a process even within native code.
        for number in (signal.SIGALRM, signal.SIGXCPU):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(_WALL_S)
        used = os.times()
        allowed = int(used.user + used.system) + _CPU_S
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _bound_memory()
        file.write_bytes(pickle.dumps(work()))
        code = 0
    finally:
        os._exit(code)


def _bound_memory() -> None:
    """Let this process have so much more than it shares; macOS does not hold it to that."""
    import psutil

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = psutil.Process().memory_info().vms + _MEMORY
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _ended(number: int) -> str:
    if number in (signal.SIGXCPU, signal.SIGALRM):
        return f"it was stopped after {_CPU_S} s"
    return f"it died: {signal.Signals(number).name}"
