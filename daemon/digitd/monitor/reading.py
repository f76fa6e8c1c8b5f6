"""What whoever looks is told, read again by who is no browser. Pure.

Only what a terminal or a picture shows of it; the rest is skipped.
"""

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, get_args

import msgspec
import numpy as np

from digitd.messages import Float32

Pixels: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]


class Sound(msgspec.Struct, frozen=True, tag_field="kind", tag="sound"):
    """Columns of sound.

    Attributes:
        levels_dbfs: The level in each.
        onset_dbfs: What it had to rise above to be a beginning.
        floor_dbfs: What the room has when nobody speaks.
    """

    levels_dbfs: list[float]
    onset_dbfs: float
    floor_dbfs: float


class Picture(msgspec.Struct, frozen=True):
    """What the network saw, from its darkest point to its brightest, row 0 the highest band."""

    rows: int
    columns: int
    pixels: str

    @property
    def values(self) -> Pixels:
        """The same, 0 to 255, shape (rows, columns)."""
        return np.frombuffer(b64decode(self.pixels), np.uint8).reshape(self.rows, self.columns)


class Outline(msgspec.Struct, frozen=True):
    """The waveform around an utterance, in few points.

    Attributes:
        start_s: Its beginning, seconds since the source was opened.
        end_s: Its end.
        loudest: The greatest magnitude, full scale is 1.
    """

    start_s: float
    end_s: float
    loudest: float
    least: str
    greatest: str

    @property
    def edges(self) -> tuple[Float32, Float32]:
        """The least and the greatest sample at each point, full scale is ±1.0, each of shape (points,)."""
        return self._edge(self.least), self._edge(self.greatest)

    def _edge(self, steps: str) -> Float32:
        shares = np.frombuffer(b64decode(steps), np.uint8).astype(np.float32) / 127.5 - 1
        return shares * np.float32(self.loudest)


class Utterance(msgspec.Struct, frozen=True, tag_field="kind", tag="utterance"):
    """An utterance and what became of it.

    Attributes:
        id: Of this one and no other.
        at: When it was spoken.
        onset_s: Its beginning, seconds since the source was opened.
        offset_s: Its end.
        level_dbfs: How loud it was.
        floor_dbfs: How loud the room was.
        name: What it may be called; None where the model was not asked.
        accepted: Whether it is acted on.
        reason: Why not.
        needed: The least posterior that its label is acted on with; None where it must not be seen, too.
        top: The likeliest labels and their posteriors; none where they must not be seen.
        picture: What the network saw; None where it must not be seen.
        outline: What it sounded like; None where it must not be seen.
    """

    id: str
    at: datetime
    onset_s: float
    offset_s: float
    level_dbfs: float
    floor_dbfs: float
    name: str | None
    accepted: bool
    reason: str | None
    needed: float | None
    top: Sequence[tuple[str, float]]
    picture: Picture | None
    outline: Outline | None

    @property
    def duration_ms(self) -> float:
        """How long it was."""
        return 1000 * (self.offset_s - self.onset_s)


class Number(msgspec.Struct, frozen=True, tag_field="kind", tag="number"):
    """What became of digits that were said in a row, in words."""

    text: str


class Setting(msgspec.Struct, frozen=True):
    """Something that can be tried.

    Attributes:
        key: In the configuration.
        value: In force.
        least: It may not be lower.
        most: It may not be higher.
    """

    key: str
    value: float
    least: float
    most: float


class State(msgspec.Struct, frozen=True, tag_field="kind", tag="state"):
    """What is set.

    Attributes:
        site: Where.
        muted: Nothing is recognised.
        detector: By which rule utterances are found.
        settings: What can be tried.
    """

    site: str
    muted: bool
    detector: str
    settings: list[Setting]

    def setting(self, key: str) -> Setting:
        """Return what is set there."""
        return next(setting for setting in self.settings if setting.key == key)

    @property
    def offset_below_onset_db(self) -> float:
        """So far below what opens an utterance the sound has to fall to end it."""
        if self.detector != "adaptive":
            return 0.0
        return self.setting("detector.onset_db").value - self.setting("detector.offset_db").value


class Health(msgspec.Struct, frozen=True, tag_field="kind", tag="health"):
    """What becomes of the sound, and why."""

    state: str
    reason: str


class Answer(msgspec.Struct, frozen=True, tag_field="kind", tag="answer"):
    """What came of a question: why it was not done, None where it was."""

    error: str | None


class Present(msgspec.Struct, frozen=True, tag_field="kind", tag="present"):
    """All that was heard before has been told."""


Message: TypeAlias = Sound | Utterance | Number | State | Health | Answer | Present


class _Kind(msgspec.Struct):
    kind: str


_KINDS = {kind.__struct_config__.tag for kind in get_args(Message)}
_kind = msgspec.json.Decoder(_Kind)
_whole: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def read(line: str | bytes) -> Message | None:
    """Read one message; None where it is of a kind that only the page shows.

    Raises:
        msgspec.DecodeError: It is none of this version's.
    """
    return _whole.decode(line) if _kind.decode(line).kind in _KINDS else None
