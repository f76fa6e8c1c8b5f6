"""The article's picture, drawn by matplotlib as the article draws it, against ours from 150 spectra."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.demo.play import SPEECH, TRUTH
from digitd.features import ARTICLE, reduced_spectrogram
from digitd.messages import Float32
from integration.recordings import recordings
from training.drawings import drawn_by_matplotlib

pytestmark = pytest.mark.training


def correlation(sound: Float32) -> float:
    drawn = drawn_by_matplotlib(lambda axes: axes.specgram(sound, Fs=8000, NFFT=512, noverlap=511))
    ours = reduced_spectrogram(sound, ARTICLE)
    return float(np.corrcoef(drawn.ravel(), ours.ravel())[0, 1])


def read(path: Path) -> Float32:
    samples: Float32 = soundfile.read(path, dtype="float32")[0]
    return samples


@pytest.mark.recordings
def test_it_is_the_picture_that_matplotlib_draws() -> None:
    corpus = recordings(source="fsdd")[:: 3000 // 100]

    correlations = [correlation(sound) for one in corpus if len(sound := read(one.path)) > ARTICLE.window]

    assert len(correlations) >= 90
    assert np.mean(correlations) >= 0.99


def test_it_is_the_picture_that_matplotlib_draws_of_synthetic_speech() -> None:
    speech, rate_hz = soundfile.read(SPEECH, dtype="float32")
    words = [
        speech[round(word["onset_s"] * rate_hz) : round(word["offset_s"] * rate_hz)][::2]
        for word in json.loads(TRUTH.read_text())
    ]

    correlations = [correlation(word) for word in words]

    assert np.mean(correlations) >= 0.99
