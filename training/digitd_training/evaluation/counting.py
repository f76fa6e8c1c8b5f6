"""From what was heard to figures, each with what chance leaves open. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from scipy.special import gammaincinv

from digitd_training.data import ELSE
from digitd_training.evaluation.hearing import Heard

Interval: TypeAlias = tuple[float, float]

NORMAL_95 = 1.959964
"""Of a normal distribution, 95 % lie within so many standard deviations."""

NOTHING = "none"
"""In the confusion matrix: nothing was published."""

KINDS = {
    "word": "isolated other words",
    "speech": "running speech",
    "noise": "noise",
    "music": "synthetic music",
}
"""What a clip without a keyword is, by its kind."""

GROUPS = {"an4-f": "women", "an4-m": "men"}
"""How AN4 names its speakers; no other corpus here states it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of keywords.

    Attributes:
        name: Which.
        played: How many clips.
        right: Keywords published once and as spoken.
        wrong: Keywords published as another.
        missed: Keywords not published.
        extra: Keywords published, and something else too.
        interval: Of the share that is right, 95 %.
    """

    name: str
    played: int
    right: int
    wrong: int
    missed: int
    extra: int
    interval: Interval

    @property
    def share(self) -> float:
        """What share is right."""
        return self.right / self.played


@dataclass(frozen=True, slots=True)
class Other:
    """What was published while no keyword was spoken.

    Attributes:
        name: What was played.
        played: How many clips.
        hours: How much audio.
        false_accepts: Keywords published.
        clips: Clips with at least one of them.
        hourly_at_most: False accepts an hour, upper bound of 95 %.
        interval: Of the share of clips, 95 %.
    """

    name: str
    played: int
    hours: float
    false_accepts: int
    clips: int
    hourly_at_most: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Figures:
    """What one recogniser is worth.

    Attributes:
        recogniser: Its name.
        keywords: By corpus.
        strangers: Mean share that is right over the corpora of people never heard in training; None without.
        groups: Women and men among them, as far as a corpus states it.
        speakers: Each speaker.
        others: Clips without a keyword, by corpus.
        noises: Of these the noise, by what it is.
        confusion: Spoken and heard keyword to how often, over all clips with a keyword.
    """

    recogniser: str
    keywords: list[Spoken]
    strangers: float | None
    groups: list[Spoken]
    speakers: list[Spoken]
    others: list[Other]
    noises: list[Other]
    confusion: dict[str, dict[str, int]]


def figures(recogniser: str, heard: Sequence[Heard]) -> Figures:
    """Count what one recogniser heard."""
    keywords = [one for one in heard if one.clip.label != ELSE]
    others = [one for one in heard if one.clip.label == ELSE]
    strangers = [spoken(*part) for part in _parts([one for one in keywords if is_stranger(one)], _corpus)]
    return Figures(
        recogniser,
        [spoken(*part) for part in _parts(keywords, _corpus)],
        sum(row.share for row in strangers) / len(strangers) if strangers else None,
        [spoken(*part) for part in _parts(keywords, _group) if part[0]],
        [spoken(*part) for part in _parts(keywords, lambda one: one.clip.speaker)],
        [other(*part) for part in _parts(others, _other_corpus)],
        [
            other(*part)
            for part in _parts(
                [one for one in others if not one.clip.whole and one.clip.kind != "speech"], _noise
            )
        ],
        confusion(keywords),
    )


def is_stranger(heard: Heard) -> bool:
    """Whether the speaker was never heard in training: all but FSDD's, whose test takes have the same six."""
    return heard.clip.source != "fsdd"


def noise_of(recording: str) -> str:
    """What a recording of noise is of, by its folder's name."""
    return PurePosixPath(recording).parent.name.replace("_", " ").strip()


def spoken(name: str, heard: Sequence[Heard]) -> Spoken:
    """Count outcomes of clips with a keyword."""
    outcomes = Counter(one.outcome for one in heard)
    right = outcomes["right"]
    return Spoken(
        name,
        len(heard),
        right,
        outcomes["wrong"],
        outcomes["missed"],
        outcomes["extra"],
        wilson(right, len(heard)),
    )


def other(name: str, heard: Sequence[Heard]) -> Other:
    """Count what was published of clips without a keyword."""
    hours = sum(one.seconds for one in heard) / 3600
    accepts = sum(len(one.accepted) for one in heard)
    clips = sum(bool(one.accepted) for one in heard)
    return Other(
        name,
        len(heard),
        hours,
        accepts,
        clips,
        at_most(accepts) / hours,
        wilson(clips, len(heard)),
    )


def confusion(heard: Iterable[Heard]) -> dict[str, dict[str, int]]:
    """Count what was published for each spoken keyword."""
    counts: dict[str, Counter[str]] = {}
    for one in heard:
        counts.setdefault(one.clip.label, Counter()).update(one.accepted or [NOTHING])
    return {label: dict(sorted(row.items())) for label, row in sorted(counts.items())}


def wilson(count: int, of: int) -> Interval:
    """The 95 % interval of a share (E. B. Wilson, 1927), as if each of the `of` cases were on its own."""
    if not of:
        return 0.0, 1.0
    share, z = count / of, NORMAL_95
    centre = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max((centre - half) / scale, 0.0), min((centre + half) / scale, 1.0)


def at_most(count: int) -> float:
    """Upper 95 % bound of a count of rare events (F. Garwood, 1936); 3 where none came, the rule of three."""
    return float(gammaincinv(count + 1, 0.95))


def _parts(heard: Iterable[Heard], name: Callable[[Heard], str]) -> list[tuple[str, list[Heard]]]:
    parts: dict[str, list[Heard]] = {}
    for one in heard:
        parts.setdefault(name(one), []).append(one)
    return sorted(parts.items())


def _corpus(heard: Heard) -> str:
    source = heard.clip.source
    return f"{source}, speakers never heard" if is_stranger(heard) else f"{source}, official test takes"


def _other_corpus(heard: Heard) -> str:
    return f"{heard.clip.source}, {KINDS[heard.clip.kind]}"


def _noise(heard: Heard) -> str:
    return noise_of(heard.clip.name)


def _group(heard: Heard) -> str:
    return GROUPS.get(heard.clip.speaker[:5], "")
