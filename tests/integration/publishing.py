"""A publisher, and what it did, for tests."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from digitd.messages import Detection, Score, Utterance
from digitd.publish.inbox import Received
from digitd.publish.mqtt import Publisher, mqtt_publisher
from digitd.publish.settings import MqttSettings

UTTERANCE = Utterance(0, np.zeros(3200, np.float32), 0, 3200, level_dbfs=-30.0, floor_dbfs=-60.0)


def heard(keyword: str) -> Detection:
    """Return a detection whose offset is now."""
    now = datetime.now(UTC)
    onset = now - timedelta(milliseconds=400)
    return Detection(keyword, Score({keyword: 1.0}), UTTERANCE, onset, now, time.monotonic())


@contextmanager
def kitchen(settings: MqttSettings, *topics: str) -> Iterator[Publisher]:
    """Run a publisher that is connected."""
    with mqtt_publisher(settings, "kitchen", "digits-1.0.0", topics) as publisher:
        assert publisher.wait_until_connected(10.0), publisher.trouble
        yield publisher


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Say whether it comes true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def first_received(publisher: Publisher, count: int = 1) -> list[Received]:
    """Wait until so many messages came to it, and return them."""
    received: list[Received] = []

    def enough_came() -> bool:
        received.extend(publisher.received())
        return len(received) >= count

    assert until(enough_came), received
    return received


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    """Return the log's events from a level on, without their fields."""
    records = [record for record in caplog.records if record.levelno >= level]
    return [record.getMessage().partition(" host=")[0] for record in records]
