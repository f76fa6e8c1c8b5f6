"""What the page's port lets in and what not, without a browser."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Origin

from digitd.demo.play import SPEECH
from digitd.monitor.gallery import MOST_VIEWERS
from digitd.monitor.server import MOST_CONNECTIONS
from integration.brokers import free_port
from integration.daemons import DIGITD, Daemon, daemon
from integration.publishing import until

AUDIO = {"source": "files", "files": [str(SPEECH)] * 20}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def shown(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Run a daemon with the page for all tests that leave it as it is; it does without a broker."""
    folder = tmp_path_factory.mktemp("shown")
    sections = {"monitor": {"enabled": True, "port": port}}
    with daemon(folder, os.environ, free_port(), sections, **AUDIO) as running:
        running.wait_for("listening")
        yield running
        assert "Traceback" not in running.log.read_text()


def asked(port: int, path: str = "/", method: str = "GET", **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def looking(port: int, origin: str = "") -> Connection:
    page = Origin(origin or f"http://127.0.0.1:{port}")
    return connect(f"ws://127.0.0.1:{port}/live", origin=page, close_timeout=1, max_queue=None)


def told(viewer: Connection, kind: str) -> dict[str, Any]:
    """Wait for a message of a kind."""
    while True:
        message: dict[str, Any] = json.loads(viewer.recv(timeout=10))
        if message["kind"] == kind:
            return message


@pytest.mark.usefixtures("shown")
def test_the_page_allows_nothing_from_elsewhere_and_is_kept_nowhere(port: int) -> None:
    answer = asked(port)

    policy = answer.headers["Content-Security-Policy"]
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == (
        "nosniff",
        "no-referrer",
    )


@pytest.mark.usefixtures("shown")
def test_only_its_own_files_are_served(port: int) -> None:
    paths = ("/main.js", "/../server.py", "/%2e%2e/server.py", "/page.html/", "//etc/passwd", "/nothing")

    assert [asked(port, path).status for path in paths] == [200, 404, 404, 404, 404, 404]


@pytest.mark.usefixtures("shown")
def test_a_name_of_somebody_elses_that_leads_here_is_refused(port: int) -> None:
    assert asked(port, Host=f"evil.example:{port}").status == 421
    assert asked(port, Host=f"localhost:{port}").status == 200


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_a_page_of_somebody_elses_may_not_look(origin: str, port: int) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        looking(port, origin)

    assert refusal.value.response.status_code == 403


def test_what_is_no_question_is_not_answered_and_not_worth_a_line(port: int, shown: Daemon) -> None:
    for message in ("{", "x" * 5000, b"\xff\xfe"):
        with looking(port) as viewer:
            viewer.send(message)
            with pytest.raises(ConnectionClosed):
                told(viewer, "answer")
    for request in (b"", b"POST / HTTP/1.1\r\n\r\n", b"\x16\x03\x01 no HTTP\r\n\r\n", b"GET /" + b"x" * 9000):
        with socket.create_connection(("127.0.0.1", port)) as visitor:
            visitor.sendall(request)

    assert asked(port).status == 200
    assert "monitor" not in shown.log.read_text()


@pytest.mark.usefixtures("shown")
def test_only_so_many_may_look_and_one_who_goes_makes_room(port: int) -> None:
    viewers = [looking(port) for _ in range(MOST_VIEWERS)]
    with pytest.raises(InvalidStatus) as refusal:
        looking(port)
    viewers.pop().close()

    with looking(port) as another:
        told(another, "sound")
    for viewer in viewers:
        viewer.close()
    assert refusal.value.response.status_code == 503


def test_whoever_connects_and_does_nothing_holds_up_neither_the_others_nor_the_end(
    tmp_path: Path,
) -> None:
    port = free_port()
    sections = {"monitor": {"enabled": True, "port": port}}
    with daemon(tmp_path, os.environ, free_port(), sections, **AUDIO) as running:
        running.wait_for("listening")
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        with looking(port) as viewer:
            told(viewer, "sound")
            took_s = running.end(signal.SIGTERM)
        for one in idle:
            one.close()

    assert (running.process.returncode, took_s < 1) == (0, True)


@pytest.mark.usefixtures("shown")
def test_of_many_connections_most_are_hung_up_on_and_those_that_go_make_room(port: int) -> None:
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * MOST_CONNECTIONS)]

    answered = [one for one in idle if not hung_up(one)]

    for one in idle:
        one.close()
    assert len(answered) <= MOST_CONNECTIONS
    assert until(lambda: is_served(port))


def is_served(port: int) -> bool:
    try:
        return asked(port).status == 200
    except OSError:
        return False


def hung_up(visitor: socket.socket) -> bool:
    visitor.settimeout(0.02)
    try:
        return not visitor.recv(1)
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.usefixtures("shown")
def test_what_is_asked_is_answered_and_what_cannot_be_done_is_told(port: int) -> None:
    with looking(port) as viewer:
        viewer.send('{"number": 7, "topic": "request/self-test"}')
        song = told(viewer, "answer")
        viewer.send('{"number": 8, "topic": "mute/set", "payload": "perhaps"}')
        refused = told(viewer, "answer")

    assert (song["number"], song["data"]["ok"], song["error"]) == (7, True, None)
    assert (refused["number"], refused["error"]) == (8, "must be ON or OFF")


def test_sound_is_told_25_times_a_second_and_none_is_missing(port: int, shown: Daemon) -> None:
    assert shown.process.poll() is None
    with looking(port) as viewer:
        first = told(viewer, "sound")
        began_at = time.monotonic()
        messages = [told(viewer, "sound") for _ in range(50)]
        took_s = time.monotonic() - began_at

    ends = [one["start_s"] + len(one["levels_dbfs"]) * one["column_s"] for one in (first, *messages)]
    assert [one["start_s"] for one in messages] == pytest.approx(ends[:-1], abs=0.001)
    assert 0.5 < took_s < 4


def test_of_what_may_be_secret_neither_name_nor_picture_leaves_the_daemon(
    tmp_path: Path,
) -> None:
    port = free_port()
    sections = {
        "monitor": {"enabled": True, "port": port},
        "numbers": {"enabled": True, "only": True, "grammars": {"pin": {"longest": 4, "secret": True}}},
    }
    with daemon(tmp_path, os.environ, free_port(), sections, **AUDIO) as running:
        running.wait_for("listening")
        with looking(port) as viewer:
            sound, utterance = told(viewer, "sound"), told(viewer, "utterance")

    assert (sound["columns"], utterance["name"]) == (None, "*")
    assert (utterance["top"], utterance["picture"]) == ([], None)


def test_other_machines_may_not_look_without_a_token(tmp_path: Path) -> None:
    sections = {"monitor": {"enabled": True, "host": "0.0.0.0"}}  # noqa: S104 - refused
    with daemon(tmp_path, os.environ, free_port(), sections, **AUDIO) as running:
        running.process.wait(timeout=20)

    assert running.process.returncode == 78
    assert running.log.read_text().splitlines()[-1] == (
        "digitd: monitor.host: 0.0.0.0 can be reached from other machines: set monitor.token_file, "
        "or monitor.host: 127.0.0.1"
    )


def test_check_says_where_the_page_will_be(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("monitor: {enabled: true}\naudio: {source: stdin}\n")

    done = subprocess.run(
        [*DIGITD, "check"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30
    )

    assert (
        "page        ok      http://127.0.0.1:9714/ once it runs, for whoever is on this machine"
        in done.stdout
    )
