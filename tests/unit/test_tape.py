"""A tape against a plain list of everything that was ever appended."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digitd.detect.tape import Tape

steps = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), max_size=40)


@given(start=st.integers(0, 1000), steps=steps, cut=st.tuples(st.integers(-10, 2000), st.integers(-10, 2000)))
def test_it_gives_back_what_it_still_holds(
    start: int, steps: list[tuple[int, int]], cut: tuple[int, int]
) -> None:
    tape, everything = Tape(start), np.empty(0, np.float32)

    for appended, kept in steps:
        samples = np.arange(len(everything), len(everything) + appended, dtype=np.float32)
        tape.append(samples)
        everything = np.concatenate([everything, samples])
        tape.forget_before(tape.end - kept)

    assert tape.end == start + len(everything)
    assert np.array_equal(tape.cut(tape.start, tape.end), everything[tape.start - start :])
    first, last = (min(max(at, tape.start), tape.end) - start for at in cut)
    assert np.array_equal(tape.cut(*cut), everything[first : max(first, last)])
