"""What clips and the web page cost the daemon: without, nobody looking, one and three browsers open.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.page_cost

The demo's speech through the virtual microphone, again and again. Needs mosquitto, PulseAudio and Chromium.
Takes four minutes. Each line is one daemon, in turn, so that what else the machine does hits all alike.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from playwright.sync_api import Browser, expect

from benchmarks.processes import cpu_s, resident_mb
from digitd.demo.play import SPEECH
from integration.brokers import Listener, free_port, mosquitto
from integration.browser import chromium
from integration.daemons import daemon
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

MEASURED_S = 20.0
ROUNDS = 2
CASES = {
    "neither": (None, False),
    "clips are kept": (None, True),
    "nobody looks": (0, False),
    "one looks": (1, False),
    "three look": (3, False),
}
"""How many look, None where there is no page, and whether clips are kept."""


def main() -> None:
    """Measure and print."""
    with (
        TemporaryDirectory() as sound,
        virtual_microphone(Path(sound), 16_000) as vmic,
        talking(vmic),
        chromium() as browser,
    ):
        print(f"{'':<14}  CPU ms/s   memory MB  sound lost")
        for _ in range(ROUNDS):
            for name, (viewers, clips) in CASES.items():
                cpu_ms, megabytes, lost_s = cost(vmic, browser, viewers, clips=clips)
                print(f"{name:<14}  {cpu_ms:8.1f}  {megabytes:10.1f}  {lost_s:.2f} s", flush=True)


def cost(
    vmic: VirtualMicrophone, browser: Browser, viewers: int | None, *, clips: bool
) -> tuple[float, float, float]:
    """Return CPU milliseconds a second, resident megabytes, and seconds of sound lost."""
    port = free_port()
    sections = {"monitor": {"enabled": viewers is not None, "port": port}, "clips": {"enabled": clips}}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        broker = stack.enter_context(mosquitto(folder))
        running = stack.enter_context(
            daemon(folder, vmic.environment, broker.port, sections, device=vmic.name)
        )
        running.wait_for("listening")
        for _ in range(viewers or 0):
            page = stack.enter_context(browser.new_context()).new_page()
            page.goto(f"http://127.0.0.1:{port}/")
            expect(page.locator("#status")).to_have_text("listening")
        time.sleep(2)
        before_s, began_at = cpu_s(running.process.pid), time.monotonic()
        time.sleep(MEASURED_S)
        used_s = cpu_s(running.process.pid) - before_s
        cpu_ms = 1000 * used_s / (time.monotonic() - began_at)
        return cpu_ms, resident_mb(running.process.pid), missing_s(broker.port)


def missing_s(port: int) -> float:
    """Return how many seconds of sound the daemon at a broker has lost."""
    with Listener(port, "digitd/kitchen/response/health") as listener:
        listener.say("digitd/kitchen/request/health", b"{}")
        listener.wait_for_count(1)
        return float(json.loads(listener.heard()[0][1])["data"]["counters"]["missing_s"])


@contextmanager
def talking(vmic: VirtualMicrophone) -> Iterator[None]:
    """Speak without end into the microphone."""
    ending = Event()

    def talk() -> None:
        while not ending.is_set():
            vmic.play(SPEECH)

    thread = Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


if __name__ == "__main__":
    main()
