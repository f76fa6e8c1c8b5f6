"""Whoever looks, and what waits for each of them. The monitor's thread only."""

import asyncio
from collections import deque
from typing import Final

from digitd.monitor.tap import NUMBERS, UTTERANCES

SOUNDS: Final = 50
"""Two seconds: whoever is further behind is shown what is now."""

EVENTS: Final = 2 * (UTTERANCES + NUMBERS)


class Viewer:
    """A page or terminal. What it does not take in time gives way to what is newer, sound first of all.

    Args:
        number: Its own.

    Attributes:
        skipped: So much was not told.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.skipped = 0
        self._events: deque[str] = deque(maxlen=EVENTS)
        self._sounds: deque[str] = deque(maxlen=SOUNDS)
        self._waiting = asyncio.Event()

    def tell(self, message: str) -> None:
        """Leave a message that matters."""
        self._leave(self._events, message)

    def tell_sound(self, message: str) -> None:
        """Leave a message of which the next one comes in a moment."""
        self._leave(self._sounds, message)

    async def next(self) -> str:
        """Return what to send next, waiting for it."""
        while not (self._events or self._sounds):
            self._waiting.clear()
            await self._waiting.wait()
        return (self._events or self._sounds).popleft()

    def taken(self) -> list[str]:
        """Return all there is to send, without waiting."""
        taken = [*self._events, *self._sounds]
        self._events.clear()
        self._sounds.clear()
        return taken

    def _leave(self, messages: deque[str], message: str) -> None:
        self.skipped += len(messages) == messages.maxlen
        messages.append(message)
        self._waiting.set()
