"""Who is let in, and from where. Pure.

- A page of another origin must not look or ask: a browser says where a WebSocket comes from, and that has to
  be the page that we ourselves have served.
- A name of somebody else's that leads to this machine (DNS rebinding) would be the same origin. So without a
  token only the names of this machine count; with one it would not help: the cookie belongs to another name.
- Whoever has shown the token once has a cookie, which is not the token, and which no script can read.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlsplit

from digitd.monitor.settings import is_loopback

MONTH_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser says of itself.

    Attributes:
        target: Path and query.
        host: By what name it has reached us; empty where it does not say.
        origin: Which page asks, for a WebSocket; empty where it does not say.
        cookie: What we have given it before; empty where that is nothing.
        authorization: `Bearer` and the token, from a script or the page that asks for it.
    """

    target: str
    host: str = ""
    origin: str = ""
    cookie: str = ""
    authorization: str = ""

    @property
    def path(self) -> str:
        """Without the query."""
        return self.target.partition("?")[0]


class Door:
    """Lets in whoever may look.

    Args:
        token: What they have to know; empty lets everybody in who is on this machine.
        port: Ours; a browser sends cookies to all ports of a machine, so ours has it in its name.
    """

    def __init__(self, token: str, port: int) -> None:
        self._token = token
        self._name = f"digitd-{port}"
        self._ticket = hmac.new(token.encode(), b"digitd monitor cookie", sha256).hexdigest()

    def is_reached_by_own_name(self, visit: Visit) -> bool:
        """Say whether a visit does not come by somebody else's name for this machine."""
        return bool(self._token) or is_loopback(_host_name(visit.host))

    def comes_from_own_page(self, visit: Visit) -> bool:
        """Say whether it is our own page that opens a WebSocket."""
        scheme, _, host = visit.origin.lower().partition("://")
        return scheme in {"http", "https"} and host == visit.host.lower()

    def is_open_to(self, visit: Visit) -> bool:
        """Say whether a visitor knows the token, or has shown it before."""
        return not self._token or self._has_ticket(visit) or self.is_shown_the_token(visit)

    def is_shown_the_token(self, visit: Visit) -> bool:
        """Say whether a visitor shows the token right now."""
        shown = [visit.authorization.removeprefix("Bearer "), *_query(visit).get("token", [])]
        return bool(self._token) and any(_equal(one, self._token) for one in shown)

    def shows_something(self, visit: Visit) -> bool:
        """Say whether a visitor shows what is meant to be the token."""
        return bool(visit.authorization or _query(visit).get("token"))

    @property
    def cookie(self) -> str:
        """What a visitor gets who has shown the token."""
        return f"{self._name}={self._ticket}; Max-Age={MONTH_S}; Path=/; HttpOnly; SameSite=Strict"

    def _has_ticket(self, visit: Visit) -> bool:
        try:
            cookie = SimpleCookie(visit.cookie).get(self._name)
        except CookieError:
            return False
        return cookie is not None and _equal(cookie.value, self._ticket)


def _host_name(host: str) -> str:
    """Return the name without the port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # half an IPv6 address
        return ""


def _query(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(visit.target.partition("?")[2])


def _equal(one: str, other: str) -> bool:
    """Compare in a time that does not tell how much of it is right."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))
