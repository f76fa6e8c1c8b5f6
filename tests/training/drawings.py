"""The article's pictures, as matplotlib draws them."""

from collections.abc import Callable

import numpy as np
import pytest

from digitd.messages import Float32

pytest.importorskip("matplotlib", reason="needs the train extra: pip install 'digitd[train]'")

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def drawn_by_matplotlib(draw: Callable[[Axes], object]) -> Float32:
    """Draw 150 by 100 pixels, take the grey value, scale it to 0..1, average blocks of 3 by 3."""
    block_reduce = pytest.importorskip("skimage.measure", reason="needs the train extra").block_reduce
    figure = Figure(figsize=(0.75, 0.5), dpi=200)
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    axes.axis("off")
    draw(axes)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib types only a part of itself
    colours = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]  # as above
    grey = colours @ [0.299, 0.587, 0.114]
    scaled = (grey - grey.min()) / (grey.max() - grey.min())
    picture: Float32 = block_reduce(scaled, (3, 3), np.mean)
    return picture
