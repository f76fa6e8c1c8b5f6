"""`digitd demo`: the first thing that a new user sees."""

import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from digitd.demo.play import SPEECH

pytestmark = pytest.mark.skipif(
    find_spec("amqtt") is None, reason="amqtt missing: pip install 'digitd[demo]'"
)

DEMO = [sys.executable, "-m", "digitd", "demo"]


def test_every_spoken_digit_reaches_the_subscriber_in_time() -> None:
    done = subprocess.run(DEMO, capture_output=True, text=True, check=False, timeout=120)

    lines = done.stdout.splitlines()
    assert lines[-1] == "30 right, 0 wrong, 0 missed", done.stdout + done.stderr
    assert done.returncode == 0
    assert lines[3].split() == ["said", "heard", "confidence", "latency", "voice"]
    words = [line.split() for line in lines[4:34]]
    assert sorted(word[0] for word in words) == sorted(3 * "0123456789")
    assert all(word[0] == word[1] and 0 < int(word[3]) < 1000 for word in words)


def test_ctrl_c_ends_it_and_all_that_it_started() -> None:
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        list(zip(range(6), demo.stdout, strict=False))
        started = children(demo.pid)

        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=10)

    assert len(started) == 3
    give_up_at = time.monotonic() + 3
    while any(folder.exists() for folder in started) and time.monotonic() < give_up_at:
        time.sleep(0.02)
    assert not any(folder.exists() for folder in started)
    assert demo.returncode == 130


def children(pid: int) -> list[Path]:
    """Return the processes that a process started, as their folders in /proc."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path("/proc", child) for child in listed]


def test_the_recording_is_small_enough_to_be_shipped() -> None:
    assert SPEECH.stat().st_size < 700_000
