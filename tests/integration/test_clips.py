"""Clips for learning: speech -> `digitd run` -> files of its own, labelled over the page's WebSocket."""

import json
import os
import re
import resource
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Origin

from integration.brokers import free_port
from integration.daemons import DIGITD, Daemon, daemon
from integration.speech import first_words

TOKEN = "correct horse battery staple"  # noqa: S105 - a test's token
WORDS = 2
PIN = {"enabled": True, "only": True, "grammars": {"pin": {"shortest": 2, "longest": 2, "secret": True}}}


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return the first words of the demo's recording as a WAV file, and what they are."""
    path = tmp_path_factory.mktemp("speech") / "words.wav"
    return path, first_words(WORDS, path)


@contextmanager
def listening(folder: Path, speech: Path, port: int, **sections: object) -> Iterator[Daemon]:
    """Run a daemon with clips and the page, without a broker; somebody speaks to it again and again."""
    own = {"monitor": {"enabled": True, "port": port}, "clips": {"enabled": True}, **sections}
    audio = {"source": "files", "files": [str(speech)] * 100}
    with daemon(folder, os.environ, free_port(), own, **audio) as running:
        running.wait_for("listening")
        yield running
        assert "Traceback" not in running.log.read_text()


def clips_of(folder: Path) -> Path:
    return folder / "state" / "digitd" / "clips" / "kitchen"


def sounds(folder: Path) -> list[str]:
    return sorted(path.relative_to(clips_of(folder)).as_posix() for path in clips_of(folder).rglob("*.wav"))


class Viewer:
    """Looks at the page, and knows the latest message of each kind."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._latest: dict[str, dict[str, Any]] = {}
        self._asked = 0

    def told(self, kind: str, fits: Callable[[dict[str, Any]], object] = bool) -> dict[str, Any]:
        """Wait until the latest message of a kind is as it should be."""
        give_up_at = time.monotonic() + 20
        while not (kind in self._latest and fits(self._latest[kind])):
            assert time.monotonic() < give_up_at, self._latest.get(kind)
            message = json.loads(self._connection.recv(timeout=10))
            self._latest[message["kind"]] = message
        return self._latest[kind]

    def clips(self, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait until the clips are as they should be."""
        clips: dict[str, Any] = self.told("state", lambda state: fits(state["clips"]))["clips"]
        return clips

    def asked(self, topic: str, payload: str = "") -> str | None:
        """Ask for something, and return why it was not done."""
        self._asked += 1
        self._connection.send(json.dumps({"number": self._asked, "topic": topic, "payload": payload}))
        error: str | None = self.told("answer", lambda answer: answer["number"] == self._asked)["error"]
        return error


@contextmanager
def looking(port: int) -> Iterator[Viewer]:
    page = Origin(f"http://127.0.0.1:{port}")
    with connect(f"ws://127.0.0.1:{port}/live", origin=page, close_timeout=1, max_queue=None) as connection:
        yield Viewer(connection)


