"""Whom the service speaks to."""

from typing import Protocol


class Voice(Protocol):
    """Whoever can be told by topic; in the daemon, the publisher."""

    @property
    def connected(self) -> bool:
        """Whether somebody listens, as far as is known."""

    @property
    def trouble(self) -> str | None:
        """Why nobody does; None when all is well."""

    def microphone(self, *, online: bool) -> None:
        """Say whether sound comes in."""

    def state(self, topic: str, payload: bytes) -> None:
        """Say what stays true until the next time."""

    def repeat(self, topic: str) -> None:
        """Say what stays true again, as somebody may have missed it."""

    def diagnostic(self, topic: str, payload: bytes, expires_s: float) -> None:
        """Say what is worth nothing later."""
