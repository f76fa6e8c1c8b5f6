"""Both stages together: who is asked, and how their answers are joined."""

import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from digitd.errors import ModelError
from digitd.messages import HEARD_AFTER_S, AudioBlock, Utterance
from digitd.model import SHIPPED
from digitd.model.bundle import Bundle, read_bundle, write_bundle
from digitd.model.cascade import Cascade, pooled
from digitd.model.classifier import Classifier
from digitd.model.embedding import RATE_HZ, SIZE, SpeechEmbedding
from digitd.model.verifier import Verifier, sweep
from fakes import room_noise


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return read_bundle(SHIPPED)


def with_second_stage(bundle: Bundle, folder: Path, **changes: object) -> Bundle:
    """Return the shipped model with a verifier's card that differs."""
    card = bundle.card
    assert card.verifier
    verifier = msgspec.structs.replace(card.verifier, **changes)
    path = folder / "other.tflite"
    write_bundle(path, bundle.network, msgspec.structs.replace(card, verifier=verifier), bundle.head)
    return read_bundle(path)


def burst() -> Utterance:
    """Half a second of noise amid a quiet room."""
    around = AudioBlock(
        0, np.concatenate([room_noise(1, -70, RATE_HZ), room_noise(0.5 + HEARD_AFTER_S, -30, RATE_HZ)])
    )
    onset, offset = RATE_HZ, RATE_HZ + RATE_HZ // 2
    return Utterance(onset, around.samples[onset:offset], onset, offset, -30.0, -70.0, surroundings=around)


def test_a_stage_trusted_fully_keeps_its_posteriors() -> None:
    posteriors = np.array([0.7, 0.2, 0.1])

    assert pooled([posteriors], (1.0,)) == pytest.approx(posteriors)


def test_two_stages_that_agree_are_surer_than_each() -> None:
    first, second = np.array([0.8, 0.1, 0.1]), np.array([0.7, 0.2, 0.1])

    joined = pooled([first, second], (1.0, 1.0))

    assert joined.sum() == pytest.approx(1)
    assert joined[0] > 0.9


def test_a_stage_that_calls_it_impossible_can_be_overruled() -> None:
    first, second = np.array([0.0, 1.0]), np.array([0.9999, 0.0001])

    joined = pooled([first, second], (0.5, 1.0))

    assert joined[0] > 0.5


def test_many_utterances_are_joined_at_once() -> None:
    stages = [np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.6, 0.4], [0.5, 0.5]])]

    joined = pooled(stages, (0.4, 0.6))

    assert joined[1] == pytest.approx(pooled([stage[1] for stage in stages], (0.4, 0.6)))


def test_the_shipped_model_has_two_stages_that_pass_their_self_tests(shipped: Bundle) -> None:
    cascade = Cascade(shipped)

    cascade.self_test()

    assert cascade.alone_because is None
    assert shipped.card.verifier
    assert cascade.point == shipped.card.verifier.point


def test_stage_two_can_be_turned_off(shipped: Bundle) -> None:
    cascade = Cascade(shipped, verify=False)

    score = cascade.score(burst())

    alone = pooled([Classifier(shipped).posteriors(burst().samples)], shipped.card.point.weights)
    assert cascade.alone_because == "model.verify is off"
    assert cascade.point == shipped.card.point
    assert list(score.probabilities.values()) == pytest.approx(alone.tolist())


def test_without_the_embedding_stage_one_is_alone_and_says_so(
    shipped: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyopen_wakeword", None)

    cascade = Cascade(shipped)

    assert cascade.alone_because == "pyopen-wakeword is not installed"
    assert cascade.score(burst()).label in shipped.card.labels


def test_what_stage_one_rules_out_is_not_looked_at_again(shipped: Bundle, tmp_path: Path) -> None:
    everything_ruled_out = Cascade(with_second_stage(shipped, tmp_path, gate=1e-9))

    score = everything_ruled_out.score(burst())

    first = Classifier(shipped).posteriors(burst().samples)
    weights = everything_ruled_out.point.weights[:1]
    assert list(score.probabilities.values()) == pytest.approx(pooled([first], weights).tolist())


def test_a_score_tells_how_long_each_stage_took_that_was_asked(shipped: Bundle, tmp_path: Path) -> None:
    both = Cascade(with_second_stage(shipped, tmp_path, gate=1.0))
    alone = Cascade(shipped, verify=False)

    took_s = both.score(burst()).took_s, alone.score(burst()).took_s

    assert [len(one) for one in took_s] == [2, 1]
    assert min(took_s[0] + took_s[1]) > 0


def test_an_embedding_that_computes_something_else_is_found(shipped: Bundle, tmp_path: Path) -> None:
    assert shipped.card.verifier
    wrong = tuple(reversed(shipped.card.verifier.self_test))

    with pytest.raises(ModelError, match="computes something else"):
        Verifier(with_second_stage(shipped, tmp_path, self_test=wrong)).self_test()


def test_a_head_that_does_not_fit_its_card_is_refused(shipped: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="do not belong together"):
        Verifier(with_second_stage(shipped, tmp_path, embeddings=3))


def test_a_model_whose_head_is_missing_is_refused(shipped: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "headless.tflite"
    write_bundle(path, shipped.network, shipped.card)

    with pytest.raises(ModelError, match=r"verifier\.tflite is not there"):
        read_bundle(path)


def test_a_model_of_one_stage_needs_no_embedding(shipped: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "one.tflite"
    write_bundle(path, shipped.network, msgspec.structs.replace(shipped.card, verifier=None))

    assert Cascade(read_bundle(path)).alone_because == "the model has no second stage"


def test_the_embedding_gives_a_vector_each_80_ms_up_to_the_end() -> None:
    three, one = SpeechEmbedding(3)(sweep()), SpeechEmbedding(1)(sweep())

    assert three.shape == (3, SIZE)
    assert three[-1] == pytest.approx(one[0], abs=1e-2)


def test_what_was_not_heard_counts_as_silence() -> None:
    utterance = burst()
    known = utterance.surroundings
    silence = np.zeros(RATE_HZ, np.float32)
    padded = AudioBlock(-RATE_HZ, np.concatenate([silence, known.samples]))

    young, old = (SpeechEmbedding(16)(replace(utterance, surroundings=around)) for around in (known, padded))

    assert known.end == utterance.offset + round(HEARD_AFTER_S * RATE_HZ)
    assert np.array_equal(young, old)
