"""A small picture in block characters. Pure."""

from typing import Final

import numpy as np
from rich.color import Color
from rich.style import Style
from rich.text import Text

from digitd.messages import Float32
from digitd.monitor.reading import Pixels
from digitd.terminal.look import Look

HALF: Final = "▀"
"""Its colour is the upper point's, its background the lower one's."""

STOPS: Final = np.array(
    [(13, 8, 35), (84, 15, 109), (187, 55, 84), (249, 142, 9), (252, 255, 164)], np.float32
)
"""From dark to bright: five of matplotlib's colour map inferno."""


def picture(pixels: Pixels, width: int, height: int, look: Look) -> list[Text]:
    """Draw a picture in so many cells; where there are colours, with two points above one another in each.

    Args:
        pixels: 0 to 255, shape (rows, columns), at least as many as points are drawn.
        width: Cells beside one another.
        height: Cells above one another.
        look: What the terminal can show.
    """
    if not look.gradual:
        levels = shrunk(pixels, height, width)
        signs = look.signs.shades
        steps = (levels * len(signs)).astype(int).clip(0, len(signs) - 1)
        return [Text("".join(signs[step] for step in row), end="") for row in steps.tolist()]
    colours = _colours(shrunk(pixels, 2 * height, width))
    return [_coloured(*colours[2 * row : 2 * row + 2]) for row in range(height)]


def shrunk(pixels: Pixels, rows: int, columns: int) -> Float32:
    """Average a picture to fewer points, from 0, its darkest, to 1, its brightest, shape (rows, columns)."""
    means = pixels.astype(np.float32)
    for axis, points in enumerate((rows, columns)):
        edges = np.linspace(0, means.shape[axis], points, endpoint=False).astype(int)
        counts = np.diff(edges, append=means.shape[axis])
        means = np.add.reduceat(means, edges, axis=axis) / np.expand_dims(counts, 1 - axis)
    span = max(float(means.max() - means.min()), 1.0)
    shrunken: Float32 = ((means - means.min()) / span).astype(np.float32)
    return shrunken


def _colours(levels: Float32) -> np.ndarray[tuple[int, int, int], np.dtype[np.int64]]:
    """Return red, green and blue of each point, shape (rows, columns, 3)."""
    at = np.linspace(0, 1, len(STOPS))
    channels = [np.interp(levels, at, channel) for channel in STOPS.T]
    return np.stack(channels, axis=-1).round().astype(np.int64)


def _coloured(
    upper: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    lower: np.ndarray[tuple[int, int], np.dtype[np.int64]],
) -> Text:
    row = Text(end="")
    for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
        row.append(HALF, Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
    return row
