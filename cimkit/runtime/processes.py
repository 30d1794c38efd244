"""Spawned processes that wait for work, kept from one short run to the next."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
import threading
import types
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["ENVIRONMENT", "Processes", "call"]

T = TypeVar("T")
R = TypeVar("R")

ENVIRONMENT = {
    # nothing is ever written beside a delivered file, and nothing is fetched on its behalf
    "GDAL_PAM_ENABLED": "NO",
    "CPL_LOG_ERRORS": "OFF",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "GML_DOWNLOAD_SCHEMA": "NO",
    # extracts have their node ids in any order
    "OSM_USE_CUSTOM_INDEXING": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "PROJ_NETWORK": "OFF",
    # a city's outline in one feature is larger than the default of 200 MB
    "OGR_GEOJSON_MAX_OBJ_SIZE": "0",
    # the workers are the parallelism; threads inside them only fight for the same cores
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
"""Set in every worker before any library is loaded."""


class _Process(SpawnProcess):
    """A spawned process that does not import the user's script.

    Jobs are functions of importable modules, so the script is not needed; importing it again would
    run it again wherever it lacks ``if __name__ == "__main__"``.
    """

    _lock = threading.Lock()

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:
        with _Process._lock:
            script = sys.modules["__main__"]
            sys.modules["__main__"] = types.ModuleType("__main__")
            try:
                return SpawnProcess._Popen(process_obj)
            finally:
                sys.modules["__main__"] = script


class _Context(SpawnContext):
    Process = _Process


def _start(folder: str) -> None:
    os.environ.update(ENVIRONMENT)
    tempfile.tempdir = folder  # a killed job's leftovers go with the run
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    log = os.open(Path(folder, f"{os.getpid()}.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):  # C libraries print; stdout is data
        os.dup2(log, stream)


def call(folder: str, index: int, function: Callable[[T], R], job: T) -> R:
    """Run in a worker: do a job, and say in the folder which one it is."""
    mark = _mark(folder)
    os.pwrite(mark, b"%-20d" % index, 0)
    try:
        return function(job)
    finally:
        os.pwrite(mark, b" " * 20, 0)


@cache
def _mark(folder: str) -> int:
    """Open the file that says what this worker is at; once, as opening costs more than writing."""
    return os.open(Path(folder, f"{os.getpid()}.job"), os.O_WRONLY | os.O_CREAT)


class Processes:
    """Worker processes and their folder, for one run after the other."""

    _idle: Processes | None = None
    _lock = threading.Lock()

    def __init__(self, workers: int) -> None:
        from pebble import ProcessPool

        self.workers = workers
        self.world = _world()
        self._room = tempfile.TemporaryDirectory(prefix="cimkit-", ignore_cleanup_errors=True)
        self.folder = Path(self._room.name)
        self.pool = ProcessPool(
            max_workers=workers,
            initializer=_start,
            initargs=(str(self.folder),),
            context=_Context(),
        )

    @classmethod
    def take(cls, workers: int) -> Processes:
        """Return those that wait if they are as many and know the same world, else new ones."""
        with cls._lock:
            found, cls._idle = cls._idle, None
        if found is not None and found.workers == workers and found.world == _world():
            return found
        if found is not None:
            found.stop()
        return cls(workers)

    def size(self) -> int:
        """Return the bytes of memory that they hold together."""
        import psutil

        found = 0
        for mark in self.folder.glob("*.job"):
            with suppress(psutil.NoSuchProcess):
                found += psutil.Process(int(mark.stem)).memory_info().rss
        return found

    def give(self) -> None:
        """Let them wait for the next run; what the last one left in their folder goes."""
        for left in self.folder.iterdir():
            if left.suffix == ".log":
                os.truncate(left, 0)  # the last words of one run are not those of the next
            elif left.suffix != ".job":
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
        with Processes._lock:
            other, Processes._idle = Processes._idle, self
        if other is not None:
            other.stop()

    def stop(self) -> None:
        """End them."""
        self.pool.stop()  # type: ignore[no-untyped-call]
        self.pool.join()
        self._room.cleanup()


def _world() -> tuple[object, ...]:
    """Return what a process takes over when it starts: it must be the same for the next run."""
    return os.getpid(), os.getcwd(), tuple(sys.path), tuple(sorted(os.environ.items()))


@atexit.register
def _end() -> None:
    """End the processes that wait when this one ends."""
    left = Processes._idle
    if left is not None and left.world[0] == os.getpid():
        Processes._idle = None
        left.stop()
