"""Workers may die; the run does not."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from cimkit.runtime import WorkerFailure, run


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A module that workers can import: tests themselves are not importable by name."""
    name = f"jobs_{os.getpid()}"
    (tmp_path / f"{name}.py").write_text(
        textwrap.dedent(
            """
            import ctypes, os, time

            def work(what):
                if what == "segfault":
                    ctypes.string_at(0)
                if what == "exit":
                    os._exit(3)
                if what == "hang":
                    time.sleep(600)
                if what == "grow":
                    held = []
                    while True:
                        held.append(b"x" * 20_000_000)
                        time.sleep(0.01)
                if what == "raise":
                    raise ValueError("no")
                if what == "print":
                    print("python says", flush=True)
                    os.system("echo the shell says")
                if what == "talk and die":
                    os.write(2, b"these are my last words\\n")
                    os._exit(4)
                return what, os.getpid(), os.environ.get("GDAL_PAM_ENABLED")
            """
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__(name)
    yield module
    sys.modules.pop(name, None)


def call(jobs: object, given: list[str], **more: float) -> dict[str, object]:
    limits = {"timeout_s": 60.0, "memory_bytes": 4 * 2**30} | more
    results = run(
        jobs.work,  # type: ignore[attr-defined]
        given,
        workers=2,
        timeout_s=limits["timeout_s"],
        memory_bytes=int(limits["memory_bytes"]),
    )
    return dict(results)


def test_every_job_comes_back_once_whatever_the_others_do(jobs: object) -> None:
    given = ["a", "segfault", "b", "exit", "raise", "c", "d"]
    results = call(jobs, given)
    assert sorted(results) == sorted(given)
    for name in "abcd":
        assert results[name][0] == name  # type: ignore[index]
    for name, kind in (("segfault", "crashed"), ("exit", "crashed"), ("raise", "raised")):
        failure = results[name]
        assert isinstance(failure, WorkerFailure)
        assert failure.kind == kind
    assert "SIGSEGV" in results["segfault"].message  # type: ignore[attr-defined]
    assert "exit code 3" in results["exit"].message  # type: ignore[attr-defined]
    assert "ValueError: no" in results["raise"].message  # type: ignore[attr-defined]


def test_a_job_that_hangs_is_stopped(jobs: object) -> None:
    results = call(jobs, ["hang", "a"], timeout_s=2)
    assert isinstance(results["hang"], WorkerFailure)
    assert results["hang"].kind == "timeout"
    assert results["a"][0] == "a"  # type: ignore[index]


def test_a_job_that_outgrows_its_memory_is_stopped(jobs: object) -> None:
    results = call(jobs, ["grow", "a"], memory_bytes=400 * 2**20)
    assert isinstance(results["grow"], WorkerFailure)
    assert results["grow"].kind == "memory"
    assert results["a"][0] == "a"  # type: ignore[index]


def test_nothing_a_worker_prints_reaches_our_output(
    jobs: object, capfd: pytest.CaptureFixture[str]
) -> None:
    call(jobs, ["print"])
    said = capfd.readouterr()
    assert "says" not in said.out + said.err


def test_the_last_words_of_a_dead_worker_are_kept(jobs: object) -> None:
    failure = call(jobs, ["talk and die"])["talk and die"]
    assert isinstance(failure, WorkerFailure)
    assert "these are my last words" in failure.log


def test_workers_may_not_write_beside_what_they_read(jobs: object) -> None:
    assert call(jobs, ["a"])["a"][2] == "NO"  # type: ignore[index]


def test_no_jobs_is_no_work(jobs: object) -> None:
    assert call(jobs, []) == {}


def test_a_caller_that_stops_early_leaves_no_worker_behind(jobs: object) -> None:
    import psutil

    results = run(
        jobs.work,  # type: ignore[attr-defined]
        ["a", "hang", "hang"],
        workers=2,
        timeout_s=600,
        memory_bytes=2**32,
    )
    next(results)
    results.close()  # type: ignore[attr-defined]
    left = [p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline())]
    assert left == []


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "from cimkit.runtime import run\n"
        "print('begun', flush=True)\n"
        "print(list(run(os.path.basename, ['a/b'], workers=1, timeout_s=60,"
        " memory_bytes=2**32)))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines() == ["begun", "[('a/b', 'b')]"]
