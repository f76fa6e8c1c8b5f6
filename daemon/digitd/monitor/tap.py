"""Where the monitor's thread takes what the main thread left, and the other way round; neither ever waits.

Everything is bounded: what nobody takes in time gives way to what is newer. Appending to a deque and taking
from it are single steps for Python's threads, and so is replacing an attribute, so there is no lock.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar

from digitd.features import FeatureSettings
from digitd.messages import Detection, Float32, Rejection

T = TypeVar("T")

Fields: TypeAlias = Mapping[str, Any]

SOUNDS: Final = 150
"""Three seconds of blocks of 20 ms: longer than the monitor's thread is ever busy with anything."""

UTTERANCES: Final = 40
"""What whoever comes later still sees; also how many may wait for the monitor's thread."""

NUMBERS: Final = 20
"""As many of these."""

QUESTIONS: Final = 20
"""A slider asks a few times a second, the main thread answers fifty times a second."""


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Sound:
    """A block of audio as the detector saw it.

    Attributes:
        start: Index of the block's first sample.
        end: Index of the first sample after it.
        samples: Conditioned audio up to about `end`, shape (n,), full scale is ±1.0.
        onset_dbfs: A window louder than this could have been a beginning.
        floor_dbfs: How loud the room was when nobody spoke.
        shown: Whether a spectrogram of it may be seen; of a secret number it must not.
    """

    start: int
    end: int
    samples: Float32
    onset_dbfs: float
    floor_dbfs: float
    shown: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An utterance as the page shows it.

    Attributes:
        verdict: What became of it.
        name: What it may be called; None where the model was not asked.
        shown: Whether picture and scores may be seen, too; of a secret number they must not.
        at: When it was spoken, UTC.
        needed: The least posterior that its label is acted on with; None where the label never is, or where
            it must not be seen.
        features: How the network's picture is drawn.
        clip: What the recording of it is called that is kept; None where there is none.
    """

    verdict: Detection | Rejection
    name: str | None
    shown: bool
    at: datetime
    needed: float | None
    features: FeatureSettings
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class Spelled:
    """Digits in a row as the page shows them. Nothing of a secret one comes here.

    Attributes:
        at: When the last digit was over, UTC.
        text: All of it in words.
        heard: The number, or what was heard of it.
        grammar: Which form it has, or was to have.
        confidence: How likely it is that all is right; None where it does not count.
        reason: Why it does not count; None where it does.
    """

    at: datetime
    text: str
    heard: str
    grammar: str | None
    confidence: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks for on the page.

    Attributes:
        viewer: Who, by number.
        number: The viewer's own number for it, which the answer has, too.
        topic: What, in the words of MQTT: `mute/set` and others.
        payload: With what.
    """

    viewer: int
    number: int
    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    Attributes:
        question: Of which question.
        data: What it was answered with.
        error: Why it was not done, and what can be done; None where it was.
    """

    question: Question
    data: Any
    error: str | None = None


class Tap:
    """Between the way of the audio and the page.

    Attributes:
        watched: Somebody looks. Set by the monitor's thread; until then no sound is left here.
        state: What is set, as the page shows it; None before the first time. Replaced whole.
        health: How the daemon is, as the topic `health` has it. Replaced whole.
    """

    def __init__(self) -> None:
        self.watched = False
        self.state: Fields | None = None
        self.health: Fields | None = None
        self._sounds: deque[Sound] = deque(maxlen=SOUNDS)
        self._seen: deque[Seen] = deque(maxlen=UTTERANCES)
        self._spelled: deque[Spelled] = deque(maxlen=NUMBERS)
        self._answers: deque[Answer] = deque(maxlen=QUESTIONS)
        self._questions: deque[Question] = deque(maxlen=QUESTIONS)

    # The main thread:

    def leave_sound(self, sound: Sound) -> None:
        """Leave a block; the oldest gives way when nobody takes them."""
        self._sounds.append(sound)

    def leave_utterance(self, seen: Seen) -> None:
        """Leave an utterance, also while nobody looks."""
        self._seen.append(seen)

    def leave_number(self, spelled: Spelled) -> None:
        """Leave a number, also while nobody looks."""
        self._spelled.append(spelled)

    def answer(self, answer: Answer) -> None:
        """Leave an answer."""
        self._answers.append(answer)

    def questions(self) -> list[Question]:
        """Take what was asked."""
        return _taken(self._questions)

    # The monitor's thread:

    def sounds(self) -> list[Sound]:
        """Take what sound there is."""
        return _taken(self._sounds)

    def utterances(self) -> list[Seen]:
        """Take what utterances there are."""
        return _taken(self._seen)

    def numbers(self) -> list[Spelled]:
        """Take what numbers there are."""
        return _taken(self._spelled)

    def answers(self) -> list[Answer]:
        """Take what answers there are."""
        return _taken(self._answers)

    def ask(self, question: Question) -> bool:
        """Leave a question; return whether there was room for it."""
        if len(self._questions) == QUESTIONS:
            return False
        self._questions.append(question)
        return True


def _taken(items: deque[T]) -> list[T]:
    """Remove and return what is there; one reader at a time."""
    return [items.popleft() for _ in range(len(items))]
