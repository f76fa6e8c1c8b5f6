"""Records in a process of its own, since PortAudio reads its environment only once.

    python record.py SETTINGS RATE_HZ SECONDS FILE

writes `ready` when the first samples came, and what was heard in SECONDS after that to FILE (.npy).
"""

import sys
import time
from collections.abc import Iterator

import msgspec
import numpy as np

from digitd.audio import AudioSettings, open_source
from digitd.errors import DigitdError
from digitd.messages import AudioBlock


def main(settings: str, rate_hz: str, seconds: str, path: str) -> int:
    try:
        with open_source(msgspec.json.decode(settings, type=AudioSettings), int(rate_hz)) as blocks:
            heard = list(_heard(blocks, float(seconds)))
    except DigitdError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    assert [block.start for block in heard[1:]] == [block.end for block in heard[:-1]]
    np.save(path, np.concatenate([block.samples for block in heard]))
    return 0


def _heard(blocks: Iterator[AudioBlock], seconds: float) -> Iterator[AudioBlock]:
    next(block for block in blocks if len(block.samples))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    over_at = time.monotonic() + seconds
    for block in blocks:
        yield block
        if time.monotonic() > over_at:
            return


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
