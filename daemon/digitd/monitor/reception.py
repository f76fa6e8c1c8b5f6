"""What is answered to each request of HTTP."""

import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from digitd.monitor.door import Door, Visit
from digitd.monitor.gallery import MOST_VIEWERS, Gallery

log = logging.getLogger(__name__)

LIVE: Final = "/live"
"""The path of the WebSocket."""

CLIP: Final = re.compile(r"/clip/(\w{1,60})\.wav")

LOGGED_EVERY_S: Final = 10.0
"""Whoever tries tokens does not fill the log."""

KINDS: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

SAFE: Final = {
    # Nothing from anywhere else, nothing inline; a WebSocket to where the page came from.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Connection": "close",
}


class Reception:
    """Answers with the page's files; lets WebSockets through to whoever may look.

    Args:
        door: Who that is.
        gallery: What they look at.
        clip: Returns the sound of a clip, as a WAV file, by its name; None where there is none.
    """

    def __init__(self, door: Door, gallery: Gallery, clip: Callable[[str], bytes | None]) -> None:
        self._door = door
        self._gallery = gallery
        self._clip = clip
        self._logged_at = -LOGGED_EVERY_S
        self._files = {
            f"/{file.name}": file.read_bytes() for file in files("digitd.monitor").joinpath("page").iterdir()
        }

    def answer(self, request: Request, address: str) -> Response | None:
        """Return what is answered; None lets a WebSocket through.

        Args:
            request: As it came.
            address: From where.
        """
        visit = _visit(request)
        if not self._door.is_reached_by_own_name(visit):
            return _text(HTTPStatus.MISDIRECTED_REQUEST, "digitd is not called so: open it by 127.0.0.1\n")
        if not self._door.is_open_to(visit):
            return self._refuse(visit, address)
        if visit.path == LIVE:
            return self._let_through(visit)
        if named := CLIP.fullmatch(visit.path):
            return self._sound(named[1])
        return self._file("/page.html" if visit.path == "/" else visit.path, visit)

    def _let_through(self, visit: Visit) -> Response | None:
        if not self._door.comes_from_own_page(visit):
            return _text(HTTPStatus.FORBIDDEN, "only digitd's own page may do that\n")
        if self._gallery.is_full:
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_VIEWERS} look already\n")
        return None

    def _refuse(self, visit: Visit, address: str) -> Response:
        """Ask for the token. What the page that asks for it is made of is no secret."""
        if visit.path in {"/style.css", "/token.js", "/icon.svg"}:
            return self._file(visit.path, visit)
        if self._door.shows_something(visit) and time.monotonic() - self._logged_at >= LOGGED_EVERY_S:
            self._logged_at = time.monotonic()
            log.warning("page refused reason='wrong token' from=%s", address)
        return self._file("/token.html", visit, HTTPStatus.UNAUTHORIZED)

    def _sound(self, name: str) -> Response:
        sound = self._clip(name)
        if sound is None:
            return _text(HTTPStatus.NOT_FOUND, "there is no such clip any more\n")
        return _response(HTTPStatus.OK, "audio/wav", sound)

    def _file(self, path: str, visit: Visit, status: HTTPStatus = HTTPStatus.OK) -> Response:
        if path not in self._files:
            return _text(HTTPStatus.NOT_FOUND, "there is no such page\n")
        response = _response(status, KINDS[path.rpartition(".")[2]], self._files[path])
        if self._door.is_shown_the_token(visit):
            response.headers["Set-Cookie"] = self._door.cookie
        return response


def _visit(request: Request) -> Visit:
    headers = request.headers
    named = {name: headers.get_all(name) for name in ("Host", "Origin", "Authorization")}
    single = {name.lower(): values[0] if len(values) == 1 else "" for name, values in named.items()}
    return Visit(request.path, cookie="; ".join(headers.get_all("Cookie")), **single)


def _text(status: HTTPStatus, text: str) -> Response:
    return _response(status, "text/plain; charset=utf-8", text.encode())


def _response(status: HTTPStatus, kind: str, body: bytes) -> Response:
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), **SAFE})
    return Response(status.value, status.phrase, headers, body)
