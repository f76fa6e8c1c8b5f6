"""Counting what the pipeline heard, deciding about it again, and playing words in noise."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.decide import Bar, Reason
from digitd.errors import InputError, ModelError
from digitd.messages import Detection, Float32, Rejection, Score, Utterance
from digitd.model import SHIPPED
from digitd.model.bundle import Bundle, read_bundle
from digitd.model.cascade import pooled
from digitd.model.verifier import Verifier, sweep
from digitd_training import augment
from digitd_training.data import ELSE, Clip
from digitd_training.evaluation.conditions import AFTER_S, BEFORE_S, SPEECH_DBFS, Noisy, beds
from digitd_training.evaluation.costs import agreement
from digitd_training.evaluation.counting import at_most, figures, wilson
from digitd_training.evaluation.curves import THRESHOLDS, curve
from digitd_training.evaluation.evaluate import evaluate
from digitd_training.evaluation.hearing import Heard, Recogniser, Verdict, accepted_at, verdicts_on
from digitd_training.evaluation.recognisers import CASCADE, STAGE_ONE, STAGE_TWO, ours, stage_two, unrounded
from digitd_training.evaluation.tables import keyword_table, mistake_table, other_table, worst
from fakes import audio

pytestmark = pytest.mark.training

RATE_HZ = 16_000
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EASY = Bar({"3": 0.5, "7": 0.5}, margin=0.0, rejected=frozenset({ELSE}), refractory=3200)


def clip(label: str, source: str = "an4", speaker: str = "an4-fash", kind: str = "word") -> Clip:
    return Clip(np.zeros(0, np.float32), label, speaker, source, f"{source}/rain/{label}.flac", kind)


def utterance(onset_s: float = 0.0) -> Utterance:
    onset = round(onset_s * RATE_HZ)
    return Utterance(onset, np.zeros(0, np.float32), onset, onset + RATE_HZ // 2, -30.0, -60.0)


def published(keyword: str, probability: float = 0.9, onset_s: float = 0.0) -> Detection:
    score = Score({keyword: probability, ELSE: 1 - probability})
    return Detection(keyword, score, utterance(onset_s), NOON, NOON, 0.0)


def rejected(label: str, probability: float = 0.4, onset_s: float = 0.0) -> Rejection:
    return Rejection(Reason.DOUBTFUL, Score({label: probability, ELSE: 0.1}), utterance(onset_s))


def heard(label: str, *verdicts: Verdict, seconds: float = 3.6, **of: str) -> Heard:
    return Heard(clip(label, **of), verdicts, seconds)


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([published("7")], "right"),
        ([published("7"), rejected("3")], "right"),
        ([published("3")], "wrong"),
        ([], "missed"),
        ([rejected("7")], "missed"),
        ([published("7"), published("3")], "extra"),
        ([published("7"), published("7")], "extra"),
    ],
)
def test_a_keyword_has_one_of_four_outcomes(verdicts: list[Verdict], outcome: str) -> None:
    assert heard("7", *verdicts).outcome == outcome


def test_keywords_are_counted_by_corpus_group_and_speaker() -> None:
    found = figures(
        "toy",
        [
            heard("7", published("7")),
            heard("7", speaker="an4-mtje"),
            heard("3", published("7"), source="speech-commands", speaker="sc-1"),
            heard("3", published("3"), source="fsdd", speaker="fsdd-theo"),
        ],
    )

    assert [(row.name, row.right, row.played) for row in found.keywords] == [
        ("an4, speakers never heard", 1, 2),
        ("fsdd, official test takes", 1, 1),
        ("speech-commands, speakers never heard", 0, 1),
    ]
    assert [(row.name, row.right, row.missed) for row in found.groups] == [("men", 0, 1), ("women", 1, 0)]
    assert [row.name for row in found.speakers] == ["an4-fash", "an4-mtje", "fsdd-theo", "sc-1"]
    assert found.confusion == {"3": {"3": 1, "7": 1}, "7": {"7": 1, "none": 1}}


def test_the_mean_over_strangers_gives_each_corpus_the_same_weight_and_fsdd_none() -> None:
    found = figures(
        "toy",
        [
            *[heard("7", published("7"))] * 9,
            heard("7", source="speech-commands"),
            heard("7", source="fsdd"),
        ],
    )

    assert found.strangers == pytest.approx(0.5)


def test_false_accepts_are_counted_for_each_hour_and_each_clip() -> None:
    found = figures(
        "toy",
        [
            heard(ELSE, published("3"), published("7"), seconds=1800, source="sentences", kind="speech"),
            heard(ELSE, rejected("3"), seconds=1800, source="sentences", kind="speech"),
            heard(ELSE, published("3"), seconds=36, source="esc-10", kind="noise"),
        ],
    )

    noise, speech = found.others
    assert (speech.name, speech.hours, speech.false_accepts, speech.clips) == (
        "sentences, running speech",
        1.0,
        2,
        1,
    )
    assert noise.hourly_at_most == pytest.approx(474.4, abs=0.1)
    assert [row.name for row in found.noises] == ["rain"]


@pytest.mark.parametrize(
    ("count", "of", "interval"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilsons_interval_is_that_of_the_literature(
    count: int, of: int, interval: tuple[float, float]
) -> None:
    """R. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I."""
    assert wilson(count, of) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(("count", "bound"), [(0, 2.996), (1, 4.744), (10, 16.962)])
def test_rare_events_are_bounded_by_the_poisson_distribution(count: int, bound: float) -> None:
    assert at_most(count) == pytest.approx(bound, abs=1e-3)


class Ear:
    """Says 7 with a certainty that grows from utterance to utterance."""

    def __init__(self) -> None:
        self._heard = 0

    def score(self, _utterance: Utterance) -> Score:
        self._heard += 1
        return Score({"7": 0.3 + 0.2 * self._heard, ELSE: 0.0})


def test_deciding_again_with_the_same_bar_gives_what_the_pipeline_gave() -> None:
    ear = Recogniser("ear", Ear(), Bar({"7": 0.6}, 0.0, frozenset({ELSE}), 0), RATE_HZ)

    verdicts = verdicts_on(audio("......###......###......###......", RATE_HZ), ear)

    assert len(verdicts) == 3
    passed = [verdict.keyword for verdict in verdicts if isinstance(verdict, Detection)]
    assert accepted_at(verdicts, ear.bar) == passed == ["7", "7"]


def test_deciding_again_hears_no_echo() -> None:
    echo = [published("7", onset_s=0.0), published("7", onset_s=0.6), published("7", onset_s=1.4)]

    assert accepted_at(echo, EASY) == ["7", "7"]


def test_raising_the_threshold_publishes_less_and_misses_more() -> None:
    rng = np.random.default_rng(1)
    everything = [
        heard(label, published("7", float(rng.uniform(0.5, 1))), source=source, kind=kind)
        for label, source, kind in [
            ("7", "an4", "word"),
            (ELSE, "sentences", "speech"),
            (ELSE, "an4", "word"),
        ]
        for _ in range(50)
    ]

    found = curve("toy", everything, EASY)

    assert [point.threshold for point in found.points] == sorted(THRESHOLDS)
    missed = [point.missed for point in found.points]
    accepts = [point.accepts["speech"] for point in found.points]
    words = [point.words for point in found.points]
    assert missed == sorted(missed)
    assert accepts == sorted(accepts, reverse=True)
    assert words == sorted(words, reverse=True)
    assert (missed[0], accepts[0], words[0]) == (0, 50, 50)
    assert found.chosen.missed == 0
    assert found.hours == pytest.approx({"speech": 0.05})


def tone(seconds: float = 0.5) -> Clip:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    samples = (0.01 * np.sin(2 * np.pi * 440 * times_s)).astype(np.float32)
    return Clip(samples, "7", "anna", "an4", "tone", "word")


def parts(sound: Float32) -> tuple[Float32, Float32]:
    """What comes before the word, and the word."""
    before, after = round(BEFORE_S * RATE_HZ), round(AFTER_S * RATE_HZ)
    return sound[:before], sound[before:-after]


@pytest.mark.parametrize("snr_db", [20, 10, 0])
@pytest.mark.parametrize("noise", ["white", "pink", "babble", "synthetic music"])
def test_a_word_in_noise_has_the_signal_to_noise_ratio_that_was_asked_for(noise: str, snr_db: int) -> None:
    bed = beds({}, [augment.coloured_noise(RATE_HZ, np.random.default_rng(2), 1)], RATE_HZ)[noise]

    mixed = Noisy(bed, snr_db, RATE_HZ)(tone(), 3)
    without = Noisy(bed, 200, RATE_HZ)(tone(), 3)

    _, word = parts(without)
    level_db = 20 * np.log10(augment.speech_level(word, RATE_HZ) / augment.rms(mixed - without))
    assert level_db == pytest.approx(snr_db, abs=0.05)
    assert 20 * np.log10(augment.speech_level(word, RATE_HZ)) == pytest.approx(SPEECH_DBFS, abs=0.05)


def test_recorded_noise_is_scaled_by_the_whole_recording() -> None:
    bed = beds({"bark": [audio("#" * 20 + "." * 80, RATE_HZ)]}, [], RATE_HZ)["bark"]

    stretches = [augment.rms(bed(RATE_HZ, np.random.default_rng(seed))) for seed in range(20)]
    whole = augment.rms(bed(5 * RATE_HZ, np.random.default_rng(1)))

    assert min(stretches) < 0.1
    assert max(stretches) > 1.5
    assert whole == pytest.approx(1)


def test_a_reverberant_room_goes_on_after_the_word() -> None:
    pink = beds({}, [], RATE_HZ)["pink"]

    dry = Noisy(pink, None, RATE_HZ)(tone(), 1)
    wet = Noisy(pink, None, RATE_HZ, reverberant=True)(tone(), 1)

    end, tail = len(dry) - round(AFTER_S * RATE_HZ), RATE_HZ // 10
    assert augment.rms(wet[end : end + tail]) > 10 * augment.rms(dry[end : end + tail])
    assert augment.speech_level(parts(wet)[1], RATE_HZ) == pytest.approx(10 ** (SPEECH_DBFS / 20), rel=0.01)


def test_two_recognisers_are_compared_utterance_by_utterance() -> None:
    ones = [heard("7", published("7", 0.9)), heard("3", rejected("3", 0.45))]
    others = [heard("7", published("7", 0.8)), heard("3", published("3", 0.55))]

    found = agreement(ones, others)

    assert (found.utterances, found.same_label, found.same_decision) == (2, 2, 1)
    assert found.greatest_difference == pytest.approx(0.35)


def test_the_tables_say_how_much_was_played() -> None:
    found = figures(
        "toy",
        [
            *[heard("7", published("7"))] * 3,
            heard("7", published("3")),
            heard(ELSE, published("3"), seconds=180, source="sentences", kind="speech"),
        ],
    )

    assert "| toy | an4, speakers never heard | 4 | 3 (75.0%) | 30.1 to 95.4 | 1 | 0 | 0 |" in keyword_table(
        [found]
    )
    assert "| toy | sentences, running speech | 1 | 3.0 | 1 | 20.0 | 94.9 | 1 (100.0%) |" in other_table(
        [found]
    )
    assert "| 7 | 3 | 1 | 25.0% |" in mistake_table(found)


def test_a_speaker_of_whom_little_was_played_is_not_among_the_worst() -> None:
    found = figures(
        "toy",
        [
            *[heard("7", published("7"), speaker="good")] * 5,
            *[heard("7", speaker="bad")] * 5,
            *[heard("7", speaker="hardly heard")] * 4,
        ],
    )

    assert [row.name for row in worst(found.speakers)] == ["bad", "good"]


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return read_bundle(SHIPPED)


def test_the_model_is_judged_as_it_is_used_and_each_stage_alone(shipped: Bundle) -> None:
    pytest.importorskip("pyopen_wakeword", reason="has no wheels for this machine")

    names = [make().name for make in ours(shipped)]

    assert names == [CASCADE, STAGE_ONE, STAGE_TWO]


def test_a_model_of_one_stage_is_judged_as_that(shipped: Bundle) -> None:
    card = msgspec.structs.replace(shipped.card, verifier=None)

    names = [make().name for make in ours(msgspec.structs.replace(shipped, card=card))]

    assert names == [STAGE_ONE]


def test_stage_two_alone_is_asked_whatever_stage_one_says(shipped: Bundle) -> None:
    pytest.importorskip("pyopen_wakeword", reason="has no wheels for this machine")
    verifier = Verifier(shipped)

    score = stage_two(shipped).scorer.score(sweep())

    posteriors = pooled([verifier.posteriors(sweep())], verifier.card.point.weights[1:])
    assert list(score.probabilities.values()) == pytest.approx(posteriors)


def test_a_folder_without_development_speakers_is_told(shipped: Bundle) -> None:
    with pytest.raises(InputError, match="nothing to measure on"):
        evaluate(shipped, [])


def test_a_network_to_compare_with_that_is_not_there_is_told(shipped: Bundle, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        unrounded(shipped, tmp_path / "nothing.tflite")


def test_a_network_of_whole_numbers_is_none_to_compare_with(shipped: Bundle, tmp_path: Path) -> None:
    (tmp_path / "int8.tflite").write_bytes(shipped.network)

    with pytest.raises(ModelError, match="int8"):
        unrounded(shipped, tmp_path / "int8.tflite")
