"""The ring: what is read is what was written, and what is lost shows as a jump."""

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digitd.audio.ring import RingBuffer
from digitd.messages import AudioBlock, Float32

BLOCK, SLOTS = 4, 3


def numbered(start: int) -> Float32:
    """One block whose samples are their own positions."""
    return np.arange(start, start + BLOCK, dtype=np.float32)


def drain(ring: RingBuffer) -> list[AudioBlock]:
    blocks = []
    while len((block := ring.read(0.001)).samples):
        blocks.append(block)
    return blocks


def fill(ring: RingBuffer, blocks: int, start: int = 0) -> None:
    for position in range(start, start + blocks):
        ring.write(numbered(position * BLOCK), captured_at=float(position))


def test_a_block_comes_out_as_it_went_in() -> None:
    ring = RingBuffer(BLOCK, SLOTS)

    ring.write(numbered(0), captured_at=12.5)

    block = ring.read(0.0)
    assert (block.start, block.samples.tolist(), block.captured_at) == (0, [0, 1, 2, 3], 12.5)


def test_waiting_in_vain_gives_an_empty_block_at_the_place_that_is_next() -> None:
    ring = RingBuffer(BLOCK, SLOTS)
    fill(ring, 2)
    drain(ring)

    block = ring.read(0.001)

    assert (block.start, len(block.samples)) == (2 * BLOCK, 0)


def test_a_reader_too_slow_loses_one_long_stretch() -> None:
    ring = RingBuffer(BLOCK, SLOTS)
    fill(ring, SLOTS + 1)
    first = ring.read(0.0)
    fill(ring, 1, start=SLOTS + 1)  # there is room for it, but the ring has not been emptied

    rest = drain(ring)
    fill(ring, 1, start=SLOTS + 2)

    assert [block.start for block in (first, *rest)] == [0, BLOCK, 2 * BLOCK]
    assert ring.read(0.0).start == (SLOTS + 2) * BLOCK
    assert (ring.overflows, ring.lost) == (1, 2 * BLOCK)


def test_an_overflow_before_the_ring_is_a_gap_of_a_block() -> None:
    ring = RingBuffer(BLOCK, SLOTS)
    fill(ring, 1)

    ring.write(numbered(8), captured_at=0.0, overflowed=True)

    assert [block.start for block in drain(ring)] == [0, 2 * BLOCK]
    assert (ring.overflows, ring.lost) == (1, BLOCK)


def test_a_block_that_was_read_is_the_readers_own() -> None:
    ring = RingBuffer(BLOCK, 1)
    ring.write(numbered(0), captured_at=0.0)
    block = ring.read(0.0)

    ring.write(numbered(4), captured_at=0.0)

    assert block.samples.tolist() == [0, 1, 2, 3]


@given(steps=st.text("wr", max_size=60))
def test_what_is_read_was_written_at_that_place_and_every_sample_is_read_waiting_or_lost(steps: str) -> None:
    ring = RingBuffer(BLOCK, SLOTS)
    written, read = 0, []

    for step in steps:
        if step == "w":
            fill(ring, 1, start=written)
            written += 1
        else:
            read.append(ring.read(0.0))
    read += drain(ring)

    starts = [block.start for block in read if len(block.samples)]
    assert starts == sorted(set(starts))
    assert all(np.array_equal(block.samples, numbered(block.start)) for block in read if len(block.samples))
    assert len(starts) * BLOCK + ring.lost == written * BLOCK


@given(blocks=st.integers(0, 50))
def test_it_never_holds_more_than_its_slots(blocks: int) -> None:
    ring = RingBuffer(BLOCK, SLOTS)

    fill(ring, blocks)

    assert len(drain(ring)) == min(blocks, SLOTS)


def test_two_threads_agree_on_every_sample() -> None:
    ring = RingBuffer(BLOCK, SLOTS)
    blocks = 2000
    writer = threading.Thread(target=fill, args=(ring, blocks))

    writer.start()
    read = []
    while writer.is_alive():
        read.append(ring.read(0.01))
    writer.join()
    read += drain(ring)

    heard = [block for block in read if len(block.samples)]
    assert all(np.array_equal(block.samples, numbered(block.start)) for block in heard)
    assert len(heard) * BLOCK + ring.lost == blocks * BLOCK
