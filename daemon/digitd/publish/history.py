"""What became of the connection so far: what the trouble is, told once, and when to try again."""

import logging
from typing import Final

from digitd.publish import trouble as troubles
from digitd.publish.retry import Patience, Retries
from digitd.publish.trouble import Trouble

log = logging.getLogger(__name__)

SAID_NOTHING: Final = "Unspecified error"
"""What paho calls a connection that ended without a word."""


class History:
    """Remembers what went wrong as long as it matters.

    Each trouble is told once, until there was a proper connection. That another client has our name stays a
    trouble while we are connected, until the connection has lasted.
    """

    def __init__(self, host: str, port: int, client_id: str, patience: Patience) -> None:
        self._where = (host, port)
        self._client_id = client_id
        self._retries = Retries(patience)
        self._trouble: Trouble | None = None
        self._dispute: Trouble | None = None
        self._told: set[Trouble] = set()

    @property
    def trouble(self) -> Trouble | None:
        """Why there is no connection, or why it will not last; None when all is well."""
        return self._trouble or self._dispute

    def begun(self, protocol: str, now: float) -> None:
        """Note that the broker let us in."""
        self._retries.begun(now)
        self._trouble = None
        level = logging.DEBUG if self._dispute else logging.INFO
        log.log(level, "broker connected host=%s port=%d protocol=%s", *self._where, protocol)

    def lasts(self, now: float) -> None:
        """Note that the connection is still up."""
        self._retries.settle(now)
        if not self._retries.disputed:
            self._dispute = None

    def failed(self, trouble: Trouble) -> int:
        """Note that an attempt led to nothing, and return how many seconds to wait for the next."""
        self._begin_trouble(trouble)
        return self._retries.after_failure(slowly=trouble.slowly)

    def hung(self, now: float) -> int:
        """Note that we gave up a connection, and return how many seconds to wait for the next."""
        self._forget_what_is_over(now)
        self._begin_trouble(troubles.HUNG)
        return self._retries.after_hang(now)

    def lost(self, reason: str, now: float) -> int:
        """Note that a connection ended, and return how many seconds to wait for the next."""
        taken_over = reason == "Session taken over"
        delay_s = self._retries.after_loss(now, taken_over=taken_over)
        self._forget_what_is_over(now)
        if taken_over:
            self._dispute = troubles.taken_over(self._client_id)
        elif self._retries.disputed:
            self._dispute = self._dispute or troubles.thrown_out(self._client_id)
        said = "it went away" if reason == SAID_NOTHING else reason
        self._begin_trouble(self._dispute or troubles.lost(said))
        return delay_s

    def tell(self, trouble: Trouble) -> None:
        """Log it, unless it was told before and there was no proper connection since."""
        if trouble in self._told:
            return
        self._told.add(trouble)
        log.warning(
            "%s host=%s port=%d reason=%r cure=%r",
            *(trouble.event, *self._where, trouble.reason, trouble.cure),
        )

    def _begin_trouble(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self.tell(trouble)

    def _forget_what_is_over(self, now: float) -> None:
        if self._retries.was_proper(now) and not self._retries.disputed:
            self._told.clear()
