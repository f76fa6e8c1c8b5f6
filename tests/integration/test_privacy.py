"""What the README promises of privacy and security, looked at from outside the process."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
from paho.mqtt.client import MQTTMessage

from integration.brokers import Broker, Listener, mosquitto
from integration.processes import Socket, files_open_for_writing, sockets
from integration.speech import first_words
from integration.virtual_microphone import VirtualMicrophone

pytestmark = [pytest.mark.broker, pytest.mark.microphone]

README = Path(__file__).parents[2] / "README.md"
PREFIX = "digitd/kitchen/"
TAKE_A_SETTING = {"number", "number/rejected", "number/secret", "budget"}
LONGEST_TEXT = 120
"""No payload holds a longer piece of text; a second of speech in the thriftiest codec is some 700 bytes."""

MORTAL = """
import resource, signal, sys
from digitd.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
sys.exit(main(["run"]))
"""
"""`digitd run`, in a process that ends at once when it writes a single byte to any file (man 2 setrlimit)."""


@dataclass(frozen=True)
class Observed:
    """A daemon that was spoken to, seen from outside.

    Attributes:
        said: What was said.
        seconds: How long that was.
        messages: All that it published.
        quiet: So many of them before anything was said.
        sent_bytes: All that anybody gave the broker since then.
        open_files: What it could have written to at some moment.
        sockets: What it had open at some moment.
        looked_through: The socket for terminals.
        mode: Who may open it.
        left_behind: Files that were not there before.
        exit_code: How it ended.
        log: Its standard error.
    """

    said: list[str]
    seconds: float
    messages: list[MQTTMessage]
    quiet: int
    sent_bytes: int
    open_files: set[Path]
    sockets: set[Socket]
    looked_through: Path
    mode: int
    left_behind: set[Path]
    exit_code: int
    log: str


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Run a broker that counts each second what it gets."""
    with mosquitto(tmp_path_factory.mktemp("broker"), sys_interval="1") as running:
        yield running


@pytest.fixture(scope="module")
def observed(
    listening: Broker, vmic: VirtualMicrophone, tmp_path_factory: pytest.TempPathFactory
) -> Observed:
    """Speak to a daemon, and look at it meanwhile."""
    speech = tmp_path_factory.mktemp("speech") / "words.wav"
    said = first_words(5, speech)
    home = tmp_path_factory.mktemp("home")
    environment = at_home(home, listening.port, vmic)
    before = everything_below(home)
    with (
        Listener(listening.port, "#") as listener,
        Listener(listening.port, "$SYS/broker/#") as counted,
        subprocess.Popen(
            [sys.executable, "-c", MORTAL], cwd=home, env=environment, stderr=subprocess.PIPE
        ) as process,
    ):
        wait_until(lambda: told(listener, PREFIX + "health"))
        sent_before, quiet = bytes_sent(counted), len(listener.messages)
        opened, connected = set[Path](), set[Socket]()
        with vmic.play_async(speech) as player:
            while player.poll() is None and process.poll() is None:
                with suppress(FileNotFoundError):  # it has died of writing
                    opened |= files_open_for_writing(process.pid)
                    connected |= set(sockets(process.pid))
                time.sleep(0.02)
        assert process.poll() is None, f"it ended with {process.returncode}: did it write to a file?"
        listener.say(f"{PREFIX}request/health", b"")
        wait_until(lambda: told(listener, PREFIX + "response/health"))
        sent = bytes_sent(counted) - sent_before
        looked_through = Path(environment["RUNTIME_DIRECTORY"], "kitchen.sock")
        mode = stat.S_IMODE(looked_through.stat().st_mode)
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=10)[1].decode()
    return Observed(
        said,
        soundfile.info(speech).duration,
        [message for message in listener.messages if "/request/" not in message.topic],
        quiet,
        sent,
        opened,
        connected,
        looked_through,
        mode,
        everything_below(home) - before,
        process.returncode,
        log,
    )


def bytes_sent(counted: Listener) -> int:
    """Return what all have sent to the broker; it counts once in a while, so the next but one count is it."""
    enough = len(told(counted, "$SYS/broker/uptime")) + 2
    wait_until(lambda: len(told(counted, "$SYS/broker/uptime")) >= enough)
    return int(told(counted, "$SYS/broker/bytes/received")[-1])


def told(listener: Listener, topic: str) -> list[str]:
    return [message.payload.decode() for message in listener.messages if message.topic == topic]


