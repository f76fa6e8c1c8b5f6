"""An HTTP server for files, with the faults that the way to a publisher has."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Mirror:
    """Serves a folder's files.

    Attributes:
        folder: Where they lie.
        ranges: Whether it can give the rest of a file; many can only give all of it.
        most: So many bytes of each answer's body are sent before the line goes dead, in this order; then all.
        hangs: Whether it sends nothing more but keeps the line where it would go dead.
        asked: The path and the range of each request.
    """

    folder: Path
    ranges: bool = True
    most: list[int] = field(default_factory=list)
    hangs: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    sent: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    address: str = ""


@contextmanager
def serving(mirror: Mirror) -> Iterator[Mirror]:
    """Serve for as long as the `with` lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, mirror)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        mirror.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield mirror
        finally:
            mirror.over.set()
            server.shutdown()


def _answer(request: BaseHTTPRequestHandler, mirror: Mirror) -> None:
    wanted = request.headers.get("Range")
    mirror.asked.append((request.path, wanted))
    path = mirror.folder / request.path.lstrip("/")
    if not path.is_file():
        request.send_error(HTTPStatus.NOT_FOUND)
        return
    content = path.read_bytes()
    start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and mirror.ranges else 0
    if start and start >= len(content):
        request.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        request.send_header("Content-Range", f"bytes */{len(content)}")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    request.send_response(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    request.send_header("Content-Length", str(len(content) - start))
    request.end_headers()
    request.wfile.write(content[start:][: mirror.most.pop(0) if mirror.most else None])
    mirror.sent.set()
    if mirror.hangs:
        mirror.over.wait(10)
