"""A room in which somebody says 30 digits every few minutes, as raw 16-bit mono at 16 kHz on standard output.

python endless.py HOURS
"""

import sys

import numpy as np
import soundfile

from digitd.demo.play import SPEECH

RATE_HZ = 16_000
QUIET_S = 150.0
LEAD_S = 1.0
"""The speech begins with so much of its room, which goes on after it."""


def pieces(hours: float) -> int:
    """Return how often the speech fits, with the quiet after it."""
    return int(3600 * hours / (soundfile.info(SPEECH).duration + QUIET_S))


def main(hours: str) -> None:
    speech, _ = soundfile.read(SPEECH, dtype="int16")
    room = np.resize(speech[: round(LEAD_S * RATE_HZ)], round(QUIET_S * RATE_HZ))
    for _ in range(pieces(float(hours))):
        sys.stdout.buffer.write(speech.tobytes())
        sys.stdout.buffer.write(room.tobytes())


if __name__ == "__main__":
    main(sys.argv[1])
