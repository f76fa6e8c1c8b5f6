"""What is shown one after the other: utterances and numbers, of those from before only the last few. Pure."""

from collections import deque
from collections.abc import Iterable
from typing import Final, TypeAlias

from digitd.monitor.reading import Message, Number, Present, Utterance

PAST: Final = 5
"""So many from before are shown: `digitd inspect --last` has more."""

REMEMBERED: Final = 100
"""As a daemon that is found again tells what it has told before."""

Told: TypeAlias = Utterance | Number


class Reel:
    """Knows what was shown before."""

    def __init__(self) -> None:
        self._past: deque[Told] = deque(maxlen=PAST)
        self._is_present = False
        self._known: deque[str] = deque(maxlen=REMEMBERED)

    def fresh(self, messages: Iterable[Message]) -> list[Told]:
        """Take what was told; return what is to be shown now."""
        return [told for message in messages for told in self._taken(message)]

    def _taken(self, message: Message) -> list[Told]:
        match message:
            case Present():
                self._is_present = True
                past = list(self._past)
                self._past.clear()
                return past
            case Utterance(id) if id not in self._known:
                self._known.append(id)
                return self._shown(message)
            case Number():
                return self._shown(message)
            case _:
                return []

    def _shown(self, told: Told) -> list[Told]:
        if self._is_present:
            return [told]
        self._past.append(told)
        return []
