"""A report's pictures: what is taken for what, misses against false accepts, digits in noise."""

from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from digitd.messages import Float64
from digitd_training.evaluation.conditions import QUIET, REVERBERANT, SNRS_DB, InNoise
from digitd_training.evaluation.counting import KINDS, NOTHING, Figures
from digitd_training.evaluation.curves import Curve, Point
from digitd_training.evaluation.evaluate import Report

LINEAR_PER_HOUR, LINEAR_PER_CENT = 10.0, 1.0
"""The curves' axes are linear up to here, and logarithmic beyond."""

MOST_MISSED = 50.0
"""Per cent; what misses more is of no use."""

DARK = 0.5
"""From this share on, a field of the matrix is dark and its number white."""

MADE = ("white", "pink", "babble", "synthetic music", REVERBERANT)
"""Noise that is made; what else there is was recorded."""


def draw_report(report: Report, folder: Path) -> dict[str, str]:
    """Draw a report into a folder.

    Returns:
        What a picture shows to its file's name.
    """
    drawn = {"confusion": _confusion, "curves": _curves, **({"noise": _noise} if report.noise else {})}
    with rc_context({"svg.hashsalt": "digitd", "svg.fonttype": "none", "font.size": 9}):
        for name, draw in drawn.items():
            # Without a date and with fixed names inside, the same report gives the same file.
            canvas = FigureCanvasSVG(draw(report))
            canvas.print_figure(folder / f"{name}.svg", metadata={"Date": None})
    return {name: f"{name}.svg" for name in drawn}


def matrix(figures: Figures) -> tuple[list[str], list[str], Float64]:
    """Spoken labels, published labels, and what share of the spoken was published as what."""
    spoken = list(figures.confusion)
    published = {label for row in figures.confusion.values() for label in row} - {NOTHING}
    heard = [*sorted(published | set(spoken)), NOTHING]
    counts = np.array([[row.get(label, 0) for label in heard] for row in figures.confusion.values()], float)
    return spoken, heard, counts / counts.sum(axis=1, keepdims=True)


def _confusion(report: Report) -> Figure:
    spoken, heard, shares = matrix(report.recognisers[0])
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(heard)), heard)
    axes.set_yticks(range(len(spoken)), spoken)
    axes.set_xlabel("published")
    axes.set_ylabel("spoken")
    axes.set_title(f"{report.model}: of what was spoken, per cent published as")
    for row, column in np.argwhere(shares > 0).tolist():
        share = shares[row, column]
        colour = "white" if share > DARK else "black"
        axes.text(column, row, f"{share * 100:.0f}", ha="center", va="center", color=colour)
    return figure


def _curves(report: Report) -> Figure:
    kinds = [*report.curves[0].hours, "word"]
    figure = Figure(figsize=(2.7 * len(kinds), 3.6), layout="constrained")
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for panel, kind in zip(panels, kinds, strict=True):
        for number, curve in enumerate(report.curves):
            _draw_curve(panel, curve, kind, f"C{number}")
        linear = LINEAR_PER_CENT if kind == "word" else LINEAR_PER_HOUR
        panel.set_xscale("symlog", linthresh=linear)
        panel.set_xlim(left=-linear / 20)
        panel.xaxis.set_major_formatter("{x:g}")
        panel.set(title=KINDS[kind], ylim=(0, MOST_MISSED))
        panel.set_xlabel("per cent published" if kind == "word" else "false accepts an hour")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("per cent of keywords missed")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw_curve(axes: Axes, curve: Curve, kind: str, colour: str) -> None:
    rates, missed = zip(*(_rates(curve, point, kind) for point in curve.points), strict=True)
    axes.plot(rates, missed, color=colour, linewidth=1.4, label=curve.recogniser)
    axes.plot(*_rates(curve, curve.chosen, kind), "o", color=colour)


def _rates(curve: Curve, point: Point, kind: str) -> tuple[float, float]:
    """False accepts an hour, or per cent of words, and per cent of keywords missed."""
    missed = 100 * point.missed / max(curve.keywords, 1)
    if kind == "word":
        return 100 * point.words / max(curve.words, 1), missed
    return point.accepts[kind] / curve.hours[kind], missed


def _noise(report: Report) -> Figure:
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    made, recorded = figure.subplots(1, 2, sharey=True)
    quiet = next(row.digits for row in report.noise if row.place == QUIET)
    for axes, title, places in (
        (made, "noise that was made", [place for place in _places(report.noise) if place in MADE]),
        (
            recorded,
            "noise that was recorded",
            [place for place in _places(report.noise) if place not in MADE],
        ),
    ):
        axes.axhline(100 * quiet.share, color="black", linestyle=":", label=QUIET)
        for place in places:
            rows = [row for row in report.noise if row.place == place and row.snr_db is not None]
            axes.plot(_snrs(rows), _shares(rows), "o-", markersize=3, linewidth=1.2, label=place)
        axes.set(title=title, xlabel="signal to noise, dB", xticks=SNRS_DB, ylim=(0, 100))
        axes.grid(alpha=0.3)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    made.set_ylabel("per cent right")
    figure.suptitle(f"{report.model}: {quiet.played} digits in each noise", fontsize=10)
    return figure


def _places(noise: list[InNoise]) -> list[str]:
    return list(dict.fromkeys(row.place for row in noise if row.place != QUIET))


def _snrs(rows: list[InNoise]) -> list[int]:
    return [row.snr_db for row in rows if row.snr_db is not None]


def _shares(rows: list[InNoise]) -> list[float]:
    return [100 * row.digits.share for row in rows]