def wait_until(condition: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def at_home(home: Path, port: int, vmic: VirtualMicrophone) -> dict[str, str]:
    """Write a configuration, and return an environment in which all that is written goes below one folder."""
    own = {
        name: home / name.lower()
        for name in (
            "HOME",
            "TMPDIR",
            "STATE_DIRECTORY",
            "RUNTIME_DIRECTORY",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
        )
    }
    for folder in own.values():
        folder.mkdir()
    (home / "config.yaml").write_text(
        json.dumps(
            {
                "site": "kitchen",
                "audio": {"device": vmic.name},
                "mqtt": {"host": "127.0.0.1", "port": port},
                "log": {"level": "debug"},
            }
        )
    )
    # What PulseAudio's library makes itself otherwise: shared memory, which counts as a file, and a cookie.
    (home / "client.conf").write_text("enable-shm = no\n")
    (home / "cookie").write_bytes(bytes(256))
    return {
        **vmic.environment,
        **{name: str(folder) for name, folder in own.items()},
        "PULSE_CLIENTCONFIG": str(home / "client.conf"),
        "PULSE_COOKIE": str(home / "cookie"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def everything_below(folder: Path) -> set[Path]:
    return {Path(inside, name) for inside, folders, names in os.walk(folder) for name in folders + names}


def test_it_hears_every_word_though_it_would_die_of_writing_one_byte_to_a_file(observed: Observed) -> None:
    heard = [message.payload.decode() for message in observed.messages if message.topic == PREFIX + "keyword"]

    assert heard == observed.said, observed.log
    assert observed.exit_code == 0, observed.log


def test_while_it_listens_no_file_is_open_for_writing_and_none_is_left_behind(observed: Observed) -> None:
    assert (observed.open_files, observed.left_behind) == (set(), set())


def test_it_listens_on_no_port(observed: Observed) -> None:
    assert [one for one in observed.sockets if one.listens and one.family != "unix"] == []


def test_only_its_own_user_may_look_through_its_one_socket(observed: Observed) -> None:
    assert {one.local for one in observed.sockets if one.listens} == {str(observed.looked_through)}
    assert observed.mode == 0o600


def test_it_is_connected_with_the_broker_and_with_nobody_else(observed: Observed, listening: Broker) -> None:
    internet = {one for one in observed.sockets if one.family != "unix"}

    own = {one.local for one in internet}  # paho wakes its thread by a connection with itself
    assert {one.remote for one in internet} - own == {f"127.0.0.1:{listening.port}"}


def test_what_the_broker_gets_is_far_less_than_was_said(observed: Observed) -> None:
    audio_bytes = 2 * 16_000 * observed.seconds

    assert 0 < observed.sent_bytes < audio_bytes / 20


def test_no_payload_has_room_for_audio(observed: Observed) -> None:
    since_then = observed.messages[observed.quiet :]
    longest = max((text for message in since_then for text in texts(message.payload)), key=len)

    assert len(longest) < LONGEST_TEXT, longest


def texts(payload: bytes | bytearray) -> Iterator[str]:
    """Yield each piece of text in a payload; a list, which none has, counts as one."""
    text = payload.decode()
    yield from leaves(json.loads(text)) if text.startswith("{") else [text]


def leaves(part: object) -> Iterator[str]:
    if not isinstance(part, dict):
        yield str(part)
        return
    for key, value in part.items():
        yield key
        yield from leaves(value)


def test_the_readme_says_of_every_topic_what_it_reveals(observed: Observed) -> None:
    topics = [message.topic.removeprefix(PREFIX) for message in observed.messages]
    published = {re.sub(r"(?<=response/).+", "...", topic) for topic in topics}
    published = {re.sub(r"(?<=threshold/).+", "<digit>", topic) for topic in published}
    published = {re.sub(r"(?<=/device/)[^/]+", "...", topic) for topic in published}

    assert published == topics_in("## Privacy and security") - TAKE_A_SETTING


def test_no_topic_of_the_readme_is_left_out_where_it_says_what_each_reveals() -> None:
    assert topics_in("## The broker") <= topics_in("## Privacy and security")


def topics_in(heading: str) -> set[str]:
    """Return what the first column of the table in a section of the README names."""
    section = README.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return {topic for cell in cells for topic in re.findall(r"`([^`]+)`", cell)}
