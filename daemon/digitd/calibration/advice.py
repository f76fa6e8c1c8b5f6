"""What to make of a room and a voice: what is wrong with the microphone, and which settings suit them.

A setting is proposed only where it was measured to help on recordings of people, and to harm nowhere
(tests/benchmarks/rooms.py); for everything else the detector follows the room by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from digitd.calibration.room import Room
from digitd.calibration.voice import MOST_CLIPPED, Voice
from digitd.detect.segmenter import SegmenterSettings

FAINT_DBFS = -45.0
"""A word that has less comes from a microphone whose gain is low."""

ABOVE_QUIETEST_DB = 12.0
"""A word that has less than so much above `quietest_dbfs` may be lost by it."""

LITTLE_DB = 15.0
"""A word that stands out less is lost now and then."""

BURIED_DB = 10.0
"""Where words stand out more, a lower bar was not measured to find more of them."""

LOUD_DBFS = -50.0
"""More than this has a room with something in it that makes noise."""

HUMS_DBFS = -70.0
MOST_DC = 0.005

STEADY = 0.02
"""Of a room's windows; white and pink noise have 0.01 at most, rain and waves 0.04 at least."""

STEADY_ONSET_DB, STEADY_OFFSET_DB = 5.0, 4.0
"""Where noise comes and goes, a lower bar lets it run into the words. A higher one helps amid clicks and
harms amid music, which cannot be told apart surely enough: nothing is proposed there."""

BELOW_ROOM_DB = 3.0
LOWEST_DBFS = -84.0
"""The noise floor ends a little above: nothing lower makes a difference."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another value for a setting.

    Attributes:
        key: Of the configuration's section `detector`.
        value: What to set it to.
        reason: Why, a sentence.
    """

    key: str
    value: float
    reason: str


def findings(room: Room, voice: Voice | None) -> Iterator[str]:
    """Say what is wrong with the microphone, or with where it stands, each with the cure."""
    if room.clipped > MOST_CLIPPED:
        yield "clips although nobody speaks; turn its gain down (alsamixer, F4)"
    if abs(room.dc) > MOST_DC:
        yield f"has a DC offset of {100 * room.dc:.1f} % of full scale; harmless, the detector takes it away"
    if (hum := room.hum) and _hums(room):
        yield (
            f"hums at {hum.mains_hz:.0f} Hz and its harmonics, {hum.level_dbfs:.0f} dBFS, "
            f"{hum.above_rest_db:.0f} dB above all else; try another cable, socket or power supply"
        )
    if voice:
        yield from _findings_on_voice(room, voice)


def proposals(room: Room, voice: Voice | None, settings: SegmenterSettings) -> list[Proposal]:
    """Propose settings for what is measured; where nothing is unusual there are none.

    Whether a bar is too high or too low shows only in how a voice stands out from the room.
    """
    if voice is None or settings.mode != "adaptive":
        return []
    return [*_for_quietness(room, voice, settings), *_for_noise(room, voice, settings)]


def _hums(room: Room) -> bool:
    return room.hum is not None and room.hum.above_rest_db > 0 and room.hum.level_dbfs > HUMS_DBFS


def _findings_on_voice(room: Room, voice: Voice) -> Iterator[str]:
    if voice.clipped:
        words = ", ".join(voice.clipped)
        yield f"clips: {words} reached full scale; step back, or turn its gain down (alsamixer, F4)"
    if voice.level_dbfs < FAINT_DBFS:
        yield f"is too quiet: a word has {voice.level_dbfs:.0f} dBFS; turn its gain up (alsamixer, F4)"
    if voice.above_room_db < LITTLE_DB:
        where = "is in a loud room" if room.level_dbfs > LOUD_DBFS else "is far from you"
        yield f"{where}: a word stands out by {voice.above_room_db:.0f} dB, {LITTLE_DB:.0f} do; come nearer"
    if voice.split:
        words = ", ".join(voice.split)
        yield f"heard {words} in two; say it at one go, or raise detector.hang_over_ms if it keeps coming so"


def _for_quietness(room: Room, voice: Voice, settings: SegmenterSettings) -> Iterator[Proposal]:
    quietest_dbfs = max(round(room.ceiling_dbfs - BELOW_ROOM_DB), LOWEST_DBFS)
    is_near = voice.level_dbfs < settings.quietest_dbfs + ABOVE_QUIETEST_DB
    if is_near and quietest_dbfs < settings.quietest_dbfs:
        yield Proposal(
            "quietest_dbfs",
            float(quietest_dbfs),
            f"your words have {voice.level_dbfs:.0f} dBFS, and at {settings.quietest_dbfs:g} the room is "
            "taken for louder than it is, so that they are missed",
        )


def _for_noise(room: Room, voice: Voice, settings: SegmenterSettings) -> Iterator[Proposal]:
    if voice.above_room_db >= BURIED_DB or room.restless >= STEADY or _hums(room):
        return
    if settings.onset_db > STEADY_ONSET_DB:
        reason = "the room's noise is steady, so that a lower bar hears more of you and little of it"
        yield Proposal("onset_db", STEADY_ONSET_DB, reason)
    if settings.offset_db > STEADY_OFFSET_DB:
        yield Proposal(
            "offset_db", STEADY_OFFSET_DB, "for the same reason, so that the ends of words are kept"
        )
