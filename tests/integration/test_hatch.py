"""The daemon's socket for terminals: who may open it, what is told there, and what becomes of it."""

import json
import os
import signal
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from digitd.demo.play import SPEECH
from digitd.monitor.gallery import MOST_VIEWERS
from integration.brokers import free_port
from integration.daemons import Daemon, daemon

AUDIO: Mapping[str, object] = {"source": "files", "files": [str(SPEECH)] * 20}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "run" / "kitchen.sock"


@contextmanager
def run(place: Path, **monitor: object) -> Iterator[Daemon]:
    """Run a daemon that does without a broker."""
    folder = place.parents[1] / "daemon"
    folder.mkdir(exist_ok=True)
    with daemon(folder, environment(place), free_port(), {"monitor": monitor}, **AUDIO) as running:
        running.wait_for("listening")
        yield running
        assert "Traceback" not in running.log.read_text()


def environment(place: Path) -> Mapping[str, str]:
    return {**os.environ, "RUNTIME_DIRECTORY": str(place.parent)}


class Looking:
    """Somebody who looks."""

    def __init__(self, place: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(place))
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def told(self, kind: str) -> dict[str, Any]:
        """Wait for a message of a kind."""
        while line := self._lines.readline():
            message: dict[str, Any] = json.loads(line)
            if message["kind"] == kind:
                return message
        raise EOFError

    def is_hung_up_on(self) -> bool:
        """Read on to the end, and say whether there is one."""
        try:
            return self._lines.read() is not None
        except ConnectionResetError:
            return True

    def say(self, line: bytes) -> None:
        self._socket.sendall(line)


def test_only_its_own_user_may_open_it_and_it_goes_with_the_daemon(place: Path) -> None:
    with run(place) as running:
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (place, place.parent)]
        running.end(signal.SIGTERM)

    assert modes == [0o600, 0o700]
    assert not place.exists()


def test_it_tells_what_is_set_heard_and_how_loud_it_is(place: Path) -> None:
    with run(place), Looking(place) as one:
        state, sound, utterance = one.told("state"), one.told("sound"), one.told("utterance")

    assert (state["site"], state["muted"]) == ("kitchen", False)
    assert sound["onset_dbfs"] > sound["floor_dbfs"]
    assert utterance["top"][0][0] == "8"


def test_what_is_asked_there_is_done_and_answered(place: Path) -> None:
    with run(place), Looking(place) as one:
        one.told("present")
        one.say(b'{"number": 1, "topic": "mute/set", "payload": "ON"}\n')

        state, answer = one.told("state"), one.told("answer")

    assert (answer["number"], answer["error"], state["muted"]) == (1, None, True)


@pytest.mark.parametrize("line", [b"let me in\n", b"x" * 5000])
def test_who_says_what_is_no_question_is_hung_up_on(place: Path, line: bytes) -> None:
    with run(place), Looking(place) as one, Looking(place) as other:
        one.told("present")
        one.say(line)

        assert one.is_hung_up_on()
        assert other.told("sound")


def test_no_more_than_a_few_may_look_at_once(place: Path) -> None:
    with run(place):
        looking = [Looking(place) for _ in range(MOST_VIEWERS)]
        for one in looking:
            one.told("present")
        with Looking(place) as late:
            assert late.is_hung_up_on()
        for one in looking:
            one.__exit__()


def test_the_socket_of_a_daemon_that_was_killed_is_no_hindrance(place: Path) -> None:
    with run(place) as running:
        running.end(signal.SIGKILL)
    assert place.exists()

    with run(place), Looking(place) as one:
        assert one.told("present")


def test_a_second_daemon_of_the_same_site_leaves_the_first_its_socket(place: Path) -> None:
    with run(place), Looking(place) as one:
        second = place.parents[1] / "second"
        second.mkdir()
        with daemon(second, environment(place), free_port(), {}, **AUDIO) as other:
            other.wait_for("no socket for digitd listen")
            other.wait_for("listening")
            other.end(signal.SIGTERM)

        assert one.told("sound")
        with Looking(place) as another:
            assert another.told("present")


def test_there_is_none_where_it_is_turned_off(place: Path) -> None:
    with run(place, socket=False):
        assert not place.exists()