def fetched(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def detected(path: Path, folder: Path) -> list[str]:
    """Return what `digitd detect` hears in a recording."""
    done = subprocess.run(
        [*DIGITD, "detect", "--format", "jsonl", str(path)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line)["keyword"] for line in done.stdout.splitlines()]


def test_what_is_said_is_kept_labelled_played_and_forgotten(
    speech: tuple[Path, list[str]], tmp_path: Path
) -> None:
    recording, said = speech
    port = free_port()
    with listening(tmp_path, recording, port) as running, looking(port) as viewer:
        heard = viewer.told("utterance", lambda utterance: utterance["accepted"])
        clip = heard["clip"]
        kept = viewer.clips(lambda clips: clip in clips["recent"])
        (first,) = [name for name in sounds(tmp_path) if clip in name]
        again = detected(clips_of(tmp_path) / first, tmp_path)
        played = fetched(port, f"/clip/{clip}.wav")
        modes = {
            stat.S_IMODE(path.stat().st_mode) for path in clips_of(tmp_path).rglob("*") if path.is_file()
        }

        refused = viewer.asked("clips/label", json.dumps({"clip": clip, "label": "lamp"}))
        done = viewer.asked("clips/label", json.dumps({"clip": clip, "label": "5"}))
        viewer.clips(lambda clips: clips["recent"].get(clip) == "5")
        labelled = [name for name in sounds(tmp_path) if clip in name]
        forgotten = viewer.asked("clips/forget", clip)
        viewer.clips(lambda clips: clip not in clips["recent"])
        without = fetched(port, f"/clip/{clip}.wav")[0]
        viewer.asked("mute/set", "ON")
        everything = viewer.asked("clips/forget")
        viewer.clips(lambda clips: clips["kept"] == 0)
        muted = viewer.told("utterance", lambda utterance: utterance["reason"] == "muted")

    assert (first, again, heard["name"]) == (f"unlabelled/{clip}.wav", [heard["name"]], said[0])
    assert (kept["labels"], kept["trouble"]) == ([*"0123456789", "_other_"], None)
    assert (modes, played[0], played[1][:4], without) == ({0o600}, 200, b"RIFF", 404)
    assert labelled == [f"labelled/5/kitchen_{clip}.wav"]
    assert muted["clip"] is None
    assert refused == "no clip can be 'lamp': there are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert (done, forgotten, everything, sounds(tmp_path)) == (None, None, None, [])
    assert "clips of what is said are kept" in running.log.read_text()


def test_while_a_secret_number_may_be_spoken_nothing_is_kept_and_the_page_says_why(
    speech: tuple[Path, list[str]], tmp_path: Path
) -> None:
    port = free_port()
    with listening(tmp_path, speech[0], port, numbers=PIN) as running, looking(port) as viewer:
        trouble = viewer.clips(lambda clips: clips["trouble"])["trouble"]
        utterance = viewer.told("utterance")
        health = viewer.told("health", lambda health: health["counters"]["heard"].get("*", 0) >= WORDS)

    assert trouble == "a secret number may be spoken"
    assert (utterance["clip"], health["counters"]["heard"].keys()) == (None, {"*"})
    assert not clips_of(tmp_path).exists()
    assert running.log.read_text().count("no clips are kept reason='a secret number may be spoken'") == 1


def test_unless_it_is_asked_for_nothing_is_kept_and_nothing_can_be_labelled(
    speech: tuple[Path, list[str]], tmp_path: Path
) -> None:
    port = free_port()
    with listening(tmp_path, speech[0], port, clips={}), looking(port) as viewer:
        utterance = viewer.told("utterance")
        refused = viewer.asked("clips/forget")
        missing = fetched(port, "/clip/20261126T120000000.wav")[0]

    assert (utterance["clip"], missing) == (None, 404)
    assert refused == "nothing is known of 'clips/forget'"
    assert not clips_of(tmp_path).exists()


def test_who_does_not_know_the_token_hears_no_clip(speech: tuple[Path, list[str]], tmp_path: Path) -> None:
    port = free_port()
    monitor = {"enabled": True, "port": port, "token": TOKEN}
    with listening(tmp_path, speech[0], port, monitor=monitor):
        give_up_at = time.monotonic() + 10
        while not (clips_of(tmp_path).exists() and sounds(tmp_path)):
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        path = f"/clip/{Path(sounds(tmp_path)[0]).stem}.wav"

        refused, shown = fetched(port, path), fetched(port, path, Authorization=f"Bearer {TOKEN}")

    assert (refused[0], b"RIFF" in refused[1]) == (401, False)
    assert (shown[0], shown[1][:4]) == (200, b"RIFF")


def test_a_full_disk_is_told_once_and_stops_nothing(speech: tuple[Path, list[str]], tmp_path: Path) -> None:
    recording, said = speech
    config = {
        "site": "kitchen",
        "audio": {"source": "files", "files": [str(recording)]},
        "mqtt": {"host": "127.0.0.1", "port": free_port()},
        "clips": {"enabled": True, "folder": str(tmp_path / "clips")},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config))

    done = subprocess.run(
        [*DIGITD, "run", "-c", str(tmp_path / "config.yaml")],
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),  # it has no threads yet
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )

    assert re.findall(r" heard keyword=(\d)", done.stderr) == said
    assert done.stderr.count("clips are not kept folder=") == 1
    assert f"clips kept=0 late=0 failed={WORDS}" in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".yaml"] == []


def test_numbers_are_told_to_the_page(speech: tuple[Path, list[str]], tmp_path: Path) -> None:
    recording, said = speech
    port = free_port()
    numbers = {"enabled": True, "gap_s": 1.5}
    with listening(tmp_path, recording, port, numbers=numbers), looking(port) as viewer:
        number = viewer.told("number")

    assert number["heard"].startswith("".join(said))
