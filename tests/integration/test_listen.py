"""`digitd listen` in a real terminal: of a daemon that hears the virtual microphone, and alone."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from digitd.demo.play import SPEECH
from integration.brokers import Broker, Listener, mosquitto
from integration.daemons import DIGITD, Daemon, daemon
from integration.speech import first_words
from integration.terminals import Terminal, terminal
from integration.virtual_microphone import VirtualMicrophone

pytestmark = [pytest.mark.broker, pytest.mark.microphone]

WORDS = 2
OF_THE_DAEMON = "looking at the running daemon"


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the first words of the demo's recording: 8 and 0."""
    path = tmp_path_factory.mktemp("speech") / "words.wav"
    first_words(WORDS, path)
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Run a broker for all tests here."""
    with mosquitto(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kitchen")


@pytest.fixture(scope="module")
def environment(vmic: VirtualMicrophone, folder: Path) -> Mapping[str, str]:
    """Return one in which a daemon and whoever looks at it have the same runtime directory."""
    return {**vmic.environment, "RUNTIME_DIRECTORY": str(folder / "run")}


@pytest.fixture(scope="module")
def running(house: Broker, environment: Mapping[str, str], folder: Path) -> Iterator[Daemon]:
    """Run a daemon for all tests that leave it as it is."""
    with daemon(folder, environment, house.port, device="vmic") as kitchen:
        kitchen.wait_for("listening")
        kitchen.wait_for("broker connected")
        yield kitchen


def listen(config: Path, *options: str) -> list[str]:
    return [*DIGITD, "listen", "-c", str(config), *options]


@pytest.fixture
def looking(running: Daemon, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Look at that daemon."""
    with terminal(listen(running.config), environment) as shown:
        shown.read(OF_THE_DAEMON, "begins above")
        yield shown


def retained(broker: Broker, topic: str) -> str:
    with Listener(broker.port, f"digitd/kitchen/{topic}") as listener:
        listener.wait_for_count(1)
        return listener.heard()[0][1]


def test_what_the_daemon_hears_appears_with_its_level_and_what_that_has_to_pass(
    looking: Terminal, vmic: VirtualMicrophone, speech: Path
) -> None:
    with vmic.play_async(speech):
        looking.read("8  accepted", "0  accepted")

    looking.read("┊ noise floor", "◂ ends below", "▸ begins above")
    scores = next(line for line in looking.lines if "needs" in line)
    assert scores.startswith("▀" * 25 + "  8 0.9")
    assert coloured(looking) > 50


def coloured(shown: Terminal) -> int:
    """Count the colours to be seen: a picture has many."""
    return len({cell.fg for row in shown.screen.buffer.values() for cell in row.values()})


def test_who_comes_later_sees_what_was_heard_before(
    looking: Terminal, running: Daemon, environment: Mapping[str, str], vmic: VirtualMicrophone, speech: Path
) -> None:
    vmic.play(speech)
    looking.read("0  accepted")

    with terminal(listen(running.config), environment) as later:
        later.read("8  accepted", "0  accepted")


def test_what_the_daemon_has_heard_can_be_drawn(
    running: Daemon, environment: Mapping[str, str], vmic: VirtualMicrophone, speech: Path, tmp_path: Path
) -> None:
    vmic.play(speech)
    time.sleep(1)  # the last one is known to be over, and handed on
    out = tmp_path / "heard.svg"
    command = [*DIGITD, "inspect", "--last", "2", "-o", str(out), "-c", str(running.config)]

    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60, text=True)

    assert done.stdout == f"{out}: 2 utterances, 2 of them accepted\n"
    assert ">8 0.99<" in out.read_text()


def test_nothing_can_be_drawn_of_a_daemon_that_does_not_run(alone: Path, tmp_path: Path) -> None:
    command = [*DIGITD, "inspect", "--last", "2", "-o", str(tmp_path / "heard.svg"), "-c", str(alone)]

    done = subprocess.run(command, capture_output=True, check=False, timeout=60, text=True)

    told = "digitd: no daemon runs here for the site nowhere; see -c and monitor.socket\n"
    assert (done.returncode, done.stderr) == (69, told)


def test_keys_mute_the_daemon_and_change_its_thresholds(looking: Terminal, house: Broker) -> None:
    looking.press("m")
    looking.read("MUTED")
    muted = retained(house, "mute")
    looking.press("m")
    looking.see(lambda: "MUTED" not in looking.text)
    looking.press("+")
    looking.read("confidence 0.91")
    threshold = retained(house, "threshold")
    looking.press("0")
    looking.read("confidence: the model's own")
    looking.press(">")
    looking.read("onset 8 dB")
    looking.press("<")
    looking.read("onset 7 dB")

    assert (muted, retained(house, "mute"), threshold) == ("ON", "OFF", "0.91")


def by_key(shown: Terminal) -> None:
    shown.press("q")


def by_ctrl_c(shown: Terminal) -> None:
    shown.press("\x03")


def by_sigterm(shown: Terminal) -> None:
    shown.process.terminate()


@pytest.mark.parametrize("end", [by_key, by_ctrl_c, by_sigterm])
def test_the_terminal_is_as_it_was_however_it_ends(
    looking: Terminal, end: Callable[[Terminal], None]
) -> None:
    meanwhile = looking.modes
    end(looking)

    assert looking.end() == 0
    assert meanwhile != looking.modes_before
    assert looking.modes == looking.modes_before
    assert not looking.screen.cursor.hidden
    assert "begins above" not in looking.text


