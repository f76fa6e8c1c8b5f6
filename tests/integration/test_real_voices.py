"""People, spoken into the virtual microphone of a real daemon."""

from pathlib import Path

import pytest

from benchmarks.real_voices import measure
from integration.recordings import recordings

pytestmark = [pytest.mark.broker, pytest.mark.microphone, pytest.mark.recordings]


def test_of_the_official_test_takes_nearly_all_arrive_as_spoken(tmp_path: Path) -> None:
    takes = [one for one in recordings(source="fsdd") if int(one.path.stem.split("_")[2]) < 5][::10]

    outcomes = measure(takes, tmp_path).outcomes["fsdd"]

    assert outcomes.total() == 30
    assert outcomes["right"] >= 28
