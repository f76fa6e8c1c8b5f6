"""The one place where two threads meet: PortAudio's callback writes, the main thread reads."""

import time
from queue import Empty, SimpleQueue

import numpy as np

from digitd.messages import AudioBlock, Float32


class RingBuffer:
    """Blocks of samples between one writer that must never wait and one reader that may.

    A reader that falls behind by the whole ring loses one long stretch instead of many short ones: from then
    on nothing is stored until it has emptied the ring. What is lost shows as a jump in `AudioBlock.start`.

    `_written` and `_read` are each changed by one thread alone, and the queue, in C, holds one entry for each
    slot in use: there is no lock that the callback could find taken.

    Attributes:
        overflows: How often samples were lost, here or before they came here.
        lost: Samples lost; a loss before they came here is of unknown length and counts as one block.
    """

    def __init__(self, block: int, slots: int) -> None:
        self.overflows = 0
        self.lost = 0
        self._slots = np.zeros((slots, block), np.float32)
        self._filled: SimpleQueue[AudioBlock] = SimpleQueue()
        self._written = 0
        self._read = 0
        self._dropping = False
        self._write_at = 0
        self._read_at = 0

    def write(self, samples: Float32, captured_at: float, *, overflowed: bool = False) -> None:
        """Store a copy of one block, or count it as lost. For the writer's thread; never waits.

        Args:
            samples: One block, shape (block,), full scale is ±1.0.
            captured_at: `time.monotonic()` in seconds when its last sample had been heard.
            overflowed: Samples just before it were lost on their way here.
        """
        if overflowed:
            self.overflows += 1
            self._lose(len(samples))
        if not self._has_room():
            self._lose(len(samples))
            return
        slot = self._slots[self._written % len(self._slots)]
        slot[:] = samples
        self._written += 1
        self._filled.put(AudioBlock(self._write_at, slot, captured_at))
        self._write_at += len(samples)

    def read(self, timeout_s: float) -> AudioBlock:
        """Take the oldest block, waiting for it if need be. For the reader's thread.

        Returns:
            The block; an empty one when none came within `timeout_s` seconds.
        """
        try:
            filled = self._filled.get(timeout=timeout_s)
        except Empty:
            return AudioBlock(self._read_at, np.zeros(0, np.float32), time.monotonic())
        block = AudioBlock(filled.start, filled.samples.copy(), filled.captured_at)
        self._read += 1  # only now may the slot be written again
        self._read_at = block.end
        return block

    def _has_room(self) -> bool:
        waiting = self._written - self._read
        if waiting == len(self._slots) and not self._dropping:
            self._dropping = True
            self.overflows += 1
        elif waiting == 0:
            self._dropping = False
        return not self._dropping

    def _lose(self, samples: int) -> None:
        self.lost += samples
        self._write_at += samples
