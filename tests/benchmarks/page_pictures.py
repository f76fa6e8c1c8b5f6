"""Takes the README's pictures of the web page: the demo's speech, a real daemon, a real browser.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.page_pictures docs

Needs mosquitto and Chromium. Takes half a minute.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, expect

from digitd.demo.play import SPEECH
from integration.brokers import free_port, mosquitto
from integration.browser import chromium
from integration.daemons import daemon

WORDS = 10
"""So many have been said when the pictures are taken."""

LEAST = 0.96
"""So confident a digit has to be here, for the pictures to show one that is ignored."""

LARGEST_BYTES = 250_000

LOOKS: dict[str, dict[str, Any]] = {
    "page-light": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light"},
    "page-dark": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "dark"},
    "page-phone": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
        "device_scale_factor": 1.5,
        "has_touch": True,
    },
}


def main() -> None:
    """Take them."""
    folder = Path(sys.argv[1])
    with TemporaryDirectory() as temporary, mosquitto(Path(temporary)) as broker, chromium() as browser:
        port = free_port()
        sections = {"monitor": {"enabled": True, "port": port}, "decision": {"threshold": LEAST}}
        audio = {"source": "files", "files": [str(SPEECH)]}
        with daemon(Path(temporary), os.environ, broker.port, sections, **audio) as running:
            running.wait_for("page open")
            pages = {name: _opened(browser, port, look) for name, look in LOOKS.items()}
            for page in pages.values():
                expect(page.locator("#utterances > li").nth(WORDS - 1)).to_be_attached(timeout=30_000)
            for name, page in pages.items():
                page.wait_for_timeout(400)  # the newest card has arrived
                path = folder / f"{name}.png"
                page.screenshot(path=path, animations="disabled")
                print(f"{path}  {path.stat().st_size // 1000} kB")
                assert path.stat().st_size <= LARGEST_BYTES


def _opened(browser: Browser, port: int, look: dict[str, Any]) -> Page:
    page = browser.new_context(**look).new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    return page


if __name__ == "__main__":
    main()
