"""Many recordings, each small: a contact sheet."""

from collections.abc import Sequence
from pathlib import Path

from digitd.pictures.marks import RED, colour, edges, image, title, waveform
from digitd.pictures.paper import CELL_WIDTH, Figure, draw_cells, place
from digitd.pictures.study import Study

CELL_HEIGHT, THUMBNAILS = 1.95, 4
"""Of a cell of a contact sheet; the utterances shown in one."""


def draw_contact_sheet(studies: Sequence[Study], out: Path) -> None:
    """Draw many recordings: each with its waveform, red lines, and its first utterances as small pictures.

    Raises:
        InputError: The picture cannot be written.
    """
    draw_cells(studies, _cell, out, height=CELL_HEIGHT, font_size=8)


def _cell(figure: Figure, left: float, top: float, study: Study) -> None:
    wave = place(figure, left, top + 0.2, CELL_WIDTH, 0.6)
    span = (study.start, study.start + len(study.samples))
    waveform(wave, study, span)
    edges(wave, study, study.seen)
    wave.set(xticks=[], yticks=[])
    wave.set_title(_short(study.name, 30), fontsize=8, pad=2, loc="left")
    step = CELL_WIDTH / THUMBNAILS
    many = len(study.seen) > THUMBNAILS
    shown = study.seen[: THUMBNAILS - 1 if many else THUMBNAILS]
    for column, one in enumerate(shown):
        axes = place(figure, left + step * column, top + 0.85, step - 0.05, 0.6)
        image(axes, one.image)
        axes.set_xlabel(title(one.verdict, 9), fontsize=7, color=colour(one.verdict), labelpad=2)
    if many or not shown:
        rest = place(figure, left + step * len(shown), top + 0.85, step - 0.05, 0.6)
        rest.text(0, 0.5, f"and {len(study.seen) - len(shown)}\nmore" if many else "no utterance", color=RED)
        rest.axis("off")


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else "…" + name[-most + 1 :]
