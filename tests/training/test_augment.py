"""What microphones, rooms and people do to a word: seeded, and as strong as said."""

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.messages import Float32
from digitd_training import augment
from digitd_training.augment import Generator, rms
from digitd_training.sudden import sudden
from fakes import room_noise

pytestmark = pytest.mark.training

RATE_HZ = 16_000
SOUND = room_noise(1.0, -20, RATE_HZ)

MADE: dict[str, Callable[[Generator], Float32]] = {
    "coloured noise": lambda rng: augment.coloured_noise(RATE_HZ, rng, 1.0),
    "hum": lambda rng: augment.hum(RATE_HZ, rng, RATE_HZ),
    "babble": lambda rng: augment.babble([SOUND, SOUND[::-1]], RATE_HZ, rng),
    "music": lambda rng: augment.music(RATE_HZ, rng, RATE_HZ),
}
CHANGED: dict[str, Callable[[Generator], Float32]] = {
    "speed": lambda rng: augment.changed_speed(SOUND, rng, 0.14),
    "tilt": lambda rng: augment.tilted(SOUND, rng, RATE_HZ),
    "band": lambda rng: augment.band_limited(SOUND, rng, RATE_HZ),
    "claps, knocks, coughs": lambda rng: sudden(rng, RATE_HZ),
    "room": lambda rng: augment.in_room(SOUND, augment.synthetic_room(rng, RATE_HZ)),
}


@pytest.mark.parametrize("make", [*MADE.values(), *CHANGED.values()], ids=[*MADE, *CHANGED])
def test_the_same_seed_gives_the_same_sound(make: Callable[[Generator], Float32]) -> None:
    one, same, other = (make(np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert one.dtype == np.float32
    assert np.array_equal(one, same)
    assert len(one) != len(other) or not np.array_equal(one, other)


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_is_put_under_a_word_has_level_1(make: Callable[[Generator], Float32]) -> None:
    sound = make(np.random.default_rng(3))

    assert len(sound) == RATE_HZ
    assert rms(sound) == pytest.approx(1, rel=0.05)


def test_a_narrow_microphone_leaves_the_middle_of_the_band() -> None:
    power = np.square(np.abs(np.fft.rfft(augment.band_limited(SOUND, np.random.default_rng(1), RATE_HZ))))
    before = np.square(np.abs(np.fft.rfft(SOUND)))
    kept = power / before

    assert kept[1000:2500].mean() == pytest.approx(1, abs=0.02)
    assert kept[:30].mean() < 0.2
    assert kept[7800:].mean() < 0.5


def test_a_coloured_microphone_takes_no_frequency_away() -> None:
    coloured = augment.tilted(SOUND, np.random.default_rng(1), RATE_HZ)

    gain_db = 20 * np.log10(np.abs(np.fft.rfft(coloured)) / np.abs(np.fft.rfft(SOUND)))
    assert np.abs(gain_db).max() < 30
