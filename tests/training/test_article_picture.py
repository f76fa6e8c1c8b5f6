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

pytestmark = pytest.mark.training


def drawn_by_matplotlib(samples: Float32) -> Float32:
    """Draw specgram 150 by 100 pixels, take the grey value, scale it to 0..1, average blocks of 3 by 3."""
    pytest.importorskip("matplotlib", reason="needs the train extra: pip install 'digitd[train]'")
    block_reduce = pytest.importorskip("skimage.measure", reason="needs the train extra").block_reduce
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - the train extra
    from matplotlib.figure import Figure  # noqa: PLC0415 - the train extra

    figure = Figure(figsize=(0.75, 0.5), dpi=200)
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    axes.axis("off")
    axes.specgram(samples, Fs=8000, NFFT=512, noverlap=511)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib types only a part of itself
    colours = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]  # as above
    grey = colours @ [0.299, 0.587, 0.114]
    scaled = (grey - grey.min()) / (grey.max() - grey.min())
    picture: Float32 = block_reduce(scaled, (3, 3), np.mean)
    return picture


def correlation(sound: Float32) -> float:
    drawn, ours = drawn_by_matplotlib(sound), reduced_spectrogram(sound, ARTICLE)
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
