from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cimkit.errors import UsageError
from cimkit.server import app, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "bim").mkdir(parents=True)
    (out / "index.html").write_text("<title>city</title>")
    (out / "bim" / "r.glb").write_bytes(b"glTF")
    (out / ".secret").write_text("hidden")
    (tmp_path / "private.txt").write_text("outside")
    os.symlink(tmp_path / "private.txt", out / "link.txt")
    return out


@pytest.fixture
def address(folder: Path) -> str:
    """A real server in a process of its own."""
    code = "import sys; from pathlib import Path; from cimkit.server import serve\n"
    code += "serve(Path(sys.argv[1]), port=0)"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            found = next(word for word in line.split() if word.startswith("http://"))
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", int(found.split(":")[2].strip("/")))) == 0:
                        break
                time.sleep(0.05)
            yield found
        finally:
            process.terminate()
            process.wait(10)


def get(url: str, host: str | None = None) -> tuple[int, str, bytes]:
    request = urllib.request.Request(url, headers={} if host is None else {"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers["content-type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", error.read()


def test_serves_the_folder_and_nothing_else(address: str) -> None:
    assert address.startswith("http://127.0.0.1:")
    assert get(address)[2] == b"<title>city</title>"
    status, kind, body = get(f"{address}bim/r.glb")
    assert (status, kind, body) == (200, "model/gltf-binary", b"glTF")
    for path in (
        "nothing.json",
        "../private.txt",
        "%2e%2e/private.txt",
        "bim/..%2f..%2fprivate.txt",
        "link.txt",
        ".secret",
        "bim/../.secret",
    ):
        status, _, body = get(address + path)
        assert status == 404, path
        assert b"outside" not in body
    # A page of another host that points its name at this machine gets nothing.
    assert get(address, host="evil.example")[0] == 400


def test_a_missing_folder_and_a_taken_port_are_said(folder: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        app(folder / "nowhere")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="cannot listen"):
            serve(folder, port=taken.getsockname()[1])
