"""Whether a model of one's own words may take the place of another: both are asked what neither has learned.

A model that learned from some clips may have got them right and lost something else. So some takes are held
back, and both models hear those, digits by other people where the digits stay, and other words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from digitd.model.bundle import Bundle
from digitd_training.corpora.splits import held_out
from digitd_training.data import ELSE, Clip, Recording, clips, is_official_fsdd_test, spellings
from digitd_training.evaluation.evaluate import quiet_room
from digitd_training.evaluation.hearing import Heard, Take, listen
from digitd_training.evaluation.recognisers import cascade
from digitd_training.own_words.learn import SOURCE

Item = TypeVar("Item")

MOST_CLIPS = 100
"""So many clips of other people are played at most: a minute, not a quarter of an hour."""

MARGIN = 0.05
"""A model is worse that gets more than this share less right, and more than one clip: fewer may be chance."""


@dataclass(frozen=True, slots=True)
class Question:
    """Clips that both models hear.

    Attributes:
        name: What they are, as it reads before "right".
        clips: Some.
        known: Whether the model before knows their keywords, too.
    """

    name: str
    clips: list[Clip]
    known: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a question.

    Attributes:
        name: The question's.
        played: So many clips.
        after: So many of them the new model got right.
        before: So many the other one did; None where it cannot know.
    """

    name: str
    played: int
    after: int
    before: int | None

    @property
    def is_worse(self) -> bool:
        """Whether the new model lost more than chance would take."""
        return self.before is not None and self.before - self.after > max(1, MARGIN * self.played)

    def __str__(self) -> str:
        before = "" if self.before is None else f", {self.before} by the model before"
        return f"{self.name}: {self.after} of {self.played} right{before}{': worse' * self.is_worse}"


def held_back(recordings: Iterable[Recording]) -> list[Recording]:
    """Choose the takes of one's own words that the models are asked about.

    All of the speakers who are held out; where there are too few speakers for that, some takes of each word
    that there are enough of, the same ones next time, when there are more.
    """
    own = [one for one in recordings if one.source == SOURCE and one.kind in {"word", "digit"}]
    if by_speaker := [one for one in own if one.split == "dev"]:
        return by_speaker
    chosen = {
        name
        for label in {one.label for one in own}
        for name in held_out(one.name for one in own if one.label == label)
    }
    return [one for one in own if one.name in chosen]


def examined(
    before: Bundle, after: Bundle, takes: Sequence[Recording], recordings: Sequence[Recording]
) -> list[Mark]:
    """Let both models hear the takes and a sample of other people.

    Args:
        before: What the new one would take the place of.
        after: The new one.
        takes: What neither has learned from, see `held_back`.
        recordings: All; of these only those of held-out speakers are heard.
    """
    rate_hz = after.card.features.rate_hz
    makers = [partial(cascade, before), partial(cascade, after)]
    asked = [one for one in questions(before, after, takes, recordings) if one.clips]
    played = [Take(clip, "room", seed) for one in asked for seed, clip in enumerate(one.clips)]
    answers = [
        iter(heard) for heard in listen(makers, {"room": partial(quiet_room, rate_hz)}, played, "exam")
    ]
    marks = []
    for one in asked:
        old, new = (sum(is_right(next(answer)) for _ in one.clips) for answer in answers)
        marks.append(Mark(one.name, len(one.clips), new, old if one.known else None))
    return marks


def questions(
    before: Bundle, after: Bundle, takes: Sequence[Recording], recordings: Sequence[Recording]
) -> list[Question]:
    """Say what both models are asked; a question may have no clips."""
    known = {*before.card.keywords} & {*after.card.keywords}
    rate_hz, keywords = after.card.features.rate_hz, spellings(after.card.keywords)
    own = clips(takes, rate_hz, keywords)
    strangers = [
        one
        for one in recordings
        if one.source != SOURCE and (one.split == "dev" or is_official_fsdd_test(one))
    ]
    digits = [one for one in strangers if one.kind == "digit" and one.label in known]
    return [
        Question("takes held back", [clip for clip in own if clip.label in known]),
        Question(
            "takes of new words held back",
            [clip for clip in own if clip.label not in {*known, ELSE}],
            known=False,
        ),
        Question("takes held back of what is no keyword", [clip for clip in own if clip.label == ELSE]),
        Question("digits of other people", clips(_some(digits), rate_hz, keywords)),
        Question("other words of other people", _other_words(before, after, strangers)),
    ]


def _other_words(before: Bundle, after: Bundle, strangers: Sequence[Recording]) -> list[Clip]:
    """Return what is a keyword of neither: recorded as a word, or cut out of a sentence."""
    keywords = spellings({*before.card.keywords, *after.card.keywords})
    words = [one for one in strangers if one.kind in {"word", "digit"} and one.label not in keywords]
    sentences = [one for one in strangers if one.kind in {"speech", "mixed", "digits"}]
    heard = clips([*_some(words), *_some(sentences)], after.card.features.rate_hz, keywords)
    return _some([clip for clip in heard if clip.whole and clip.label == ELSE])


def is_right(heard: Heard) -> bool:
    """Whether a keyword was published once and as spoken, or nothing where none was spoken."""
    return not heard.accepted if heard.clip.label == ELSE else heard.outcome == "right"


def _some(items: Sequence[Item]) -> list[Item]:
    """Choose not too many, evenly."""
    few = min(MOST_CLIPS, len(items))
    return [items[int(at)] for at in np.linspace(0, len(items) - 1, few)]
