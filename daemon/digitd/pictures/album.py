"""Utterances that a running daemon remembers: it keeps no sound, but what can be drawn of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitd.messages import Float32, Score
from digitd.pictures.marks import INK, RED, image, scores
from digitd.pictures.paper import CELL_WIDTH, Axes, Figure, draw_cells, place

CELL_HEIGHT = 2.95
WAVE, IMAGE, SCORES = 0.55, 0.95, 0.55


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds arrays
class Memory:
    """An utterance that was.

    Attributes:
        said: When, and for how long, in words.
        verdict: What came of it, in words.
        accepted: Whether it was acted on.
        score: What the model made of it; None where it was not asked.
        image: What the network saw, shape (34, 50), row 0 is the highest band.
        span_s: Where what is known of the waveform begins and ends, seconds since the source was opened.
        edges_s: Onset and offset.
        least: The least sample at each point of the waveform, full scale is ±1.0, shape (points,).
        greatest: The greatest one, shape (points,).
    """

    said: str
    verdict: str
    accepted: bool
    score: Score | None
    image: Float32
    span_s: tuple[float, float]
    edges_s: tuple[float, float]
    least: Float32
    greatest: Float32


def draw_album(memories: Sequence[Memory], out: Path) -> None:
    """Draw utterances, each with its waveform, red lines, what the network saw, and its scores.

    Raises:
        InputError: The picture cannot be written.
    """
    draw_cells(memories, _cell, out, height=CELL_HEIGHT, font_size=9)


def _cell(figure: Figure, left: float, top: float, memory: Memory) -> None:
    wave = place(figure, left, top + 0.2, CELL_WIDTH, WAVE)
    _waveform(wave, memory)
    wave.set_title(memory.said, fontsize=8, pad=2, loc="left")
    picture = place(figure, left, top + 0.5 + WAVE, CELL_WIDTH, IMAGE)
    image(picture, memory.image)
    picture.set_title(memory.verdict, fontsize=9, color=INK if memory.accepted else RED, pad=3)
    if memory.score:
        scores(place(figure, left, top + 0.55 + WAVE + IMAGE, CELL_WIDTH, SCORES), memory.score)


def _waveform(axes: Axes, memory: Memory) -> None:
    times_s = np.linspace(*memory.span_s, len(memory.least))
    axes.fill_between(times_s, memory.least, memory.greatest, color=INK, linewidth=0.4)
    for edge_s in memory.edges_s:
        axes.axvline(edge_s, color=RED, linewidth=1)
    axes.set(xticks=[], yticks=[], xlim=memory.span_s)
