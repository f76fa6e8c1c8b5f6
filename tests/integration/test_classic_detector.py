"""The article's rule, written down plainly, against the streaming detector."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.detect.segmenter import Segmenter, SegmenterSettings
from digitd.messages import Float32
from fakes import blocks
from integration.recordings import recordings

RATE_HZ, WINDOW, THRESHOLD, CHECK = 8000, 50, 1000, 3

Bounds = tuple[int, int]


def get_bounds(recording: Float32) -> Bounds:
    """Find the word as the article does; -1 where it finds no onset or no offset.

    Counts windows whose magnitudes add up to more than the threshold until there are more than three; the
    onset is three windows before that. From there it counts those that add up to less; the offset is three
    windows before the fourth. The counts are not cleared between. The last window never adds up to anything,
    because the article takes the end of the window modulo the length of the recording. The second loop only
    stops if the onset is above 0.
    """
    steps = np.abs(np.rint(recording * 32768)).astype(int)
    sums = [
        steps[at : at + WINDOW].sum() if at + WINDOW < len(steps) else 0
        for at in range(0, len(steps), WINDOW)
    ]
    loud = np.cumsum([total > THRESHOLD for total in sums])
    opened = int(np.searchsorted(loud, CHECK + 1))
    if opened == len(sums):
        return -1, -1
    onset = (opened - CHECK) * WINDOW
    quiet = np.cumsum([total < THRESHOLD for total in sums[opened:]])
    closed = int(np.searchsorted(quiet, CHECK + 1)) if onset > 0 else len(quiet) - 1
    if closed == len(quiet) or quiet[closed] <= CHECK:
        return onset, -1
    return onset, (opened + closed - CHECK) * WINDOW


def streamed(recording: Float32, cuts: list[int] | None = None) -> list[Bounds]:
    segmenter = Segmenter(SegmenterSettings(mode="classic", longest_ms=10_000), RATE_HZ)
    found = [utterance for block in blocks(recording, cuts or []) for utterance in segmenter.feed(block)]
    return [(utterance.onset, utterance.offset) for utterance in found + segmenter.flush()]


def amid_silence(recording: Float32) -> Float32:
    return np.pad(recording, (5 * WINDOW, 5 * WINDOW + 7))


def read(path: Path) -> Float32:
    samples: Float32 = soundfile.read(path, dtype="float32")[0]
    return samples


@pytest.mark.recordings
def test_it_finds_the_bounds_that_the_article_finds_on_every_recording_of_its_corpus() -> None:
    corpus = recordings(source="fsdd")

    differing = [
        recording.path.name
        for recording in corpus
        for sound in [amid_silence(read(recording.path))]
        if streamed(sound, [333] * 10)[0] != get_bounds(sound)
    ]

    assert differing == []


def word(windows: int) -> Float32:
    return np.full(windows * WINDOW, 0.01, np.float32)


def silence(windows: int) -> Float32:
    return np.zeros(windows * WINDOW, np.float32)


def test_a_word_amid_silence_has_the_articles_bounds() -> None:
    sound = amid_silence(word(20))

    assert streamed(sound) == [get_bounds(sound)] == [(250, 1250)]


def test_a_quiet_moment_in_a_word_counts_towards_its_end_as_in_the_article() -> None:
    sound = np.concatenate([silence(5), word(8), silence(3), word(8), silence(9)])

    assert streamed(sound)[0] == get_bounds(sound) == (250, 1050)


def test_the_last_incomplete_window_counts_as_quiet_as_in_the_article() -> None:
    sound = np.concatenate([silence(5), word(20), silence(3), word(1)[:20]])

    assert streamed(sound) == [get_bounds(sound)] == [(250, 1250)]


def test_unlike_in_the_article_a_word_at_the_very_first_sample_has_an_end_too() -> None:
    sound = np.concatenate([word(20), silence(40)])

    assert get_bounds(sound) == (0, 2800)
    assert streamed(sound) == [(0, 1000)]


def test_unlike_in_the_article_a_word_that_the_recording_cuts_off_ends_there() -> None:
    sound = np.concatenate([silence(5), word(20)])

    assert get_bounds(sound) == (250, -1)
    assert streamed(sound) == [(250, 1250)]


def test_unlike_in_the_article_clicks_a_minute_apart_are_no_word() -> None:
    clicks = np.concatenate([np.concatenate([word(1), silence(9600)]) for _ in range(6)])

    assert get_bounds(clicks)[0] > 0
    assert streamed(clicks) == []