def test_a_daemon_that_is_started_anew_is_found_again(
    vmic: VirtualMicrophone, house: Broker, tmp_path: Path, speech: Path
) -> None:
    own = {**vmic.environment, "RUNTIME_DIRECTORY": str(tmp_path / "run")}
    with daemon(tmp_path, own, house.port, device="vmic") as first:
        first.wait_for("listening")
        with terminal(listen(first.config), own) as shown:
            shown.read(OF_THE_DAEMON)
            first.end(signal.SIGTERM)
            shown.read("the daemon has ended")
            with daemon(tmp_path, own, house.port, device="vmic") as second:
                second.wait_for("listening")
                shown.read(OF_THE_DAEMON)
                with vmic.play_async(speech):
                    shown.read("8  accepted")


def test_a_daemon_that_is_shown_in_a_terminal_loses_no_sound_when_that_is_stopped(
    looking: Terminal, house: Broker, vmic: VirtualMicrophone, speech: Path
) -> None:
    looking.process.send_signal(signal.SIGSTOP)
    with Listener(house.port, "digitd/kitchen/keyword") as listener:
        vmic.play(speech)
        listener.wait_for_count(WORDS)
        heard = [payload for _, payload in listener.heard()]
    looking.process.send_signal(signal.SIGCONT)

    assert heard == ["8", "0"]
    looking.read("0  accepted")


def test_of_a_daemon_that_hangs_it_says_so_as_long_as_it_does(looking: Terminal, running: Daemon) -> None:
    running.process.send_signal(signal.SIGSTOP)
    looking.read("the daemon has ended, hangs")
    running.process.send_signal(signal.SIGCONT)

    looking.read("confidence: the model's own")


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Return a configuration where no daemon runs: the demo's speech in place of a microphone."""
    config = tmp_path / "config.yaml"
    config.write_text(f"site: nowhere\naudio: {{source: files, files: ['{SPEECH}']}}\n")
    return config


def test_where_no_daemon_runs_it_listens_itself_and_keys_do_the_same(
    alone: Path, environment: Mapping[str, str]
) -> None:
    with terminal(listen(alone), environment) as shown:
        shown.read("8  accepted", "listening with digits-")
        shown.press(">")
        shown.read("onset 8 dB")
        shown.press("m")
        shown.read("MUTED", "-  muted")
        shown.press("q")

        assert shown.end() == 0


def test_alone_it_looks_at_no_daemon(alone: Path, environment: Mapping[str, str], running: Daemon) -> None:
    alone.write_text(alone.read_text().replace("nowhere", "kitchen"))
    assert running.process.poll() is None

    with terminal(listen(alone, "--alone"), environment) as shown:
        shown.read("listening with digits-", "8  accepted")


@pytest.mark.parametrize(
    ("columns", "different", "expected"),
    [
        (100, {"NO_COLOR": "1"}, ["█", "8  accepted", "▸ begins above"]),
        (36, {"LC_ALL": "C"}, ["#", "8  accepted", "m -+ 0 <> q"]),
        (80, {"LC_ALL": "", "LANG": "", "PYTHONIOENCODING": "iso-8859-1"}, ["@", "8  accepted", "> begins"]),
        (80, {"TERM": "dumb"}, ["listening with digits-", "8  accepted"]),
    ],
)
def test_it_shows_what_a_terminal_can_show(
    columns: int,
    different: Mapping[str, str],
    expected: list[str],
    alone: Path,
    environment: Mapping[str, str],
) -> None:
    with terminal(listen(alone), {**environment, **different}, columns=columns) as shown:
        shown.read(*expected)
        shown.press("m")
        shown.read("MUTED")

        colours = {cell.fg for row in shown.screen.buffer.values() for cell in row.values()}
        assert colours == {"default"} or "LC_ALL" in different
        shown.press("q")
        assert shown.end() == 0
        assert shown.modes == shown.modes_before


def test_in_a_pipe_a_daemon_is_looked_at_too(running: Daemon, environment: Mapping[str, str]) -> None:
    command = listen(running.config)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as looking:
        assert looking.stdout
        first = looking.stdout.readline()
        looking.terminate()
        rest = looking.stdout.read()

    assert (first, looking.returncode) == ("looking at the running daemon\n", 0)
    assert "ended" not in rest


def test_in_a_pipe_each_utterance_is_a_line_without_anything_that_draws(alone: Path) -> None:
    alone.write_text(alone.read_text().replace("]}", "], realtime: false}"))

    done = subprocess.run(listen(alone), capture_output=True, check=True, timeout=60, text=True)

    first, *lines = done.stdout.splitlines()
    assert first.startswith("listening with digits-")
    assert lines[0].endswith("8 0.99  else 0.00  6 0.00  accepted")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_whoever_reads_the_pipe_may_have_had_enough(alone: Path) -> None:
    alone.write_text(alone.read_text().replace("]}", "], realtime: false}"))

    command = f"{sys.executable} -m digitd listen -c {alone} | head -n 2"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=60, text=True)

    assert (len(done.stdout.splitlines()), done.stderr) == (2, "")


LOOK_AS_ANOTHER_USER = """
import os, pathlib, sys
from digitd.commands.attached import connected
from digitd.errors import UnavailableError
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    connected([pathlib.Path(sys.argv[1])])
except UnavailableError as error:
    print(error)
"""


def test_of_a_daemon_of_another_user_it_says_how_to_look_at_it(tmp_path: Path) -> None:
    folder = tmp_path / "digitd"
    folder.mkdir(mode=0o000)

    program = [sys.executable, "-c", LOOK_AS_ANOTHER_USER, str(folder / "kitchen.sock")]
    done = subprocess.run(program, capture_output=True, check=True, timeout=30, text=True)

    cure = "a daemon runs here, of another user: try sudo, or --alone to listen beside it"
    assert done.stdout == f"{folder}/kitchen.sock: {cure}\n"
