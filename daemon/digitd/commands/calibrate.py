"""Listens to the room, asks for a few words, says what is wrong with the microphone, proposes settings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Protocol

from digitd.audio import open_source
from digitd.calibration.advice import Proposal, findings, proposals
from digitd.calibration.room import is_dead, measure_room
from digitd.calibration.sitting import Ask, Begin, Event, Sitting
from digitd.calibration.voice import Take, Voice, measure_voice
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import UnavailableError
from digitd.messages import AudioBlock, Detection
from digitd.pipeline import Heard, detected, verdicts
from digitd.service.lifecycle import stop_requests, until

NAMES = {
    "6": "six",
    "8": "eight",
    "3": "three",
    "5": "five",
    "9": "nine",
    "1": "one",
    "7": "seven",
    "4": "four",
    "2": "two",
    "0": "zero",
}
"""In this order they are asked for: six and eight have a pause inside, three and five begin faintly."""

EARS = SegmenterSettings(onset_db=5.0, offset_db=4.0, quietest_dbfs=-90.0, connected=False)
"""What words are waited for with: more easily heard than by any settings that are to be judged."""


class Tell(Protocol):
    """Shows a line."""

    def __call__(self, line: str, *, passing: bool = False) -> None:
        """Show it; a passing one only until the next, and only to a person."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        changes: Keys of the configuration and their new values.
        is_heard: Words were heard, or none was asked for.
    """

    changes: dict[str, str | float | bool]
    is_heard: bool


def words_of(keywords: Sequence[str], number: int) -> list[str]:
    """Choose what to ask for; again from the beginning where there are not so many."""
    chosen = [
        *(digit for digit in NAMES if digit in keywords),
        *(word for word in keywords if word not in NAMES),
    ]
    return [chosen[at % len(chosen)] for at in range(number)]


def calibrate(config: Config, room_s: float, number: int, tell: Tell) -> Outcome:
    """Listen, ask, and tell.

    Args:
        config: Which microphone, which model, and the detector settings in force.
        room_s: So long the room is heard.
        number: So many words are asked for.
        tell: Shows a line.

    Raises:
        DigitdError: As for `listen`; or the microphone gives one and the same value.
    """
    recogniser = Recogniser(config)
    sitting = Sitting(room_s, words_of(recogniser.keywords, number), recogniser.rate_hz)
    tell(f"quiet, please: listening to the room for {room_s:g} s")
    _listen(config, sitting, recogniser.rate_hz, tell)
    room = measure_room(sitting.room, recogniser.rate_hz)
    voice = measure_voice(sitting.takes, room, recogniser.rate_hz)
    tell(f"room        {room.level_dbfs:.0f} dBFS, rarely above {room.ceiling_dbfs:.0f} dBFS")
    if voice:
        tell(f"words       {voice.level_dbfs:.0f} dBFS, {voice.above_room_db:.0f} dB above the room")
    for fault in [*findings(room, voice)] or ["nothing is wrong with it"]:
        tell(f"microphone  {fault}")
    proposed = proposals(room, voice, config.detector)
    if sitting.takes:
        proposed = proved(
            proposed, config.detector, lambda settings: _understood(settings, sitting, config), tell
        )
    _propose(proposed, config.detector, voice, tell)
    return Outcome({f"detector.{one.key}": one.value for one in proposed}, voice is not None or not number)


def _listen(config: Config, sitting: Sitting, rate_hz: int, tell: Tell) -> None:
    with stop_requests() as stopped, open_source(config.audio, rate_hz) as blocks:
        _sit(sitting, detected(until(stopped, blocks), EARS, rate_hz), tell)
        if stopped():
            raise KeyboardInterrupt
    if not sitting.is_over:
        raise UnavailableError("the audio is over before the room and every word were heard")
    if is_dead(sitting.room):
        raise UnavailableError("the microphone gives one and the same value; is it muted?")


def _sit(sitting: Sitting, everything: Iterable[Heard], tell: Tell) -> None:
    shown_s = 0
    for heard in everything:
        for event in sitting.feed(heard.block, heard.utterances):
            tell(_line(event, len(sitting.words)))
        if sitting.is_over:
            return
        if shown_s != (shown_s := ceil(sitting.room_left_s)):
            tell(f"  {shown_s} s", passing=True)


def _line(event: Event, words: int) -> str:
    match event:
        case Ask(word, number):
            return f"say {NAMES.get(word, word)!r} ({number} of {words})"
        case Take():
            return "  heard" if event.utterances else "  nothing was heard"
        case Begin():
            return "samples were lost; is the computer busy? Once more from the beginning: quiet, please"


def proved(
    proposed: list[Proposal],
    settings: SegmenterSettings,
    understood: Callable[[SegmenterSettings], int],
    tell: Tell,
) -> list[Proposal]:
    """Keep what is proposed unless fewer words are understood with it.

    Args:
        proposed: What the room suggests.
        settings: Those in force.
        understood: Plays what was said to settings, and counts.
        tell: Shows a line.
    """
    before = understood(settings)
    tell(f"understood  {before} with the settings in force")
    if not proposed:
        return []
    changes: dict[str, Any] = {one.key: one.value for one in proposed}
    after = understood(replace(settings, **changes))
    if after < before:
        said = ", ".join(f"{key} {value:g}" for key, value in changes.items())
        tell(f"tried       {said}, as for such rooms, but with that only {after} are understood")
        return []
    tell(f"understood  {after} with what is proposed")
    return proposed


def _understood(detector: SegmenterSettings, sitting: Sitting, config: Config) -> int:
    """Count the words that would have been acted on, and nothing else meanwhile."""
    recogniser = Recogniser(replace(config, detector=detector))
    everything = verdicts(recogniser.listen([AudioBlock(sitting.start, sitting.samples)]))
    accepted = [verdict for verdict in everything if isinstance(verdict, Detection)]
    return sum(_keywords_in(take, accepted) == [take.word] for take in sitting.takes)


def _keywords_in(take: Take, accepted: list[Detection]) -> list[str]:
    return [one.keyword for one in accepted if take.start <= one.utterance.onset < take.end]


def _propose(proposed: list[Proposal], settings: SegmenterSettings, voice: Voice | None, tell: Tell) -> None:
    for one in proposed:
        tell(
            f"proposed    detector.{one.key}: {one.value:g}, now {getattr(settings, one.key):g}: {one.reason}"
        )
    if proposed:
        return
    if settings.mode != "adaptive":
        tell("proposed    nothing: detector.mode is classic, which does not follow the room")
    elif voice is None:
        tell("proposed    nothing: that takes a voice, see --words")
    else:
        tell("proposed    nothing: the settings fit the room")
