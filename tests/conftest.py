"""What all tests share."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Speed is measured in benchmarks; a machine that is busy fails no test.
settings.register_profile("digitd", deadline=None)
settings.register_profile("long", settings.get_profile("digitd"), max_examples=10_000)
settings.load_profile("digitd")


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    """Let a test set up logging, and undo that."""
    root, ours = logging.getLogger(), logging.getLogger("digitd")
    before = root.handlers[:], root.level, ours.level
    root.handlers.clear()  # or they would be closed
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
