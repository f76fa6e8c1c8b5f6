"""Scenes, and what the segmenter cuts out of them."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import Float32
from digitd_training.data import ELSE, Clip
from digitd_training.scenes import Placed, SceneSettings, Surroundings, scene, spoken
from fakes import room_noise

pytestmark = pytest.mark.training

RATE_HZ = 16_000
NOWHERE = Surroundings([], [], [])


def word(label: str, seconds: float = 0.4) -> Clip:
    return Clip(room_noise(seconds, -30, RATE_HZ), label, "anna", "fsdd", f"{label}.wav", "word")


def played(clips: list[Clip], seed: int = 1) -> tuple[Float32, list[Placed]]:
    settings = SceneSettings(snr_db=(35, 45), peak_dbfs=(-25, -20), room_share=0.0)
    return scene(clips, NOWHERE, settings, RATE_HZ, np.random.default_rng(seed))


def labels(sound: Float32, placed: list[Placed]) -> list[str]:
    return [clip.label for _, clip in spoken(sound, placed, SegmenterSettings(), RATE_HZ)]


def test_each_word_of_a_scene_is_cut_out_with_its_label() -> None:
    said = ["3", "1", ELSE, "4", "1", "5"]

    found = labels(*played([word(label) for label in said]))

    assert found == said


def test_the_same_seed_gives_the_same_scene() -> None:
    words = [word("3"), word("7")]

    (one, _), (other, _), (different, _) = played(words, 1), played(words, 1), played(words, 2)

    assert np.array_equal(one, other)
    assert len(one) != len(different) or not np.array_equal(one, different)


def test_a_fragment_of_a_word_is_no_example_of_it() -> None:
    sound = room_noise(3, -70, RATE_HZ)
    sound[RATE_HZ : RATE_HZ + 2400] *= 200
    half_heard = Placed(word("6", 0.5), RATE_HZ, RATE_HZ + 8000)

    assert labels(sound, [half_heard]) == []


def test_reverberation_after_a_word_does_not_make_it_another() -> None:
    sound = room_noise(3, -70, RATE_HZ)
    sound[RATE_HZ : RATE_HZ + 9600] *= 200
    before_the_tail = Placed(word("6", 0.4), RATE_HZ, RATE_HZ + 6400)

    assert labels(sound, [before_the_tail]) == ["6"]


def test_a_scene_stays_within_full_scale() -> None:
    loudest = max(float(np.abs(played([word("8")], seed)[0]).max()) for seed in range(20))

    assert loudest <= 1.0
