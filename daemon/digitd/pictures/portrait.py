"""A recording, large: waveform with red lines, spectrogram, level, and each utterance with its scores."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from digitd.pictures.marks import COLUMNS, INK, RED, colour, edges, image, scores, title, waveform
from digitd.pictures.paper import MARGIN, WIDTH, Axes, Figure, paper, place, write
from digitd.pictures.study import HIGHEST_HZ, SHOWN_DB, Seen, Study, levels, spectrogram

IN_A_ROW, MOST_ROWS = 10, 5
MOST = IN_A_ROW * MOST_ROWS
"""So many utterances find room in a picture."""

LEFT = 0.75
STEP = (WIDTH - LEFT - MARGIN) / IN_A_ROW
ROW_HEIGHT = 6.3
WAVE, SPECTRUM, LEVEL, IMAGE, SCORES = 1.1, 1.1, 0.8, 1.1, 0.6

AROUND_S = 0.5
"""Audio before a row's first utterance and after its last one."""


def draw_portrait(study: Study, out: Path) -> None:
    """Draw a recording: waveform with red lines, spectrogram, level, and each utterance with its scores.

    Ten utterances to a row, five rows at most.

    Raises:
        InputError: The picture cannot be written.
    """
    rows = _rows(study)
    with paper(ROW_HEIGHT * len(rows), font_size=10) as figure:
        for number, (seen, start, end) in enumerate(rows):
            _row(figure, ROW_HEIGHT * number, study, seen, (start, end))
        write(figure, out)


def _rows(study: Study) -> list[tuple[list[tuple[int, Seen]], int, int]]:
    """Numbered utterances of each row, and the samples from which and to which it goes."""
    numbered = list(enumerate(study.seen, 1))
    groups = [numbered[at : at + IN_A_ROW] for at in range(0, len(numbered), IN_A_ROW)] or [[]]
    breaks = [_break(one, other, study.rate_hz) for one, other in pairwise(groups)]
    starts = [study.start, *(start for _, start in breaks)]
    ends = [*(end for end, _ in breaks), study.start + len(study.samples)]
    return list(zip(groups, starts, ends, strict=True))[:MOST_ROWS]


def _break(row: list[tuple[int, Seen]], following: list[tuple[int, Seen]], rate_hz: int) -> tuple[int, int]:
    """Where a row ends and the following begins: a little away from what is spoken, at most half-way."""
    end, start = row[-1][1].verdict.utterance.offset, following[0][1].verdict.utterance.onset
    around = min(round(AROUND_S * rate_hz), (start - end) // 2)
    return end + around, start - around


def _row(
    figure: Figure, top: float, study: Study, seen: Sequence[tuple[int, Seen]], span: tuple[int, int]
) -> None:
    wave, spectrum, level = (
        place(figure, LEFT, top + below, WIDTH - LEFT - MARGIN, height)
        for below, height in ((0.3, WAVE), (0.4 + WAVE, SPECTRUM), (0.5 + WAVE + SPECTRUM, LEVEL))
    )
    waveform(wave, study, span)
    wave.set_ylabel("waveform")
    _spectrum(spectrum, study, span)
    _level(level, study)
    for axes in (wave, spectrum, level):
        edges(axes, study, (one for _, one in seen))
        axes.set_xlim(span[0] / study.rate_hz, span[1] / study.rate_hz)
    for axes in (wave, spectrum):
        axes.tick_params(labelbottom=False)
    for number, one in seen:
        utterance = one.verdict.utterance
        middle_s = (utterance.onset + utterance.offset) / 2 / study.rate_hz
        wave.annotate(
            str(number), (middle_s, 1), (0, 2), ("data", "axes fraction"), "offset points", ha="center"
        )
    for column, (number, one) in enumerate(seen):
        _utterance(figure, LEFT + STEP * column, top + 1.45 + WAVE + SPECTRUM + LEVEL, number, one)


def _spectrum(axes: Axes, study: Study, span: tuple[int, int]) -> None:
    picture = spectrogram(study.between(*span), study.rate_hz, COLUMNS)
    start_s, end_s = (at / study.rate_hz for at in span)
    axes.imshow(
        picture,
        aspect="auto",
        origin="lower",
        extent=(start_s, end_s, 0, _highest_khz(study)),
        cmap="Greys",
        vmin=-SHOWN_DB,
        vmax=0,
    )
    axes.set(ylabel="kHz", yticks=range(0, int(_highest_khz(study)) + 1, 2))


def _highest_khz(study: Study) -> float:
    return min(HIGHEST_HZ, study.rate_hz / 2) / 1000


def _level(axes: Axes, study: Study) -> None:
    axes.plot(*levels(study), color=INK, linewidth=0.8)
    bar = axes.plot(study.block_ends_s, study.onsets_dbfs, drawstyle="steps-pre")[0]
    bar.set(color=RED, linewidth=0.8, linestyle="--")
    axes.set_ylabel("dBFS")
    axes.set_xlabel("seconds; dashed: a level that may open an utterance", labelpad=2)


def _utterance(figure: Figure, left: float, top: float, number: int, one: Seen) -> None:
    axes = place(figure, left, top, STEP - 0.1, IMAGE)
    image(axes, one.image)
    verdict = one.verdict
    axes.set_title(title(verdict, 13, f"{number}: "), color=colour(verdict), fontsize=10, pad=3)
    if verdict.score:
        scores(place(figure, left, top + IMAGE + 0.05, STEP - 0.1, SCORES), verdict.score)
