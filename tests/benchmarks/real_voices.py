"""Recordings of people, spoken in real time into the virtual microphone of a real daemon with a real broker.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.real_voices --every 1

prints right, wrong, missed and extra by corpus, the time from the end of a word to the message, and what
the daemon cost meanwhile. The end of a word is the detector's offset, dated back by the daemon from when
PortAudio handed over the block; what the sound server holds before that is not in it.
"""

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import soxr
from paho.mqtt.client import MQTTMessage

from benchmarks.processes import cpu_s, resident_mb
from fakes import room_noise
from integration.brokers import Listener, mosquitto
from integration.daemons import daemon
from integration.recordings import Recording, recordings
from integration.virtual_microphone import virtual_microphone

RATE_HZ = 16_000
GAP_S = 0.8
ROOM_DBFS = -60.0
SLACK_S = 0.4
"""A message belongs to the recording that was playing at its onset, give or take this."""


@dataclass(frozen=True)
class Spoken:
    """A recording and when it played, in seconds from the beginning."""

    recording: Recording
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Result:
    """What became of each recording, and the cost."""

    outcomes: dict[str, Counter[str]]
    latencies_ms: list[float]
    cpu_ms_a_second: float
    resident_mb: float
    startup_s: float


def measure(chosen: Sequence[Recording], folder: Path) -> Result:
    """Play the recordings one after the other and compare what arrives."""
    path = folder / "spoken.wav"
    spoken = write_stream(chosen, path)
    with (
        mosquitto(folder) as broker,
        virtual_microphone(folder, RATE_HZ) as vmic,
        Listener(broker.port, "digitd/kitchen/event") as listener,
        daemon(folder, vmic.environment, broker.port, device="vmic") as running,
    ):
        running.wait_for("listening")
        startup_s = float(running.log.read_text().partition("startup_s=")[2].split()[0])
        cpu_before_s, began = cpu_s(running.process.pid), datetime.now(UTC).timestamp()
        with vmic.play_async(path) as player:
            player.wait()
        time.sleep(1.0)
        seconds = time.time() - began
        cpu_ms = 1000 * (cpu_s(running.process.pid) - cpu_before_s) / seconds
        resident = resident_mb(running.process.pid)
        received = dated(listener.messages)
    outcomes = compared(spoken, received, began)
    latencies = [1000 * (at - parsed(event["offset"])) for at, event in received]
    return Result(outcomes, latencies, cpu_ms, resident, startup_s)


def write_stream(chosen: Sequence[Recording], path: Path) -> list[Spoken]:
    """Write all recordings as one, in a quiet room."""
    pieces, spoken, at = [], [], 0
    for recording in chosen:
        samples, own_hz = soundfile.read(recording.path, dtype="float32")
        samples = soxr.resample(samples, own_hz, RATE_HZ)
        gap = round(GAP_S * RATE_HZ)
        pieces += [np.zeros(gap, np.float32), samples]
        at += gap + len(samples)
        spoken.append(Spoken(recording, (at - len(samples)) / RATE_HZ, at / RATE_HZ))
    sound = np.concatenate([*pieces, np.zeros(RATE_HZ, np.float32)])
    soundfile.write(path, sound + room_noise(len(sound) / RATE_HZ, ROOM_DBFS, RATE_HZ)[: len(sound)], RATE_HZ)
    return spoken


def dated(messages: Sequence[MQTTMessage]) -> list[tuple[float, dict[str, str]]]:
    """Return each event with the time it was received, seconds since the epoch."""
    epoch_s = time.time() - time.monotonic()
    return [(message.timestamp + epoch_s, json.loads(message.payload)) for message in messages]


def compared(
    spoken: Sequence[Spoken], received: Sequence[tuple[float, dict[str, str]]], began: float
) -> dict[str, Counter[str]]:
    """Count right, wrong, missed and extra by corpus."""
    onsets = [(parsed(event["onset"]) - began, event["keyword"]) for _, event in received]
    lag_s = statistics.median(min((onset - one.start_s for one in spoken), key=abs) for onset, _ in onsets)
    outcomes: dict[str, Counter[str]] = {}
    for one in spoken:
        heard = [
            keyword
            for onset, keyword in onsets
            if one.start_s - SLACK_S < onset - lag_s < one.end_s + SLACK_S / 2
        ]
        outcomes.setdefault(one.recording.source, Counter())[outcome(one.recording.label, heard)] += 1
    return outcomes


def outcome(label: str, heard: Sequence[str]) -> str:
    """Right, wrong, missed or extra."""
    if not heard:
        return "missed"
    if label not in heard:
        return "wrong"
    return "right" if len(heard) == 1 else "extra"


def parsed(timestamp: str) -> float:
    """Seconds since the epoch."""
    return datetime.fromisoformat(timestamp).timestamp()


def main() -> None:
    """Print the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="of FSDD play only every so many-th")
    digits = recordings(kind="digit")
    official = [one for one in digits if one.source == "fsdd" and int(one.path.stem.split("_")[2]) < 5]
    strangers = [one for one in digits if one.split == "dev"]
    chosen = official[:: parser.parse_args().every] + strangers
    with TemporaryDirectory() as folder:
        result = measure(chosen, Path(folder))
    for source, counts in result.outcomes.items():
        print(f"{source}: {dict(counts)}")
    ordered = sorted(result.latencies_ms)
    print(f"end of word to message: median {statistics.median(ordered):.0f} ms", end=", ")
    print(f"95th percentile {ordered[int(0.95 * len(ordered))]:.0f} ms")
    print(
        f"CPU {result.cpu_ms_a_second:.1f} ms a second of speech, resident {result.resident_mb:.0f} MB",
        end=", ",
    )
    print(f"start to listening {result.startup_s:.2f} s")


if __name__ == "__main__":
    main()
