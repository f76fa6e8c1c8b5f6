"""A long life at a run: 24 hours of audio as fast as it goes, then half an hour in real time with faults.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.soak --hours 24 --minutes 30

In real time the broker is restarted every 30 s, the microphone is lost every minute, and 30 digits are said
between. Exits 1 where memory grows by more than 2 MB, a thread or a descriptor is left over, or a digit that
was heard was neither delivered once, in time, nor counted.
"""

import argparse
import json
import os
import re
import shlex
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import soundfile
from paho.mqtt.client import MQTTMessage

from benchmarks import endless
from benchmarks.processes import descriptors, resident_mb, threads
from digitd.demo.play import SPEECH, TRUTH
from integration.brokers import Broker, Listener, mosquitto
from integration.daemons import Daemon, daemon
from integration.virtual_microphone import virtual_microphone

WORDS = len(json.loads(TRUTH.read_text()))
BROKER_EVERY_S, BROKER_AWAY_S = 30.0, 2.0
MICROPHONE_AWAY_S = 5.0
SETTLED = 0.2
"""Memory is compared from this part of the run on: until then everything has happened once."""

MOST_GROWTH_MB = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process has at a moment."""

    resident_mb: float
    threads: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run.

    Attributes:
        name: Of the run.
        seconds: How long it took.
        said: Digits.
        samples: Of the process, in order.
        counts: As the daemon tells them at its end.
        delivered: How often each event came, by its id.
        late: Events that came after they had expired.
    """

    name: str
    seconds: float
    said: int
    samples: Sequence[Sample]
    counts: dict[str, int]
    delivered: Counter[str]
    late: int

    @property
    def settled(self) -> tuple[Sequence[Sample], Sequence[Sample]]:
        """The first and the last tenth of what came after everything had happened once."""
        rest = self.samples[round(SETTLED * len(self.samples)) :]
        some = max(len(rest) // 10, 1)
        return rest[:some], rest[-some:]

    @property
    def growth_mb(self) -> float:
        """Of the memory."""
        first, last = (statistics.median(one.resident_mb for one in part) for part in self.settled)
        return last - first

    @property
    def left_over(self) -> tuple[int, int]:
        """Threads and descriptors: how many more there were at most."""
        first, last = self.settled
        return (
            max(one.threads for one in last) - max(one.threads for one in first),
            max(one.descriptors for one in last) - max(one.descriptors for one in first),
        )

    @property
    def lost(self) -> int:
        """Digits that were heard, not delivered and not counted; one that expired is three messages."""
        counted = (self.counts["expired"] + self.counts["dropped"] + 2) // 3
        return max(self.counts["heard"] - len(self.delivered) - counted, 0)

    @property
    def passed(self) -> bool:
        return (
            self.growth_mb <= MOST_GROWTH_MB
            and max(self.left_over) <= 0
            and self.lost == 0
            and self.late == 0
        )


def as_fast_as_it_goes(hours: float, folder: Path) -> Result:
    """Feed it so many hours through a pipe; the daemon waits for nothing but its own work."""
    command = shlex.join([sys.executable, endless.__file__, str(hours)])
    with (
        mosquitto(folder) as broker,
        Listener(broker.port, "digitd/kitchen/event") as listener,
        daemon(folder, os.environ, broker.port, source="command", command=command) as running,
    ):
        running.wait_for("listening")
        began_at = time.monotonic()
        with sampled(running, every_s=hours / 24) as samples:
            running.process.wait()
        time.sleep(1.0)
        said = WORDS * endless.pieces(hours)
        return result(f"{hours:g} h at a run", began_at, said, samples, running, listener.messages)


def in_real_time(minutes: float, folder: Path) -> Result:
    """Say digits while broker and microphone go away and come back."""
    path = folder / "speech.wav"
    samples_of_speech, rate_hz = soundfile.read(SPEECH, dtype="int16")
    soundfile.write(path, samples_of_speech, rate_hz)
    over_at = time.monotonic() + 60 * minutes
    with (
        mosquitto(folder, persistence="true") as broker,
        virtual_microphone(folder, rate_hz) as vmic,
        Listener(broker.port, "digitd/kitchen/event") as listener,
        daemon(folder, vmic.environment, broker.port, device="vmic", lost_after_s=1.0) as running,
    ):
        running.wait_for("listening")
        began_at, said = time.monotonic(), 0
        with sampled(running, every_s=5.0) as samples, restarted(broker):
            while time.monotonic() < over_at:
                vmic.play(path)
                said += WORDS
                time.sleep(1.0)
                vmic.pull_out()
                time.sleep(MICROPHONE_AWAY_S)
                vmic.plug_in()
                wait_for_count(running, "microphone state=listening", said // WORDS)
        running.wait_for("broker connected")
        time.sleep(6.0)
        running.end(signal.SIGTERM)
        return result(f"{minutes:g} min in real time", began_at, said, samples, running, listener.messages)


def result(  # noqa: PLR0913, PLR0917 - all that is known at the end
    name: str,
    began_at: float,
    said: int,
    samples: Sequence[Sample],
    running: Daemon,
    messages: Sequence[MQTTMessage],
) -> Result:
    """Put together what is known at the end."""
    events = [(message.timestamp, json.loads(message.payload)) for message in messages]
    epoch_s = time.time() - time.monotonic()
    late = sum(
        received_s + epoch_s > datetime.fromisoformat(event["expires"]).timestamp()
        for received_s, event in events
    )
    last = running.log.read_text().rpartition(" stopping ")[2]
    return Result(
        name,
        time.monotonic() - began_at,
        said,
        samples,
        {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", last)},
        Counter(event["id"] for _, event in events),
        late,
    )


@contextmanager
def sampled(running: Daemon, every_s: float) -> Iterator[list[Sample]]:
    """Look at the process from time to time, as long as the block lasts and the process lives."""
    samples: list[Sample] = []
    pid = running.process.pid

    def look() -> None:
        with suppress(OSError, IndexError):  # it has just ended
            samples.append(Sample(resident_mb(pid), threads(pid), descriptors(pid)))

    with repeated(look, every_s):
        yield samples


@contextmanager
def restarted(broker: Broker) -> Iterator[None]:
    """Take the broker away every so often."""

    def restart() -> None:
        broker.stop()
        time.sleep(BROKER_AWAY_S)
        broker.start()

    with repeated(restart, BROKER_EVERY_S):
        yield


@contextmanager
def repeated(work: Callable[[], None], every_s: float) -> Iterator[None]:
    """Do something again and again in a thread, as long as the block lasts."""
    over = Event()

    def loop() -> None:
        while not over.wait(every_s):
            work()

    worker = Thread(target=loop)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def wait_for_count(running: Daemon, event: str, count: int) -> None:
    """Wait until the log has told something so many times."""
    give_up_at = time.monotonic() + 60
    while running.log.read_text().count(f" {event} ") < count:
        if time.monotonic() > give_up_at or running.process.poll() is not None:
            raise RuntimeError(running.log.read_text()[-2000:])
        time.sleep(0.1)


def told(result: Result) -> str:
    """Return a result in words."""
    counts, (more_threads, more_descriptors) = result.counts, result.left_over
    twice = sum(count > 1 for count in result.delivered.values())
    return "; ".join(
        [
            f"{result.name}: {'passed' if result.passed else 'FAILED'} in {result.seconds:.0f} s",
            f"{result.said} digits said, {counts['heard']} heard, {len(result.delivered)} delivered",
            f"{twice} of them twice with one id, {result.late} late, {result.lost} lost",
            f"{counts['expired']} messages expired, {counts['dropped']} dropped, all counted",
            f"memory {result.samples[-1].resident_mb:.0f} MB, {result.growth_mb:+.1f} MB",
            f"threads {more_threads:+d}, descriptors {more_descriptors:+d}",
        ]
    )


def main() -> int:
    """Print both results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=24.0, help="of audio, as fast as it goes; 0: none")
    parser.add_argument("--minutes", type=float, default=30.0, help="in real time, with faults; 0: none")
    wanted = parser.parse_args()
    results = []
    for length, run in ((wanted.hours, as_fast_as_it_goes), (wanted.minutes, in_real_time)):
        if not length:
            continue
        with TemporaryDirectory() as folder:
            results.append(run(length, Path(folder)))
        print(told(results[-1]), flush=True)
    return 0 if all(one.passed for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
