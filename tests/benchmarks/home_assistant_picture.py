"""The picture of the device in a real Home Assistant, docs/home-assistant.png.

    sudo env DIGITD_HOME_ASSISTANT=$PWD/.cache/home-assistant PYTHONPATH=tests \
        .venv/bin/python -m benchmarks.home_assistant_picture

Needs what `make test-home-assistant` has set up, and Chromium, which is spoken to by its DevTools protocol.
"""

import base64
import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import soundfile
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from fakes import room_noise
from integration.home_assistant import HomeAssistant
from integration.house import NUMBERS, full, house, recipes

PICTURE = Path(__file__).parents[2] / "docs" / "home-assistant.png"
ROOM_S, ROOM_DBFS, RATE_HZ = 120, -58.0, 16_000
NUMBER_S = 2.0
"""A number is over when no digit follows."""

WIDTH, HEIGHT = 1240, 1570
DRAWN_AFTER_S = 20.0
"""A page that is put together by scripts never says that it is complete."""


def main() -> None:
    """Build a house, let something be said in it, and take the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "vmic").mkdir()
        noise = folder / "noise.wav"
        soundfile.write(noise, room_noise(ROOM_S, ROOM_DBFS, RATE_HZ), RATE_HZ)
        with house(folder) as built, built.vmic.play_async(noise) as room, built.daemon() as running:
            running.configure(numbers={"enabled": True})
            running.process.send_signal(signal.SIGHUP)
            built.wait_until_there(NUMBERS)
            page = f"/config/devices/device/{built.device()['id']}"
            with built.automated(recipes("README.md")[0]):
                threshold = {"entity_id": full("number.threshold"), "value": 0.9}
                built.home.post("/api/services/number/set_value", threshold)
                for said in "7", "42":
                    built.say(said)
                    time.sleep(NUMBER_S)
                PICTURE.write_bytes(picture(built.home, page, folder / "browser"))
            room.terminate()
    print(f"{PICTURE}: {PICTURE.stat().st_size} bytes")


def picture(home: HomeAssistant, page: str, folder: Path) -> bytes:
    """Return a page of Home Assistant as PNG."""
    address = f"http://127.0.0.1:{home.port}"
    tokens = {
        "access_token": home.token,
        "token_type": "Bearer",
        "expires_in": 1800,
        "expires": 1000 * (time.time() + 1800),
        "refresh_token": "",
        "hassUrl": address,
        "clientId": f"{address}/",
    }
    remembered = (
        f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
        """localStorage.setItem('dockedSidebar', '"always_hidden"')"""
    )
    with browser(folder) as line:
        ask(line, "Page.enable")
        ask(line, "Page.addScriptToEvaluateOnNewDocument", source=remembered)
        ask(line, "Page.navigate", url=address + page)
        time.sleep(DRAWN_AFTER_S)
        return base64.b64decode(ask(line, "Page.captureScreenshot", format="png")["data"])


@contextmanager
def browser(folder: Path) -> Iterator[Connection]:
    """Run Chromium with an empty page, and connect to that."""
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    flags += [f"--window-size={WIDTH},{HEIGHT}", f"--user-data-dir={folder}", "--remote-debugging-port=0"]
    with subprocess.Popen(["chromium", *flags], stderr=subprocess.DEVNULL) as process:
        try:
            yield from _connected(folder / "DevToolsActivePort")
        finally:
            process.terminate()


def _connected(told: Path) -> Iterator[Connection]:
    while not told.exists() or not told.read_text().strip():
        time.sleep(0.1)
    port = int(told.read_text().split()[0])
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("PUT", f"/json/new?{quote('about:blank')}")
    address = json.loads(line.getresponse().read())["webSocketDebuggerUrl"]
    with connect(f"ws://127.0.0.1:{port}{urlsplit(address).path}", max_size=None) as page:
        yield page


def ask(line: Connection, method: str, **parameters: object) -> dict[str, Any]:
    """Let the page do something, and return what comes of it."""
    line.send(json.dumps({"id": 1, "method": method, "params": parameters}))
    while True:
        told = json.loads(line.recv(timeout=30))
        if told.get("id") == 1:
            result: dict[str, Any] = told["result"]
            return result


if __name__ == "__main__":
    main()
