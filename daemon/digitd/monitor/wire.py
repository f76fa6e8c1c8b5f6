"""What whoever looks is told and what they may ask, as messages of JSON. Pure.

Between daemon, page and terminal of one and the same version: nobody else relies on it.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
import numpy as np
from msgspec import Meta

from digitd.clock import timestamp
from digitd.features import reduced_spectrogram
from digitd.foreign import decoded
from digitd.messages import AudioBlock, Detection, Score, Utterance
from digitd.monitor.painter import Strip
from digitd.monitor.tap import Answer, Seen, Sound, Spelled
from digitd.pictures.study import envelope

TOP: Final = 3
"""So many of the best scores are shown."""

OUTLINE_POINTS: Final = 200
LEAST_LOUD: Final = 1e-6

LONGEST_QUESTION: Final = 1000
"""Bytes."""

PRESENT: Final = '{"kind":"present"}'
"""All that was heard before has been told."""


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What the page asks for.

    Attributes:
        number: The page's own number for it.
        topic: What.
        payload: With what.
    """

    number: int
    topic: Annotated[str, Meta(max_length=100)]
    payload: Annotated[str, Meta(max_length=500)] = ""


def asked(message: str | bytes) -> Asked:
    """Read what came from a page.

    Raises:
        ForeignError: It is none of ours.
    """
    return decoded(message, Asked)


def question(topic: str, payload: str) -> bytes:
    """Ask for something, from a terminal, which waits for no particular answer."""
    return msgspec.json.encode(Asked(0, topic, payload)) + b"\n"


def sound_message(strip: Strip, sound: Sound, hop: int, rate_hz: int) -> str:
    """Tell columns of sound, with what the detector compared them with."""
    return _message(
        "sound",
        {
            "start_s": round(strip.start / rate_hz, 4),
            "column_s": hop / rate_hz,
            "levels_dbfs": [round(level, 1) for level in strip.levels_dbfs.tolist()],
            "onset_dbfs": round(sound.onset_dbfs, 1),
            "floor_dbfs": round(sound.floor_dbfs, 1),
            "bands": strip.columns.shape[1],
            "columns": _base64(strip.columns) if sound.shown else None,
        },
    )


def utterance_message(seen: Seen, rate_hz: int) -> str:
    """Tell an utterance and what became of it."""
    verdict, utterance = seen.verdict, seen.verdict.utterance
    accepted = isinstance(verdict, Detection)
    return _message(
        "utterance",
        {
            "id": f"{utterance.onset}-{timestamp(seen.at)}",
            "at": timestamp(seen.at),
            "onset_s": round(utterance.onset / rate_hz, 4),
            "offset_s": round(utterance.offset / rate_hz, 4),
            "level_dbfs": round(utterance.level_dbfs, 1),
            "floor_dbfs": round(utterance.floor_dbfs, 1),
            "name": seen.name,
            "accepted": accepted,
            "reason": None if isinstance(verdict, Detection) else str(verdict.reason),
            "needed": None if seen.needed is None else round(seen.needed, 3),
            "top": _top(verdict.score) if verdict.score and seen.shown else [],
            "picture": _picture(seen) if seen.shown else None,
            "outline": _outline(utterance, rate_hz) if seen.shown else None,
            "clip": seen.clip,
        },
    )


def number_message(spelled: Spelled) -> str:
    """Tell what became of digits that were said in a row."""
    return _message(
        "number",
        {
            "at": timestamp(spelled.at),
            "text": spelled.text,
            "heard": spelled.heard,
            "grammar": spelled.grammar,
            "confidence": None if spelled.confidence is None else round(spelled.confidence, 3),
            "reason": spelled.reason,
        },
    )


def state_message(state: Mapping[str, Any]) -> str:
    """Tell what is set."""
    return _message("state", state)


def health_message(health: Mapping[str, Any]) -> str:
    """Tell how the daemon is."""
    return _message("health", health)


def answer_message(answer: Answer) -> str:
    """Tell what came of a question."""
    return _message(
        "answer",
        {
            "number": answer.question.number,
            "topic": answer.question.topic,
            "data": answer.data,
            "error": answer.error,
        },
    )


def _message(kind: str, fields: Mapping[str, Any]) -> str:
    return msgspec.json.encode({"kind": kind, **fields}).decode()


def _top(score: Score) -> Sequence[tuple[str, float]]:
    ranked = sorted(score.probabilities.items(), key=lambda item: item[1], reverse=True)
    return [(label, round(float(probability), 3)) for label, probability in ranked[:TOP]]


def _picture(seen: Seen) -> dict[str, Any]:
    """Draw what the network sees, from its darkest to its brightest point, 0 to 255."""
    picture = reduced_spectrogram(seen.verdict.utterance.samples, seen.features)
    darkest, brightest = float(picture.min()), float(picture.max())
    steps = 255 * (picture - darkest) / max(brightest - darkest, 1e-9)
    return {
        "rows": picture.shape[0],
        "columns": picture.shape[1],
        "pixels": _base64(np.rint(steps).astype(np.uint8)),
    }


def _outline(utterance: Utterance, rate_hz: int) -> dict[str, Any]:
    """Draw the waveform with what is around it, in so few points that nobody could hear anything in it."""
    around = utterance.surroundings
    audio = around if len(around.samples) else AudioBlock(utterance.start, utterance.samples)
    loudest = float(np.abs(audio.samples).max(initial=LEAST_LOUD))
    least, greatest = envelope(audio.samples / loudest, OUTLINE_POINTS)
    return {
        "start_s": round(audio.start / rate_hz, 4),
        "end_s": round(audio.end / rate_hz, 4),
        "loudest": round(loudest, 5),
        "least": _base64(np.rint(127.5 + 127.5 * least).astype(np.uint8)),
        "greatest": _base64(np.rint(127.5 + 127.5 * greatest).astype(np.uint8)),
    }


def _base64(values: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    return b64encode(values.tobytes()).decode()
