"""A living daemon whose canary fails: it says why, systemd hears no more of it, and it recovers by itself.

Nothing in the daemon is changed for it: the machine becomes too slow, for the process is stopped most of the
time. Its own settings and files cannot make the canary fail: the first are left out of the song, and another
model is tried before it is taken over.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from digitd.demo.play import SPEECH
from fakes import FakeSystemd
from integration.brokers import Broker, Listener
from integration.daemons import Daemon, daemon

pytestmark = pytest.mark.broker

SITE = "digitd/kitchen"
AUDIO = {"source": "files", "files": [str(SPEECH)] * 20}
WATCHDOG_S = 2.0

RUNS_S, STOPS_S = 0.1, 1.6
"""A song takes 10 to 50 ms where nobody stops it, and one that is stopped once takes longer than `LONGEST_S`.

With runs of 5 ms a request was not answered in a minute on a machine that had other things to do."""


@contextmanager
def slowed(running: Daemon) -> Iterator[None]:
    """Let a process run for little of the time only, as on a machine that has far too much to do."""
    over = threading.Event()

    def stop_and_go() -> None:
        while not over.wait(RUNS_S):
            running.process.send_signal(signal.SIGSTOP)
            over.wait(STOPS_S)
            running.process.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=stop_and_go)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def said_last(listener: Listener) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(listener.messages[-1].payload)
    return told


def song(answers: Listener) -> dict[str, Any]:
    """Let the canary sing, and return what came of it."""
    count = len(answers.messages)
    answers.say(f"{SITE}/request/self-test", b"")
    answers.wait_for_count(count + 1, timeout_s=60)
    told: dict[str, Any] = said_last(answers)["data"]
    return told


def told_until(systemd: FakeSystemd, condition: Callable[[list[str]], bool]) -> list[str]:
    """Wait until something is so, and return what systemd was told meanwhile."""
    told: list[str] = []
    give_up_at = time.monotonic() + 30
    while not condition(told):
        assert time.monotonic() < give_up_at, told
        time.sleep(0.05)
        told += systemd.told()
    return told


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[FakeSystemd]:
    with FakeSystemd(tmp_path / "notify", WATCHDOG_S) as running:
        yield running


@pytest.fixture
def running(broker: Broker, systemd: FakeSystemd, tmp_path: Path) -> Iterator[Daemon]:
    environment = {**os.environ, **systemd.environ}
    with daemon(tmp_path, environment, broker.port, {"audio": AUDIO}) as running:
        running.wait_for("listening")
        running.wait_for("broker connected")
        yield running


def test_a_machine_that_became_too_slow_is_told_to_all_until_it_is_fast_again(
    broker: Broker, running: Daemon, systemd: FakeSystemd
) -> None:
    told_until(systemd, lambda told: {"READY=1", "WATCHDOG=1"} <= set(told))
    with (
        Listener(broker.port, f"{SITE}/response/self-test") as answers,
        Listener(broker.port, f"{SITE}/health") as health,
    ):
        with slowed(running):
            while song(answers)["ok"]:
                systemd.told()
        told_until(systemd, lambda _: not said_last(health)["canary"]["ok"])
        failed = said_last(health)
        systemd.told()  # before it failed
        over_at = time.monotonic() + 2 * WATCHDOG_S
        meanwhile = told_until(systemd, lambda _: time.monotonic() > over_at)
        told_until(systemd, lambda told: "WATCHDOG=1" in told)
        told_until(systemd, lambda _: said_last(health)["canary"]["ok"])

    assert failed["canary"]["trouble"].endswith("the machine is too slow")
    assert failed["state"] == "listening"
    assert "WATCHDOG=1" not in meanwhile
    running.wait_for("canary failed")
    running.wait_for("canary passed")
