"""What the model is compared with."""

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest
import soundfile

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.demo.play import SPEECH, TRUTH
from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import InputError
from digitd.messages import Detection, Float32
from digitd.model import SHIPPED
from digitd.model.bundle import Bundle, read_bundle
from digitd_training.evaluation.hearing import verdicts_on
from digitd_training.evaluation.rivals import grammar, pocketsphinx, rivals
from digitd_training.scenes import cut_utterances
from fakes import room_noise

pytestmark = pytest.mark.training

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return read_bundle(SHIPPED)


def demo(gain: float, noise_dbfs: float) -> Float32:
    """The demo's recording in a room with some noise."""
    speech = soundfile.read(SPEECH, dtype="float32")[0]
    heard: Float32 = speech * np.float32(gain) + room_noise(len(speech) / RATE_HZ, noise_dbfs, RATE_HZ)
    return heard


def test_the_grammar_takes_one_word_at_a_time() -> None:
    assert grammar(["zero", "one"]).endswith("public <keyword> = zero | one;\n")


def test_or_any_number_of_them_in_a_row() -> None:
    assert grammar(["zero", "one"], row=True).endswith("public <keyword> = (zero | one)+;\n")


def test_a_model_of_another_rate_is_not_compared(shipped: Bundle) -> None:
    features = replace(shipped.card.features, rate_hz=8000)
    narrow = msgspec.structs.replace(shipped, card=msgspec.structs.replace(shipped.card, features=features))

    with pytest.raises(InputError, match="16000 Hz, this model 8000 Hz"):
        rivals(narrow)


def test_pocketsphinx_hears_the_demos_digits(shipped: Bundle) -> None:
    pytest.importorskip("pocketsphinx", reason="needs PocketSphinx: pip install 'digitd[pocketsphinx]'")
    spoken = [word["keyword"] for word in json.loads(TRUTH.read_text())]

    verdicts = verdicts_on(demo(0.3, -70), pocketsphinx(shipped))

    heard = [verdict.keyword for verdict in verdicts if isinstance(verdict, Detection)]
    assert len(heard) == len(spoken)
    assert np.mean([one == other for one, other in zip(heard, spoken, strict=True)]) >= 0.8


def test_what_pocketsphinx_heard_before_does_not_matter(shipped: Bundle) -> None:
    pytest.importorskip("pocketsphinx", reason="needs PocketSphinx: pip install 'digitd[pocketsphinx]'")
    scorer = pocketsphinx(shipped).scorer
    words = cut_utterances(demo(0.1, -60), SegmenterSettings(), RATE_HZ)

    forwards = [scorer.score(word) for word in words]
    backwards = [scorer.score(word) for word in reversed(words)]

    assert forwards == backwards[::-1]
