"""Hands on what the main thread has left, to all who look and whoever comes later. One thread only."""

from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Final

from digitd.monitor.painter import Painter, joined
from digitd.monitor.tap import NUMBERS, UTTERANCES, Tap
from digitd.monitor.viewers import Viewer
from digitd.monitor.wire import (
    PRESENT,
    answer_message,
    health_message,
    number_message,
    sound_message,
    state_message,
    utterance_message,
)

MOST_VIEWERS: Final = 8


class Gallery:
    """Draws once, however many look.

    Args:
        tap: To the main thread.
        rate_hz: The rate of the audio.

    Attributes:
        viewers: Whoever looks now.
    """

    def __init__(self, tap: Tap, rate_hz: int) -> None:
        self.viewers: dict[int, Viewer] = {}
        self._tap = tap
        self._rate_hz = rate_hz
        self._painter = Painter(rate_hz)
        self._utterances: deque[str] = deque(maxlen=UTTERANCES)
        self._spelled: deque[str] = deque(maxlen=NUMBERS)
        self._state = tap.state
        self._health = tap.health
        self._numbers = count(1)

    @property
    def is_full(self) -> bool:
        """Whether as many look as may."""
        return len(self.viewers) >= MOST_VIEWERS

    def enter(self) -> Viewer:
        """Let somebody look, who first of all sees how things are and what was."""
        self.hand_on()
        viewer = Viewer(next(self._numbers))
        if self._state is not None:
            viewer.tell(state_message(self._state))
        for message in (*self._utterances, *self._spelled):
            viewer.tell(message)
        viewer.tell(PRESENT)
        self.viewers[viewer.number] = viewer
        self._tap.watched = True
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Let somebody go; sound is not even looked at any more when it was the last."""
        del self.viewers[viewer.number]
        self._tap.watched = bool(self.viewers)

    def hand_on(self) -> None:
        """Take all that has been left, and tell those who look."""
        for seen in self._tap.utterances():
            message = utterance_message(seen, self._rate_hz)
            self._utterances.append(message)
            self._tell_all(message)
        for spelled in self._tap.numbers():
            message = number_message(spelled)
            self._spelled.append(message)
            self._tell_all(message)
        for message in self._news():
            self._tell_all(message)
        for answer in self._tap.answers():
            if viewer := self.viewers.get(answer.question.viewer):
                viewer.tell(answer_message(answer))
        for message in self._sounds():
            for viewer in self.viewers.values():
                viewer.tell_sound(message)

    def _news(self) -> Iterator[str]:
        if (state := self._tap.state) is not self._state and state is not None:
            self._state = state
            yield state_message(state)
        if (health := self._tap.health) is not self._health and health is not None:
            self._health = health
            yield health_message(health)

    def _sounds(self) -> Iterator[str]:
        for sound in joined(self._tap.sounds()):
            if strip := self._painter.draw(sound):
                yield sound_message(strip, sound, self._painter.hop, self._rate_hz)

    def _tell_all(self, message: str) -> None:
        for viewer in self.viewers.values():
            viewer.tell(message)
