"""What `make fuzz` feeds is there and takes what it should; atheris itself is not needed for that."""

import pytest

from fuzz.targets import TARGETS

targets = pytest.mark.parametrize("name", TARGETS)


@targets
def test_a_target_takes_what_it_begins_with(name: str) -> None:
    target = TARGETS[name]

    assert target.seeds
    for seed in target.seeds:
        target.feed(seed)


@targets
@pytest.mark.parametrize("content", [b"", b"\0", b"\xff" * 100, b"[" * 5000])
def test_a_target_takes_what_it_refuses(name: str, content: bytes) -> None:
    TARGETS[name].feed(content)
