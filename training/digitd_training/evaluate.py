"""Every published number: measured on the exported file, through the daemon's own pipeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from digitd.audio.files import array_blocks
from digitd.decide import DecisionSettings
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import Detection, Float32, Rejection
from digitd.model.bundle import Bundle, ModelCard
from digitd.model.classifier import Classifier
from digitd.pipeline import bar, recognise
from digitd_training import augment
from digitd_training.data import DIGITS, ELSE, Clip, Recording, clips, is_official_fsdd_test

ROOM_S = 0.5
"""Room noise before and after each clip."""

ROOM_DBFS = -60.0
"""Its level: a quiet room behind an ordinary microphone."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the pipeline made of one clip.

    Attributes:
        clip: What was played.
        verdicts: What came out, in order.
        seconds: How long it was, with the room noise.
    """

    clip: Clip
    verdicts: tuple[Detection | Rejection, ...]
    seconds: float

    @property
    def accepted(self) -> list[str]:
        """The keywords that would have been published."""
        return [verdict.keyword for verdict in self.verdicts if isinstance(verdict, Detection)]

    @property
    def outcome(self) -> str:
        """Right, wrong, missed or extra: the keyword once, another one, none, or the keyword and more."""
        if not self.accepted:
            return "missed"
        if self.clip.label not in self.accepted:
            return "wrong"
        return "right" if len(self.accepted) == 1 else "extra"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    Attributes:
        name: What was played.
        played: How many clips.
        hours: How much audio.
        right: Keywords published once and as spoken.
        wrong: Keywords published as another.
        missed: Keywords not published.
        extra: Keywords published, and something else too.
        false_accepts: Keywords published where none was spoken.
    """

    name: str
    played: int
    hours: float
    right: int = 0
    wrong: int = 0
    missed: int = 0
    extra: int = 0
    false_accepts: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What `digitd-train evaluate` found.

    Attributes:
        model: Name, version and digest.
        keywords: Figures where each clip is a keyword.
        others: Figures where none is.
        confusion: Spoken and heard keyword to how often, over all clips with a keyword.
    """

    model: str
    keywords: list[Figure]
    others: list[Figure]
    confusion: dict[str, dict[str, int]] = field(default_factory=dict)


def evaluate(bundle: Bundle, recordings: Iterable[Recording], threshold: float = 0.0) -> Report:
    """Play FSDD's official test takes, and everything of the development speakers, to the pipeline.

    Args:
        bundle: The exported file.
        recordings: Of both splits; training recordings are passed over.
        threshold: Least posterior; 0 takes the model's own.
    """
    heard = listen(bundle, test_clips(recordings, bundle.card), threshold)
    spoken: dict[str, list[Heard]] = {}
    other: dict[str, list[Heard]] = {}
    for one in heard:
        if one.clip.label == ELSE:
            kind = "isolated other words" if one.clip.whole else "running speech and noise"
            other.setdefault(f"{one.clip.source}, {kind}", []).append(one)
        else:
            spoken.setdefault(_keyword_set(one.clip), []).append(one)
    return Report(
        bundle.title,
        [_keyword_figure(name, few) for name, few in sorted(spoken.items())],
        [_other_figure(name, few) for name, few in sorted(other.items())],
        _confusion([one for few in spoken.values() for one in few]),
    )


def test_clips(recordings: Iterable[Recording], card: ModelCard) -> list[Clip]:
    """Read what a model may be judged on: FSDD's official test takes and the development split."""
    chosen = [
        recording
        for recording in recordings
        if recording.kind != "impulse" and (recording.split == "dev" or is_official_fsdd_test(recording))
    ]
    keywords = {label: label for label in card.labels if label not in card.rejected}
    spelled = {word: digit for word, digit in DIGITS.items() if digit in keywords}
    return clips(chosen, card.features.rate_hz, spelled | keywords)


def listen(bundle: Bundle, played: Sequence[Clip], threshold: float = 0.0) -> list[Heard]:
    """Play each clip amid half a second of room noise to a fresh pipeline."""
    classifier = Classifier(bundle)
    decision = bar(DecisionSettings(threshold), bundle.card)
    rate_hz = bundle.card.features.rate_hz
    heard = []
    for number, clip in enumerate(tqdm(played, "clips", disable=None)):
        sound = amid_room_noise(clip.samples, rate_hz, number)
        verdicts = recognise(array_blocks(sound), SegmenterSettings(), classifier, decision)
        heard.append(Heard(clip, tuple(verdicts), len(sound) / rate_hz))
    return heard


def amid_room_noise(samples: Float32, rate_hz: int, seed: int) -> Float32:
    """Put pink noise under a clip, and for half a second before and after it."""
    margin = round(ROOM_S * rate_hz)
    padded: Float32 = np.pad(samples, (margin, margin))
    noise = augment.coloured_noise(len(padded), np.random.default_rng(seed), exponent=1)
    return padded + noise * np.float32(10 ** (ROOM_DBFS / 20))


def least_threshold(heard: Sequence[Heard], accepted_share: float) -> float:
    """Choose the least threshold that accepts no more than a share of the clips heard at threshold 0.

    A step beyond the score of the last clip that must not pass, and never below a half.
    """
    best = sorted((max(map(_keyword_posterior, one.verdicts), default=0.0) for one in heard), reverse=True)
    return float(np.clip(best[int(accepted_share * len(best))] + 0.004, 0.5, 0.996))


def markdown(report: Report) -> str:
    """Write the report as tables."""
    lines = [f"Model `{report.model}`.", "", "| keywords | played | right | wrong | missed | extra |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {row.name} | {row.played} | {row.right} ({row.right / row.played:.1%}) | {row.wrong} "
        f"| {row.missed} | {row.extra} |"
        for row in report.keywords
    ]
    lines += [
        "",
        "| nothing to hear | played | false accepts | a clip | an hour |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row.name} | {row.played} ({row.hours * 60:.0f} min) | {row.false_accepts} "
        f"| {row.false_accepts / row.played:.1%} | {row.false_accepts / row.hours:.1f} |"
        for row in report.others
    ]
    return "\n".join(lines) + "\n"


def _keyword_posterior(verdict: Detection | Rejection) -> float:
    """The posterior of the likeliest label where that is a keyword, else 0."""
    if verdict.score is None or verdict.score.label == ELSE:
        return 0.0
    return verdict.score.probability


def _keyword_set(clip: Clip) -> str:
    return "fsdd, official test takes" if clip.source == "fsdd" else f"{clip.source}, speakers never heard"


def _keyword_figure(name: str, heard: Sequence[Heard]) -> Figure:
    outcomes = [one.outcome for one in heard]
    return Figure(
        name,
        len(heard),
        _hours(heard),
        right=outcomes.count("right"),
        wrong=outcomes.count("wrong"),
        missed=outcomes.count("missed"),
        extra=outcomes.count("extra"),
    )


def _other_figure(name: str, heard: Sequence[Heard]) -> Figure:
    return Figure(name, len(heard), _hours(heard), false_accepts=sum(len(one.accepted) for one in heard))


def _hours(heard: Sequence[Heard]) -> float:
    return sum(one.seconds for one in heard) / 3600


def _confusion(heard: Sequence[Heard]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for one in heard:
        row = counts.setdefault(one.clip.label, {})
        for keyword in one.accepted or ["none"]:
            row[keyword] = row.get(keyword, 0) + 1
    return {spoken: dict(sorted(row.items())) for spoken, row in sorted(counts.items())}
