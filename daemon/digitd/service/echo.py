"""Whether the broker gives back what it takes: each of the canary's songs has to return from it."""

import msgspec

from digitd.clock import SYSTEM, Clock
from digitd.foreign import ForeignError, decoded
from digitd.service.canary import Canary
from digitd.service.health import canary_fields
from digitd.service.voice import Voice

TOPIC = "canary"

WITHIN_S = 10.0
"""What a broker that has let us in has not given back by then is lost, or was not allowed."""


class _Returned(msgspec.Struct):
    """The part that matters of what comes back."""

    id: str


class Echo:
    """Sends each song once, and once more after each time that the broker was away.

    Attributes:
        took_ms: How long the latest song took to return; None while it has not.
    """

    def __init__(self, voice: Voice, clock: Clock = SYSTEM) -> None:
        self.took_ms: float | None = None
        self._voice = voice
        self._clock = clock
        self._sent = ""
        self._sent_at = 0.0

    @property
    def trouble(self) -> str | None:
        """What is wrong; None when all is well, or the broker is away, which is said elsewhere."""
        late = self._clock.monotonic() - self._sent_at > WITHIN_S
        if self._sent and self.took_ms is None and late:
            return (
                f"does not give back what it takes on the topic {TOPIC}: may we publish and subscribe there?"
            )
        return None

    def follow(self, canary: Canary) -> None:
        """Send the latest song, if this connection has not seen it."""
        if not self._voice.connected:
            self._sent = ""
            return
        if canary.report is None or canary.identifier == self._sent:
            return
        self.took_ms = None
        self._sent, self._sent_at = canary.identifier, self._clock.monotonic()
        song = {"id": canary.identifier, **canary_fields(canary.report)}
        self._voice.diagnostic(TOPIC, msgspec.json.encode(song), WITHIN_S)

    def came(self, payload: bytes, came_at: float) -> None:
        """Take what came on the topic, at so many seconds of `time.monotonic()`."""
        try:
            returned = decoded(payload, _Returned)
        except ForeignError:  # somebody else's: ours are well-formed
            return
        if returned.id == self._sent:
            self.took_ms = 1000 * (came_at - self._sent_at)
