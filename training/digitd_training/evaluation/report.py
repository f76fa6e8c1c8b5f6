"""What is written to be looked at: a report with its pictures, a recording as detector and network see it."""

from pathlib import Path

import msgspec
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from digitd.audio.files import file_blocks
from digitd.errors import InputError
from digitd.features import reduced_spectrogram
from digitd.messages import Detection, Float32, Rejection
from digitd.model.bundle import Bundle
from digitd.model.cascade import Cascade
from digitd.pipeline import heard_in
from digitd_training.evaluation.evaluate import Report
from digitd_training.evaluation.markdown import markdown
from digitd_training.evaluation.pictures import draw_report

MOST = 10
"""Utterances to a picture."""


def make_folder(folder: Path) -> None:
    """Make the folder that a report goes to.

    Raises:
        InputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}; --out takes a folder") from error


def write(report: Report, folder: Path) -> None:
    """Write `report.md`, `report.json` and pictures."""
    pictures = draw_report(report, folder)
    (folder / "report.md").write_text(markdown(report, pictures), encoding="utf-8")
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))


def draw(recording: Path, bundle: Bundle, out: Path) -> None:
    """Draw a recording's waveform with red lines at each onset and offset, and below what the network sees.

    Args:
        recording: WAV, FLAC or OGG; its first ten utterances are drawn.
        bundle: The model.
        out: PNG or SVG.

    Raises:
        InputError: There is no utterance in it.
    """
    rate_hz = bundle.card.features.rate_hz
    samples = np.concatenate([block.samples for block in file_blocks(recording, rate_hz)])
    model = Cascade(bundle)
    verdicts = heard_in(samples, model)[:MOST]
    if not verdicts:
        raise InputError(f"{recording}: no utterance in it")
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    grid = figure.add_gridspec(2, len(verdicts))
    end = verdicts[-1].utterance.offset + rate_hz // 2
    _waveform(figure.add_subplot(grid[0, :]), samples[:end], verdicts, rate_hz)
    for column, verdict in enumerate(verdicts):
        axes = figure.add_subplot(grid[1, column])
        axes.imshow(reduced_spectrogram(verdict.utterance.samples, bundle.card.features), aspect="auto")
        axes.set_title(_title(verdict), fontsize=9)
        axes.axis("off")
    FigureCanvasAgg(figure).print_figure(out, dpi=110)


def _waveform(axes: Axes, samples: Float32, verdicts: list[Detection | Rejection], rate_hz: int) -> None:
    axes.plot(np.arange(len(samples)) / rate_hz, samples, linewidth=0.4, color="black")
    for verdict in verdicts:
        for edge in (verdict.utterance.onset, verdict.utterance.offset):
            axes.axvline(edge / rate_hz, color="red", linewidth=1)
    axes.set_xlabel("seconds")
    axes.margins(x=0)


def _title(verdict: Detection | Rejection) -> str:
    if isinstance(verdict, Detection):
        return f"{verdict.keyword}  {verdict.score.probability:.2f}"
    return verdict.reason
