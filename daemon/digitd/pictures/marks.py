"""What large pictures and small ones have in common: waveform, red lines, an utterance's image and scores."""

from collections.abc import Iterable
from textwrap import wrap

import numpy as np

from digitd.messages import Detection, Float32, Rejection, Score
from digitd.pictures.paper import Axes
from digitd.pictures.study import Seen, Study, envelope

COLUMNS = 1200
"""Of a waveform or spectrogram over the whole width."""

RED, INK, PALE = "#c00000", "black", "#c6d8ee"


def waveform(axes: Axes, study: Study, span: tuple[int, int]) -> None:
    """Draw the samples from one position to another."""
    samples = study.between(*span)
    least, greatest = envelope(samples, COLUMNS)
    times_s = np.linspace(span[0], span[1], len(least), endpoint=False) / study.rate_hz
    axes.fill_between(times_s, least, greatest, color=INK, linewidth=0.4)
    axes.set_xlim(span[0] / study.rate_hz, span[1] / study.rate_hz)


def edges(axes: Axes, study: Study, seen: Iterable[Seen]) -> None:
    """Draw a red line at each onset and offset."""
    for one in seen:
        for edge in (one.verdict.utterance.onset, one.verdict.utterance.offset):
            axes.axvline(edge / study.rate_hz, color=RED, linewidth=1)


def image(axes: Axes, seen: Float32) -> None:
    """Draw what the network saw, shape (34, 50)."""
    axes.imshow(seen, aspect="auto", cmap="Greys")
    axes.set_xticks([])
    axes.set_yticks([])


def title(verdict: Detection | Rejection, width: int, before: str = "") -> str:
    """Say what was decided, after what stands before it, in lines of so many letters."""
    if isinstance(verdict, Detection):
        return f"{before}{verdict.keyword} {verdict.score.probability:.2f}"
    return "\n".join(wrap(f"{before}{verdict.reason}", width))


def colour(verdict: Detection | Rejection) -> str:
    """Return the colour to say it in."""
    return INK if isinstance(verdict, Detection) else RED


def scores(axes: Axes, score: Score) -> None:
    """Draw the three likeliest labels, each with a bar as long as it is likely."""
    ranked = sorted(score.probabilities.items(), key=lambda item: item[1], reverse=True)[:3]
    for line, (label, probability) in enumerate(ranked):
        axes.barh(line, probability, height=0.9, color=PALE)
        axes.text(0.03, line, f"{label}  {probability:.2f}", va="center_baseline", fontsize=9)
    axes.set(xlim=(0, 1), ylim=(2.5, -0.5))
    axes.axis("off")
