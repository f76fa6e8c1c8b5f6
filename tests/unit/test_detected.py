"""What is told of each block: how loud it is, how loud a beginning would be, what it completed."""

import numpy as np
import pytest

from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import Float32
from digitd.pipeline import Heard, detected
from fakes import RATE_HZ, audio, blocks, room_noise


def told(sound: Float32, settings: SegmenterSettings | None = None) -> list[Heard]:
    return list(detected(blocks(sound, [32] * (len(sound) // 32)), settings or SegmenterSettings(), RATE_HZ))


def test_the_level_is_that_of_the_block() -> None:
    levels = [heard.level_dbfs for heard in told(audio("...####..."))]

    assert levels[10] == pytest.approx(20 * np.log10(0.1), abs=0.5)
    assert levels[2] == pytest.approx(20 * np.log10(0.0005), abs=0.5)


def test_where_no_window_is_complete_the_level_is_what_it_was() -> None:
    heard = list(detected(blocks(audio("#"), [6, 0, 14, 6, 0]), SegmenterSettings(), RATE_HZ))

    assert [len(one.conditioned) for one in heard][:5] == [0, 0, 20, 0, 0]
    assert [one.level_dbfs is None for one in heard] == [True, True] + [False] * 5


def test_the_level_of_a_beginning_follows_the_room() -> None:
    quiet, loud = (told(room_noise(5, dbfs, RATE_HZ))[-1] for dbfs in (-62, -54))

    assert -62 + 7 < quiet.onset_dbfs < -62 + 15
    assert loud.onset_dbfs - quiet.onset_dbfs == pytest.approx(8, abs=1.5)


def test_the_floor_is_what_the_room_has_when_nobody_speaks() -> None:
    quiet, loud = (told(room_noise(5, dbfs, RATE_HZ))[-1] for dbfs in (-62, -54))

    assert -62 - 4 < quiet.floor_dbfs < -62 + 4
    assert loud.floor_dbfs - quiet.floor_dbfs == pytest.approx(8, abs=1.5)
    assert quiet.floor_dbfs < quiet.onset_dbfs - 7


def test_the_level_of_a_beginning_is_fixed_with_the_classic_rule() -> None:
    classic = SegmenterSettings(mode="classic", classic_threshold=1000)

    levels = {heard.onset_dbfs for heard in told(room_noise(2, -50, RATE_HZ), classic)}

    assert list(levels) == [pytest.approx(20 * np.log10(1000 / (50 * 32768)))]


def test_the_detector_tells_how_long_it_took_for_each_block() -> None:
    heard = told(audio("...####..."))

    assert all(one.took_s > 0 for one in heard if len(one.block.samples))


def test_what_the_end_completes_comes_with_an_empty_block() -> None:
    sound = audio("....####")

    *before, last = told(sound)

    assert [heard.utterances for heard in before if heard.utterances] == []
    assert (last.block.start, len(last.block.samples), len(last.utterances)) == (len(sound), 0, 1)


def test_no_audio_is_nothing_to_tell() -> None:
    assert list(detected([], SegmenterSettings(), RATE_HZ)) == []
