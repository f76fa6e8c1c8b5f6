"""Takes the README's picture of `digitd listen`: the demo's speech, a real daemon, a real terminal.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.terminal_picture docs/listen.png

What pyte sees on the terminal, drawn by rich as SVG, and by Chromium as PNG. Takes half a minute.
"""

import os
import re
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pyte
from pyte.screens import Char
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

from digitd.demo.play import SPEECH
from integration.brokers import free_port
from integration.browser import chromium
from integration.daemons import DIGITD, daemon
from integration.terminals import terminal

COLUMNS, ROWS = 88, 24
WORDS = 10
LEAST = 0.96
"""So confident a digit has to be here, for the picture to show one that is ignored."""

LARGEST_BYTES = 150_000


def main() -> None:
    """Take it."""
    out = Path(sys.argv[1])
    with TemporaryDirectory() as temporary:
        own = {**os.environ, "RUNTIME_DIRECTORY": f"{temporary}/run"}
        audio = {"source": "files", "files": [str(SPEECH)]}
        settings = {"decision": {"threshold": LEAST}, "home_assistant": {"enabled": False}}
        with daemon(Path(temporary), own, free_port(), settings, **audio) as running:
            running.wait_for("listening")
            command = [*DIGITD, "listen", "-c", str(running.config)]
            with terminal(command, own, COLUMNS, ROWS) as shown:
                shown.read("9  below threshold")
                shown.see(lambda: re.search(r"level -[23]\d dBFS.*q quit", shown.text, re.DOTALL))
                _write(shown.screen, out)
    print(f"{out}  {out.stat().st_size // 1000} kB")
    assert out.stat().st_size <= LARGEST_BYTES


def _write(screen: pyte.Screen, out: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=StringIO(), legacy_windows=False)
    for row in range(ROWS):
        console.print(_line(screen, row), no_wrap=True, crop=True)
    svg = console.export_svg(title="digitd listen", theme=MONOKAI, font_aspect_ratio=0.6)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.set_content(svg)
        page.locator("svg").first.screenshot(path=out, animations="disabled")


def _line(screen: pyte.Screen, row: int) -> Text:
    line = Text()
    for column in range(COLUMNS):
        cell = screen.buffer[row][column]
        line.append(cell.data, _style(cell))
    return line


def _style(cell: Char) -> Style:
    return Style(color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold)


def _colour(name: str) -> Color | None:
    """Pyte names the sixteen colours, and writes the others as six digits."""
    if name == "default":
        return None
    if len(name) == 6 and set(name) <= set("0123456789abcdef"):
        return Color.parse(f"#{name}")
    return Color.parse({"brown": "yellow"}.get(name, name.replace("bright", "bright_")))


if __name__ == "__main__":
    main()
