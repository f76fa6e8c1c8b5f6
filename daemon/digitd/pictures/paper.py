"""Paper and pen: the only file of the daemon's that knows matplotlib, which only `inspect` loads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from digitd.errors import InputError, UnavailableError

try:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
except ImportError as error:
    raise UnavailableError(
        "matplotlib, which draws, is not installed: pip install 'digitd[pictures]'"
    ) from error

__all__ = ["CELL_WIDTH", "MARGIN", "WIDTH", "Axes", "Figure", "draw_cells", "paper", "place", "write"]

WIDTH, MARGIN = 12.0, 0.15
"""Inches, as all lengths here; the picture's width on a page makes of 10 points about 7."""

CELLS = 5
"""Beside one another."""

CELL_WIDTH = WIDTH / CELLS - 2 * MARGIN
"""What a cell may fill."""

DOTS_PER_INCH = 110

T = TypeVar("T")


@contextmanager
def paper(height: float, font_size: int) -> Iterator[Figure]:
    """Lay out a sheet of `WIDTH`; what is drawn and written inside the block has its style."""
    style: dict[Any, Any] = {  # matplotlib's type for the keys is a list of all of them
        "svg.hashsalt": "digitd",  # and no date below: the same recording gives the same file
        "svg.fonttype": "none",
        "text.parse_math": False,  # a file may be called $5.wav
        "axes.linewidth": 0.6,
        "font.size": font_size,
    }
    with rc_context(style):
        yield Figure(figsize=(WIDTH, height))


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Place axes by inches from the picture's upper left corner."""
    whole_width, whole_height = figure.get_size_inches()
    return figure.add_axes(
        (left / whole_width, 1 - (top + height) / whole_height, width / whole_width, height / whole_height)
    )


def draw_cells(
    ones: Sequence[T],
    draw: Callable[[Figure, float, float, T], None],
    out: Path,
    *,
    height: float,
    font_size: int,
) -> None:
    """Draw many things, each in a cell of its own.

    Args:
        ones: What there is to draw.
        draw: Draws one, given the left and the top of its cell.
        out: The PNG or SVG file to write.
        height: Of a cell.
        font_size: In points.

    Raises:
        InputError: The picture cannot be written.
    """
    with paper(height * -(-len(ones) // CELLS) + MARGIN, font_size) as figure:
        for number, one in enumerate(ones):
            row, column = divmod(number, CELLS)
            draw(figure, WIDTH / CELLS * column + MARGIN, height * row + MARGIN, one)
        write(figure, out)


def write(figure: Figure, out: Path) -> None:
    """Write PNG or SVG, as the name says.

    Raises:
        InputError: It cannot be written.
    """
    try:
        if out.suffix.lower() == ".svg":
            FigureCanvasSVG(figure).print_figure(out, metadata={"Date": None})
            return
        FigureCanvasAgg(figure).print_figure(out, dpi=DOTS_PER_INCH)
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}; -o takes a PNG or SVG file to write") from error
