"""Clips played to recognisers through the daemon's own pipeline, on both cores, and what came of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import TypeAlias

import numpy as np
from tqdm import tqdm

from digitd.audio.files import array_blocks
from digitd.decide import Bar, Last, reason_to_reject
from digitd.detect.segmenter import SegmenterSettings
from digitd.judge import Scorer
from digitd.messages import NOTHING_AROUND, Detection, Float32, Rejection
from digitd.pipeline import recognise, verdicts
from digitd_training.data import Clip

PROCESSES = 2

Verdict: TypeAlias = Detection | Rejection
Place: TypeAlias = Callable[[Clip, int], Float32]
"""Puts a clip where it is heard: a clip and a seed give the samples that a microphone there would."""


@dataclass(frozen=True, slots=True, eq=False)
class Recogniser:
    """Who is judged.

    Attributes:
        name: As the report calls it.
        scorer: Names utterances.
        bar: What its scores have to pass.
        rate_hz: The rate that it takes.
        detector: What an utterance is.
    """

    name: str
    scorer: Scorer
    bar: Bar
    rate_hz: int
    detector: SegmenterSettings = field(default_factory=SegmenterSettings)


Maker: TypeAlias = Callable[[], Recogniser]
"""Makes a recogniser, once in each process: a loaded network cannot be sent from one to another."""


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A clip that is played once.

    Attributes:
        clip: What.
        place: Where, by name.
        seed: Of whatever is drawn there.
    """

    clip: Clip
    place: str
    seed: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the pipeline made of one clip.

    Attributes:
        clip: What was played.
        verdicts: What came out, in order; their utterances have lost their samples.
        seconds: How long it was, with what was around the clip.
    """

    clip: Clip
    verdicts: tuple[Verdict, ...]
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


def listen(
    makers: Sequence[Maker], places: Mapping[str, Place], takes: Sequence[Take], what: str = "clips"
) -> list[list[Heard]]:
    """Play each take to a fresh pipeline of each recogniser.

    Args:
        makers: The recognisers'.
        places: By the names that the takes give.
        takes: What to play.
        what: For the progress bar.

    Returns:
        For each recogniser what it heard, in the order of the takes.
    """
    heard: list[list[Heard]] = [[] for _ in makers]
    # Spawned, not forked: training calls this with TensorFlow's threads running, which a fork would break.
    with get_context("spawn").Pool(PROCESSES, _adopt, (makers, places)) as pool:
        answers: Iterator[_Answer] = pool.imap(_hear, takes, chunksize=8)
        for take, (seconds, verdicts) in zip(
            takes, tqdm(answers, what, len(takes), disable=None), strict=True
        ):
            for theirs, few in zip(heard, verdicts, strict=True):
                theirs.append(Heard(take.clip, few, seconds))
    return heard


def verdicts_on(sound: Float32, recogniser: Recogniser) -> tuple[Verdict, ...]:
    """Play one sound to a fresh pipeline."""
    rate_hz = recogniser.rate_hz
    blocks = array_blocks(sound, rate_hz)
    came = recognise(blocks, recogniser.detector, recogniser.scorer, lambda: recogniser.bar, rate_hz)
    return tuple(_without_samples(verdict) for verdict in verdicts(came))


def accepted_at(verdicts: Sequence[Verdict], bar: Bar) -> list[str]:
    """Decide about the same utterances again, with another bar; return the keywords that pass."""
    last: Last | None = None
    passed = []
    for verdict in verdicts:
        score, utterance = verdict.score, verdict.utterance
        if score is None or reason_to_reject(utterance, score, bar, last):
            continue
        last = Last(score.label, utterance.offset)
        passed.append(score.label)
    return passed


_Answer: TypeAlias = tuple[float, list[tuple[Verdict, ...]]]
"""How long a sound was, and each recogniser's verdicts."""

_tools: tuple[list[Recogniser], Mapping[str, Place]] = ([], {})
"""Each worker process's own; multiprocessing has no other way to hand a worker its tools once."""


def _adopt(makers: Sequence[Maker], places: Mapping[str, Place]) -> None:
    global _tools  # noqa: PLW0603 - see _tools
    _tools = [make() for make in makers], places


def _hear(take: Take) -> _Answer:
    recognisers, places = _tools
    sound = places[take.place](take.clip, take.seed)
    return len(sound) / recognisers[0].rate_hz, [verdicts_on(sound, one) for one in recognisers]


def _without_samples(verdict: Verdict) -> Verdict:
    """Drop what no decision asks for; thousands of verdicts are kept and sent between processes."""
    bare = replace(verdict.utterance, samples=np.empty(0, np.float32), surroundings=NOTHING_AROUND)
    return replace(verdict, utterance=bare)
