"""Static serving of an exported folder, to this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import UsageError

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["app", "serve"]

HOST = "127.0.0.1"
"""Nothing outside this machine can connect."""
_TYPES = {
    ".glb": "model/gltf-binary",
    ".geojson": "application/geo+json",
    ".parquet": "application/vnd.apache.parquet",
    ".wasm": "application/wasm",
}

_STARTS = {
    ".json": (b"{", b"[", b" ", b"\n", b"\r", b"\xef\xbb\xbf", b'"'),
    ".glb": (b"glTF",),
    ".subtree": (b"subt", b"{"),
}


def content_coding(file: Path) -> str:
    """How a file of a tileset is compressed: ``gzip``, ``br``, or "" if it is not.

    Files keep their names; but what they are without compression begins in a way of its own.
    """
    starts = _STARTS.get(file.suffix)
    if starts is None:
        return ""
    with file.open("rb") as opened:
        first = opened.read(4)
    if first[:2] == b"\x1f\x8b":
        return "gzip"
    return "" if not first or first.startswith(starts) else "br"


def app(folder: Path) -> Starlette:
    """Return an application that serves the files of a folder and nothing else.

    Paths that lead out of the folder (``..``, links) and hidden files are not found. A page of
    another host cannot read the answers: the request must name this machine.

    Parameters
    ----------
    folder : Path
        An export: tiles with a page, or a STAC catalogue.

    Raises
    ------
    UsageError
        If there is no such folder.
    """
    import mimetypes

    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    if not folder.is_dir():
        raise UsageError("no such folder", got=str(folder))
    for suffix, kind in _TYPES.items():
        mimetypes.add_type(kind, suffix)

    class Visible(StaticFiles):
        """Without hidden files: a half-written export has a name that begins with a dot."""

        def lookup_path(self, path: str):  # type: ignore[no-untyped-def]
            if any(part.startswith(".") and part != "." for part in Path(path).parts):
                return "", None
            return super().lookup_path(path)

        def file_response(self, full_path, *more, **named):  # type: ignore[no-untyped-def]
            response = super().file_response(full_path, *more, **named)
            coding = content_coding(Path(full_path))
            if coding:
                response.headers["content-encoding"] = coding
            return response

    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost", "testserver"])
    return Starlette(
        routes=[Mount("/", Visible(directory=folder, html=True))],
        middleware=[hosts],
    )


def serve(folder: Path, *, port: int = 8080) -> None:
    """Serve a folder on 127.0.0.1 until interrupted.

    Parameters
    ----------
    folder : Path
        An exported folder.
    port : int
        0 takes any free one; the address is printed on stderr.
    """
    import socket
    import sys

    import uvicorn

    page = app(folder)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"cannot listen: {error.strerror}", got=port, mend="Name another port with --port."
        ) from error
    address = f"http://{HOST}:{listener.getsockname()[1]}/"
    print(f"{folder} is at {address} (Ctrl-C ends it)", file=sys.stderr, flush=True)
    config = uvicorn.Config(page, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
