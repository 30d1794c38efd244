"""Jobs in spawned worker processes: one that crashes, hangs or grows too big costs itself alone.

Starting a process and its libraries takes longer than a small job. So the processes of a short run
that ended well are kept for the next run of this process; one that waits for nothing costs memory
only, and none is kept that has become large or old.
"""

from __future__ import annotations

import importlib
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, Literal, TypeVar

from cimkit.runtime.processes import ENVIRONMENT, Processes, call

__all__ = ["ENVIRONMENT", "WorkerFailure", "run"]

T = TypeVar("T")
R = TypeVar("R")

_SHORT = 300.0
_SMALL = 2 * 1024**3
"""Seconds after which, and bytes beyond which, the processes of a run are not kept."""


@dataclass(frozen=True, slots=True)
class WorkerFailure:
    """Why a job gave no result."""

    kind: Literal["crashed", "timeout", "memory", "raised"]
    """*crashed*: the process died; *raised*: the function did."""
    message: str
    """One sentence."""
    log: str = ""
    """The last words on the worker's standard output and error."""


def _last_words(folder: Path, pid: int | None) -> str:
    log = folder / f"{pid}.log"
    if pid is None or not log.exists():
        return ""
    lines = log.read_bytes()[-4000:].decode("utf-8", "replace").strip().splitlines()
    return " | ".join(line.strip() for line in lines[-3:])


class _Pool(Generic[T, R]):
    """One run over worker processes: its futures and the thread that watches memory."""

    def __init__(self, function: Callable[[T], R], workers: int, memory_bytes: int) -> None:
        self.function, self.workers, self.memory_bytes = function, workers, memory_bytes
        self.done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.futures: dict[int, Future[R]] = {}
        self.too_big: dict[int, int] = {}
        self.well = True

    def work(
        self, jobs: dict[int, T], timeout_s: Callable[[T], float]
    ) -> Iterator[tuple[int, R | WorkerFailure]]:
        # The child imports this module by name; a pool started before its import would hang on it.
        importlib.import_module(self.function.__module__)
        began, well = time.monotonic(), False
        processes = Processes.take(min(self.workers, len(jobs)))
        pool, folder = processes.pool, processes.folder
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(folder, over), daemon=True)
        try:
            for index, job in jobs.items():
                started: Future[R] = pool.schedule(
                    call, args=(str(folder), index, self.function, job), timeout=timeout_s(job)
                )
                self.futures[index] = started
                started.add_done_callback(partial(self._ended, index))
            watch.start()
            for _ in range(len(jobs)):
                index = self.done.get()
                future = self.futures.pop(index)
                if not future.cancelled() and isinstance(future.exception(), BrokenExecutor):
                    return
                result = self._result(index, future, timeout_s(jobs[index]), folder)
                self.well = self.well and not isinstance(result, WorkerFailure)
                yield index, result
            short = time.monotonic() - began < _SHORT
            well = self.well and short and processes.size() < _SMALL
        finally:
            over.set()
            if watch.is_alive():
                watch.join()
            processes.give() if well else processes.stop()

    def _result(
        self, index: int, future: Future[R], timeout_s: float, folder: Path
    ) -> R | WorkerFailure:
        from pebble import ProcessExpired

        try:
            return future.result()
        except CancelledError:
            grown = self.too_big.get(index, 0)
            return WorkerFailure(
                "memory",
                f"stopped at {grown / 1e9:.1f} GB, allowed {self.memory_bytes / 1e9:.1f} GB",
            )
        except MemoryError:
            return WorkerFailure(
                "memory", f"no memory left, allowed {self.memory_bytes / 1e9:.1f} GB"
            )
        except FutureTimeout:
            return WorkerFailure("timeout", f"stopped after {timeout_s:.0f} s")
        except ProcessExpired as died:
            how = _signal_name(died.exitcode)
            return WorkerFailure(
                "crashed", f"the worker died: {how}", _last_words(folder, died.pid)
            )
        except Exception as error:  # a job's own error is a result of that job
            return WorkerFailure("raised", f"{type(error).__name__}: {error}")

    def _ended(self, index: int, _: Future[R]) -> None:
        self.done.put(index)

    def _watch(self, folder: Path, over: threading.Event) -> None:
        import psutil

        while not over.wait(0.2):
            for mark in folder.glob("*.job"):
                index = mark.read_text().strip()
                if not index:
                    continue
                try:
                    grown = psutil.Process(int(mark.stem)).memory_info().rss
                except psutil.NoSuchProcess:
                    mark.unlink(missing_ok=True)
                    continue
                future = self.futures.get(int(index))
                if grown > self.memory_bytes and future is not None:
                    self.too_big[int(index)] = grown
                    future.cancel()


def _signal_name(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return signal.Signals(-exitcode).name
    return f"exit code {exitcode}"


def run(
    function: Callable[[T], R],
    jobs: Sequence[T],
    *,
    workers: int,
    timeout_s: float | Callable[[T], float],
    memory_bytes: int,
) -> Iterator[tuple[T, R | WorkerFailure]]:
    """Call ``function(job)`` for each job in worker processes; give results as they come.

    Parameters
    ----------
    function : callable
        A function of an importable module. It, the jobs and the results are pickled.
    jobs : sequence
        Started in this order; put the longest first.
    workers : int
        Number of processes. They are spawned, never forked: lazrs and GDAL deadlock after a fork.
    timeout_s : float or callable
        Seconds a job may take before its worker is killed, or a function of the job that says so.
    memory_bytes : int
        Resident size a worker may reach before it is killed.

    Yields
    ------
    tuple
        The job, and its result or a `WorkerFailure`. Every job comes exactly once.

    Notes
    -----
    The worker's standard output and error go to a log, so that what C libraries print never mixes
    with the caller's data. Temporary files of the workers vanish with the run.
    """
    left = dict(enumerate(jobs))
    allowed = timeout_s if callable(timeout_s) else lambda _: timeout_s
    # A worker that dies between two jobs breaks a Pebble pool; the rest gets a new one.
    for _ in range(3):
        if not left:
            return
        pool: _Pool[T, R] = _Pool(function, max(1, workers), memory_bytes)
        for index, result in pool.work(dict(left), allowed):
            yield left.pop(index), result
    for job in left.values():
        yield job, WorkerFailure("crashed", "no worker process would start")
