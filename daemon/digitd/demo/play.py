"""Bundled speech through `digitd run`, and what a subscriber gets of it.

Broker, daemon and subscriber are processes of their own, joined by nothing but MQTT, as in a house.
"""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

from digitd.demo.broker import embedded_broker
from digitd.errors import UnavailableError

SPEECH: Final = Path(__file__).with_name("digits.flac")
TRUTH: Final = Path(__file__).with_name("digits.json")
PREFIX: Final = "digitd/demo"
START_S: Final = 30.0
LAST_MESSAGE_S: Final = 0.5
SLACK_S: Final = 0.3
HEAD: Final = "said  heard  confidence  latency  voice"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word of the recording.

    Attributes:
        keyword: What was said.
        onset_s: When it begins, seconds from the beginning of the recording.
        offset_s: When it ends.
        voice: Who said it.
    """

    keyword: str
    onset_s: float
    offset_s: float
    voice: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message, as the subscriber got it.

    Attributes:
        keyword: What the daemon heard.
        confidence: The posterior.
        onset: Wall-clock time of the word's beginning.
        offset: Wall-clock time of its end.
        received: Wall-clock time when the message was there.
    """

    keyword: str
    confidence: float
    onset: datetime
    offset: datetime
    received: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How it went.

    Attributes:
        right: So many words came out as what they were.
        wrong: So many messages told something else, or a word again.
        missed: Of these words nothing was heard.
    """

    right: int
    wrong: int
    missed: Sequence[Spoken]

    @property
    def is_perfect(self) -> bool:
        """Whether each word came out once and right."""
        return not self.wrong and not self.missed


def play(tell: Callable[[str], None]) -> Tally:
    """Play the recording in real time and tell each message as it arrives.

    Raises:
        UnavailableError: Broker, subscriber or daemon did not start.
    """
    spoken = [Spoken(**word) for word in json.loads(TRUTH.read_text(encoding="utf-8"))]
    tell(f"{len(spoken)} digits are spoken to `digitd run`, in {spoken[-1].offset_s:.0f} seconds.")
    tell("A subscriber in another process gets them by MQTT; latency is from the end of the word.\n")
    tell(HEAD)
    heard = []
    with embedded_broker() as port, _subscriber(port) as messages, _daemon(port) as (daemon, began_at):
        for arrival in _arrivals(messages, daemon):
            word = _meant(arrival, began_at, spoken)
            heard.append((word, arrival))
            tell(_line(word, arrival))
    tally = _tally(spoken, heard)
    for word in tally.missed:
        tell(f"{word.keyword:>4}      -  missed at {word.onset_s:.1f} s              {word.voice}")
    tell(f"\n{tally.right} right, {tally.wrong} wrong, {len(tally.missed)} missed")
    return tally


@contextmanager
def _subscriber(port: int) -> Iterator[IO[bytes]]:
    arguments = ["digitd.demo.subscriber", "127.0.0.1", str(port), PREFIX]
    with _running(arguments, stdout=subprocess.PIPE) as process:
        messages = process.stdout
        if messages is None or messages.readline() != b"ready\n":
            raise UnavailableError("the demo's subscriber did not start; its own words are above")
        yield messages


@contextmanager
def _daemon(port: int) -> Iterator[tuple[subprocess.Popen[bytes], datetime]]:
    """Run the daemon, and yield it with the time at which it began to listen."""
    with TemporaryDirectory(prefix="digitd-demo-") as folder:
        config, log = Path(folder, "config.yaml"), Path(folder, "log")
        config.write_text(json.dumps(_config(port)), encoding="utf-8")
        with (
            log.open("wb") as stderr,
            _running(["digitd", "run", "-c", str(config)], stderr=stderr) as process,
        ):
            yield process, _listening_since(process, log)


def _config(port: int) -> dict[str, object]:
    base, _, site = PREFIX.partition("/")
    return {
        "site": site,
        "audio": {"source": "files", "files": [str(SPEECH)]},
        "mqtt": {"host": "127.0.0.1", "port": port, "base": base, "protocol": "3.1.1"},
        "log": {"format": "json"},
    }


@contextmanager
def _running(
    arguments: Sequence[str], stdout: int | None = None, stderr: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(  # noqa: S603 - our own module, run by our own interpreter
        [sys.executable, "-m", *arguments],
        bufsize=0,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        process_group=0,  # Ctrl-C is for us, and we end it
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _listening_since(daemon: subprocess.Popen[bytes], log: Path) -> datetime:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and daemon.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"event": "listening"' in line:
                return datetime.fromisoformat(json.loads(line)["time"])
        time.sleep(0.05)
    told = log.read_text(encoding="utf-8").strip() or f"it does not listen after {START_S:.0f} s"
    raise UnavailableError(f"the demo's daemon did not start: {told.splitlines()[-1]}")


def _arrivals(messages: IO[bytes], daemon: subprocess.Popen[bytes]) -> Iterator[Arrival]:
    """Yield what the subscriber tells, until the daemon has ended and nothing more comes."""
    while True:
        readable, _, _ = select.select([messages], [], [], LAST_MESSAGE_S)
        if readable:
            told = messages.readline()
            if not told:
                return
            yield _arrival(told)
        elif daemon.poll() is not None:
            return


def _arrival(told: bytes) -> Arrival:
    message = json.loads(told)
    event = message["event"]
    times = (event["onset"], event["offset"], message["received"])
    return Arrival(event["keyword"], event["confidence"], *map(datetime.fromisoformat, times))


def _meant(arrival: Arrival, began_at: datetime, spoken: Sequence[Spoken]) -> Spoken | None:
    """Find the word that was being said in the middle of what was heard."""
    middle = arrival.onset + (arrival.offset - arrival.onset) / 2
    at_s = (middle - began_at).total_seconds()
    near = (word for word in spoken if word.onset_s - SLACK_S < at_s < word.offset_s + SLACK_S)
    return next(near, None)


def _line(word: Spoken | None, arrival: Arrival) -> str:
    said, voice = (word.keyword, word.voice) if word else ("-", "-")
    latency_ms = (arrival.received - arrival.offset) / timedelta(milliseconds=1)
    verdict = "" if said == arrival.keyword else "  WRONG"
    heard = f"{said:>4}  {arrival.keyword:>5}  {arrival.confidence:10.2f}"
    return f"{heard}  {latency_ms:4.0f} ms  {voice}{verdict}"


def _tally(spoken: Sequence[Spoken], heard: Sequence[tuple[Spoken | None, Arrival]]) -> Tally:
    right = {word for word, arrival in heard if word and word.keyword == arrival.keyword}
    missed = [word for word in spoken if word not in {told for told, _ in heard}]
    return Tally(len(right), len(heard) - len(right), missed)
