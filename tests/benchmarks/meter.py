"""CPU and wall seconds and peak memory of a step, and a table of them with ratios to a floor."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    what: str
    cpu_s: float
    wall_s: float
    peak_mb: float


def _living() -> list[psutil.Process]:
    """Return the workers that wait for the next run: the system counts them when they end."""
    return psutil.Process().children(recursive=True)


def _cpu_s() -> float:
    return sum(sum(process.cpu_times()[:4]) for process in (psutil.Process(), *_living()))


def _high_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _peak_mb() -> float:
    """Peak of this process since it was reset, or that of the largest child there was."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(ended, *map(_high_kb, [os.getpid(), *(p.pid for p in _living())])) / 1024


def measure(what: str, function: Callable[[], T]) -> tuple[Step, T]:
    """Run it once, its worker processes included."""
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak begins again
    cpu, wall = _cpu_s(), time.monotonic()
    result = function()
    cpu, wall = _cpu_s() - cpu, time.monotonic() - wall
    return Step(what, cpu, wall, _peak_mb()), result


def show(title: str, steps: list[Step], *, count: int = 0, unit: str = "") -> None:
    """Print the steps; ratios of CPU seconds are to the first one."""
    print(f"\n{title}")
    width = max(len(s.what) for s in steps)
    each = f"  {'µs/' + unit:>10}" if count else ""
    print(f"{'':{width}}  {'CPU s':>8}  {'wall s':>8}  {'peak MB':>8}  {'ratio':>6}{each}")
    for step in steps:
        ratio = step.cpu_s / max(steps[0].cpu_s, 1e-9)
        each = f"  {step.cpu_s / count * 1e6:10.2f}" if count else ""
        print(
            f"{step.what:{width}}  {step.cpu_s:8.2f}  {step.wall_s:8.2f}  {step.peak_mb:8.0f}"
            f"  {ratio:6.2f}{each}"
        )
