"""What large pictures and small ones have in common: the waveform, the red lines, an utterance's image."""

from collections.abc import Iterable
from textwrap import wrap

import numpy as np

from digitd.messages import Detection, Rejection
from digitd.pictures.paper import Axes
from digitd.pictures.study import Seen, Study, envelope

COLUMNS = 1200
"""Of a waveform or spectrogram over the whole width."""

RED, INK = "#c00000", "black"


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


def image(axes: Axes, one: Seen) -> None:
    """Draw what the network saw."""
    axes.imshow(one.image, aspect="auto", cmap="Greys")
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
